//! Small histories with one answer each: pushes, stashes, work trees, submodules, messages.

use serde_json::json;

use super::told::findings;
use crate::scratch::{Scratch, command, git_in, secret};

/// A repository whose remote is a bare one beside it.
fn cloned() -> Scratch {
    let scratch = Scratch::new();
    git_in(&scratch.base, &["init", "-q", "--bare", "bare.git"], &[]);
    scratch.git(&["remote", "add", "origin", &scratch.base.join("bare.git").display().to_string()]);
    scratch.write("readme.md", "hello\n");
    scratch.commit("first");
    scratch.git(&["push", "-q", "-u", "origin", "main"]);
    scratch
}

fn at(scratch: &Scratch, date: &str, arguments: &[&str]) {
    let made = command(&scratch.root, arguments, &[("GIT_COMMITTER_DATE", date), ("GIT_AUTHOR_DATE", date)]).output().expect("git runs");
    assert!(made.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&made.stderr));
}

#[test]
fn a_push_tells_since_when_others_could_read_it() {
    let scratch = cloned();
    scratch.write("a.env", secret("a"));
    scratch.git(&["add", "-A"]);
    at(&scratch, "2024-05-01T00:00:00Z", &["commit", "-q", "-m", "leaky"]);
    let told = findings(&scratch.root, &[]).remove(0);
    assert_eq!((&told["provenance"]["pushed_ever"], &told["provenance"]["exposure"]), (&json!(false), &json!(null)), "{told:#}");
    at(&scratch, "2024-05-02T00:00:00Z", &["push", "-q", "origin", "main"]);
    scratch.git(&["rm", "-q", "a.env"]);
    at(&scratch, "2024-05-03T00:00:00Z", &["commit", "-q", "-m", "gone"]);
    let told = findings(&scratch.root, &[]).remove(0);
    let known = &told["provenance"];
    assert_eq!(known["exposure"], json!({"since": "2024-05-02T00:00:00Z", "basis": "push"}), "{told:#}");
    assert_eq!((&known["pushed"], &known["at_head"], &known["remotes"]), (&json!(true), &json!(false), &json!(["origin/main"])));
    assert_eq!((&known["first"]["id"], &known["last"]["id"]), (&known["last"]["id"], &json!(scratch.git(&["rev-parse", "HEAD~1"]))));
    assert_eq!(told["standing"], json!({"path": "readme.md", "line": null, "column": null}));
    // Taken back by force: it was exposed all the same.
    scratch.git(&["reset", "-q", "--hard", "HEAD~2"]);
    at(&scratch, "2024-05-04T00:00:00Z", &["push", "-q", "--force", "origin", "main"]);
    let told = findings(&scratch.root, &[]).remove(0);
    let known = &told["provenance"];
    assert_eq!((&known["pushed"], &known["pushed_ever"], &known["only_in"]), (&json!(false), &json!(true), &json!("reflog")), "{told:#}");
    assert_eq!(known["exposure"]["since"], "2024-05-02T00:00:00Z");
    // Another clone knows only since when it saw it.
    git_in(&scratch.base, &["clone", "-q", &format!("file://{}", scratch.base.join("bare.git").display()), "other"], &[]);
    assert_eq!(findings(&scratch.base.join("other"), &[]).len(), 0, "what was taken back is not cloned");
}

#[test]
fn a_clone_tells_when_it_saw_it_and_without_logs_when_it_was_committed() {
    let scratch = cloned();
    scratch.write("a.env", secret("a"));
    scratch.git(&["add", "-A"]);
    at(&scratch, "2024-05-01T00:00:00Z", &["commit", "-q", "-m", "leaky"]);
    scratch.git(&["push", "-q", "origin", "main"]);
    let made =
        command(&scratch.base, &["clone", "-q", "-b", "main", "bare.git", "clone"], &[("GIT_COMMITTER_DATE", "2024-06-01T00:00:00Z")])
            .output();
    assert!(made.expect("git runs").status.success());
    let clone = scratch.base.join("clone");
    let told = findings(&clone, &[]).remove(0);
    // A clone writes its remote-tracking refs without a log.
    assert_eq!(told["provenance"]["exposure"], json!({"since": "2024-05-01T00:00:00Z", "basis": "commit"}), "{told:#}");
    git_in(&clone, &["update-ref", "-d", "refs/remotes/origin/main"], &[]);
    let made = command(&clone, &["fetch", "-q"], &[("GIT_COMMITTER_DATE", "2024-06-02T00:00:00Z")]).output();
    assert!(made.expect("git runs").status.success());
    let told = findings(&clone, &[]).remove(0);
    assert_eq!(told["provenance"]["exposure"], json!({"since": "2024-06-02T00:00:00Z", "basis": "fetch"}), "{told:#}");
}

