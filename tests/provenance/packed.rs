//! Trees that are stored as changes of each other tell what whole trees tell.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Stdio;

use super::told::findings;
use crate::scratch::{Scratch, command, secret};

const COMMITS: usize = 120;

/// A number below `end`, from the last one.
fn next(state: &mut u64, end: usize) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize % end
}

/// A history in which secrets come to folders of many files, move from one to the other, and go.
fn history() -> String {
    let (mut stream, mut state) = (String::new(), 7);
    for commit in 0..COMMITS {
        let _ = writeln!(stream, "commit refs/heads/main\ncommitter A <a@example.com> {} +0000\ndata 1\nx", 1_700_000_000 + commit);
        for _ in 0..if commit == 0 { 150 } else { 3 } {
            let folder = ["", "a/", "a/b/", "a/b/c/", "d/"][next(&mut state, 5)];
            let file = format!("{folder}file-{:02}.env", next(&mut state, 30));
            let text = match next(&mut state, 12) {
                0 => secret(&format!("secret {}", next(&mut state, 5))),
                1 => {
                    let _ = writeln!(stream, "D {file}");
                    continue;
                }
                _ => format!("plain {}\n", next(&mut state, 40)),
            };
            let _ = writeln!(stream, "M 100644 inline {file}\ndata {}\n{text}", text.len());
        }
    }
    stream
}

#[test]
fn changed_trees_tell_what_whole_trees_tell() {
    let scratch = Scratch::new();
    let mut git = command(&scratch.root, &["fast-import", "--quiet"], &[]).stdin(Stdio::piped()).spawn().expect("git runs");
    git.stdin.take().expect("piped").write_all(history().as_bytes()).expect("git listens");
    assert!(git.wait().expect("git ends").success());
    let told = [0, 50].map(|depth| {
        scratch.git(&["repack", "-q", "-a", "-d", "-f", &format!("--depth={depth}"), "--window=50"]);
        let pack = scratch.git(&["rev-parse", "--git-path", "objects/pack"]);
        let index = std::fs::read_dir(scratch.root.join(pack)).expect("a folder").flatten().map(|entry| entry.path());
        let index = index.into_iter().find(|path| path.extension().is_some_and(|own| own == "idx")).expect("an index");
        let list = scratch.git(&["verify-pack", "-v", &index.display().to_string()]);
        // Of a delta the list also tells depth and base.
        let made = list.lines().filter(|line| line.contains(" tree ") && line.split_whitespace().count() > 5).count();
        assert_eq!(made > 50, depth > 0, "{made} trees are made from others");
        findings(&scratch.root, &["--no-worktree"])
    });
    let places: usize = told[0].iter().map(|finding| finding["places"].as_array().expect("places").len()).sum();
    assert!(told[0].len() == 5 && places > 20, "{} findings, {places} places: the history is too thin", told[0].len());
    assert_eq!(told[0], told[1]);
}
