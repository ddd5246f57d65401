//! One scan from plan to outcome.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::gather;
use super::inspector::Inspector;
#[cfg(feature = "git")]
use super::novelty;
use super::screen::Classes;
use crate::detect::{self, Detector};
use crate::model::{Confidence, Coverage, Finding, Outcome, Stats};
use crate::rules::RuleSet;
use crate::score::Scorer;
use crate::source::{self, Progress, Screen, SourceError, Target, Visitor, Worker};
use crate::suppress::Suppressor;

/// All that a scan needs to know.
pub struct Plan {
    /// Where to look.
    pub target: Target,
    /// What to look for.
    pub rules: Arc<RuleSet>,
    /// The least confidence that is reported.
    pub confidence: Confidence,
    /// What silences a finding.
    pub suppressor: Suppressor,
    /// How many text encodings are undone one within the other.
    pub decode_depth: u8,
}

/// What one thread found.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) findings: Vec<Finding>,
    pub(crate) hidden: usize,
    pub(crate) coverage: Coverage,
}

/// What all threads share.
pub(crate) struct Stage<'p> {
    pub(crate) rules: &'p RuleSet,
    pub(crate) detector: Detector,
    pub(crate) scorer: Scorer,
    pub(crate) suppressor: &'p Suppressor,
    pub(crate) confidence: Confidence,
    pub(crate) classes: Classes,
    /// Whether versions of a file that hold the same secret may be put together on the way.
    pub(crate) folds: bool,
    found: Mutex<Found>,
}

impl<'p> Stage<'p> {
    pub(crate) fn new(plan: &'p Plan) -> Self {
        Self {
            rules: &plan.rules,
            detector: Detector::new(Arc::clone(&plan.rules), detect::Options { decode_depth: plan.decode_depth }),
            scorer: Scorer::new(),
            suppressor: &plan.suppressor,
            confidence: plan.confidence,
            classes: Classes::default(),
            folds: plan.target.is_history(),
            found: Mutex::default(),
        }
    }

    /// A stage that finds the same and hides nothing.
    #[cfg(feature = "git")]
    pub(crate) fn unreserved(plan: &'p Plan) -> Self {
        Self { confidence: Confidence::Low, ..Self::new(plan) }
    }

    /// What all threads found.
    pub(crate) fn take(self) -> Found {
        self.found.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds what one thread found.
    pub(crate) fn collect(&self, found: Found) {
        let mut all = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        all.findings.extend(found.findings);
        all.hidden += found.hidden;
        all.coverage.merge(found.coverage);
    }
}

impl Visitor for Stage<'_> {
    fn worker(&self) -> Box<dyn Worker + '_> {
        Box::new(Inspector::new(self))
    }

    fn screen(&self) -> Option<&dyn Screen> {
        // A rule whose matches go over several lines may need any of them.
        self.detector.matches_within_lines().then_some(self)
    }
}

/// Scans the target.
///
/// # Errors
/// When the target itself cannot be: it does not exist, or is no repository. What cannot be read inside it is in the coverage.
pub fn run(plan: &Plan, progress: &dyn Progress) -> Result<Outcome, SourceError> {
    let started = Instant::now();
    let stage = Stage::new(plan);
    let mut coverage = source::visit(&plan.target, &stage, progress)?;
    let Found { findings, coverage: noted, hidden } = stage.take();
    coverage.merge(noted);
    #[cfg(feature = "git")]
    let findings = match &plan.target {
        Target::Range(range) => novelty::only_new(plan, range, findings)?,
        _ => findings,
    };
    coverage.gaps.sort();
    coverage.gaps.dedup();
    Ok(Outcome {
        findings: gather::gather(findings),
        hidden,
        coverage,
        warnings: plan.suppressor.warnings(),
        stats: Stats { elapsed: started.elapsed(), rules: plan.rules.len() },
    })
}
