//! All that a run found out.

use std::time::Duration;

use super::{Coverage, Finding};

/// Figures of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Time from the first to the last blob.
    pub elapsed: Duration,
    /// Rules in force.
    pub rules: usize,
}

/// All that a run found out, sorted: same input, same outcome.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// What was found, at or above the confidence asked for, suppressed ones included; by path, then offset.
    pub findings: Vec<Finding>,
    /// Findings below the confidence asked for.
    pub hidden: usize,
    /// What was read and what was not.
    pub coverage: Coverage,
    /// What the user should know besides: expired allow-list entries, files that are not read yet; printable sentences.
    pub warnings: Vec<String>,
    /// Figures.
    pub stats: Stats,
}

impl Outcome {
    /// Findings that somebody must act on.
    pub fn open(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.is_open())
    }
}
