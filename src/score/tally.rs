//! Adds up the points of a judgement and keeps their reasons.

use crate::model::{Confidence, Reason};

/// Points from which a candidate is reported as high, medium and low.
pub(super) const HIGH: f32 = 3.0;
/// See [`HIGH`].
pub(super) const MEDIUM: f32 = 1.0;
/// See [`HIGH`].
pub(super) const LOW: f32 = 0.0;

/// The running sum of a judgement.
#[derive(Debug)]
pub(super) struct Tally {
    score: f32,
    ceiling: Confidence,
    rejected: bool,
    known: bool,
    reasons: Vec<Reason>,
}

impl Tally {
    /// Begins with the points of the rule's kind; the result is never surer than `ceiling`.
    pub(super) fn new(text: &str, weight: f32, ceiling: Confidence) -> Self {
        let mut tally = Self { score: 0.0, ceiling, rejected: false, known: false, reasons: Vec::with_capacity(6) };
        tally.add(text, weight);
        tally
    }

    /// Adds a reason.
    pub(super) fn add(&mut self, text: impl Into<String>, weight: f32) {
        self.score += weight;
        self.reasons.push(Reason { text: text.into(), weight });
    }

    /// Adds a reason that rules the candidate out.
    pub(super) fn reject(&mut self, text: impl Into<String>) {
        self.add(text, -6.0);
        self.rejected = true;
    }

    /// Adds a reason that leaves the candidate at low or below, as the points will have it.
    pub(super) fn confine(&mut self, text: impl Into<String>, weight: f32) {
        self.add(text, weight);
        self.ceiling = Confidence::Low;
    }

    /// Adds a reason that leaves a candidate at low whose shape is known to be right.
    pub(super) fn lower(&mut self, text: impl Into<String>, weight: f32) {
        self.confine(text, weight);
        self.known = true;
    }

    /// Adds a proof: the result is high whatever else was seen.
    pub(super) fn prove(&mut self, text: impl Into<String>) {
        self.add(text, 3.0);
        self.ceiling = Confidence::High;
    }

    /// Whether nothing can save the candidate.
    pub(super) fn is_rejected(&self) -> bool {
        self.rejected
    }

    /// The confidence, the sum, and the reasons with the strongest first.
    pub(super) fn settle(mut self) -> (Option<Confidence>, f32, Vec<Reason>) {
        self.reasons.sort_by(|one, other| other.weight.abs().total_cmp(&one.weight.abs()));
        let reached = match self.score {
            _ if self.rejected => None,
            score if score >= HIGH => Some(Confidence::High),
            score if score >= MEDIUM => Some(Confidence::Medium),
            score if score >= LOW => Some(Confidence::Low),
            _ => None,
        };
        // What is known to be of the shape is never silenced by a few points.
        let known = self.known && !self.rejected && self.score > -1.5;
        let confidence = reached.map(|reached| reached.min(self.ceiling)).or(known.then_some(Confidence::Low));
        (confidence, self.score, self.reasons)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ceilings_hold_and_proofs_lift_them() {
        let mut tally = Tally::new("shape", 4.0, Confidence::Medium);
        assert!(!tally.is_rejected());
        tally.add("path", -0.3);
        assert_eq!(tally.settle().0, Some(Confidence::Medium));

        let mut tally = Tally::new("shape", 1.0, Confidence::Medium);
        tally.prove("checksum");
        let (confidence, score, reasons) = tally.settle();
        assert_eq!((confidence, score), (Some(Confidence::High), 4.0));
        assert_eq!(reasons[0].text, "checksum");

        let mut tally = Tally::new("shape", 4.0, Confidence::High);
        tally.lower("sample", -1.0);
        assert_eq!(tally.settle().0, Some(Confidence::Low));

        let mut tally = Tally::new("shape", 4.0, Confidence::High);
        tally.reject("mask");
        assert_eq!(tally.settle().0, None);
    }
}
