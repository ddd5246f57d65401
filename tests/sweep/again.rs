//! A second sweep reads what is new, and says what a first one says.

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use keyfuse::source::{Progress, Silent};
use keyfuse::sweep::{HistoryOptions, Memory};
use serde_json::Value;

use super::recorder::sweep_with;
use crate::scratch::{Run, Scratch, keyfuse, secret};

/// The exit code, and each finding as it is told.
fn swept(scratch: &Scratch, arguments: &[&str]) -> (Option<i32>, BTreeSet<String>) {
    let all = [&["git", "-f", "jsonl", "--no-worktree", "--confidence", "low"], arguments].concat();
    let mut command = keyfuse(&scratch.root, &all);
    let run = Run::of(command.env("KEYFUSE_HOME", scratch.base.join("home")).output().expect("it starts"));
    assert!(matches!(run.code, Some(0 | 1 | 3)), "{run:?}");
    let mut lines: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    assert_eq!(lines.pop().expect("a summary")["type"], "summary");
    (run.code, lines.iter().map(Value::to_string).collect())
}

fn memory(scratch: &Scratch) -> Option<PathBuf> {
    let files = fs::read_dir(scratch.base.join("home/cache/history")).ok()?;
    files.flatten().map(|entry| entry.path()).find(|path| path.extension().is_some_and(|end| end == "swept"))
}

#[test]
fn what_came_since_is_found_and_what_was_there_is_told_again() {
    let scratch = Scratch::new();
    scratch.write("src/main.c", format!("int x;\n{}", secret("first")));
    scratch.write("data/list.txt", "one\ntwo\n");
    scratch.write("lib/deep/er/keys.txt", format!("a\n{}b\n", secret("deep")));
    scratch.commit("first");
    let first = swept(&scratch, &[]);
    assert_eq!(first, swept(&scratch, &["--no-cache"]));
    assert_eq!(first.1.len(), 2);
    assert!(memory(&scratch).is_some());
    assert_eq!(first, swept(&scratch, &[]), "nothing came");

    let steps: [(&str, &dyn Fn()); 9] = [
        ("a new content", &|| {
            scratch.write("src/new.c", secret("second"));
            scratch.commit("second");
        }),
        ("a message", &|| {
            scratch.git(&["commit", "-q", "--allow-empty", "-m", &secret("message")]);
        }),
        ("a known secret in another file", &|| {
            scratch.write("other/place.yml", format!("key: 1\n{}", secret("first")));
            scratch.commit("copied");
        }),
        ("a directory that moves to where paths weigh less", &|| {
            scratch.git(&["mv", "lib", "tests"]);
            scratch.commit("moved");
        }),
        ("a branch with a merge", &|| {
            scratch.git(&["checkout", "-q", "-b", "side", "HEAD~2"]);
            scratch.write("side/one", secret("side"));
            scratch.commit("side");
            scratch.git(&["checkout", "-q", "main"]);
            scratch.git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
        }),
        ("an object that nothing leads to", &|| {
            scratch.write("loose", secret("loose"));
            scratch.git(&["hash-object", "-w", "loose"]);
            fs::remove_file(scratch.root.join("loose")).expect("it was written");
        }),
        ("a tag", &|| {
            scratch.git(&["tag", "-a", "v1", "-m", &secret("tag")]);
        }),
        ("all packed anew", &|| {
            scratch.git(&["repack", "-a", "-d", "-q", "-f"]);
        }),
        ("a file that goes", &|| {
            scratch.git(&["rm", "-q", "src/new.c"]);
            scratch.git(&["commit", "-q", "-m", "gone"]);
        }),
    ];
    for (what, step) in steps {
        step();
        let again = swept(&scratch, &[]);
        assert_eq!(again, swept(&scratch, &["--no-cache"]), "{what}");
        assert_eq!(again, swept(&scratch, &[]), "{what}, once more");
    }
    let bytes = fs::read(memory(&scratch).expect("a memory")).expect("it is ours");
    for seed in ["first", "second", "deep", "message", "side", "loose", "tag"] {
        let line = secret(seed);
        let value = line.trim_end().rsplit('=').next().expect("a value").as_bytes();
        assert!(!bytes.windows(value.len()).any(|window| window == value), "no secret is kept");
    }
    let graph = fs::read(memory(&scratch).expect("a memory").with_extension("graph")).expect("what leads to a finding is kept");
    for name in ["keys.txt", "place.yml", "other", "deeper"] {
        assert!(!graph.windows(name.len()).any(|window| window == name.as_bytes()), "no text of the repository is kept");
    }
}

