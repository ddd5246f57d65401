//! The index in all its shapes, each written by git itself.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use keyfuse::git::{Environment, Index, Repository};
use keyfuse::source::{SourceError, Staged, StagedOptions, Target, UnstagedOptions};
use keyfuse::sweep::{History, HistoryOptions};

use super::collector::{Visit, collect};
use crate::scratch::{Scratch, command, git_in};

fn environment(variables: &[(&str, &str)]) -> Environment {
    Environment::from_vars(variables.iter().map(|(name, value)| (name.into(), value.into())))
}

fn staged(dir: &Path) -> Visit {
    staged_with(dir, &[])
}

fn staged_with(dir: &Path, variables: &[(&str, &str)]) -> Visit {
    let options = StagedOptions { dir: dir.to_owned(), environment: environment(variables), threads: 2, ..Default::default() };
    collect(Target::Staged(Staged::read(&options).expect("the directory belongs to a repository")))
}

fn unstaged(dir: &Path) -> Visit {
    collect(Target::Unstaged(UnstagedOptions { dir: dir.to_owned(), threads: 2, ..Default::default() }))
}

/// A repository with a few committed directories, so that the index has a cache-tree.
fn started() -> Scratch {
    started_with(&[])
}

fn started_with(init: &[&str]) -> Scratch {
    let scratch = Scratch::with(init);
    for path in ["a/one", "a/b/two", "a.txt", "c/three", "z"] {
        scratch.write(path, format!("committed {path}"));
    }
    scratch.commit("first");
    scratch
}

#[test]
fn only_what_differs_from_head_is_read_and_from_the_index() {
    let scratch = started();
    assert_eq!(staged(&scratch.root).names(), [""; 0]);
    scratch.write("a/b/new", "staged new");
    scratch.write("c/three", "staged change");
    scratch.git(&["add", "-A"]);
    scratch.write("a/b/new", "in the work tree");
    scratch.write("untracked", "untracked");
    fs::remove_file(scratch.root.join("c/three")).expect("it was there");
    for dir in [scratch.root.clone(), scratch.root.join("a/b")] {
        let found = staged(&dir);
        assert_eq!(found.names(), ["a/b/new", "c/three"]);
        assert_eq!(found.content("a/b/new"), b"staged new");
        assert_eq!(found.content("c/three"), b"staged change");
    }
    // The same without a cache-tree to lean on.
    scratch.git(&["-c", "index.threads=1", "read-tree", "--index-output=.git/plain", "HEAD"]);
    scratch.git(&["rm", "-q", "--cached", "z"]);
    assert_eq!(staged(&scratch.root).names(), ["a/b/new", "c/three"], "what is removed adds nothing");
}

#[test]
fn before_the_first_commit_all_is_new() {
    let scratch = Scratch::new();
    assert_eq!(staged(&scratch.root).names(), [""; 0]);
    scratch.write("a/b", "x");
    scratch.git(&["add", "-A"]);
    assert_eq!(staged(&scratch.root).names(), ["a/b"]);
}

#[test]
fn linked_work_trees_and_variables() {
    let scratch = started();
    let linked = scratch.base.join("linked");
    scratch.git(&["worktree", "add", "-q", "-b", "side", &linked.display().to_string()]);
    fs::create_dir_all(linked.join("sub")).expect("a directory");
    fs::write(linked.join("sub/file"), "in the linked one").expect("a file");
    git_in(&linked, &["add", "-A"], &[]);
    assert_eq!(staged(&linked.join("sub")).names(), ["sub/file"]);
    assert_eq!(staged(&scratch.root).names(), [""; 0]);
    // A hook gets absolute or relative variables, and `git commit -a` an index of its own.
    let git_dir = scratch.root.join(".git/worktrees/linked").display().to_string();
    let found = staged_with(&linked, &[("GIT_DIR", &git_dir), ("GIT_WORK_TREE", &linked.display().to_string())]);
    assert_eq!(found.names(), ["sub/file"]);
    scratch.write("a/one", "changed");
    git_in(&scratch.root, &["add", "-A"], &[("GIT_INDEX_FILE", ".git/other")]);
    assert_eq!(staged_with(&scratch.root, &[("GIT_INDEX_FILE", ".git/other"), ("GIT_DIR", ".git")]).content("a/one"), b"changed");
    assert_eq!(staged(&scratch.root).names(), [""; 0]);
}

