//! Which of several candidates for the same bytes is the one to report.

use crate::model::{Candidate, Confidence};
use crate::rules::{Find, Rule};
use crate::score::Judgement;

/// A candidate with its verdict.
pub(crate) struct Judged {
    pub(crate) candidate: Candidate,
    pub(crate) judgement: Judgement,
    /// The verdict's confidence; rejected ones never get here.
    pub(crate) confidence: Confidence,
}

/// Keeps the best of those that share bytes; the order is by place.
pub(crate) fn resolve<'r>(mut judged: Vec<Judged>, rule_of: impl Fn(&Candidate) -> &'r Rule) -> Vec<Judged> {
    // A shape that proves itself knows most, and so does a rule that says of itself that it means little (a public identifier).
    // Then: is it reported, does it name the provider, how sure, how exact.
    let rank = |one: &Judged| {
        let rule = rule_of(&one.candidate);
        let specificity = match rule.find {
            Find::Prefix { .. } | Find::Infix { .. } if rule.confidence == Confidence::High => 3,
            Find::Keywords { .. } => 2,
            Find::Prefix { .. } | Find::Infix { .. } => 1,
            Find::Parser(_) => 0,
        };
        let speaks = specificity == 3 || rule.confidence == Confidence::Low;
        (speaks, one.confidence >= Confidence::Medium, specificity, one.confidence, one.candidate.layers.is_empty())
    };
    judged.sort_by(|one, other| {
        rank(other)
            .cmp(&rank(one))
            .then(other.judgement.score.total_cmp(&one.judgement.score))
            .then(other.candidate.span.len().cmp(&one.candidate.span.len()))
            .then(one.candidate.span.cmp(&other.candidate.span))
            .then(one.candidate.rule.cmp(&other.candidate.rule))
    });
    let mut kept: Vec<Judged> = Vec::new();
    for one in judged {
        if !kept.iter().any(|better| are_same(&better.candidate, &one.candidate)) {
            kept.push(one);
        }
    }
    kept.sort_by_key(|one| (one.candidate.span, one.candidate.rule));
    kept
}

/// Whether two candidates are about the same secret: they share bytes, and are not two secrets inside one encoded text.
fn are_same(one: &Candidate, other: &Candidate) -> bool {
    if !one.span.overlaps(other.span) {
        return false;
    }
    if one.layers.is_empty() || other.layers.is_empty() {
        return true;
    }
    let (one, other) = (one.value.expose(), other.value.expose());
    memchr::memmem::find(one, other).is_some() || memchr::memmem::find(other, one).is_some()
}
