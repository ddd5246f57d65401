//! Working trees with everything in them that a file system allows.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use keyfuse::source::{SourceError, Target, TreeOptions};

use super::collector::{Visit, collect, try_collect};
use crate::scratch::Scratch;

fn tree(directory: &Path, no_ignore: bool) -> Visit {
    collect(Target::Tree(TreeOptions { paths: vec![directory.to_owned()], no_ignore, threads: 2, ..Default::default() }))
}

fn named(paths: &[&Path], root: Option<&Path>) -> Result<Visit, SourceError> {
    try_collect(Target::Tree(TreeOptions {
        paths: paths.iter().map(PathBuf::from).collect(),
        root: root.map(Path::to_owned),
        threads: 2,
        ..Default::default()
    }))
}

fn scratch() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("a scratch directory");
    let path = directory.path().canonicalize().expect("it exists");
    (directory, path)
}

#[test]
fn tracked_files_are_read_whatever_gitignore_says() {
    let scratch = Scratch::new();
    scratch.write("deep/er/tracked.log", "tracked");
    scratch.write("plain", "plain");
    scratch.write("gone.log", "deleted later");
    scratch.commit("before the rule");
    scratch.write(".gitignore", "*.log\n/build/\n");
    scratch.write("untracked.log", "untracked");
    scratch.write("build/out", "out");
    scratch.write(".hidden", "hidden");
    fs::remove_file(scratch.root.join("gone.log")).expect("it was there");
    let found = tree(&scratch.root, false);
    assert_eq!(found.names(), [".git/config", ".gitignore", ".hidden", "deep/er/tracked.log", "plain"]);
    assert_eq!(found.unread(), [""; 0]);
    // From a sub-directory the same file is found, under its path there.
    assert_eq!(tree(&scratch.root.join("deep"), false).names(), ["er/tracked.log"]);
    let all = tree(&scratch.root, true).names();
    for name in ["untracked.log", "build/out", ".git/HEAD", ".git/index", "deep/er/tracked.log"] {
        assert_eq!(all.iter().filter(|found| *found == name).count(), 1, "{name}");
    }
}

#[test]
fn nested_repositories_keep_their_own_books() {
    let scratch = Scratch::new();
    let nested = scratch.root.join("vendor/lib");
    fs::create_dir_all(&nested).expect("directories");
    crate::scratch::git_in(&nested, &["init", "-q"], &[]);
    fs::write(nested.join("kept.log"), "kept").expect("a file");
    crate::scratch::git_in(&nested, &["add", "-f", "kept.log"], &[]);
    fs::write(nested.join(".gitignore"), "*.log\n").expect("a file");
    fs::write(nested.join("other.log"), "other").expect("a file");
    let names = tree(&scratch.root, false).names();
    assert!(names.contains(&"vendor/lib/kept.log".to_owned()), "{names:?}");
    assert!(!names.contains(&"vendor/lib/other.log".to_owned()), "{names:?}");
}

#[test]
fn links_are_not_followed_out_of_the_tree() {
    let (_keep, base) = scratch();
    let root = base.join("tree");
    fs::create_dir_all(root.join("dir")).expect("directories");
    fs::write(base.join("outside"), "outside").expect("a file");
    fs::write(root.join("dir/inside"), "inside").expect("a file");
    let link = |target: &str, name: &str| std::os::unix::fs::symlink(target, root.join(name)).expect("a link");
    link("../outside", "leaves");
    link("/", "leaves-as-directory");
    link("dir/inside", "stays");
    link("..", "dir/up");
    link("nowhere", "broken");
    link("loop-b", "loop-a");
    link("loop-a", "loop-b");
    let found = tree(&root, false);
    assert_eq!(found.names(), ["dir/inside"]);
    let listed = found.out_of_scope();
    for gap in [
        "broken: a broken symbolic link",
        "leaves: a symbolic link that leaves the tree",
        "leaves-as-directory: a symbolic link that leaves the tree",
    ] {
        assert!(listed.contains(&gap.to_owned()), "{gap} in {listed:?}");
    }
    assert!(listed.iter().any(|gap| gap.starts_with("loop-a: ")) && !listed.iter().any(|gap| gap.starts_with("stays")), "{listed:?}");
    assert!(!listed.iter().any(|gap| gap.starts_with("dir/up")), "it leads to the root itself: {listed:?}");
    // One that the caller names is followed.
    assert_eq!(named(&[&root.join("leaves")], None).expect("a file").count("outside"), 1);
}

#[test]
fn what_is_no_file_is_listed_and_never_waited_for() {
    let (_keep, root) = scratch();
    let fifo = root.join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().expect("mkfifo runs").success());
    let _socket = std::os::unix::net::UnixListener::bind(root.join("socket")).expect("a socket");
    fs::write(root.join("file"), "file").expect("a file");
    let found = tree(&root, true);
    assert_eq!(found.names(), ["file"]);
    assert_eq!(found.out_of_scope(), ["fifo: a FIFO", "socket: a socket"]);
    let refused = |path: &Path| named(&[path], None).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(refused(&fifo).contains("keyfuse stdin"), "{}", refused(&fifo));
    assert!(refused(Path::new("/dev/zero")).contains("a device"));
    assert!(matches!(named(&[&root.join("missing")], None), Err(SourceError::Missing(_))));
    assert!(matches!(named(&[&root.join("file/below")], None), Err(SourceError::Missing(_))));
}

