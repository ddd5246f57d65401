//! What the action does for a push, a pull request, and whatever else starts a workflow.

use serde_json::json;

use super::runner::run;
use crate::scratch::{Scratch, git_in, secret};

const SYSTEM: (&str, &str) = ("version", "system");
const ZERO: &str = "0000000000000000000000000000000000000000";

/// A repository with an old secret and a commit after it.
fn repository() -> (Scratch, String) {
    let scratch = Scratch::new();
    scratch.write("old.env", secret("old"));
    scratch.write("readme.md", "# hello\n");
    let before = scratch.commit("before");
    (scratch, before)
}

/// The value of a template's line, which no output may hold.
fn value(line: &str) -> &str {
    line.trim_end().split_once('=').expect("NAME=value").1
}

#[test]
fn a_push_is_judged_by_what_it_changes() {
    let (scratch, before) = repository();
    scratch.write("src/a b.env", format!("first\n{}", secret("new")));
    let after = scratch.commit("after");
    let payload = json!({"before": before, "after": after, "ref": "refs/heads/main"});
    let job = run(&scratch.root, "push", &payload, &[SYSTEM], &[]);
    assert_eq!(job.code, 1, "{}", job.log);
    assert_eq!((job.outputs["exit-code"].as_str(), job.outputs["findings"].as_str()), ("1", "1"), "{}", job.log);
    let errors = job.annotations("error");
    assert_eq!(errors.len(), 1, "{}", job.log);
    assert!(errors[0].starts_with("::error file=src/a b.env,line=2,col=14,endColumn=53,title="), "{}", errors[0]);
    assert!(job.summary.contains("### keyfuse: 1 finding") && job.summary.contains("src/a b.env:2"), "{}", job.summary);
    let mut files = job.sarif_files();
    files.sort();
    assert_eq!(files, ["old.env", "src/a%20b.env"], "an upload stands for the branch as a whole");
    for line in [secret("new"), secret("old")] {
        let sarif = job.sarif().to_string();
        assert!(![&job.log, &job.summary, &sarif].iter().any(|text| text.contains(value(&line))), "a secret is shown");
    }
    let upload = &job.used["github/codeql-action/upload-sarif@v4"];
    assert_eq!(upload["sarif_file"], job.outputs["sarif"]);
    assert_eq!(upload["token"], "the-token-of-the-job");
    assert!(job.temp.path().join("keyfuse/report.jsonl").is_file());
}

#[test]
fn a_clean_push_passes_though_the_tree_is_not_clean() {
    let (scratch, before) = repository();
    scratch.write("readme.md", "# hello, world\n");
    std::fs::remove_file(scratch.root.join("old.env")).expect("it was there");
    std::os::unix::fs::symlink("readme.md", scratch.root.join("link.md")).expect("linked");
    scratch.write("other.env", secret("other"));
    let between = scratch.commit("between");
    scratch.write("readme.md", "# hello, wide world\n");
    let after = scratch.commit("after");
    let payload = json!({"before": between, "after": after});
    let job = run(&scratch.root, "push", &payload, &[SYSTEM], &[]);
    assert_eq!((job.code, job.outputs["findings"].as_str()), (0, "0"), "{}", job.log);
    assert!(job.annotations("error").is_empty() && job.annotations("notice").is_empty(), "{}", job.log);
    assert_eq!(job.sarif_files(), ["other.env"]);
    // Deleted files, links and folders are no arguments.
    let job = run(&scratch.root, "push", &json!({"before": before, "after": between}), &[SYSTEM], &[]);
    assert_eq!((job.code, job.outputs["findings"].as_str()), (1, "1"), "{}", job.log);
}

