//! Says for one line which rules looked, and why each did or did not report.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::cursor::Cursor;
use super::line;
use super::overlap::{self, Judged};
use super::pipeline::Plan;
use crate::detect::{self, Detector, reference};
use crate::model::{Candidate, Reason};
use crate::score::{Judgement, Scorer};

/// What one rule made of one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The rule.
    pub rule_id: String,
    /// Where on the line it looked, as a column from 1.
    pub column: u32,
    /// What came of it, in a short sentence.
    pub verdict: String,
    /// Sum of the reasons.
    pub score: f32,
    /// Why, strongest first.
    pub reasons: Vec<Reason>,
}

/// Explains the line `line` (from 1) of the file.
///
/// # Errors
/// Those of reading the file.
pub fn explain(plan: &Plan, path: &Path, line: u32) -> io::Result<Vec<Explanation>> {
    let text = std::fs::read(path)?;
    let shown = path.to_string_lossy().replace('\\', "/");
    let detector = Detector::new(Arc::clone(&plan.rules), detect::Options { decode_depth: plan.decode_depth });
    let scorer = Scorer::new();
    let subject = detector.subject(shown.as_bytes());
    let mut cursor = Cursor::new();
    let mut explanations = Vec::new();
    let mut candidates = detector.detect(&subject, &text);
    candidates.sort_by_key(|candidate| candidate.span);
    let judgements: Vec<Judgement> =
        candidates.iter().map(|candidate| scorer.judge(plan.rules.get(candidate.rule), candidate, shown.as_bytes())).collect();
    let accepted = candidates.iter().zip(&judgements).filter_map(|(candidate, judgement)| {
        let confidence = judgement.confidence?;
        Some(Judged { candidate: candidate.clone(), judgement: judgement.clone(), confidence })
    });
    let kept = overlap::resolve(accepted.collect(), |candidate| plan.rules.get(candidate.rule));
    for (candidate, judgement) in candidates.iter().zip(judgements) {
        let position = cursor.advance(&text, 0, candidate.span.start);
        if position.line != line {
            continue;
        }
        let rule = plan.rules.get(candidate.rule);
        let better = kept.iter().find(|one| one.candidate.span.overlaps(candidate.span) && one.candidate != *candidate);
        let is_kept = kept.iter().any(|one| one.candidate == *candidate);
        let verdict = match (judgement.confidence, better) {
            (None, _) => "rejected".to_owned(),
            (Some(_), Some(better)) if !is_kept => {
                format!("gives way to {}, which knows more about the same bytes", plan.rules.get(better.candidate.rule).id)
            }
            (Some(confidence), _) if confidence < plan.confidence => format!("{} confidence: below what is reported", confidence.name()),
            (Some(confidence), _) => {
                let line = line::around(&text, &span_of(candidate));
                let silent = plan
                    .suppressor
                    .inline(&text[line.clone()], line::above(&text, &line), rule)
                    .or_else(|| plan.suppressor.listed(shown.as_bytes(), rule, &candidate.value));
                silent.map_or(format!("reported with {} confidence", confidence.name()), |by| format!("silenced by {}", by.by))
            }
        };
        explanations.push(Explanation {
            rule_id: rule.id.clone(),
            column: position.column,
            verdict,
            score: judgement.score,
            reasons: judgement.reasons,
        });
    }
    for (rule, column, why) in reference::near_misses(&plan.rules, &text, line) {
        if !explanations.iter().any(|known| known.rule_id == rule && known.column.abs_diff(column) < 3) {
            explanations.push(Explanation { rule_id: rule, column, verdict: why, score: 0.0, reasons: Vec::new() });
        }
    }
    explanations.sort_by(|one, other| (one.column, &one.rule_id).cmp(&(other.column, &other.rule_id)));
    Ok(explanations)
}

/// The candidate's bytes as a range in memory.
fn span_of(candidate: &Candidate) -> std::ops::Range<usize> {
    let place = |offset: u64| usize::try_from(offset).expect("an offset into a buffer fits");
    place(candidate.span.start)..place(candidate.span.end)
}
