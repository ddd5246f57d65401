//! `keyfuse completions`: the script that teaches a shell our options.

use clap::CommandFactory;

use super::args::Args;
use super::output;

/// Prints the script.
pub(super) fn print(shell: clap_complete::Shell) -> anyhow::Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "keyfuse", &mut script);
    output::print(&script)
}