#[test]
fn a_pull_request_is_judged_from_the_merge_base() {
    let (scratch, base) = repository();
    scratch.git(&["checkout", "-q", "-b", "topic"]);
    scratch.write("new.env", secret("new"));
    let head = scratch.commit("topic");
    scratch.git(&["checkout", "-q", "main"]);
    scratch.write("main.env", secret("main"));
    let moved = scratch.commit("main goes on");
    // The checkout of a pull request is its merge.
    scratch.git(&["checkout", "-q", "--detach", "main"]);
    scratch.git(&["merge", "-q", "--no-edit", "topic"]);
    let payload = json!({"pull_request": {"base": {"sha": moved}, "head": {"sha": head, "repo": {"fork": false}}}});
    let job = run(&scratch.root, "pull_request", &payload, &[SYSTEM], &[]);
    assert_eq!((job.code, job.outputs["findings"].as_str()), (1, "1"), "{}", job.log);
    assert_eq!(job.sarif_files(), ["new.env"], "what the base brought is not the pull request's");
    assert!(job.annotations("error")[0].contains("file=new.env,line=1,"), "{}", job.log);
    assert_eq!(job.used.len(), 1);
    let _ = base;

    let fork = json!({"pull_request": {"base": {"sha": moved}, "head": {"sha": head, "repo": {"fork": true}}}});
    let job = run(&scratch.root, "pull_request", &fork, &[SYSTEM, ("fail-on-findings", "false"), ("annotations", "false")], &[]);
    assert_eq!((job.code, job.outputs["exit-code"].as_str()), (0, "1"), "{}", job.log);
    assert!(job.used.is_empty(), "a fork may not upload");
    assert!(job.annotations("error").is_empty() && job.summary.contains("1 finding"));
}

#[test]
fn a_pull_request_cannot_silence_the_scan_by_its_own_configuration() {
    let (scratch, base) = repository();
    scratch.git(&["checkout", "-q", "-b", "topic"]);
    scratch.write("keyfuse.toml", "[scan]\nexclude = [{ paths = [\"*.env\"], reason = \"please do not look\" }]\n");
    scratch.write("new.env", secret("new"));
    let head = scratch.commit("topic");
    let payload = json!({"pull_request": {"base": {"sha": base}, "head": {"sha": head}}});
    let job = run(&scratch.root, "pull_request", &payload, &[SYSTEM], &[]);
    assert_eq!((job.code, job.outputs["findings"].as_str()), (1, "1"), "{}", job.log);
    // Once it is in the base, it counts.
    let payload = json!({"pull_request": {"base": {"sha": head}, "head": {"sha": head}}});
    let job = run(&scratch.root, "pull_request", &payload, &[SYSTEM, ("paths", "new.env\n")], &[]);
    assert_eq!((job.code, job.outputs["findings"].as_str()), (0, "0"), "{}", job.log);
    let job = run(&scratch.root, "pull_request", &payload, &[SYSTEM, ("paths", "new.env\n"), ("config", "none.toml")], &[]);
    assert_eq!((job.code, job.outputs["exit-code"].as_str()), (2, "2"), "a broken configuration fails: {}", job.log);
}

#[test]
fn what_has_no_range_is_scanned_whole_and_never_an_error() {
    let (scratch, before) = repository();
    let head = scratch.git(&["rev-parse", "HEAD"]);
    let gone = "1234567890123456789012345678901234567890";
    for (event, payload, says) in [
        ("schedule", json!({}), "schedule has no range"),
        ("workflow_dispatch", json!({}), "workflow_dispatch has no range"),
        ("push", json!({"before": ZERO, "after": head}), "the branch is new"),
        ("push", json!({"before": gone, "after": head}), "a commit of the range is not here."),
        ("merge_group", json!({"merge_group": {"base_sha": gone, "head_sha": head}}), "a commit of the range is not here."),
    ] {
        let job = run(&scratch.root, event, &payload, &[SYSTEM], &[]);
        assert_eq!((job.code, job.outputs["findings"].as_str()), (1, "1"), "{event}: {}", job.log);
        assert!(job.annotations("notice")[0].contains(says), "{event}: {}", job.log);
    }
    // The same commit at both ends: nothing has changed, and that is no error.
    for payload in [json!({"before": before, "after": before}), json!({"before": head, "after": head})] {
        let job = run(&scratch.root, "push", &payload, &[SYSTEM], &[]);
        assert_eq!((job.code, job.outputs["findings"].as_str()), (0, "0"), "{}", job.log);
    }
}

#[test]
fn a_new_branch_is_counted_from_the_default_one() {
    let (scratch, before) = repository();
    scratch.git(&["update-ref", "refs/remotes/origin/main", &before]);
    scratch.write("new.env", secret("new"));
    let after = scratch.commit("after");
    // Another branch that is pushed at the same time hides nothing.
    scratch.git(&["update-ref", "refs/remotes/origin/other", &after]);
    scratch.git(&["update-ref", "refs/remotes/origin/topic", &after]);
    let gone = "1234567890123456789012345678901234567890";
    for start in [ZERO, gone] {
        let payload = json!({"before": start, "after": after, "ref": "refs/heads/topic", "repository": {"default_branch": "main"}});
        let job = run(&scratch.root, "push", &payload, &[SYSTEM], &[]);
        assert_eq!((job.code, job.outputs["findings"].as_str()), (1, "1"), "{}", job.log);
        assert!(job.annotations("error")[0].contains("file=new.env,line=1,"), "{}", job.log);
    }
    let payload = json!({"before": gone, "after": after, "ref": "refs/heads/main", "repository": {"default_branch": "main"}});
    let job = run(&scratch.root, "push", &payload, &[SYSTEM], &[]);
    assert_eq!((job.code, job.outputs["findings"].as_str()), (1, "2"), "the default branch itself is scanned whole: {}", job.log);
}

