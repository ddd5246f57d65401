//! The command line as written.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use super::exit::TABLE;
use super::look::Look;
#[cfg(feature = "respond")]
use super::respond::{ConfirmArgs, DismissArgs, Key, OutboxCommand, Receive};

const EXAMPLES: &str = "\
Examples:
  keyfuse scan                             what git tracks or does not ignore, here and below
  keyfuse scan --no-ignore .env build/     these, ignored or not
  keyfuse git --staged                     what the next commit would add (pre-commit hook)
  keyfuse git                              every object of this repository's history
  keyfuse git --range origin/main..HEAD    what these commits bring (pull request, push)
  keyfuse home                             start-up files, histories, credential files
  git log -p | keyfuse stdin               whatever comes in
  keyfuse scan -f human -f sarif=out.sarif read it here, upload it there
  keyfuse rules explain src/config.py:12   why that line is, or is not, reported
";

/// Finds secrets in working trees, staged changes, dotfiles and git history, and says why it believes them.
///
/// keyfuse runs no program, whatever stands in what it scans, and opens no connection unless you ask for one (--probe, --handoff, outbox
/// flush, receive). Reports never hold a secret.
#[derive(Debug, Parser)]
#[command(name = "keyfuse", version, arg_required_else_help = true, max_term_width = 120, after_help = TABLE)]
#[command(after_long_help = ending(), disable_help_subcommand = true)]
pub(super) struct Args {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// The end of the long help.
fn ending() -> String {
    format!("{EXAMPLES}\n{TABLE}")
}

/// What every command takes.
#[derive(Debug, clap::Args)]
pub(super) struct Common {
    /// Read this configuration instead of `keyfuse.toml` at the repository's root [env: KEYFUSE_CONFIG]
    #[arg(short, long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Colour the human report; NO_COLOR and CLICOLOR_FORCE are heeded
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", alias = "colour")]
    pub(super) color: Color,
    /// The same as --color never
    #[arg(long, global = true, hide = true)]
    pub(super) no_color: bool,
    /// Only the findings: no summary, no advice, no progress
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,
    /// Every reason of every finding, every file that was not read
    #[arg(short, long, global = true)]
    pub(super) verbose: bool,
    /// Show how far the work is: on a terminal, never, or as lines of JSON for programs
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(super) progress: When,
    /// Threads to use; 0 means one for every core
    #[arg(long, global = true, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(super) threads: usize,
    /// There is no banner
    #[arg(long, global = true, hide = true)]
    pub(super) no_banner: bool,
    /// There is no log
    #[arg(short, long, global = true, hide = true, value_name = "LEVEL")]
    pub(super) log_level: Option<String>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Scan files and directories (the current one if none is named)
    #[command(visible_alias = "dir", aliases = ["directory", "file"], after_help = TABLE)]
    Scan(Scan),
    /// Scan a git repository: its full history, or what is staged
    #[cfg(feature = "git")]
    #[command(after_help = TABLE)]
    Git(Git),
    /// Scan shell start-up files, shell histories and credential files of a home directory
    #[command(after_help = TABLE)]
    Home(Home),
    /// Scan standard input
    #[command(after_help = TABLE)]
    Stdin(Look),
    /// List, check or explain the rules
    Rules {
        /// Which of them
        #[command(subcommand)]
        command: Rules,
    },
    /// Say that a finding is exposed, or ask the store that holds it
    #[cfg(feature = "respond")]
    Confirm(ConfirmArgs),
    /// Say that nobody needs to act on a finding, until a day
    #[cfg(feature = "respond")]
    Dismiss(DismissArgs),
    /// See, send or redirect notices that are owed
    #[cfg(feature = "respond")]
    Outbox {
        /// What to do
        #[command(subcommand)]
        command: OutboxCommand,
    },
    /// Make or check the key that names credentials
    #[cfg(feature = "respond")]
    Key {
        /// What to do
        #[command(subcommand)]
        command: Key,
    },
    /// Contain what is exposed: open incidents, decide, act, prove
    #[cfg(feature = "respond")]
    Incident {
        /// What to do
        #[command(subcommand)]
        command: super::incident::IncidentCommand,
    },
    /// Check the playbooks that incidents go by
    #[cfg(feature = "respond")]
    Playbook {
        /// What to do
        #[command(subcommand)]
        command: super::playbook::PlaybookCommand,
    },
    /// Rehearse: plant a key, find it, hand it off, decide, revoke, prove it dead, seal the evidence
    #[cfg(feature = "respond")]
    Drill(super::drill::DrillArgs),
    /// Take notices: verify, keep, give receipts
    #[cfg(feature = "respond")]
    Receive(Receive),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// As `gitleaks detect` was: the history of a repository, or with --no-git a directory
    #[command(hide = true)]
    Detect(Detect),
    /// As `gitleaks protect` was: unstaged changes, or with --staged the staged ones
    #[cfg(feature = "git")]
    #[command(hide = true)]
    Protect(Protect),
}

/// `keyfuse scan`
#[derive(Debug, clap::Args)]
pub(super) struct Scan {
    /// Files and directories
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Scan files that git ignores too
    #[arg(long)]
    pub(super) no_ignore: bool,
    /// A tree is always scanned without its history
    #[arg(long, hide = true)]
    pub(super) no_git: bool,
    #[command(flatten)]
    pub(super) look: Look,
}

/// `keyfuse git`
#[derive(Debug, clap::Args)]
#[cfg(feature = "git")]
pub(super) struct Git {
    /// The repository: a directory in its work tree, or a bare one
    #[arg(value_name = "REPO", default_value = ".", hide_default_value = true)]
    pub(super) repository: PathBuf,
    /// What the next commit would add, read from the index; in pre-commit's stage pre-push what the push would bring
    #[arg(long, conflicts_with = "unstaged")]
    pub(super) staged: bool,
    /// Changes to tracked files that are not staged
    #[arg(long)]
    pub(super) unstaged: bool,
    /// What the commits from A (left out) to B bring; A...B means the same, as in a pull request
    #[arg(long, value_name = "A..B", group = "part", conflicts_with_all = ["staged", "unstaged"])]
    pub(super) range: Option<String>,
    /// What commits since then bring, on any ref: 2024-05-31, a full RFC 3339 time, or 36h, 7d, 2w ago
    #[arg(long, value_name = "DATE", group = "part", conflicts_with_all = ["staged", "unstaged"])]
    pub(super) since: Option<String>,
    /// What a push would bring; git's hook pre-push gives the lines on standard input
    #[arg(long, group = "part", conflicts_with_all = ["staged", "unstaged"])]
    pub(super) pre_push: bool,
    /// The remote that is pushed to; its remote-tracking refs tell what it has (without it, those of all remotes)
    #[arg(long, value_name = "NAME", requires = "pre_push")]
    pub(super) remote: Option<String>,
    /// What a received push brings; git's hook pre-receive gives the lines on standard input
    #[arg(long, group = "part", conflicts_with_all = ["staged", "unstaged"])]
    pub(super) pre_receive: bool,
    /// Of a whole repository, leave the files of the work tree out (those that were committed are read as objects)
    #[arg(long)]
    pub(super) no_worktree: bool,
    /// Read the whole history anew: neither use nor keep what an earlier sweep learned (docs/history.md)
    #[arg(long)]
    pub(super) no_cache: bool,
    /// Let what a shallow or partial clone has not fetched be out of scope, not a reason for exit code 3
    #[arg(long)]
    pub(super) allow_missing: bool,
    /// With --staged the staged changes, without it the unstaged ones
    #[arg(long, hide = true)]
    pub(super) pre_commit: bool,
    /// Refused with a hint
    #[arg(long, hide = true, value_name = "OPTIONS", allow_hyphen_values = true)]
    pub(super) log_opts: Option<String>,
    #[command(flatten)]
    pub(super) look: Look,
}

/// `keyfuse home`
#[derive(Debug, clap::Args)]
pub(super) struct Home {
    /// The home directory; yours if none is named
    #[arg(value_name = "DIR")]
    pub(super) directory: Option<PathBuf>,
    #[command(flatten)]
    pub(super) look: Look,
}

/// `keyfuse rules`
#[derive(Debug, Subcommand)]
pub(super) enum Rules {
    /// List the rules in force
    List {
        /// As a table or as JSON
        #[arg(short, long, value_name = "FORMAT", default_value = "table")]
        format: Listing,
    },
    /// Prove rule files by their own examples; without a FILE the built-in ones
    Check {
        /// Rule files
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Tell what each rule made of a line, or the facts of one rule
    Explain {
        /// A line as FILE:LINE, or a rule's id
        #[arg(value_name = "FILE:LINE|RULE")]
        subject: String,
    },
}

/// `keyfuse detect`
#[derive(Debug, clap::Args)]
pub(super) struct Detect {
    /// The repository or directory
    #[arg(short, long, value_name = "PATH", default_value = ".")]
    pub(super) source: PathBuf,
    /// Scan the directory, not the history
    #[arg(long)]
    pub(super) no_git: bool,
    /// Scan standard input
    #[arg(long)]
    pub(super) pipe: bool,
    /// Refused with a hint
    #[arg(long, value_name = "OPTIONS", allow_hyphen_values = true)]
    pub(super) log_opts: Option<String>,
    #[command(flatten)]
    pub(super) look: Look,
}

/// `keyfuse protect`
#[derive(Debug, clap::Args)]
#[cfg(feature = "git")]
pub(super) struct Protect {
    /// The repository
    #[arg(short, long, value_name = "PATH", default_value = ".")]
    pub(super) source: PathBuf,
    /// Scan the staged changes, not the unstaged ones
    #[arg(long)]
    pub(super) staged: bool,
    /// Refused with a hint
    #[arg(long, value_name = "OPTIONS", allow_hyphen_values = true)]
    pub(super) log_opts: Option<String>,
    #[command(flatten)]
    pub(super) look: Look,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// When to show progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum When {
    /// On a terminal, outside CI
    Auto,
    /// Never
    Never,
    /// Lines of JSON on standard error, one a second
    Json,
}

/// How to list rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Listing {
    /// For people
    #[value(alias = "human")]
    Table,
    /// For programs
    Json,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_holds_together() {
        Args::command().debug_assert();
    }

    #[test]
    fn gitleaks_spellings_are_taken() {
        for line in [
            "keyfuse detect --no-git -s . -v --redact -f json -r - --exit-code 2 --no-banner -c x.toml",
            "keyfuse detect --source=. --report-format sarif --report-path out.sarif --redact=50 --max-decode-depth 2",
            "keyfuse protect --staged --verbose --redact -l warn",
            "keyfuse git --pre-commit --redact --staged --verbose",
            "keyfuse dir . --max-archive-depth 3 --ignore-gitleaks-allow --no-color",
            "keyfuse detect --log-opts --all",
        ] {
            Args::try_parse_from(line.split(' ')).unwrap_or_else(|error| panic!("{line}: {error}"));
        }
    }

    #[test]
    fn the_help_has_examples_and_codes() {
        let help = Args::command().render_long_help().to_string();
        assert!(help.contains("keyfuse git --staged") && help.contains("3  incomplete"));
        assert!(!help.contains("--redact") && !help.contains("protect"), "what only eases moving is not taught");
    }
}
