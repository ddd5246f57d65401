//! The command line as written.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use keyfuse::model::Confidence;

use super::exit::TABLE;
use super::output::Request;

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
    /// Show how far the work is, on a terminal
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
    /// Say that a finding is exposed, so that --handoff hands it off
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

/// How to look and how to tell, the same for everything that can be scanned.
#[derive(Debug, Default, clap::Args)]
pub(super) struct Look {
    /// Report as human, json, jsonl, sarif, github or markdown, to standard output or to a FILE; may be given several times
    #[arg(short, long, value_name = "FORMAT[=FILE]", alias = "report-format")]
    pub(super) format: Vec<Request>,
    /// Write the report to FILE (`-` is standard output); the name's ending decides the format where --format does not
    #[arg(short, long, value_name = "FILE")]
    pub(super) report_path: Option<PathBuf>,
    /// Report what is at least this sure: low, medium (unless configured) or high
    #[arg(long, value_name = "LEVEL", value_parser = confidence)]
    pub(super) confidence: Option<Confidence>,
    /// Exit with N instead of 1 when there are findings
    #[arg(long, value_name = "N", default_value_t = super::exit::FINDINGS, hide_default_value = true)]
    pub(super) exit_code: u8,
    /// Show the secrets themselves: only on a terminal, only in the human report
    #[arg(long)]
    pub(super) reveal: bool,
    /// Do not let comments such as `gitleaks:allow` silence findings (for CI on contributions)
    #[arg(long, alias = "ignore-gitleaks-allow")]
    pub(super) no_inline_allow: bool,
    /// Ask the issuers whether what was found still lives: read-only, opens connections (docs/probes.md); `plan` only tells what would
    /// be sent where
    #[cfg(feature = "respond")]
    #[arg(long, value_name = "plan", num_args = 0..=1, require_equals = true, default_missing_value = "ask", value_enum, hide_possible_values = true)]
    pub(super) probe: Option<Probe>,
    /// Show the suppressed findings too
    #[arg(long)]
    pub(super) list_suppressed: bool,
    /// Only this rule; may be given several times
    #[arg(long, value_name = "RULE", alias = "rule")]
    pub(super) enable_rule: Vec<String>,
    /// How deep to look into nested archives (0: not at all)
    #[arg(long, value_name = "N")]
    pub(super) max_archive_depth: Option<u8>,
    /// How many encodings to undo, one inside the other (0: none)
    #[arg(long, value_name = "N")]
    pub(super) max_decode_depth: Option<u8>,
    /// Hand off what is confirmed to the endpoints of your configuration: signed, at least once, or exit code 4
    #[cfg(feature = "respond")]
    #[arg(long)]
    pub(super) handoff: bool,
    /// How long --handoff may take, like 90s or 5m (one minute unless given); the rest stays for `outbox flush`
    #[cfg(feature = "respond")]
    #[arg(long, value_name = "TIME", value_parser = super::duration::parse)]
    pub(super) handoff_wait: Option<std::time::Duration>,
    /// Add GitHub's primaryLocationLineHash to SARIF: an unkeyed hash over the secret's line
    #[arg(long)]
    pub(super) sarif_line_hash: bool,
    /// The category of the SARIF upload, which tells several uploads for one commit apart
    #[arg(long, value_name = "NAME")]
    pub(super) sarif_category: Option<String>,
    /// Secrets are always redacted in full
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, value_name = "PERCENT", default_missing_value = "100")]
    pub(super) redact: Option<u8>,
    /// Look at every content of a history whole, deltas too: slower, the same findings
    #[arg(long, hide = true)]
    pub(super) full_scan: bool,
    /// Refused with a hint
    #[arg(short, long, hide = true, value_name = "FILE")]
    pub(super) baseline_path: Option<PathBuf>,
    /// Refused with a hint
    #[arg(short = 'i', long, hide = true, value_name = "FILE")]
    pub(super) gitleaks_ignore_path: Option<PathBuf>,
    /// Links are ours to print
    #[arg(long, hide = true, value_name = "NAME")]
    pub(super) platform: Option<String>,
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

/// `keyfuse confirm`
#[cfg(feature = "respond")]
#[derive(Debug, clap::Args)]
pub(super) struct ConfirmArgs {
    /// FILE:LINE, the fingerprint of a report's finding (8 digits or more), or the credential's own (fp1_…)
    #[arg(value_name = "FINDING")]
    pub(super) finding: String,
    /// Why it counts as exposed, for whoever reads it later
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: String,
    #[command(flatten)]
    pub(super) at: super::which::Where,
}

/// `keyfuse dismiss`
#[cfg(feature = "respond")]
#[derive(Debug, clap::Args)]
pub(super) struct DismissArgs {
    /// FILE:LINE, the fingerprint of a report's finding (8 digits or more), or the credential's own (fp1_…)
    #[arg(value_name = "FINDING")]
    pub(super) finding: String,
    /// Why nobody needs to act, for whoever reads it later
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: String,
    /// The last day on which that holds, like 2026-12-31
    #[arg(long, value_name = "DAY")]
    pub(super) expires: String,
    #[command(flatten)]
    pub(super) at: super::which::Where,
}

/// `keyfuse outbox`
#[cfg(feature = "respond")]
#[derive(Debug, Subcommand)]
pub(super) enum OutboxCommand {
    /// Count what is due, waiting and delivered, by endpoint
    Status {
        /// As a table or as JSON
        #[arg(short, long, value_name = "FORMAT", default_value = "table")]
        format: Listing,
    },
    /// Send what is due, once
    Flush {
        /// Also what waits for its next attempt
        #[arg(long)]
        all: bool,
        /// Go on until nothing is owed, at most this long, like 90s or 5m
        #[arg(long, value_name = "TIME", value_parser = super::duration::parse)]
        wait: Option<std::time::Duration>,
    },
    /// Send to an endpoint again that wanted no more (410)
    Enable {
        /// The endpoint
        name: String,
    },
    /// Send to another endpoint what is owed to one
    Reroute {
        /// The endpoint that is owed
        name: String,
        /// The one that gets it
        to: String,
    },
}

/// `keyfuse receive`
#[cfg(feature = "respond")]
#[derive(Debug, clap::Args)]
pub(super) struct Receive {
    /// Where to listen; others than this machine need TLS
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8717")]
    pub(super) listen: std::net::SocketAddr,
    /// The certificate chain, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(super) tls_cert: Option<PathBuf>,
    /// Its key, in PEM, in a file that only you can read
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(super) tls_key: Option<PathBuf>,
    /// Something in front of it speaks TLS
    #[arg(long)]
    pub(super) behind_proxy: bool,
    /// Verify and answer, keep nothing
    #[arg(long)]
    pub(super) verify_only: bool,
}

/// `keyfuse key`
#[cfg(feature = "respond")]
#[derive(Debug, Subcommand)]
pub(super) enum Key {
    /// Make the key, in a file that only you can read unless said otherwise; one that is there is never replaced
    Make {
        /// Where: `file:PATH` or `keychain:fingerprint`
        #[arg(long, value_name = "REFERENCE")]
        at: Option<String>,
    },
    /// Tell where the key is, and a mark to compare with that of another machine
    Check,
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
}

/// What `--probe` does.
#[cfg(feature = "respond")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Probe {
    /// Ask
    Ask,
    /// Tell what would be asked
    Plan,
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

fn confidence(name: &str) -> Result<Confidence, String> {
    [Confidence::Low, Confidence::Medium, Confidence::High]
        .into_iter()
        .find(|level| level.name() == name)
        .ok_or_else(|| "use low, medium or high".to_owned())
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
