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
    // A shape knows more than a word, a word more than a general layer; then how sure, how exact, how strong.
    let rank = |one: &Judged| {
        let kind = match rule_of(&one.candidate).find {
            Find::Prefix { .. } | Find::Infix { .. } => 2,
            Find::Keywords { .. } => 1,
            Find::Parser(_) => 0,
        };
        (kind == 2, one.confidence, kind, one.candidate.layers.is_empty())
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
    kept.sort_by(|one, other| (one.candidate.span, one.candidate.rule).cmp(&(other.candidate.span, other.candidate.rule)));
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
