//! What a program may meet: pipes, devices, closed outputs, broken configuration, hostile repositories. Each has one clear message,
//! the right exit code, and what was found is still told.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::scratch::{Run, Scratch, command, keyfuse, secret};

fn folder() -> (tempfile::TempDir, PathBuf) {
    let scratch = tempfile::tempdir().expect("a scratch directory");
    let path = scratch.path().canonicalize().expect("it exists");
    (scratch, path)
}

/// Runs to the end; no input may keep the program for long.
fn finish(mut command: Command) -> Run {
    let shown = format!("{command:?}");
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(command.output()));
    let output = receiver.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| panic!("it does not end: {shown}"));
    let run = Run::of(output.expect("it starts"));
    assert!(!run.stderr.contains("internal error"), "{shown}: {run:?}");
    run
}

fn run(directory: &Path, arguments: &[&str]) -> Run {
    finish(keyfuse(directory, arguments))
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo is part of POSIX").success());
}

#[test]
fn a_file_beyond_the_limit_is_named_and_the_rest_is_read() {
    let (_scratch, root) = folder();
    fs::write(root.join("keyfuse.toml"), "[scan]\nmax_file_size = 1000\n").expect("it is written");
    fs::write(root.join("long.txt"), "words and words\n".repeat(100)).expect("it is written");
    fs::write(root.join("short.txt"), secret("limit")).expect("it is written");
    let found = run(&root, &["scan", "."]);
    assert_eq!(found.code, Some(1), "a finding goes before what was not read: {found:?}");
    let told = format!("{}{}", found.stdout, found.stderr);
    assert!(told.contains("long.txt") && told.contains("`max_file_size` is 1000"), "{found:?}");
    fs::remove_file(root.join("short.txt")).expect("it is there");
    assert_eq!(run(&root, &["scan", "."]).code, Some(3));
}

#[test]
fn arguments_that_cannot_be_scanned_are_usage_errors() {
    let (_scratch, root) = folder();
    pipe(&root.join("pipe"));
    fs::write(root.join("a.env"), secret("a")).expect("written");
    for (argument, says) in [("nowhere", "no such file"), ("pipe", "keyfuse stdin"), ("/dev/null", "keyfuse stdin"), ("a.env/b", "")] {
        let run = run(&root, &["scan", "a.env", argument]);
        assert_eq!(run.code, Some(2), "{argument}: {run:?}");
        assert!(run.stderr.contains(argument) && run.stderr.contains(says), "{argument}: {run:?}");
    }
    let run = run(&root, &["git", "a.env"]);
    assert!(run.code == Some(2) && run.stderr.contains("a.env"), "{run:?}");
}

#[test]
fn odd_things_in_a_tree_are_listed_and_the_findings_are_told() {
    let (_scratch, root) = folder();
    fs::write(root.join("a.env"), secret("a")).expect("written");
    pipe(&root.join("pipe"));
    symlink("..", root.join("loop")).expect("linked");
    symlink("nothing", root.join("dangling")).expect("linked");
    symlink("/etc/hostname", root.join("out")).expect("linked");
    let odd = std::ffi::OsStr::from_bytes(b"new\nline \xff \x1b[2J");
    fs::write(root.join(odd), secret("odd")).expect("written");
    let run = run(&root, &["scan", "-v", "."]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stdout.contains("a.env:1:14") && run.stdout.contains("2 findings"), "{run:?}");
    assert!(run.stdout.contains(r"new\nline \xff \u{1b}[2J:1:14") && !run.stdout.contains('\u{1b}'), "{run:?}");
    assert!(run.stdout.contains("  pipe: ") && run.stdout.contains("  out: ") && run.stdout.contains("  dangling: "), "{run:?}");
}