#[test]
fn objects_in_quarantine_are_found() {
    let scratch = started();
    let (own, quarantine) = (scratch.root.join(".git/objects").display().to_string(), scratch.base.join("quarantine"));
    fs::create_dir(&quarantine).expect("a directory");
    let quarantine = quarantine.display().to_string();
    let variables = [("GIT_OBJECT_DIRECTORY", &*quarantine), ("GIT_ALTERNATE_OBJECT_DIRECTORIES", &*own)];
    scratch.write("new", "quarantined");
    git_in(&scratch.root, &["add", "-A"], &variables);
    assert_eq!(staged_with(&scratch.root, &variables).content("new"), b"quarantined");
    assert_eq!(staged(&scratch.root).unread().len(), 1, "without the variables the object is missing, and that is said");
}

#[test]
fn split_and_sparse_indexes() {
    let scratch = started();
    scratch.git(&["update-index", "--split-index"]);
    scratch.write("a/b/two", "changed after the split");
    scratch.write("c/new", "new after the split");
    scratch.git(&["add", "-A"]);
    assert!(
        fs::read_dir(scratch.root.join(".git"))
            .expect("it is there")
            .flatten()
            .any(|entry| entry.file_name().to_string_lossy().starts_with("sharedindex"))
    );
    assert_eq!(staged(&scratch.root).names(), ["a/b/two", "c/new"]);

    let scratch = started();
    scratch.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "c"]);
    scratch.write("c/three", "changed beside a folded directory");
    scratch.git(&["add", "c"]);
    let list = scratch.git(&["ls-files", "--sparse", "--stage"]);
    assert!(list.contains("040000"), "git folded a directory: {list}");
    assert_eq!(staged(&scratch.root).names(), ["c/three"]);
    // HEAD moves back while the index keeps the folded tree: what is folded differs now.
    let blob = git_hash(&scratch, "changed inside");
    scratch.git(&["commit", "-q", "-m", "second"]);
    scratch.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{blob},a/b/two")]);
    scratch.git(&["commit", "-q", "-m", "third"]);
    scratch.git(&["sparse-checkout", "reapply", "--sparse-index"]);
    scratch.git(&["reset", "-q", "--soft", "HEAD~2"]);
    let list = scratch.git(&["ls-files", "--sparse", "--stage"]);
    assert!(list.contains("040000"), "git keeps it folded: {list}");
    let found = staged(&scratch.root);
    assert_eq!(found.names(), ["a/b/two", "c/three"]);
    assert_eq!(found.content("a/b/two"), b"changed inside");
}

