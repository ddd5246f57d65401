//! `--range` and `--since`: what is new, what is old, what a merge brings by itself.

use crate::scratch::{Scratch, command, secret};

use super::told::{git, range};

/// A repository with an old secret.
fn repository() -> Scratch {
    let scratch = Scratch::new();
    scratch.write("old.env", format!("# old\n{}", secret("old")));
    scratch.write("readme.md", "# hello\n");
    scratch.commit("before");
    scratch.git(&["tag", "base"]);
    scratch
}

#[test]
fn only_what_the_commits_bring_is_told() {
    let scratch = repository();
    scratch.write("old.env", format!("# older\n# still\n{}", secret("old")));
    scratch.commit("the file of the old secret changes");
    scratch.write("gone.env", secret("gone"));
    let brought = scratch.commit("a secret comes");
    std::fs::remove_file(scratch.root.join("gone.env")).expect("it was there");
    scratch.commit("and goes");
    scratch.write("new.env", format!("\n\n{}", secret("new")));
    let last = scratch.commit("another");
    let told = range(&scratch.root, "base..HEAD");
    assert_eq!((told.code, told.paths()), (Some(1), vec!["gone.env", "new.env"]), "{told:?}");
    assert_eq!((&told.findings[0]["commit"]["id"], &told.findings[1]["commit"]["id"]), (&brought.into(), &last.into()));
    assert_eq!(told.findings[1]["standing"]["line"], 3);
    assert_eq!(told.findings[0]["standing"], serde_json::json!({"path": "new.env", "line": null, "column": null}), "{told:?}");
    assert_eq!(told.summary["outcome"]["complete"], true);
    let told = range(&scratch.root, "HEAD~1...");
    assert_eq!(told.paths(), ["new.env"]);
}

#[test]
fn equal_ends_are_clean_and_unknown_ones_an_error_with_the_way_out() {
    let scratch = repository();
    for equal in ["HEAD..HEAD", "base..HEAD", "HEAD...base", "..", "HEAD~0..@"] {
        let told = range(&scratch.root, equal);
        assert_eq!((told.code, told.findings.len()), (Some(0), 0), "{equal}: {told:?}");
    }
    let gone = "1234567890123456789012345678901234567890";
    for (unknown, says) in [
        ("nowhere..HEAD", "`nowhere` names no commit"),
        ("HEAD~7..HEAD", "`HEAD~7` names no commit"),
        (&format!("{gone}..HEAD"), "fetch-depth: 0"),
        ("HEAD..--output=x", "names no commit"),
        ("base", "A..B"),
        ("HEAD^{tree}..HEAD", "names no commit"),
    ] {
        let told = range(&scratch.root, unknown);
        assert!(told.code == Some(2) && told.stderr.contains(says), "{unknown}: {told:?}");
    }
    let told = git(&scratch.root, &["--range", "a..b", "--staged"], "", &[]);
    assert_eq!(told.code, Some(2), "{told:?}");
}

#[test]
fn revisions_are_named_as_for_git() {
    let scratch = repository();
    scratch.git(&["tag", "-a", "annotated", "-m", "x"]);
    scratch.write("new.env", secret("new"));
    let head = scratch.commit("new");
    scratch.git(&["update-ref", "refs/remotes/origin/main", "base"]);
    scratch.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"]);
    for from in ["base", "annotated", "annotated^{}", "refs/tags/base", "origin/main", "origin", "HEAD^", "main~1", "@^1", &head[..10]] {
        let expected = if from == &head[..10] { 0 } else { 1 };
        let told = range(&scratch.root, &format!("{from}..main"));
        assert_eq!((told.code, told.findings.len()), (Some(expected), expected as usize), "{from}: {told:?}");
    }
}

#[test]
fn a_pull_request_is_not_charged_with_what_it_merged_from_its_base() {
    let scratch = repository();
    scratch.git(&["checkout", "-q", "-b", "topic"]);
    scratch.write("topic.env", secret("topic"));
    scratch.commit("topic");
    scratch.git(&["checkout", "-q", "main"]);
    scratch.write("main.env", secret("main"));
    scratch.commit("main goes on");
    scratch.git(&["checkout", "-q", "topic"]);
    scratch.git(&["merge", "-q", "--no-commit", "main"]);
    scratch.write("merge.env", secret("merge"));
    scratch.commit("the merge brings one by itself");
    for text in ["main..topic", "main...topic"] {
        let told = range(&scratch.root, text);
        assert_eq!((told.code, told.paths()), (Some(1), vec!["merge.env", "topic.env"]), "{told:?}");
    }
}

