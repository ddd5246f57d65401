//! Findings of one credential, told together.

use std::collections::HashMap;

use crate::model::Finding;

/// One credential with all its places.
pub(super) struct Group<'a> {
    /// The place that is shown: the most severe, then the surest, then the first.
    pub(super) shown: &'a Finding,
    /// The other places, in order.
    pub(super) others: Vec<&'a Finding>,
}

/// Groups by credential, in the order of the first place.
pub(super) fn by_credential<'a>(findings: impl Iterator<Item = &'a Finding>) -> Vec<Group<'a>> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    let mut places: HashMap<u32, usize> = HashMap::new();
    for finding in findings {
        let place = *places.entry(finding.credential).or_insert(groups.len());
        if place == groups.len() {
            groups.push(Vec::new());
        }
        groups[place].push(finding);
    }
    groups
        .into_iter()
        .map(|mut all| {
            let weight = |finding: &Finding| (finding.severity, finding.confidence);
            // `max_by_key` takes the last of equals; the reverse makes that the first.
            let best = (0..all.len()).rev().max_by_key(|&place| weight(all[place])).expect("a group has a finding");
            Group { shown: all.remove(best), others: all }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{RuleId, Severity};
    use crate::report::sample;

    #[test]
    fn a_credential_is_told_once_at_its_worst_place() {
        let mut outcome = sample::outcome();
        outcome.findings[0].severity = Severity::Low;
        let groups = by_credential(outcome.open());
        assert_eq!(groups.len(), 1);
        assert_eq!(groups[0].shown.origin.path, "backup.tar.gz");
        assert_eq!(groups[0].others.len(), 2);
        assert_eq!(groups[0].shown.rule, RuleId(0));
    }
}
