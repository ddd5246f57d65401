//! The hooks pre-push and pre-receive, called by git itself.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::scratch::{KEYFUSE, Run, Scratch, command, git_in, secret};

use super::told::git;

const ZERO: &str = "0000000000000000000000000000000000000000";

fn hook(folder: &Path, name: &str, line: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(folder).expect("made");
    std::fs::write(&path, format!("#!/bin/sh\nexec '{KEYFUSE}' {line}\n")).expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("ours");
}

fn run(scratch: &Scratch, arguments: &[&str]) -> Run {
    Run::of(command(&scratch.root, arguments, &[]).output().expect("git runs"))
}

/// A repository with an old secret, pushed to a bare one beside it.
fn pushed() -> Scratch {
    let scratch = Scratch::new();
    scratch.write("old.env", secret("old"));
    scratch.commit("before");
    let bare = scratch.base.join("bare.git");
    git_in(&scratch.base, &["init", "-q", "--bare", "bare.git"], &[]);
    scratch.git(&["remote", "add", "origin", &bare.display().to_string()]);
    scratch.git(&["push", "-q", "origin", "main"]);
    scratch
}

#[test]
fn git_stops_a_push_of_a_new_secret_and_lets_the_old_one_be() {
    let scratch = pushed();
    hook(&scratch.root.join(".git/hooks"), "pre-push", "git --pre-push --remote \"$1\"");
    // A first push of a branch: all that its remote does not have.
    scratch.git(&["checkout", "-q", "-b", "topic"]);
    scratch.write("readme.md", "hello\n");
    scratch.commit("clean");
    let clean = run(&scratch, &["push", "-q", "origin", "topic"]);
    assert_eq!(clean.code, Some(0), "{clean:?}");
    scratch.write("new.env", secret("new"));
    scratch.commit("leaky");
    let stopped = run(&scratch, &["push", "-q", "origin", "topic"]);
    let told = format!("{}{}", stopped.stdout, stopped.stderr);
    assert!(stopped.code == Some(1) && told.contains("new.env:1:14") && !told.contains("old.env:"), "{told}");
    // A force push that takes it back passes, though what it replaces is gone from here.
    scratch.git(&["reset", "-q", "--hard", "HEAD~2"]);
    scratch.write("readme.md", "hello, world\n");
    scratch.commit("instead");
    let forced = run(&scratch, &["push", "-q", "--force", "origin", "topic"]);
    assert_eq!(forced.code, Some(0), "{forced:?}");
    let deleted = run(&scratch, &["push", "-q", "origin", ":topic"]);
    assert_eq!(deleted.code, Some(0), "{deleted:?}");
    // What one remote has, another may not.
    git_in(&scratch.base, &["init", "-q", "--bare", "public.git"], &[]);
    scratch.git(&["remote", "add", "public", &scratch.base.join("public.git").display().to_string()]);
    let first = run(&scratch, &["push", "-q", "public", "main"]);
    let told = format!("{}{}", first.stdout, first.stderr);
    assert!(first.code == Some(1) && told.contains("old.env:1:14"), "{told}");
    // A tag brings what it says.
    scratch.git(&["tag", "-a", "v1", "-m", &secret("tag"), "main"]);
    let tagged = run(&scratch, &["push", "-q", "origin", "v1"]);
    assert!(tagged.code == Some(1) && format!("{}{}", tagged.stdout, tagged.stderr).contains("<message of tag"), "{tagged:?}");
}

#[test]
fn a_server_refuses_what_a_push_brings() {
    let scratch = pushed();
    hook(&scratch.base.join("bare.git/hooks"), "pre-receive", "git --pre-receive");
    scratch.write("readme.md", "hello\n");
    scratch.commit("clean");
    let clean = run(&scratch, &["push", "-q", "origin", "main", "main:refs/heads/new", "main:refs/tags/light"]);
    assert_eq!(clean.code, Some(0), "{clean:?}");
    scratch.write("new.env", secret("new"));
    scratch.commit("leaky");
    let refused = run(&scratch, &["push", "-q", "origin", "main"]);
    assert!(refused.code == Some(1) && refused.stderr.contains("new.env:1:14"), "{refused:?}");
    assert!(!refused.stderr.contains("old.env:"), "{refused:?}");
    let bare = scratch.base.join("bare.git");
    assert_ne!(git_in(&bare, &["rev-parse", "main"], &[]), scratch.git(&["rev-parse", "main"]));
    // Loose objects in quarantine as well as a pack.
    git_in(&bare, &["config", "receive.unpackLimit", "1"], &[]);
    let refused = run(&scratch, &["push", "-q", "origin", "main:refs/heads/other"]);
    assert!(refused.code == Some(1) && refused.stderr.contains("new.env:1:14"), "{refused:?}");
    // A tag of a file itself.
    let blob = scratch.git(&["rev-parse", "HEAD:new.env"]);
    scratch.git(&["tag", "file", &blob]);
    let refused = run(&scratch, &["push", "-q", "origin", "file"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
}

#[test]
fn lines_that_git_did_not_write_are_an_error() {
    let scratch = pushed();
    let head = scratch.git(&["rev-parse", "HEAD"]);
    for (flag, input) in [("--pre-push", "what is this\n"), ("--pre-receive", "\n"), ("--pre-receive", &format!("{head} {head}\n"))] {
        let told = git(&scratch.root, &[flag], input, &[]);
        assert!(told.code == Some(2) && told.stderr.contains("line 1"), "{flag}: {told:?}");
    }
    let nothing = git(&scratch.root, &["--pre-push"], "", &[]);
    assert_eq!(nothing.code, Some(0), "nothing is pushed: {nothing:?}");
    let unknown = format!("{ZERO} {} refs/heads/x\n", "1".repeat(40));
    let told = git(&scratch.root, &["--pre-receive"], &unknown, &[]);
    assert_eq!(told.code, Some(2), "{told:?}");
    // What a force push replaces may never have been fetched: then nothing is left out by it.
    let line = format!("refs/heads/main {head} refs/heads/main {}\n", "1".repeat(40));
    let told = git(&scratch.root, &["--pre-push", "--remote", "elsewhere"], &line, &[]);
    assert_eq!((told.code, told.paths()), (Some(1), vec!["old.env"]), "{told:?}");
}

#[test]
fn the_stage_of_pre_commit_chooses_what_is_looked_at() {
    let scratch = pushed();
    scratch.write("new.env", secret("new"));
    scratch.commit("leaky");
    scratch.write("staged.env", secret("staged"));
    scratch.git(&["add", "-A"]);
    let staged = git(&scratch.root, &["--staged"], "", &[("PRE_COMMIT", "1")]);
    assert_eq!(staged.paths(), ["staged.env"]);
    let from = scratch.git(&["rev-parse", "HEAD~1"]);
    let variables = [("PRE_COMMIT", "1"), ("PRE_COMMIT_FROM_REF", from.as_str()), ("PRE_COMMIT_TO_REF", "HEAD")];
    assert_eq!(git(&scratch.root, &["--staged"], "", &variables).paths(), ["new.env"]);
    let first = [("PRE_COMMIT", "1"), ("PRE_COMMIT_REMOTE_NAME", "elsewhere"), ("PRE_COMMIT_LOCAL_BRANCH", "refs/heads/main")];
    assert_eq!(git(&scratch.root, &["--staged"], "", &first).paths(), ["new.env", "old.env"]);
}
