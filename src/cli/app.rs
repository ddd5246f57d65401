//! From the command line to the exit code.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use super::args::{Args, Command};
#[cfg(feature = "git")]
use super::git;
use super::{completions, exit, gitleaks, home, job, rules, scan, stdin};
#[cfg(feature = "respond")]
use super::{confirm, dismiss, drill, incident, key, outbox, playbook, receive};

/// Runs the program.
pub(crate) fn run() -> ExitCode {
    // `--version` and `--help` end here, before anything is loaded.
    let args = Args::parse();
    quiet_panics();
    super::privacy::close_memory();
    let common = &args.common;
    let code = match &args.command {
        Command::Scan(command) => scan::job(command, common).and_then(|job| job::run(job, &command.look, common)),
        #[cfg(feature = "git")]
        Command::Git(command) => git::job(command, common).and_then(|job| job::run(job, &command.look, common)),
        Command::Home(command) => home::job(command, common).and_then(|job| job::run(job, &command.look, common)),
        Command::Stdin(look) => stdin::job(look, common).and_then(|job| job::run(job, look, common)),
        Command::Rules { command } => rules::run(command, common),
        #[cfg(feature = "respond")]
        Command::Confirm(command) => confirm::run(command, common),
        #[cfg(feature = "respond")]
        Command::Dismiss(command) => dismiss::run(command, common),
        #[cfg(feature = "respond")]
        Command::Outbox { command } => outbox::run(command),
        #[cfg(feature = "respond")]
        Command::Drill(command) => drill::run(command),
        #[cfg(feature = "respond")]
        Command::Incident { command } => incident::run(command, common),
        #[cfg(feature = "respond")]
        Command::Key { command } => key::run(command),
        #[cfg(feature = "respond")]
        Command::Playbook { command } => playbook::run(command),
        #[cfg(feature = "respond")]
        Command::Receive(command) => receive::run(command),
        Command::Completions { shell } => completions::print(*shell),
        Command::Detect(command) => gitleaks::detect(command, common).and_then(|job| job::run(job, &command.look, common)),
        #[cfg(feature = "git")]
        Command::Protect(command) => gitleaks::protect(command, common).and_then(|job| job::run(job, &command.look, common)),
    };
    ExitCode::from(code.unwrap_or_else(|error| {
        say(&format!("error: {error:#}"));
        exit::USAGE
    }))
}

/// One line for the user on standard error; a closed one is no reason to stop.
pub(super) fn say(text: &str) {
    let _ = writeln!(io::stderr(), "keyfuse: {text}");
}

/// A panic's message may quote what was being read: only its place is shown.
fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or(String::new(), |place| format!(" at {}:{}", place.file(), place.line()));
        say(&format!("internal error{place}; please report it"));
    }));
}
