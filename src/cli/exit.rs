//! What the run's outcome means for the exit code.

use keyfuse::model::Outcome;
use keyfuse::report::Verdict;

/// Complete, nothing to act on.
pub(super) const COMPLETE: u8 = 0;
/// There are findings; `--exit-code` puts another number in its place.
pub(super) const FINDINGS: u8 = 1;
/// A wrong argument or configuration, or a report that could not be written.
pub(super) const USAGE: u8 = 2;
/// Something that was asked for was not read.
pub(super) const INCOMPLETE: u8 = 3;

/// A notice that is owed is not delivered.
#[cfg(feature = "respond")]
pub(super) const UNDELIVERED: u8 = 4;
/// Containment failed, is unknown, or nothing can allow it.
#[cfg(feature = "respond")]
pub(super) const CONTAINMENT: u8 = 5;
/// A role's decision is waited for.
#[cfg(feature = "respond")]
pub(super) const WAITING: u8 = 7;
/// A journal is not what was written there.
#[cfg(feature = "respond")]
pub(super) const EVIDENCE: u8 = 6;

/// The table at the end of `--help`.
pub(super) const TABLE: &str = "\
Exit codes:
  0  complete, nothing to act on
  1  findings (--exit-code N gives another number)
  2  usage or configuration error, or a report that cannot be written
  3  incomplete: something that was asked for was not read
  4  a notice that is owed is not delivered (--handoff, outbox)
  5  containment failed, is unknown, or nothing can allow it (incident)
  6  a journal is not what was written there
  7  a decision is waited for (incident)
If several hold, 2 wins over 6, 6 over 5, 5 over 4, 4 over 1, 1 over 3, 3 over 7, 7 over 0; the json and sarif reports name all of them.";

/// Everything that is the case, and the code that wins: findings before incompleteness.
pub(super) fn verdict(outcome: &Outcome, findings_code: u8) -> Verdict {
    let mut verdict = Verdict { exit_code: COMPLETE, conditions: Vec::new() };
    if !outcome.coverage.is_complete() {
        verdict.exit_code = INCOMPLETE;
        verdict.conditions.push("incomplete");
    }
    if outcome.open().next().is_some() {
        verdict.exit_code = findings_code;
        verdict.conditions.insert(0, "findings");
    }
    verdict
}

#[cfg(test)]
mod tests {
    use keyfuse::model::{Confidence, Finding, Origin, Region, RuleId, Secret, Severity, Span};

    use super::*;

    fn finding() -> Finding {
        Finding {
            rule: RuleId(0),
            rule_id: "example".to_owned(),
            confidence: Confidence::High,
            severity: Severity::High,
            score: 1.0,
            reasons: Vec::new(),
            origin: Origin::stdin(),
            span: Span::new(0, 1),
            region: Region::default(),
            secret: Secret::new("x"),
            name: String::new(),
            line: String::new(),
            mask: (0, 0),
            layers: Vec::new(),
            partner: String::new(),
            fingerprint: String::new(),
            standing: None,
            repeats: Vec::new(),
            provenance: None,
            suppression: None,
            credential: 0,
            parts: Vec::new(),
            probed: None,
        }
    }

    #[test]
    fn precedence_and_remapping() {
        let mut outcome = Outcome::default();
        assert_eq!(verdict(&outcome, 1), Verdict { exit_code: 0, conditions: vec![] });
        outcome.coverage.out_of_scope("a", "ignored");
        assert_eq!(verdict(&outcome, 1).exit_code, 0);
        outcome.coverage.unread("b", "permission denied");
        assert_eq!(verdict(&outcome, 9), Verdict { exit_code: 3, conditions: vec!["incomplete"] });
        outcome.findings.push(finding());
        assert_eq!(verdict(&outcome, 1), Verdict { exit_code: 1, conditions: vec!["findings", "incomplete"] });
        assert_eq!(verdict(&outcome, 0).exit_code, 0, "the remapped code wins over 3 as 1 does");
        outcome.findings[0].suppression = Some(keyfuse::model::Suppression { by: "x".to_owned(), reason: None, in_source: true });
        assert_eq!(verdict(&outcome, 1).exit_code, 3);
    }
}
