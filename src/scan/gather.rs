//! Puts findings in order, names each, and sees which hold the same secret.

use std::collections::HashMap;

use bstr::BString;

use crate::model::{Finding, Place, RuleId, Secret, Spot};

/// Sorts by place, puts together what objects of the history only repeat, numbers credentials, and gives each finding its fingerprint.
pub(crate) fn gather(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by(|one, other| order(one).cmp(&order(other)));
    fold(&mut findings);
    findings.iter_mut().for_each(|finding| finding.repeats.sort());
    let mut credentials: HashMap<Secret, u32> = HashMap::new();
    let mut repeats: HashMap<String, usize> = HashMap::new();
    for finding in &mut findings {
        let next = u32::try_from(credentials.len()).unwrap_or(u32::MAX);
        finding.credential = *credentials.entry(finding.secret.clone()).or_insert(next);
        let name = finding.identity();
        let repeat = repeats.entry(name.clone()).or_default();
        // The same masked line again in the same file is the next one of its name.
        finding.fingerprint = if *repeat == 0 { name } else { format!("{name}:{repeat}") };
        *repeat += 1;
    }
    findings
}

fn order(finding: &Finding) -> impl Ord {
    let date = finding.origin.place.commit().map(|commit| commit.date.clone());
    // Objects without a commit come after those with one.
    (
        finding.origin.path.clone(),
        finding.origin.members.clone(),
        date.is_none(),
        date,
        finding.origin.place.clone(),
        finding.span,
        finding.rule,
    )
}

/// Of the versions of a file in a history that hold the same secret, keeps one and notes the others with it: an open one before one
/// that is silenced, then the first. In whatever order and portions they are folded, the same one is kept.
pub(crate) fn fold(findings: &mut Vec<Finding>) {
    let mut kept: HashMap<Key, usize> = HashMap::new();
    let mut folded: Vec<Finding> = Vec::new();
    for mut finding in std::mem::take(findings) {
        let is_of_history = matches!(finding.origin.place, Place::Object { .. } | Place::Message { .. } | Place::Name { .. });
        if !is_of_history {
            folded.push(finding);
            continue;
        }
        let key = (finding.origin.path.clone(), finding.origin.members.clone(), finding.rule, finding.secret.clone());
        let place = *kept.entry(key).or_insert(folded.len());
        let Some(known) = folded.get_mut(place) else {
            folded.push(finding);
            continue;
        };
        if (!finding.is_open(), order(&finding)) < (!known.is_open(), order(known)) {
            std::mem::swap(known, &mut finding);
        }
        known.repeats.push(Spot::of(&finding));
        known.repeats.append(&mut finding.repeats);
    }
    *findings = folded;
}

type Key = (BString, Vec<BString>, RuleId, Secret);
