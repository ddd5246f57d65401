//! The built program, run as a user runs it, and secrets for it to find.

use std::path::Path;
use std::process::{Command, Output};

/// Where it was built.
pub(crate) const KEYFUSE: &str = env!("CARGO_BIN_EXE_keyfuse");

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

/// The program in `directory`, cut off from whatever the session of the tests has set.
pub(crate) fn keyfuse(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(KEYFUSE);
    command.current_dir(directory).args(arguments).stdin(std::process::Stdio::null());
    // What sweeps learn of repositories that are gone tomorrow is no matter for this person's own cache.
    command.env("XDG_CACHE_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("GIT_") || name.starts_with("GITHUB_") || name.starts_with("KEYFUSE_") || name.starts_with("CLICOLOR") {
            command.env_remove(&*name);
        }
    }
    command
}

/// The folder the program lies in, for a PATH.
pub(crate) fn folder_of_keyfuse() -> &'static Path {
    Path::new(KEYFUSE).parent().expect("a built program lies in a folder")
}

/// A line that holds a secret which no rule doubts, different for each `seed`.
pub(crate) fn secret(seed: &str) -> String {
    let line = keyfuse::rules::expand("GITHUB_TOKEN=ghp_{base62:30}{crc32-base62}\n", seed).expect("a sound template");
    String::from_utf8(line.text).expect("templates are text")
}
