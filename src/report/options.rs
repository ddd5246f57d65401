//! What a report must know besides the outcome; it comes in as arguments, for reports read neither flags nor the environment.

use std::path::PathBuf;

use crate::model::Confidence;

/// How the run ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The code that the program will exit with.
    pub exit_code: u8,
    /// Everything that is the case, by name and weightiest first: `findings`, `incomplete`; empty when all is well.
    pub conditions: Vec<&'static str>,
}

/// The revision of a repository that was scanned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Address of the repository, without a credential in it.
    pub repository: String,
    /// Commit id in hex.
    pub id: Option<String>,
    /// Branch.
    pub branch: Option<String>,
}

/// What a report must know besides the outcome.
#[derive(Clone, Debug, Default)]
pub struct ReportOptions {
    /// Whether the human report may use colour.
    pub colour: bool,
    /// Columns of the terminal, for cutting long lines; none means as long as they are.
    pub width: Option<usize>,
    /// Whether the human report shows the secrets themselves: only ever on a terminal.
    pub reveal: bool,
    /// Whether the human report gives every reason and every gap.
    pub verbose: bool,
    /// Whether the human report leaves out summary and advice.
    pub quiet: bool,
    /// Whether the human report shows the suppressed findings too.
    pub list_suppressed: bool,
    /// The least confidence that was asked for.
    pub confidence: Option<Confidence>,
    /// How the run ends.
    pub verdict: Verdict,
    /// The directory that paths are relative to, for reading lines again; none means that they cannot be.
    pub root: Option<PathBuf>,
    /// Whether SARIF carries `primaryLocationLineHash`, an unkeyed hash over the secret's line.
    pub line_hash: bool,
    /// SARIF `automationDetails.id`: the category, which a slash ends.
    pub category: Option<String>,
    /// The revision that was scanned, where known.
    pub revision: Option<Revision>,
}