#[test]
fn names_are_bytes() {
    let (_keep, root) = scratch();
    for name in [&b"new\nline"[..], b"\x1b[31mred", b"not\xffutf-8", b"tr\xc3\xa4nen", b"-", b"back\\slash"] {
        fs::write(root.join(std::ffi::OsStr::from_bytes(name)), "x").expect("a file");
    }
    let found = tree(&root, false);
    assert_eq!(found.seen.len(), 6);
    assert!(found.seen.iter().any(|seen| seen.origin.path == b"not\xffutf-8"[..]));
    assert!(found.names().iter().all(|name| !name.contains(['\n', '\x1b'])), "{:?}", found.names());
}

#[test]
fn paths_are_relative_to_what_the_caller_expects() {
    let (_keep, root) = scratch();
    fs::create_dir_all(root.join("a/b")).expect("directories");
    fs::write(root.join("a/b/c"), "c").expect("a file");
    fs::write(root.join("a/d"), "d").expect("a file");
    assert_eq!(tree(&root.join("a"), false).names(), ["b/c", "d"]);
    assert_eq!(named(&[&root.join("a")], Some(&root)).expect("it is there").names(), ["a/b/c", "a/d"]);
    let overlapping = [&*root.join("a/d"), &root.join("a"), &root.join("a/b"), &root.join("a/b/c")];
    assert_eq!(named(&overlapping, Some(&root)).expect("they are there").names(), ["a/b/c", "a/d"], "each file once");
    assert_eq!(
        named(&[&root.join("a/d")], Some(&root.join("a/b"))).expect("it is there").names(),
        [root.join("a/d").display().to_string()]
    );
}

#[test]
fn a_named_file_is_read_though_gitignore_names_it() {
    let scratch = Scratch::new();
    scratch.write(".gitignore", "*.log\n");
    scratch.write("a.log", "a");
    let found = named(&[&scratch.root, &scratch.root.join("a.log")], Some(&scratch.root)).expect("they are there");
    assert_eq!(found.names(), [".git/config", ".gitignore", "a.log"]);
}

#[test]
fn what_cannot_be_read_is_a_gap() {
    // Root may read everything, so the kernel's own files serve: opening this one works and reading it fails.
    let memory = Path::new("/proc/self/mem");
    if memory.exists() {
        let found = named(&[memory], None).expect("it is a regular file");
        assert_eq!(found.seen.len(), 0);
        assert_eq!(found.unread().len(), 1, "{:?}", found.unread());
    }
    let (_keep, root) = scratch();
    fs::write(root.join("locked"), "locked").expect("a file");
    fs::create_dir(root.join("closed")).expect("a directory");
    let mode =
        |name: &str, mode| fs::set_permissions(root.join(name), std::os::unix::fs::PermissionsExt::from_mode(mode)).expect("it is ours");
    mode("locked", 0);
    mode("closed", 0);
    if fs::read(root.join("locked")).is_ok() {
        eprintln!("NOT RUN: permissions do not bind this user");
    } else {
        assert_eq!(tree(&root, false).unread(), ["closed: permission denied", "locked: permission denied"]);
    }
    mode("closed", 0o700);
}

#[test]
fn a_sparse_file_takes_neither_time_nor_memory() {
    let (_keep, root) = scratch();
    let file = fs::File::create(root.join("sparse")).expect("a file");
    std::os::unix::fs::FileExt::write_all_at(&file, b"at the start", 0).expect("it fits");
    std::os::unix::fs::FileExt::write_all_at(&file, b"in the middle", 64 << 20).expect("it fits");
    file.set_len(3 << 30).expect("sparse files are possible here");
    let start = Instant::now();
    let found = tree(&root, false);
    assert!(start.elapsed() < Duration::from_secs(20));
    let length = found.seen[0].length;
    assert!(length >= (64 << 20) + 13, "the data after a hole comes, at its own offset: {length}");
    if length > 1 << 30 {
        eprintln!("NOT RUN: this file system does not tell where holes are");
    }
    assert_eq!(found.unread(), [""; 0]);
}

#[test]
fn paths_beyond_the_system_limit_are_gaps() {
    let (_keep, root) = scratch();
    // Longer than PATH_MAX in all: made step by step, by a shell that walks down.
    let script = "set -e; n=$(printf 'x%.0s' $(seq 200)); for i in $(seq 30); do mkdir $n; cd -P $n; done; echo deep > file";
    let made = std::process::Command::new("bash").args(["-c", script]).current_dir(&root).status().expect("bash runs").success();
    fs::write(root.join("after"), "after").expect("a file");
    let found = tree(&root, false);
    assert_eq!(found.names(), ["after"]);
    assert!(!made || found.unread().len() == 1, "{:?}", found.unread().len());
    let _ = std::process::Command::new("rm").arg("-rf").arg(&root).status();
}

#[test]
fn very_many_small_files() {
    let (_keep, root) = scratch();
    for directory in 0..100 {
        let directory = root.join(format!("{directory}"));
        fs::create_dir(&directory).expect("a directory");
        for file in 0..100 {
            fs::write(directory.join(format!("{file}")), "tiny").expect("a file");
        }
    }
    let found = tree(&root, false);
    assert_eq!((found.seen.len(), found.coverage.blobs, found.coverage.bytes), (10_000, 10_000, 40_000));
}
