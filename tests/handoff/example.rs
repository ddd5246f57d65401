//! The README's one command, as a user runs it.

use std::path::Path;
use std::process::Command;

use crate::scratch::{KEYFUSE, Run};

#[cfg(unix)]
#[test]
fn the_readmes_command_ends_with_a_receipt() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).expect("it is there");
    assert!(readme.contains("\nexamples/handoff.sh\n"), "the README shows the command");
    let mut command = Command::new(root.join("examples/handoff.sh"));
    command.env("KEYFUSE", KEYFUSE).env_remove("KEYFUSE_KEY").env_remove("KEYFUSE_CONFIG");
    let run = Run::of(command.output().expect("bash runs it"));
    assert_eq!(run.code, Some(0), "{run:?}");
    let receipt = run.stderr.split("receipt ").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("a receipt is shown");
    assert!(receipt.starts_with("rcpt_") && run.stderr.contains("handed off evt_"), "{run:?}");
    assert!(run.stdout.contains(receipt), "the receiver tells of the same one: {run:?}");
    assert!(run.stdout.contains("0 undelivered"), "{run:?}");
    let has_redis = Command::new("redis-server").arg("--version").output().is_ok_and(|output| output.status.success());
    assert_eq!(run.stdout.contains(" live receipt "), has_redis, "{run:?}");
}
