//! `keyfuse git` finds a secret in every place where git keeps things; the repository is made by fixtures/repos/make_places.sh.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::scratch::{Run, keyfuse, secret};

/// The order of the script.
const PLACES: [&str; 12] = [
    "at the head",
    "deleted later",
    "only in a merge commit",
    "on another branch",
    "only under a tag",
    "the message of a tag",
    "a stash",
    "an untracked file of a stash",
    "only in the reflog",
    "the message of a commit",
    "a note",
    "an object that nothing names",
];

#[test]
fn every_place_of_a_history_is_looked_at() {
    let scratch = tempfile::tempdir().expect("a scratch directory");
    let lines: Vec<String> = PLACES.iter().map(|place| secret(place)).collect();
    let secrets = scratch.path().join("secrets");
    std::fs::write(&secrets, lines.concat()).expect("written");
    let repository = scratch.path().join("repository");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/repos/make_places.sh");
    let mut command = Command::new("bash");
    command.arg(script).arg(&repository).arg(&secrets);
    for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_PREFIX"] {
        command.env_remove(name);
    }
    let made = Run::of(command.output().expect("bash runs"));
    assert_eq!(made.code, Some(0), "{made:?}");

    let told = Run::of(keyfuse(&repository, &["git", "-f", "jsonl"]).output().expect("it starts"));
    assert_eq!(told.code, Some(1), "{}", told.stderr);
    let findings: Vec<Value> = told.stdout.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    let (summary, findings) = findings.split_last().expect("a summary");
    assert_eq!(summary["outcome"]["credentials"], PLACES.len(), "{findings:#?}");
    assert_eq!(summary["outcome"]["complete"], true, "{summary}");
    // The shell tells what git says of the object that a finding names; it must hold the secret of its place.
    let mut missing: Vec<&str> = Vec::new();
    for (place, line) in PLACES.iter().zip(&lines) {
        let holds = findings.iter().any(|finding| {
            let object = finding["object"].as_str().expect("history gives objects");
            crate::scratch::git_in(&repository, &["cat-file", "-p", object], &[]).contains(line.trim_end())
        });
        if !holds {
            missing.push(place);
        }
    }
    assert!(missing.is_empty(), "not found: {missing:?}");
}
