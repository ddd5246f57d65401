//! `keyfuse git` finds a secret in every place where git keeps things; the repository is made by fixtures/repos/make_places.sh.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::scratch::{Run, keyfuse, secret};

/// In the order of the script: the place, and where the report says that it is (kind and path).
const PLACES: [(&str, &str, &str); 38] = [
    ("the history of a submodule", "object", "libs/inner/submodule.env"),
    ("at the head", "object", "at_head.env"),
    ("deleted later", "object", "deleted.env"),
    ("only in a merge commit", "object", "merged.env"),
    ("on another branch", "object", "other.env"),
    ("only under a tag", "object", "tagged.env"),
    ("the message of a tag", "message", ""),
    ("a pull request", "object", "pull.env"),
    ("a remote branch", "object", "remote.env"),
    ("an object that is replaced", "object", "replaced.env"),
    ("an object that replaces another", "object", ""),
    ("the staged part of the oldest stash", "object", "staged_stash.env"),
    ("an edited file of an older stash", "object", "readme.md"),
    ("an untracked file of a stash", "object", "untracked_stash.env"),
    ("only in the reflog", "object", "forgotten.env"),
    ("the message of a reflog", "file", ".git/logs/refs/heads/side"),
    ("the message of an amended commit", "message", ""),
    ("the message of a commit", "message", ""),
    ("a note", "object", "*"),
    ("the name of a branch", "name", ".git/refs/heads/*"),
    ("the name of a file", "name", "backup-*"),
    ("UTF-16", "object", "utf16.txt"),
    ("hexadecimal", "object", "hex.txt"),
    ("percent encoding", "object", "percent.txt"),
    ("base64", "object", "base64.txt"),
    ("base64 twice", "object", "twice.txt"),
    ("an archive in an archive", "object", "archive.tar"),
    ("the HEAD of a linked work tree", "object", "detached.env"),
    ("the index of a linked work tree", "staged", "staged_there.env"),
    ("a dangling object in a pack", "object", ""),
    ("a dangling loose object", "object", ""),
    ("the index", "staged", "staged.env"),
    ("the address of a remote", "file", ".git/config"),
    ("a hook", "file", ".git/hooks/post-commit"),
    ("a message in the making", "file", ".git/MERGE_MSG"),
    ("an untracked file", "file", "untracked.env"),
    ("a changed file", "file", "readme.md"),
    ("an ignored file", "file", "ignored.env"),
];

/// The repository, which goes with what it is given beside.
fn made() -> (tempfile::TempDir, PathBuf) {
    let scratch = tempfile::tempdir().expect("a scratch directory");
    let lines: Vec<String> = PLACES.iter().map(|(place, _, _)| secret(place)).collect();
    let secrets = scratch.path().join("secrets");
    std::fs::write(&secrets, lines.concat()).expect("written");
    let directory = scratch.path().canonicalize().expect("it exists").join("made");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/repos/make_places.sh");
    let mut command = Command::new("bash");
    command.arg(script).arg(&directory).arg(&secrets);
    for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_PREFIX"] {
        command.env_remove(name);
    }
    let made = Run::of(command.output().expect("bash runs"));
    assert_eq!(made.code, Some(0), "{made:?}");
    (scratch, directory.join("repository"))
}

fn told(repository: &Path, arguments: &[&str]) -> (Vec<Value>, Value) {
    let told = Run::of(keyfuse(repository, &[arguments, &["-f", "jsonl"]].concat()).output().expect("it starts"));
    assert_eq!(told.code, Some(1), "{}", told.stderr);
    let mut findings: Vec<Value> = told.stdout.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    let summary = findings.pop().expect("a summary");
    (findings, summary)
}

/// Whether a place of the report is the one of the table; a star stands for anything.
fn fits(finding: &Value, kind: &str, path: &str) -> bool {
    let found = finding["path"].as_str().expect("a path");
    let is_path = path.strip_suffix('*').map_or(found == path, |start| found.starts_with(start));
    finding["place"] == kind && is_path
}

#[test]
fn every_place_of_a_repository_is_looked_at() {
    let (_scratch, repository) = made();
    let (findings, summary) = told(&repository, &["git"]);
    assert_eq!(summary["outcome"]["complete"], true, "{summary}");
    assert_eq!(findings.len(), PLACES.len() - 1, "one finding for each credential");
    let mut left: Vec<&Value> = findings.iter().flat_map(|finding| finding["places"].as_array().expect("all its places")).collect();
    let mut missing = Vec::new();
    // Exact paths first: what a star stands for must not take their findings.
    let mut rows: Vec<_> = PLACES.iter().filter(|(place, _, _)| *place != "an ignored file").collect();
    rows.sort_by_key(|(_, _, path)| path.ends_with('*'));
    for (place, kind, path) in rows {
        match left.iter().position(|finding| fits(finding, kind, path)) {
            Some(found) => drop(left.remove(found)),
            None => missing.push(place),
        }
    }
    assert!(missing.is_empty(), "not found: {missing:?}; left: {left:#?}");
    // Each line holds a secret of its own, so their number tells that none was taken for another.
    assert_eq!(summary["outcome"]["credentials"], PLACES.len() - 1, "{left:#?}");
    let elsewhere = &summary["coverage"]["gaps"];
    assert!(elsewhere.to_string().contains("another work tree"), "{elsewhere}");

    let (findings, _) = told(&repository, &["scan", "--no-ignore"]);
    assert!(findings.iter().any(|finding| finding["path"] == "ignored.env"), "what git ignores is a matter of `scan`");
}

#[test]
fn without_the_work_tree_only_what_git_keeps_is_looked_at() {
    let (_scratch, repository) = made();
    let (findings, summary) = told(&repository, &["git", "--no-worktree"]);
    assert!(!findings.iter().any(|finding| fits(finding, "file", "untracked.env") || fits(finding, "file", "readme.md")));
    assert_eq!(summary["outcome"]["credentials"], PLACES.len() - 3);
}
