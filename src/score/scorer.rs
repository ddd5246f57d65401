//! The door to the judging: looks at the path once and hands the candidate to the judge of its kind.

use super::path::PathKind;
use super::wordlike::Words;
use super::{generic, named};
use crate::model::{Candidate, Confidence, Reason};
use crate::rules::Rule;

/// The verdict on one candidate.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// How sure we are; `None` when the candidate is no credential.
    pub confidence: Option<Confidence>,
    /// Sum of the reasons.
    pub score: f32,
    /// Why, strongest first.
    pub reasons: Vec<Reason>,
}

/// Judges candidates; made once a run, for it holds the word list.
pub struct Scorer {
    words: Words,
}

impl Scorer {
    /// Reads the word list.
    pub fn new() -> Self {
        Self { words: Words::new() }
    }

    /// Judges one candidate of `rule`, found in content whose path is `path`.
    pub fn judge(&self, rule: &Rule, candidate: &Candidate, path: &[u8]) -> Judgement {
        let path = PathKind::of(path);
        let tally = match rule.parser() {
            Some(parser) => generic::judge(&self.words, parser, candidate, path),
            None => named::judge(&self.words, rule, candidate, path),
        };
        let (confidence, score, reasons) = tally.settle();
        Judgement { confidence, score, reasons }
    }
}

impl Default for Scorer {
    fn default() -> Self {
        Self::new()
    }
}