#[test]
fn what_a_later_commit_took_back_is_told_too() {
    let (scratch, before) = repository();
    scratch.write("new.env", secret("new"));
    scratch.commit("comes");
    std::fs::remove_file(scratch.root.join("new.env")).expect("it was there");
    let after = scratch.commit("goes");
    for (event, payload) in [
        ("push", json!({"before": before, "after": after, "ref": "refs/heads/main"})),
        ("merge_group", json!({"merge_group": {"base_sha": before, "head_sha": after}})),
    ] {
        let job = run(&scratch.root, event, &payload, &[SYSTEM], &[]);
        assert_eq!((job.code, job.outputs["findings"].as_str()), (1, "1"), "{event}: {}", job.log);
        assert!(job.annotations("error")[0].contains("in commit"), "{}", job.log);
    }
}

#[test]
fn a_range_that_is_cut_is_incomplete_with_the_advice() {
    let scratch = Scratch::new();
    scratch.commit("one");
    let base = scratch.commit("two");
    scratch.write("readme.md", "x");
    let after = scratch.commit("three");
    git_in(&scratch.base, &["clone", "-q", "--depth", "1", &format!("file://{}", scratch.root.display()), "shallow"], &[]);
    let shallow = scratch.base.join("shallow");
    // The base was fetched by itself, what lies between was not.
    git_in(&shallow, &["fetch", "-q", "--depth", "1", "origin", &base], &[]);
    let job = run(&shallow, "push", &json!({"before": base, "after": after}), &[SYSTEM], &[]);
    assert!(job.code == 3 && job.log.contains("fetch-depth: 0"), "{}: {}", job.code, job.log);
}

#[test]
fn a_shallow_clone_is_scanned_whole_with_the_advice() {
    let (scratch, before) = repository();
    scratch.write("readme.md", "# more\n");
    let after = scratch.commit("after");
    let shallow = scratch.base.join("shallow");
    let from = format!("file://{}", scratch.root.display());
    git_in(&scratch.base, &["clone", "-q", "--depth", "1", &from, "shallow"], &[]);
    let job = run(&shallow, "push", &json!({"before": before, "after": after}), &[SYSTEM], &[]);
    assert_eq!((job.code, job.outputs["findings"].as_str()), (1, "1"), "{}", job.log);
    assert!(job.annotations("notice")[0].contains("set fetch-depth: 0"), "{}", job.log);
    let payload = json!({"pull_request": {"base": {"sha": before}, "head": {"sha": after}}});
    let job = run(&shallow, "pull_request", &payload, &[SYSTEM], &[]);
    assert!(job.annotations("warning")[0].contains("fetch-depth: 0"), "{}", job.log);
}

#[test]
fn hostile_names_are_names() {
    let (scratch, before) = repository();
    for name in ["-f", "$(touch marker)", "`touch marker`", "a\n::stop-commands::x", "é ;touch marker"] {
        scratch.write(name, secret(name));
    }
    let after = scratch.commit("after");
    let job = run(&scratch.root, "push", &json!({"before": before, "after": after}), &[SYSTEM], &[]);
    assert_eq!((job.code, job.outputs["findings"].as_str()), (1, "5"), "{}", job.log);
    assert!(!scratch.root.join("marker").exists() && !job.log.contains("\n::stop-commands::x"), "{}", job.log);
}

#[test]
fn the_folder_of_the_checkout_may_be_another() {
    let (scratch, before) = repository();
    scratch.write("new.env", secret("new"));
    let after = scratch.commit("after");
    let payload = json!({"before": before, "after": after});
    let job = run(&scratch.base, "push", &payload, &[SYSTEM, ("working-directory", "repository")], &[]);
    assert_eq!((job.code, job.outputs["findings"].as_str()), (1, "1"), "{}", job.log);
    assert_eq!(job.used["github/codeql-action/upload-sarif@v4"]["checkout_path"], scratch.root.to_string_lossy());
}