/// Every version gives the entries that git lists, one by one: conflicts, intentions, what is skipped, a path longer than its field.
#[test]
fn every_version_gives_what_git_lists() {
    let scratch = started();
    let long = format!("{}/end", vec!["d".repeat(200); 21].join("/"));
    for hash in [&[][..], &["--object-format=sha256"]] {
        let scratch = started_with(hash);
        let blob = git_hash(&scratch, "one");
        let zero = "0".repeat(blob.len());
        let lines = format!("100644 {blob} 1\tz\n100644 {blob} 3\tz\n100755 {blob} 0\t{long}\n160000 {blob} 0\tlib\n0 {zero}\ta/one\n");
        let mut child = command(&scratch.root, &["update-index", "--index-info"], &[]).stdin(Stdio::piped()).spawn().expect("git runs");
        child.stdin.take().expect("piped").write_all(lines.as_bytes()).expect("git reads");
        assert!(child.wait().expect("git ends").success());
        scratch.write("planned", "later");
        scratch.git(&["add", "-N", "planned"]);
        scratch.git(&["update-index", "--skip-worktree", "c/three"]);
        for version in ["2", "3", "4"] {
            scratch.git(&["update-index", "--index-version", version]);
            let repository = Repository::discover(&scratch.root, &Environment::default()).expect("a repository");
            let index = Index::open(&repository).expect("an index");
            let read: Vec<String> = index
                .entries()
                .map(|entry| {
                    let letter = if entry.is_skipped {
                        'S'
                    } else if entry.stage > 0 {
                        'M'
                    } else {
                        'H'
                    };
                    format!("{letter} {} {}\t{}", entry.id, entry.stage, entry.path)
                })
                .collect();
            let listed = scratch.git(&["ls-files", "--stage", "-t", "--sparse"]);
            // The mode stands between the letter and the id.
            let listed: Vec<String> = listed.lines().map(|line| format!("{} {}", &line[..1], &line[9..])).collect();
            assert_eq!(read, listed, "version {version}");
            let submodules: Vec<_> = index.entries().filter(|entry| entry.is_submodule).map(|entry| entry.path.to_string()).collect();
            let intended: Vec<_> = index.entries().filter(|entry| entry.is_intent_to_add).map(|entry| entry.path.to_string()).collect();
            assert_eq!((submodules, intended), (vec!["lib".to_owned()], vec!["planned".to_owned()]));
        }
    }
    // Whatever is cut off or changed, opening ends in an answer.
    let index_file = scratch.root.join(".git/index");
    let whole = fs::read(&index_file).expect("an index");
    let repository = Repository::discover(&scratch.root, &Environment::default()).expect("a repository");
    for place in 0..whole.len() {
        let mut changed = whole.clone();
        changed[place] ^= 0xff;
        for bytes in [&changed, &whole[..place]] {
            fs::write(&index_file, bytes).expect("it is ours");
            if let Ok(index) = Index::open(&repository) {
                assert!(index.entries().count() < 1000);
            }
        }
    }
}

fn git_hash(scratch: &Scratch, content: &str) -> String {
    let file = scratch.base.join("content");
    fs::write(&file, content).expect("a file");
    scratch.git(&["hash-object", "-w", &file.display().to_string()])
}

#[test]
fn intentions_submodules_and_conflicts() {
    let scratch = started();
    scratch.write("planned", "not staged yet");
    scratch.git(&["add", "-N", "planned"]);
    let other = scratch.root.join("lib");
    fs::create_dir(&other).expect("a directory");
    git_in(&other, &["init", "-q"], &[]);
    git_in(&other, &["commit", "-q", "--allow-empty", "-m", "x"], &[]);
    scratch.git(&["add", "lib"]);
    let found = staged(&scratch.root);
    assert_eq!(found.names(), [""; 0]);
    assert_eq!(
        found.out_of_scope(),
        ["lib: a submodule: its files belong to another repository", "planned: only the intention to add it is staged"]
    );

    let scratch = started();
    scratch.git(&["checkout", "-q", "-b", "side"]);
    scratch.write("z", "theirs");
    scratch.commit("theirs");
    scratch.git(&["checkout", "-q", "main"]);
    scratch.write("z", "ours");
    scratch.commit("ours");
    assert!(!command(&scratch.root, &["merge", "side"], &[]).output().expect("git runs").status.success());
    let found = staged(&scratch.root);
    // Stage 2 is what HEAD has; the base and theirs are not in HEAD.
    let contents: Vec<_> = found.seen.iter().map(|seen| String::from_utf8_lossy(&seen.start).into_owned()).collect();
    assert_eq!(contents, ["committed z", "theirs"]);
}

