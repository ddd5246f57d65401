//! Real programs that `tests/servers/install.sh` installs: where they are, and what to say when they are not.

use std::path::{Path, PathBuf};

/// The program `name` of the environment, or none; then the test must say what it did not do.
pub(crate) fn server(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("KEYFUSE_TEST_SERVERS")
        .filter(|path| !path.is_empty())
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv"), PathBuf::from);
    let folder = if cfg!(windows) { "Scripts" } else { "bin" };
    let program = root.join(folder).join(name).with_extension(std::env::consts::EXE_EXTENSION);
    program.is_file().then_some(program)
}

/// Says aloud, past the capture of the test harness, that `test` did not run for want of `what`.
pub(crate) fn not_run(test: &str, what: &str) {
    use std::io::Write;
    let text = format!("\nNOT RUN: {test}: {what} is not installed; tests/servers/install.sh installs it\n");
    let required = std::env::var_os("KEYFUSE_REQUIRE_SERVERS").is_some_and(|value| !value.is_empty() && value != "0");
    assert!(!required, "{text}KEYFUSE_REQUIRE_SERVERS is set");
    // The harness swallows what a passing test prints by macro, not what it writes.
    let _ = std::io::stderr().write_all(text.as_bytes());
}