#[test]
fn a_memory_that_is_damaged_or_of_another_question_is_not_believed() {
    let scratch = Scratch::new();
    scratch.write("a", secret("one"));
    scratch.commit("one");
    let first = swept(&scratch, &[]);
    let file = memory(&scratch).expect("a memory");
    let whole = fs::read(&file).expect("it is ours");
    for place in (0..whole.len()).step_by(7) {
        let mut changed = whole.clone();
        changed[place] ^= 1;
        fs::write(&file, &changed).expect("it is ours");
        if place < 70 {
            assert_eq!(swept(&scratch, &[]), first, "byte {place}");
        }
    }
    fs::write(&file, &whole[..whole.len() / 2]).expect("it is ours");
    assert_eq!(swept(&scratch, &[]), first);
    let file = file.with_extension("graph");
    let whole = fs::read(&file).expect("it is ours");
    for (place, kept) in [(0, whole.len()), (whole.len() / 2, whole.len()), (whole.len() - 1, whole.len()), (0, whole.len() / 2)] {
        let mut changed = whole[..kept].to_vec();
        changed[place] ^= 1;
        fs::write(&file, &changed).expect("it is ours");
        assert_eq!(swept(&scratch, &[]), first, "{place} of {kept}");
        assert_ne!(fs::read(&file).expect("it is written anew"), changed);
    }
    // Other rules ask another question.
    let other = Run::of(keyfuse(&scratch.root, &["rules", "list"]).output().expect("it starts"));
    let id = other.stdout.lines().find_map(|line| line.split_whitespace().find(|word| word.starts_with("github-"))).expect("a rule");
    fs::write(scratch.root.join("keyfuse.toml"), format!("[rules]\nonly = ['{id}']\n")).expect("a file");
    assert_eq!(swept(&scratch, &[]), swept(&scratch, &["--no-cache"]));
}

#[test]
fn what_could_not_be_read_is_read_again() {
    let scratch = Scratch::new();
    scratch.write("a", "nothing to find");
    scratch.commit("one");
    scratch.write("b", "to be damaged");
    let blob = scratch.git(&["hash-object", "-w", "b"]);
    let path = scratch.root.join(".git/objects").join(&blob[..2]).join(&blob[2..]);
    fs::remove_file(&path).expect("it was written");
    fs::write(&path, "no object").expect("ours");
    assert_eq!(swept(&scratch, &[]).0, Some(3));
    assert_eq!(memory(&scratch), None, "a sweep with a gap is no base");
    assert_eq!(swept(&scratch, &[]).0, Some(3), "nothing asked for and not read ends in 0");
    fs::remove_file(&path).expect("ours");
    assert_eq!(swept(&scratch, &[]).0, Some(0));
    // Damage that comes later is seen, too.
    assert!(memory(&scratch).is_some());
    fs::write(&path, "no object").expect("ours");
    assert_eq!(swept(&scratch, &[]).0, Some(3));
}

#[test]
fn a_name_that_holds_a_secret_is_not_written_down() {
    let scratch = Scratch::new();
    let line = secret("name");
    scratch.write(line.trim_end(), "x");
    scratch.commit("one");
    assert_eq!(swept(&scratch, &[]).1.len(), 1);
    assert_eq!(memory(&scratch), None);
}

/// Ends the sweep after so many objects, as a power cut would.
struct Cut(AtomicUsize);

impl Progress for Cut {
    fn total(&self, _: u64, _: u64) {}

    fn advance(&self, _: u64, items: u64) {
        let left = self.0.fetch_sub(items as usize, Ordering::Relaxed);
        assert!(left > items as usize, "the power is cut");
    }
}

#[test]
fn a_sweep_that_was_interrupted_goes_on() {
    let scratch = Scratch::new();
    let mut state = 1u64;
    let mut noise = |lines: usize| {
        (0..lines).fold(String::new(), |mut text, _| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(&format!("{} {}\n", state >> 8, state.rotate_left(17)));
            text
        })
    };
    for file in 0..60 {
        let found = if file % 10 == 0 { secret(&file.to_string()) } else { String::new() };
        scratch.write(&format!("dir{}/file{file}", file % 7), format!("{}{found}{}", noise(300), noise(300)));
    }
    scratch.commit("all");
    scratch.git(&["repack", "-a", "-d", "-q"]);
    let memory = |pace| Some(Memory { pace, ..Memory::of(&scratch.base.join("cache"), &scratch.root.join(".git/objects"), [7; 32]) });
    let options = |memory| HistoryOptions { dir: scratch.root.clone(), threads: 1, memory, ..HistoryOptions::default() };
    let whole = sweep_with(options(None), &Silent);
    assert!(whole.found.len() >= 6);

    let cut = || sweep_with(options(memory(Duration::ZERO)), &Cut(AtomicUsize::new(50)));
    assert!(catch_unwind(AssertUnwindSafe(cut)).is_err(), "it was cut off");
    let rest = sweep_with(options(memory(Duration::ZERO)), &Silent);
    assert_eq!((&rest.found, rest.coverage.blobs), (&whole.found, whole.coverage.blobs));
    assert!(rest.looks > 0 && rest.looks < whole.looks, "{} of {}", rest.looks, whole.looks);
    // And what it learned in the end is whole.
    let again = sweep_with(options(memory(Duration::ZERO)), &Silent);
    assert_eq!(again.found, whole.found);

    // Between the cut and the second try a commit came: where things stand may have changed, so nothing is passed by.
    fs::remove_file(memory(Duration::ZERO).expect("one").file).expect("it was written");
    assert!(catch_unwind(AssertUnwindSafe(cut)).is_err(), "it was cut off");
    scratch.git(&["mv", "dir1", "tests"]);
    scratch.commit("moved");
    assert_eq!(sweep_with(options(memory(Duration::ZERO)), &Silent).found, sweep_with(options(None), &Silent).found);
}
