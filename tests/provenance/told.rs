//! What `keyfuse git` tells of each credential, by the secret that a place of it holds.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::scratch::{Run, git_in, keyfuse};

/// The findings of a repository.
pub(super) fn findings(repository: &Path, arguments: &[&str]) -> Vec<Value> {
    let run = Run::of(keyfuse(repository, &[&["git", "-f", "jsonl"], arguments].concat()).output().expect("it starts"));
    assert!(matches!(run.code, Some(0 | 1)), "{run:?}");
    let mut lines: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    assert_eq!(lines.pop().expect("a summary")["type"], "summary");
    lines
}

/// The findings by the secret that they are about: git tells what the object of one of their places holds.
pub(super) fn by_secret(repository: &Path, secrets: &[String], arguments: &[&str]) -> BTreeMap<usize, Value> {
    let mut told = BTreeMap::new();
    for finding in findings(repository, arguments) {
        let places = finding["places"].as_array().expect("all its places");
        let object = places.iter().find_map(|place| place["object"].as_str()).expect("a place in an object");
        let text = git_in(repository, &["cat-file", "-p", object], &[]);
        let secret = secrets.iter().position(|secret| text.contains(secret.trim_end())).expect("one of the secrets");
        assert!(told.insert(secret, finding).is_none(), "one finding for each secret");
    }
    told
}

/// A list of texts as a set.
pub(super) fn set(list: &Value) -> BTreeSet<String> {
    list.as_array().expect("a list").iter().map(|text| text.as_str().expect("text").to_owned()).collect()
}
