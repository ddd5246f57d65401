//! Runs the program and reads its lines.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::scratch::{Run, keyfuse};

/// What a run told.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) code: Option<i32>,
    pub(super) findings: Vec<Value>,
    pub(super) summary: Value,
    pub(super) stderr: String,
}

impl Told {
    /// The paths of the findings.
    pub(super) fn paths(&self) -> Vec<&str> {
        self.findings.iter().map(|finding| finding["path"].as_str().expect("a path")).collect()
    }

    /// What was not read, as `what: why`.
    pub(super) fn unread(&self) -> Vec<String> {
        let gaps = self.summary["coverage"]["gaps"].as_array().expect("a list");
        let text = |gap: &Value| format!("{}: {}", gap["what"].as_str().expect("text"), gap["why"].as_str().expect("text"));
        gaps.iter().filter(|gap| gap["kind"] == "unread").map(text).collect()
    }
}

/// `keyfuse git` in `directory`, with `input` on standard input and further variables.
pub(super) fn git(directory: &Path, arguments: &[&str], input: &str, variables: &[(&str, &str)]) -> Told {
    let mut command = keyfuse(directory, &[&["git", "-f", "jsonl"], arguments].concat());
    command.envs(variables.iter().copied()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    // It may end without reading, when its arguments are wrong.
    let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
    let run = Run::of(child.wait_with_output().expect("it ends"));
    let mut lines: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    let summary = lines.pop().unwrap_or(Value::Null);
    Told { code: run.code, findings: lines, summary, stderr: run.stderr }
}

/// The same for a range.
pub(super) fn range(directory: &Path, range: &str) -> Told {
    git(directory, &["--range", range], "", &[])
}
