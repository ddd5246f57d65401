//! The flags that say how to look and how to tell, the same for everything that can be scanned.

use std::path::PathBuf;

#[cfg(feature = "respond")]
use clap::ValueEnum;
use keyfuse::model::Confidence;

use super::output::Request;

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
    /// With --handoff: try what is found on the bcrypt hashes found with it, which takes some seconds; a right one proves it
    #[cfg(feature = "respond")]
    #[arg(long, requires = "handoff")]
    pub(super) prove: bool,
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

/// What `--probe` does.
#[cfg(feature = "respond")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Probe {
    /// Ask
    Ask,
    /// Tell what would be asked
    Plan,
}

fn confidence(name: &str) -> Result<Confidence, String> {
    [Confidence::Low, Confidence::Medium, Confidence::High]
        .into_iter()
        .find(|level| level.name() == name)
        .ok_or_else(|| "use low, medium or high".to_owned())
}