#[test]
fn sha256_repositories_are_read_and_reftable_ones_are_said_not_to_be() {
    let scratch = started_with(&["--object-format=sha256"]);
    scratch.write("new", "new");
    scratch.git(&["add", "-A"]);
    assert_eq!(staged(&scratch.root).names(), ["new"]);
    let scratch = started_with(&["--ref-format=reftable"]);
    scratch.write("new", "new");
    scratch.git(&["add", "-A"]);
    let found = staged(&scratch.root);
    assert_eq!(found.unread(), ["what is staged: its refs are stored as reftable, a format that keyfuse does not read yet"]);
}

#[test]
fn nothing_is_run_and_nothing_left_behind() {
    let scratch = started();
    let marker = scratch.base.join("marker");
    let touch = format!("touch {}", marker.display());
    scratch.write("a/new", "new");
    scratch.write(".gitattributes", "* filter=x diff=x\n");
    scratch.git(&["add", "-A"]);
    for key in [
        "core.fsmonitor",
        "core.sshCommand",
        "core.pager",
        "filter.x.clean",
        "filter.x.smudge",
        "filter.x.process",
        "diff.x.textconv",
        "diff.external",
        "core.editor",
    ] {
        scratch.git(&["config", key, &touch]);
    }
    scratch.git(&["config", "core.hooksPath", &scratch.base.display().to_string()]);
    scratch.write("a/one", "changed in the work tree");
    let before = listing(&scratch.root);
    assert_eq!(staged(&scratch.root).names(), [".gitattributes", "a/new"]);
    assert_eq!(unstaged(&scratch.root).names(), ["a/one"]);
    let history = HistoryOptions { dir: scratch.root.clone(), ..Default::default() };
    collect(Target::Custom(Box::new(History::new(history))));
    collect(Target::Tree(keyfuse::source::TreeOptions { paths: vec![scratch.root.clone()], ..Default::default() }));
    assert!(!marker.exists(), "a program named in the configuration was run");
    assert_eq!(listing(&scratch.root), before);
}

/// Every file with its size and time.
fn listing(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut todo = vec![root.to_owned()];
    while let Some(directory) = todo.pop() {
        for entry in fs::read_dir(directory).expect("it is there").flatten() {
            let facts = entry.metadata().expect("it is there");
            found.push(format!("{:?} {} {:?}", entry.path(), facts.len(), facts.modified().ok()));
            if facts.is_dir() {
                todo.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

#[test]
fn unstaged_is_what_differs_from_the_index() {
    let scratch = started();
    scratch.write("a/one", "changed");
    scratch.write("a/b/two", "staged");
    scratch.git(&["add", "a/b/two"]);
    scratch.write("untracked", "untracked");
    fs::remove_file(scratch.root.join("c/three")).expect("it was there");
    // Touched and the same: the time differs, the content does not.
    scratch.write("z", "committed z");
    let found = unstaged(&scratch.root.join("a"));
    assert_eq!(found.names(), ["a/one"]);
    assert_eq!(found.content("a/one"), b"changed");
    // Same size, same second: only the content tells.
    scratch.write("a.txt", "COMMITTED a.txt");
    assert_eq!(unstaged(&scratch.root).names(), ["a.txt", "a/one"]);
}

#[test]
fn what_is_missing_or_broken_is_said() {
    let scratch = started();
    scratch.write("new", "new");
    scratch.git(&["add", "-A"]);
    let id = scratch.git(&["rev-parse", ":new"]);
    fs::remove_file(scratch.root.join(".git/objects").join(&id[..2]).join(&id[2..])).expect("it is loose");
    assert_eq!(staged(&scratch.root).unread(), [format!("new: object {id} is missing")]);
    fs::write(scratch.root.join(".git/index"), "no index").expect("it is ours");
    let unread = staged(&scratch.root).unread();
    assert!(unread.len() == 1 && unread[0].starts_with("what is staged: the index cannot be read"), "{unread:?}");
    let nowhere = scratch.base.clone();
    let result = Staged::read(&StagedOptions { dir: nowhere, ..Default::default() });
    assert!(matches!(result, Err(SourceError::Repository(_))));
}