#[test]
fn the_file_that_still_stands_is_where_it_is_shown() {
    let scratch = Scratch::new();
    scratch.write("a.env", secret("a"));
    scratch.commit("one");
    scratch.write("a.env", format!("# moved down\n{}", secret("a")));
    scratch.commit("two");
    scratch.git(&["mv", "a.env", "b.env"]);
    scratch.commit("three");
    let told = findings(&scratch.root, &[]);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert_eq!((&told[0]["place"], &told[0]["path"], &told[0]["line"]), (&json!("file"), &json!("b.env"), &json!(2)));
    let paths: Vec<_> =
        told[0]["places"].as_array().expect("places").iter().map(|place| (&place["place"], &place["path"], &place["line"])).collect();
    assert!(paths.contains(&(&json!("object"), &json!("a.env"), &json!(1))) && paths.len() == 4, "{paths:?}");
    assert_eq!((&told[0]["provenance"]["at_head"], &told[0]["provenance"]["commits"]), (&json!(true), &json!(3)));
    // Of a bare repository the head itself is shown.
    git_in(&scratch.base, &["clone", "-q", "--bare", "repository", "bare.git"], &[]);
    let told = findings(&scratch.base.join("bare.git"), &[]).remove(0);
    assert_eq!(told["standing"], json!({"path": "b.env", "line": 2, "column": 14}), "{told:#}");
}

#[test]
fn stashes_are_numbered_as_git_numbers_them() {
    let scratch = Scratch::new();
    scratch.write("a.env", "x\n");
    scratch.commit("one");
    for seed in ["older", "newer"] {
        scratch.write("a.env", secret(seed));
        scratch.git(&["stash", "-q"]);
    }
    let told = findings(&scratch.root, &[]);
    let mut stashes: Vec<_> = told.iter().map(|finding| finding["provenance"]["stashes"].clone()).collect();
    stashes.sort_by_key(ToString::to_string);
    assert_eq!(stashes, [json!(["stash@{0}"]), json!(["stash@{1}"])]);
    assert!(
        told.iter().all(|finding| finding["provenance"]["only_in"] == "stash" && finding["places"][0]["reachable"] == false),
        "{told:#?}"
    );
}

#[test]
fn files_that_were_never_committed_are_told_as_such() {
    let scratch = Scratch::new();
    scratch.commit("one");
    scratch.write("untracked.env", secret("untracked"));
    scratch.write("staged.env", secret("staged"));
    scratch.git(&["add", "staged.env"]);
    std::fs::remove_file(scratch.root.join("staged.env")).expect("it was there");
    let told = findings(&scratch.root, &[]);
    assert_eq!(told.len(), 2);
    assert!(
        told.iter().all(|finding| finding["provenance"]["only_in"] == "files" && finding["provenance"]["first"].is_null()),
        "{told:#?}"
    );
}

#[test]
fn a_silenced_place_does_not_silence_the_credential() {
    let scratch = Scratch::new();
    scratch.write("a.env", format!("{} # keyfuse:allow\n", secret("a").trim_end()));
    scratch.commit("silenced");
    assert!(findings(&scratch.root, &[]).iter().all(|finding| !finding["suppression"].is_null()));
    scratch.write("b.env", secret("a"));
    scratch.commit("open");
    let told = findings(&scratch.root, &[]);
    assert_eq!((told.len(), &told[0]["suppression"], &told[0]["path"]), (1, &json!(null), &json!("b.env")));
    let open: Vec<_> = told[0]["places"].as_array().expect("places").iter().map(|place| (&place["path"], &place["open"])).collect();
    assert!(open.contains(&(&json!("a.env"), &json!(false))) && open.contains(&(&json!("b.env"), &json!(true))), "{open:?}");
}

