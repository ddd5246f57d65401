//! Whole histories: every content once, with its path, whatever git made of it.

use std::fs;

use keyfuse::model::Origin;
use keyfuse::source::Target;
use keyfuse::sweep::{History, HistoryOptions};

use crate::scratch::{Scratch, git_in};
use crate::source::collector::{Visit, collect};

fn history(dir: &std::path::Path) -> Visit {
    collect(Target::Custom(Box::new(History::new(HistoryOptions { dir: dir.to_owned(), threads: 2, ..Default::default() }))))
}

/// The path and commit that are told for the one content equal to `text`.
fn provenance(found: &Visit, text: &str) -> (String, Option<String>) {
    let seen: Vec<_> = found.seen.iter().filter(|seen| seen.start == text.as_bytes()).collect();
    assert_eq!(seen.len(), 1, "{text:?} came {} times", seen.len());
    let Origin { path, place, .. } = &seen[0].origin;
    (path.to_string(), place.commit().map(|commit| commit.id.clone()))
}

/// A history with a merge, a tag, a stash, an unreachable blob and a file that is gone.
fn storied() -> (Scratch, Vec<String>) {
    let scratch = Scratch::new();
    scratch.write("dir/gone", "only in the past");
    scratch.write("kept", "version 1");
    let first = scratch.commit("the first message");
    fs::remove_file(scratch.root.join("dir/gone")).expect("it was there");
    scratch.write("kept", "version 2");
    let second = scratch.commit("second");
    scratch.write("copy", "version 1");
    scratch.commit("an old content at a new path");
    scratch.git(&["tag", "-a", "v1", "-m", "the tag's message"]);
    for number in [1, 2] {
        scratch.write("kept", format!("stashed {number}"));
        scratch.git(&["stash", "-q"]);
    }
    scratch.write("loose", "never committed");
    scratch.git(&["add", "loose"]);
    scratch.git(&["reset", "-q"]);
    (scratch, vec![first, second])
}

#[test]
fn every_content_comes_once() {
    let (scratch, commits) = storied();
    for packed in [false, true] {
        if packed {
            scratch.git(&["repack", "-q", "-a", "-d", "-k"]);
            scratch.git(&["pack-refs", "--all"]);
        }
        let found = history(&scratch.root);
        assert_eq!(provenance(&found, "only in the past").0, "dir/gone");
        assert_eq!(provenance(&found, "version 1").0, "copy", "the first of its paths");
        assert_eq!(provenance(&found, "version 2").0, "kept");
        assert_eq!(provenance(&found, "never committed"), (String::new(), None));
        assert_eq!(provenance(&found, "the first message\n"), (String::new(), Some(commits[0].clone())));
        assert_eq!(provenance(&found, "the tag's message\n").0, "");
        for stash in ["stashed 1", "stashed 2"] {
            assert_eq!(provenance(&found, stash).0, "kept", "{stash}");
        }
        assert_eq!(found.unread(), [""; 0]);
    }
}

#[test]
fn clones_of_all_kinds() {
    let (scratch, _) = storied();
    let source = format!("file://{}", scratch.root.display());
    scratch.git(&["config", "uploadpack.allowFilter", "true"]);
    let clone = |name: &str, options: &[&str]| {
        let target = scratch.base.join(name);
        git_in(&scratch.base, &[&["clone", "-q"], options, &[&target.display().to_string()]].concat(), &[]);
        history(&target)
    };
    let bare = clone("bare", &["--bare", &source]);
    assert_eq!((bare.count("only in the past"), bare.unread().len()), (1, 0));
    let borrowed = clone("borrowed", &["--shared", &scratch.root.display().to_string()]);
    assert_eq!((borrowed.count("only in the past"), borrowed.unread().len()), (1, 0), "{:?}", borrowed.unread());
    let shallow = clone("shallow", &["--depth=1", &source]);
    assert_eq!(shallow.count("only in the past"), 0);
    assert_eq!(shallow.unread(), ["the history: a shallow clone: what came before 1 of its commits was not fetched"]);
    let partial = clone("partial", &["--filter=blob:none", "--no-checkout", &source]);
    assert_eq!(partial.count("only in the past"), 0);
    assert!(partial.unread().iter().any(|gap| gap.contains("a partial clone")), "{:?}", partial.unread());
}

#[test]
fn damage_is_told_and_the_rest_is_read() {
    let (scratch, _) = storied();
    let object = |name: &str| {
        let id = scratch.git(&["rev-parse", name]);
        let path = scratch.root.join(".git/objects").join(&id[..2]).join(&id[2..]);
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644)).expect("it is ours");
        (id, path)
    };
    let (damaged, path) = object("HEAD:kept");
    fs::write(path, "no zlib stream").expect("it is ours");
    let (missing, path) = object("HEAD:copy");
    fs::remove_file(path).expect("it was there");
    let found = history(&scratch.root);
    let unread = found.unread();
    assert!(unread.iter().any(|gap| gap.starts_with(&format!("object {damaged}: "))), "{unread:?}");
    assert!(unread.iter().any(|gap| gap.contains(&missing)), "{unread:?}");
    assert_eq!(found.count("only in the past"), 1);
}

#[test]
fn other_formats() {
    let scratch = Scratch::with(&["--object-format=sha256"]);
    scratch.write("a", "content");
    scratch.commit("x");
    scratch.git(&["repack", "-q", "-a", "-d"]);
    assert_eq!(provenance(&history(&scratch.root), "content").0, "a");
    let scratch = Scratch::with(&["--ref-format=reftable"]);
    scratch.write("a", "content");
    scratch.commit("x");
    let found = history(&scratch.root);
    assert_eq!(found.count("content"), 1, "objects are read without the refs");
    assert!(found.unread().iter().any(|gap| gap.contains("reftable")), "{:?}", found.unread());
}