#[test]
fn what_cannot_be_read_makes_the_run_incomplete() {
    let (_scratch, root) = folder();
    fs::write(root.join("clean.txt"), "hello\n").expect("written");
    fs::write(root.join("cut.gz"), b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03cut").expect("written");
    let incomplete = run(&root, &["scan", "."]);
    assert_eq!(incomplete.code, Some(3), "{incomplete:?}");
    assert!(incomplete.stdout.contains("cut.gz") && incomplete.stdout.contains("incomplete"), "{incomplete:?}");
    fs::write(root.join("a.env"), secret("a")).expect("written");
    let both = run(&root, &["scan", ".", "-f", "json"]);
    assert_eq!(both.code, Some(1), "findings go before incompleteness");
    assert!(both.stdout.contains(r#""conditions":["findings","incomplete"]"#), "{both:?}");
    let remapped = run(&root, &["scan", ".", "--exit-code", "42"]);
    assert_eq!(remapped.code, Some(42));

    fs::remove_file(root.join("cut.gz")).expect("it is there");
    fs::remove_file(root.join("a.env")).expect("it is there");
    let locked = root.join("locked.txt");
    fs::write(&locked, "hello\n").expect("written");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).expect("ours");
    if fs::read(&locked).is_ok() {
        eprintln!("NOT RUN: permissions do not bind this user");
        return;
    }
    let unread = run(&root, &["scan", "."]);
    assert!(unread.code == Some(3) && unread.stdout.contains("locked.txt"), "{unread:?}");
}

#[test]
fn reports_that_cannot_be_written_are_known_before_the_scan() {
    let (_scratch, root) = folder();
    fs::write(root.join("a.env"), secret("a")).expect("written");
    fs::write(root.join("target"), "kept").expect("written");
    symlink("target", root.join("link.json")).expect("linked");
    for (path, says) in [("nowhere/x.json", "nowhere"), ("link.json", "link"), ("a.env/x.json", "a.env")] {
        let run = run(&root, &["scan", "a.env", "-f", "json", "-r", path]);
        assert_eq!(run.code, Some(2), "{path}: {run:?}");
        assert!(run.stderr.contains("cannot be written") && run.stderr.contains(says) && run.stdout.is_empty(), "{path}: {run:?}");
    }
    assert_eq!(fs::read(root.join("target")).expect("it stays"), b"kept");
}

#[test]
fn a_device_stays_a_device() {
    let (_scratch, root) = folder();
    fs::write(root.join("a.env"), secret("a")).expect("written");
    let run = run(&root, &["scan", "a.env", "-f", "sarif", "-r", "/dev/null"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(fs::symlink_metadata("/dev/null").expect("it is there").file_type().is_char_device());
    if Path::new("/dev/full").exists() {
        let full = finish(keyfuse(&root, &["scan", "a.env", "-q", "-f", "jsonl", "-r", "/dev/full"]));
        assert_eq!(full.code, Some(2), "{full:?}");
        assert!(full.stderr.contains("/dev/full") && full.stderr.contains("a.env:1:14"), "the findings are told elsewhere: {full:?}");
        let file = fs::OpenOptions::new().write(true).open("/dev/full").expect("a device");
        let mut command = keyfuse(&root, &["scan", "a.env"]);
        let child = command.stdout(file).stderr(Stdio::piped()).spawn().expect("it starts").wait_with_output().expect("it ends");
        let full = Run::of(child);
        assert_eq!(full.code, Some(2), "{full:?}");
        assert!(full.stderr.contains("a.env:1:14"), "{full:?}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let (_scratch, root) = folder();
    // More than a pipe holds.
    let lines: String = (0..2_000).map(|number| secret(&number.to_string())).collect();
    fs::write(root.join("a.env"), lines).expect("written");
    for arguments in [&["scan", "a.env"][..], &["scan", "a.env", "-f", "jsonl"], &["rules", "list"]] {
        let mut command = keyfuse(&root, arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        drop(child.stdout.take());
        let run = Run::of(child.wait_with_output().expect("it ends"));
        assert_eq!(run.code, Some(if arguments[0] == "rules" { 0 } else { 1 }), "{arguments:?}: {run:?}");
        assert!(run.stderr.is_empty(), "{arguments:?}: {run:?}");
    }
}

#[test]
fn a_closed_input_is_an_empty_one() {
    let (_scratch, root) = folder();
    let run = run(&root, &["stdin"]);
    assert!(run.code == Some(0) && run.stdout.contains("no secrets found"), "{run:?}");
}

#[test]
fn nothing_that_a_repository_names_is_run() {
    let scratch = Scratch::new();
    scratch.write("a.env", secret("a"));
    scratch.write(".gitattributes", "* diff=bad filter=bad\n");
    scratch.commit("all");
    scratch.write("b.env", secret("b"));
    scratch.git(&["add", "-A"]);
    scratch.write("a.env", secret("changed"));
    let marker = scratch.base.join("marker");
    let touch = format!("touch {}", marker.display());
    let hook = scratch.root.join(".git/hooks/anything");
    fs::create_dir_all(hook.parent().expect("below .git")).expect("made");
    fs::write(&hook, format!("#!/bin/sh\n{touch}\n")).expect("written");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("ours");
    for name in ["post-index-change", "fsmonitor-watchman", "pre-commit", "post-checkout", "reference-transaction"] {
        fs::copy(&hook, scratch.root.join(".git/hooks").join(name)).expect("copied");
    }
    for (key, value) in [
        ("core.fsmonitor", touch.as_str()),
        ("core.pager", &touch),
        ("core.editor", &touch),
        ("core.sshCommand", &touch),
        ("core.gitProxy", &touch),
        ("core.alternateRefsCommand", &touch),
        ("diff.external", &touch),
        ("diff.bad.command", &touch),
        ("diff.bad.textconv", &touch),
        ("filter.bad.clean", &touch),
        ("filter.bad.smudge", &touch),
        ("filter.bad.process", &touch),
        ("filter.bad.required", "true"),
        ("credential.helper", &format!("!{touch}")),
        ("gpg.program", &touch),
        ("alias.log", &format!("!{touch}")),
        ("uploadpack.packObjectsHook", &touch),
    ] {
        let file = scratch.root.join(".git/config");
        let done = command(&scratch.base, &["config", "--file", &file.to_string_lossy(), key, value], &[]).status();
        assert!(done.expect("git runs").success(), "{key}");
    }
    for (arguments, code) in [
        (&["scan", "."][..], 1),
        (&["scan", "--no-ignore", "."], 1),
        (&["git", "--staged"], 1),
        (&["git", "--unstaged"], 1),
        (&["git"], 1),
        (&["rules", "explain", "a.env:1"], 0),
    ] {
        let run = run(&scratch.root, arguments);
        assert_eq!(run.code, Some(code), "{arguments:?}: {run:?}");
        assert!(!marker.exists(), "{arguments:?} ran what the repository names");
    }
    // The trap works: git itself springs it.
    let _ = command(&scratch.root, &["status"], &[]).output();
    assert!(marker.exists(), "the trap is set");
}

#[test]
fn a_configuration_without_end_does_not_hang() {
    let scratch = Scratch::new();
    scratch.write("a.env", secret("a"));
    scratch.commit("all");
    let config = scratch.root.join(".git/config");
    let text = fs::read_to_string(&config).expect("text");
    for path in ["/dev/zero", "../pipe", "config"] {
        fs::write(&config, format!("{text}[include]\n\tpath = {path}\n")).expect("written");
        if path == "../pipe" {
            pipe(&scratch.root.join("pipe"));
        }
        for arguments in [&["scan", "a.env"][..], &["git", "--staged"], &["git"]] {
            let run = run(&scratch.root, arguments);
            assert!(matches!(run.code, Some(0..=3)) && !run.stderr.contains("panicked"), "{path} {arguments:?}: {run:?}");
        }
    }
}

#[test]
fn few_open_files_and_long_paths_are_survived() {
    let (_scratch, root) = folder();
    fs::write(root.join("a.env"), secret("a")).expect("written");
    let mut deep = root.clone();
    for number in 0..60 {
        deep.push(format!("{number:02}"));
        fs::create_dir(&deep).expect("made");
        fs::write(deep.join("x.txt"), "hello\n").expect("written");
    }
    fs::write(deep.join("deep.env"), secret("deep")).expect("written");
    let program = keyfuse(&root, &[]).get_program().to_owned();
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -n 24; exec \"$0\" scan ."]).arg(program).current_dir(&root);
    let run = finish(shell);
    assert!(run.stdout.contains("a.env:1:14"), "what was found is told: {run:?}");
    assert!(run.code == Some(1), "{run:?}");
    let long = "x/".repeat(3_000);
    let run = finish(keyfuse(&root, &["scan", "a.env", &long]));
    assert!(run.code == Some(2) && run.stderr.contains("x/x/x"), "{:?} {}", run.code, &run.stderr[..run.stderr.len().min(300)]);
}