#[test]
fn a_message_and_a_tag_have_their_commit_and_their_name() {
    let scratch = Scratch::new();
    scratch.git(&["commit", "-q", "--allow-empty", "-m", &secret("message")]);
    scratch.git(&["tag", "-a", "v1", "-m", &secret("tag")]);
    std::fs::remove_dir_all(scratch.root.join(".git/logs")).expect("the log repeats the message");
    let told = findings(&scratch.root, &[]);
    let by = |tags: serde_json::Value, first: bool| {
        told.iter().any(|finding| finding["provenance"]["tags"] == tags && finding["provenance"]["first"].is_null() != first)
    };
    assert!(told.len() == 2 && by(json!(["v1"]), true) && by(json!(["v1"]), false), "{told:#?}");
    assert!(told.iter().all(|finding| finding["places"][0]["reachable"] == true), "{told:#?}");
}

#[test]
fn a_repository_of_longer_ids_is_told_like_another() {
    for format in ["sha1", "sha256"] {
        let scratch = Scratch::with(&[&format!("--object-format={format}")]);
        scratch.write("dir/a.env", secret("a"));
        let commit = scratch.commit("one");
        std::fs::remove_file(scratch.root.join("dir/a.env")).expect("it was there");
        scratch.commit("two");
        for packed in [false, true] {
            if packed {
                scratch.git(&["repack", "-q", "-a", "-d"]);
            }
            let told = findings(&scratch.root, &[]).remove(0);
            let first = json!({"id": commit, "author": "A U Thor <thor@example.com>", "date": "2024-02-03T03:05:06Z"});
            assert_eq!((&told["path"], &told["provenance"]["first"]), (&json!("dir/a.env"), &first), "{told:#}");
        }
    }
}

#[test]
fn what_headers_of_commits_and_tags_say_is_looked_at() {
    let scratch = Scratch::new();
    scratch.commit("one");
    let names = ["author", "committer", "mergetag", "tagger", "behind a signature"].map(secret);
    let said = |name: usize| names[name].trim_end();
    let tree = scratch.git(&["rev-parse", "HEAD^{tree}"]);
    let parent = scratch.git(&["rev-parse", "HEAD"]);
    let write = |kind: &str, text: String| {
        let file = scratch.base.join("object");
        std::fs::write(&file, text).expect("a file");
        scratch.git(&["hash-object", "-t", kind, "--literally", "-w", &file.display().to_string()])
    };
    let commit = write(
        "commit",
        format!(
            "tree {tree}\nparent {parent}\nauthor {} <a@example.com> 1700000000 +0000\ncommitter {} <a@example.com> 1700000000 +0000\n\
             mergetag object {parent}\n type commit\n tag v0\n tagger T <t@example.com> 1 +0000\n \n {}\n\na merge\n",
            said(0),
            said(1),
            said(2)
        ),
    );
    scratch.git(&["update-ref", "refs/heads/main", &commit]);
    std::fs::remove_dir_all(scratch.root.join(".git/logs")).expect("the log repeats the committer");
    let armour = "-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\n";
    let text = format!("object {commit}\ntype commit\ntag v1\ntagger {} <t@example.com> 2 +0000\n\nv1\n{armour}{}\n", said(3), said(4));
    let tag = write("tag", text);
    scratch.git(&["update-ref", "refs/tags/v1", &tag]);
    for (arguments, count) in [(&[][..], 5), (&["--range", "HEAD~1..HEAD"], 3), (&["--range", "HEAD~1..v1"], 5)] {
        let told = findings(&scratch.root, arguments);
        let places: Vec<_> = told.iter().map(|finding| (&finding["place"], &finding["rule"])).collect();
        assert_eq!(told.len(), count, "{arguments:?}: {places:?}");
        assert!(told.iter().all(|finding| finding["place"] == "message"), "{places:?}");
        let shown = serde_json::to_string(&told).expect("JSON");
        let leaks = |name: &String| shown.contains(name.trim_end().rsplit('=').next().expect("a value"));
        assert!(!names.iter().any(leaks), "a name that holds a secret is not shown");
    }
}
