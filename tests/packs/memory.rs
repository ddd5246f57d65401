//! What a long chain of deltas costs in memory: its base with one more, not all of them.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use keyfuse::git::ObjectId;

use super::builder::{Builder, number};
use crate::scratch::{Scratch, keyfuse, secret};

/// Bytes of the large content, and how many are made from it, each from the one before.
const LARGE: usize = 3 << 20;
const DELTAS: usize = 50;

/// The most memory that the program had while it swept `repository`, in bytes, with what it said.
fn peak(repository: &Path) -> (usize, String) {
    let mut command = keyfuse(repository, &["git", "--no-worktree", "-f", "jsonl"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    // The system keeps the highest mark; the last one read before the end tells all but the farewell.
    while child.try_wait().expect("it is ours").is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let mark = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<usize>().ok());
        most = most.max(mark.unwrap_or(0) << 10);
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    let output = child.wait_with_output().expect("it ended");
    (most, String::from_utf8(output.stdout).expect("text"))
}

/// A delta that leaves all as it is but for one line of the same length.
fn replace(at: usize, line: &str) -> Vec<u8> {
    let copy = |from: usize, length: usize| {
        let bytes = [&from.to_le_bytes()[..4], &length.to_le_bytes()[..3]].concat();
        [&[0xff][..], &bytes].concat()
    };
    let insert = [&[line.len() as u8][..], line.as_bytes()].concat();
    let rest = at + line.len();
    [number(LARGE as u64), number(LARGE as u64), copy(0, at), insert, copy(rest, LARGE - rest)].concat()
}

#[test]
fn fifty_deltas_take_the_memory_of_two_contents() {
    let (scratch, mut pack) = (Scratch::new(), Builder::default());
    let small = Scratch::new();
    let (nothing, _) = peak(&small.root);
    let mut text: String = (0..LARGE / 40).map(|line| format!("line {line:>8} of a long and plain text\n")).collect();
    text.truncate(LARGE - 1);
    text.extend(std::iter::repeat_n('\n', LARGE - text.len()));
    let id = |number: usize| ObjectId::from_hex(format!("{number:040x}").as_bytes()).expect("forty digits");
    let mut offset = pack.blob(text.as_bytes());
    for delta in 1..=DELTAS {
        let line = if delta == DELTAS { secret("at the end of the chain") } else { format!("version {delta:>4}\n") };
        offset = pack.offset_delta(id(delta), offset, &replace(40 * 1000 * delta, &line));
    }
    pack.install(&scratch, "chain");
    let (most, told) = peak(&scratch.root);
    assert!(told.contains(&id(DELTAS).to_string()), "the last of the chain was made: {told}");
    let allowed = nothing + 2 * LARGE + (8 << 20);
    assert!(most <= allowed, "{most} bytes, of which {nothing} for nothing; {allowed} are allowed");
    assert!(nothing > 0 && most > nothing, "the marks were read");
}
