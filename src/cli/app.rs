//! From the command line to the exit code.

use std::ffi::OsString;
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
    if asks_for_version(std::env::args_os().skip(1)) {
        return version();
    }
    // `--help` ends here, before anything is loaded.
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

/// Whether nothing else is asked for: programs that call others ask that often, and to learn what all commands take costs more than
/// the answer.
fn asks_for_version(mut arguments: impl Iterator<Item = OsString>) -> bool {
    let is_version = arguments.next().is_some_and(|argument| argument == "--version" || argument == "-V");
    is_version && arguments.next().is_none()
}

/// What clap prints, too.
fn version() -> ExitCode {
    match writeln!(io::stdout(), "keyfuse {}", env!("CARGO_PKG_VERSION")) {
        Ok(()) => ExitCode::SUCCESS,
        // Nobody reads on: the answer was not wanted whole.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(exit::USAGE),
    }
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_short_way_says_what_the_long_one_says() {
        let asks = |words: &[&str]| asks_for_version(words.iter().map(OsString::from));
        assert!(asks(&["--version"]) && asks(&["-V"]));
        assert!(!asks(&[]) && !asks(&["scan"]) && !asks(&["--version", "scan"]));
        assert_eq!(Args::command().render_version(), format!("keyfuse {}\n", env!("CARGO_PKG_VERSION")));
    }
}