#[test]
fn an_octopus_and_another_root_are_walked() {
    let scratch = repository();
    for name in ["one", "two", "three"] {
        scratch.git(&["checkout", "-q", "-b", name, "base"]);
        scratch.write(&format!("{name}.env"), secret(name));
        scratch.commit(name);
    }
    scratch.git(&["checkout", "-q", "--orphan", "alone"]);
    scratch.git(&["rm", "-rfq", "."]);
    scratch.write("alone.env", secret("alone"));
    scratch.commit("no parent");
    scratch.git(&["checkout", "-q", "one"]);
    scratch.git(&["merge", "-q", "two", "three"]);
    scratch.git(&["merge", "-q", "--allow-unrelated-histories", "alone"]);
    assert_eq!(range(&scratch.root, "base..one").paths(), ["alone.env", "one.env", "three.env", "two.env"]);
    assert_eq!(range(&scratch.root, "one^..one").paths(), ["alone.env"]);
}

#[test]
fn what_moves_is_old_and_what_is_copied_is_new() {
    let scratch = repository();
    scratch.git(&["mv", "old.env", "moved.env"]);
    scratch.commit("moved");
    assert_eq!(range(&scratch.root, "base..HEAD").code, Some(0));
    scratch.git(&["mv", "moved.env", "again.env"]);
    scratch.write("again.env", format!("# old\n# and changed\n{}", secret("old")));
    scratch.commit("moved and changed");
    assert_eq!(range(&scratch.root, "base..HEAD").code, Some(0));
    scratch.write("copy.env", format!("x\n{}", secret("old")));
    scratch.commit("copied");
    assert_eq!(range(&scratch.root, "base..HEAD").paths(), ["copy.env"]);
}

#[test]
fn a_secret_that_was_silenced_is_new_when_the_comment_goes() {
    let scratch = Scratch::new();
    scratch.write("a.env", format!("{} # gitleaks:allow\n", secret("a").trim_end()));
    scratch.commit("silenced");
    scratch.write("a.env", secret("a"));
    scratch.commit("no longer");
    assert_eq!(range(&scratch.root, "HEAD~1..HEAD").paths(), ["a.env"]);
}

#[test]
fn old_secrets_in_encodings_stay_old() {
    let scratch = Scratch::new();
    let hidden = |seed: &str| base64(secret(seed).as_bytes());
    scratch.write("a.yaml", format!("data: {}\n", hidden("a")));
    scratch.commit("before");
    scratch.write("a.yaml", format!("# more\ndata: {}\nother: {}\n", hidden("a"), hidden("b")));
    scratch.commit("after");
    let told = range(&scratch.root, "HEAD~1..HEAD");
    assert_eq!((told.findings.len(), &told.findings[0]["line"]), (1, &3.into()), "{told:?}");
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let word = group.iter().fold(0u32, |word, &byte| word << 8 | u32::from(byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let letter = LETTERS[(word >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= group.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[test]
fn messages_tags_and_names_count_too() {
    let scratch = repository();
    let value = |seed: &str| secret(seed).trim_end().split_once('=').expect("NAME=value").1.to_owned();
    scratch.git(&["commit", "-q", "--allow-empty", "-m", &secret("message")]);
    scratch.write(&format!("backup-{}.txt", value("name")), "nothing\n");
    scratch.commit("a name");
    scratch.git(&["tag", "-a", "v1", "-m", &secret("tag")]);
    let told = range(&scratch.root, "base..v1");
    let mut places: Vec<&str> = told.findings.iter().map(|finding| finding["place"].as_str().expect("a place")).collect();
    places.sort_unstable();
    assert_eq!(places, ["message", "message", "name"], "{told:?}");
    assert!(told.findings.iter().all(|finding| !finding.to_string().contains(&value("name"))), "the name is shown");
}

#[test]
fn since_takes_every_ref_and_counts_by_the_commits_own_dates() {
    let scratch = repository();
    let dated = |file: &str, date: &str| {
        scratch.write(file, secret(file));
        scratch.git(&["add", "-A"]);
        let made = command(&scratch.root, &["commit", "-q", "-m", file], &[("GIT_COMMITTER_DATE", date)]).status().expect("git runs");
        assert!(made.success());
    };
    dated("a.env", "2024-06-01T00:00:00Z");
    // A clock that ran wrong hides nothing behind it.
    dated("b.env", "2020-01-01T00:00:00Z");
    scratch.git(&["checkout", "-q", "-b", "side"]);
    dated("c.env", "2024-06-02T12:00:00Z");
    scratch.git(&["checkout", "-q", "main"]);
    let since = |date: &str| git(&scratch.root, &["--since", date], "", &[]);
    assert_eq!(since("2024-06-01").paths(), ["a.env", "c.env"]);
    assert_eq!(since("2024-06-02T13:00:00+01:00").paths(), ["c.env"]);
    assert_eq!(since("2w").code, Some(0));
    assert!(since("yesteryear").stderr.contains("2024-05-31"));
}
