//! Clones that lack a part of the history: what is there is looked at, what is not is named.

use crate::scratch::{Scratch, git_in, secret};

use super::told::{git, range};

#[test]
fn a_shallow_clone_is_looked_at_as_far_as_it_goes() {
    let scratch = Scratch::new();
    scratch.write("old.env", secret("old"));
    scratch.commit("one");
    scratch.write("new.env", secret("new"));
    scratch.commit("two");
    scratch.write("readme.md", "x");
    let head = scratch.commit("three");
    git_in(&scratch.base, &["clone", "-q", "--depth", "2", &format!("file://{}", scratch.root.display()), "shallow"], &[]);
    let shallow = scratch.base.join("shallow");
    // Both ends are there, and so is all between them.
    assert_eq!(range(&shallow, "HEAD~1..HEAD").code, Some(0));
    let unknown = range(&shallow, "HEAD~2..HEAD");
    assert!(unknown.code == Some(2) && unknown.stderr.contains("fetch-depth: 0"), "{unknown:?}");
    // A push of all of it: beyond the cut everything counts as new, and that is said.
    let line = format!("refs/heads/main {head} refs/heads/main {}\n", "0".repeat(40));
    let push = |more: &[&str]| git(&shallow, &[&["--pre-push", "--remote", "other"], more].concat(), &line, &[]);
    let told = push(&[]);
    assert_eq!(told.paths(), ["new.env", "old.env"]);
    assert!(told.unread().iter().any(|gap| gap.contains("shallow") && gap.contains("fetch-depth: 0")), "{told:?}");
    assert_eq!(told.summary["outcome"]["conditions"], serde_json::json!(["findings", "incomplete"]));
    let allowed = push(&["--allow-missing"]);
    assert_eq!((allowed.paths(), allowed.unread()), (vec!["new.env", "old.env"], vec![]), "{allowed:?}");
}

#[test]
fn a_partial_clone_names_what_was_not_fetched() {
    let scratch = Scratch::new();
    scratch.git(&["config", "uploadpack.allowFilter", "true"]);
    scratch.write("readme.md", "one");
    scratch.commit("one");
    scratch.write("new.env", secret("new"));
    scratch.commit("two");
    let source = format!("file://{}", scratch.root.display());
    git_in(&scratch.base, &["clone", "-q", "--filter=blob:none", "--no-checkout", &source, "partial"], &[]);
    let partial = scratch.base.join("partial");
    let told = range(&partial, "HEAD~1..HEAD");
    assert_eq!(told.code, Some(3), "{told:?}");
    assert!(told.unread().iter().any(|gap| gap.starts_with("new.env: ") && gap.contains("missing")), "{told:?}");
    assert_eq!(git(&partial, &[], "", &[]).code, Some(3));
    for part in [&["--range", "HEAD~1..HEAD"][..], &[]] {
        let allowed = git(&partial, &[part, &["--allow-missing"]].concat(), "", &[]);
        assert_eq!((allowed.code, allowed.unread()), (Some(0), vec![]), "{allowed:?}");
    }
}

#[test]
fn a_damaged_tree_is_named_and_the_rest_is_looked_at() {
    let scratch = Scratch::new();
    scratch.write("readme.md", "one");
    scratch.commit("one");
    scratch.write("a/new.env", secret("a"));
    scratch.write("b/new.env", secret("b"));
    scratch.commit("two");
    let tree = scratch.git(&["rev-parse", "HEAD:a"]);
    let path = scratch.root.join(".git/objects").join(&tree[..2]).join(&tree[2..]);
    std::fs::remove_file(path).expect("it was there");
    let told = range(&scratch.root, "HEAD~1..HEAD");
    assert_eq!((told.code, told.paths()), (Some(1), vec!["b/new.env"]), "{told:?}");
    assert!(told.unread().iter().any(|gap| gap.contains(&tree) && gap.starts_with("a/")), "{told:?}");
}

#[test]
fn refs_in_a_format_that_is_not_read_make_the_run_incomplete() {
    let scratch = Scratch::with(&["--ref-format=reftable"]);
    scratch.commit("one");
    let head = scratch.commit("two");
    for arguments in [&["--range", "main~1..main"][..], &["--since", "2020-01-01"]] {
        let told = git(&scratch.root, arguments, "", &[]);
        assert!(told.code == Some(3) && told.unread()[0].contains("reftable"), "{told:?}");
    }
    // Full ids need no refs.
    assert_eq!(range(&scratch.root, &format!("{head}..{head}")).code, Some(0));
}

#[test]
fn a_repository_of_the_longer_ids_has_ranges_too() {
    let scratch = Scratch::with(&["--object-format=sha256"]);
    scratch.commit("one");
    scratch.write("new.env", secret("new"));
    scratch.commit("two");
    assert_eq!(range(&scratch.root, "HEAD~1..HEAD").paths(), ["new.env"]);
}
