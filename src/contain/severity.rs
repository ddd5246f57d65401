//! How bad an incident is, by rules that say which of them holds.

use super::correlate::Correlation;
use super::incident::Incident;
use super::stage::Fate;
use crate::model::{Grade, Urgency};

/// Why an exposure is critical although nobody was seen to use the credential.
pub const PUBLIC_PRODUCTION: &str = "it opens production, and everybody can read it";

/// What speaks for a severity. What is not known is `None`, which never lowers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signs {
    /// How sure it is that the credential is one.
    pub grade: Grade,
    /// Whether it is proved dead.
    pub is_dead: bool,
    /// Whether it left the machine: pushed, published.
    pub has_left: Option<bool>,
    /// Whether an audit log shows use by somebody unexpected, or a change of roles near to such use.
    pub is_abused: bool,
    /// Whether everybody can read a place that shows it, and it opens production.
    pub is_public_production: bool,
}

impl Signs {
    /// What the journal of an incident knows, with what the audit log shows.
    pub fn of(incident: &Incident, correlations: &[Correlation]) -> Option<Self> {
        let (_, opened) = incident.opened.as_ref()?;
        Some(Self {
            grade: if incident.is_confirmed() { opened.grade.max(Grade::Attested) } else { opened.grade },
            is_dead: incident.fate() == Fate::Dead,
            has_left: opened.pushed,
            is_abused: correlations.iter().any(Correlation::is_critical),
            is_public_production: incident.stakes.are_highest(),
        })
    }
}

/// The severity, with the rule that gives it.
///
/// The classes are those of the key-management guide (critical: active exploitation; high: strong indicators; medium: suspicious; low:
/// potential), bound to what can be computed.
pub fn severity(signs: Signs) -> (Urgency, &'static str) {
    let is_confirmed = is_confirmed(signs.grade);
    // A dead credential that was abused has done its harm already.
    if signs.is_abused {
        return (Urgency::Critical, "used by somebody unexpected, or roles were changed near to such use");
    }
    if signs.is_dead || signs.grade == Grade::Observed {
        return (Urgency::Low, "it opens nothing");
    }
    if is_confirmed && signs.is_public_production {
        return (Urgency::Critical, PUBLIC_PRODUCTION);
    }
    match (is_confirmed, signs.has_left) {
        (true, Some(true) | None) => (Urgency::High, "confirmed, and it left the machine as far as is known"),
        (true, Some(false)) => (Urgency::Medium, "confirmed, and it never left the machine"),
        (false, _) => (Urgency::Medium, "suspected; answered as if it were exposed"),
    }
}

/// Whether the issuer, its store or a person has said that it is a credential.
pub(super) fn is_confirmed(grade: Grade) -> bool {
    matches!(grade, Grade::Live | Grade::StoreMatched | Grade::Attested)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_holds_for_what_it_says() {
        let signs = |grade, has_left| Signs { grade, is_dead: false, has_left, is_abused: false, is_public_production: false };
        for (signs, expected) in [
            (signs(Grade::Live, Some(true)), Urgency::High),
            (signs(Grade::Live, None), Urgency::High),
            (signs(Grade::StoreMatched, Some(true)), Urgency::High),
            (signs(Grade::Live, Some(false)), Urgency::Medium),
            (signs(Grade::Policy, Some(true)), Urgency::Medium),
            (signs(Grade::Proved, None), Urgency::Medium),
            (signs(Grade::Observed, Some(true)), Urgency::Low),
            (Signs { is_dead: true, ..signs(Grade::Live, Some(true)) }, Urgency::Low),
            (Signs { is_dead: true, is_abused: true, ..signs(Grade::Live, Some(false)) }, Urgency::Critical),
            (Signs { is_public_production: true, ..signs(Grade::Live, Some(true)) }, Urgency::Critical),
            (Signs { is_public_production: true, ..signs(Grade::Policy, Some(true)) }, Urgency::Medium),
        ] {
            assert_eq!(severity(signs).0, expected, "{signs:?}");
        }
    }
}
