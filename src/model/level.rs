//! How sure we are, and how bad it is.

use serde::{Deserialize, Serialize};

/// How sure we are that a finding is a real credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Possible: hidden by default.
    Low,
    /// Probable: reported by default.
    Medium,
    /// Proved by shape, checksum or structure.
    High,
}

/// What a holder of the credential can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Little: a public identifier.
    Low,
    /// Limited in scope.
    Medium,
    /// An ordinary secret of a service.
    High,
    /// Control of production, money, code or infrastructure.
    Critical,
}

impl Confidence {
    /// The lower-case name used in options, rule files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl Severity {
    /// The lower-case name used in options, rule files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}
