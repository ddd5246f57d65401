//! Puts findings in order, names each, and sees which hold the same secret.

use std::collections::HashMap;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::model::{Finding, Place, Secret};

/// Sorts by place, drops what an object of the history only repeats, numbers credentials, and gives each finding its fingerprint.
pub(crate) fn gather(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by(|one, other| order(one).cmp(&order(other)));
    first_of_history(&mut findings);
    let mut credentials: HashMap<Secret, u32> = HashMap::new();
    let mut repeats: HashMap<String, usize> = HashMap::new();
    for finding in &mut findings {
        let next = u32::try_from(credentials.len()).unwrap_or(u32::MAX);
        finding.credential = *credentials.entry(finding.secret.clone()).or_insert(next);
        let name = fingerprint(finding);
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

/// Of the versions of a file in a history that hold the same secret, keeps the first.
fn first_of_history(findings: &mut Vec<Finding>) {
    let mut seen = std::collections::HashSet::new();
    findings.retain(|finding| match finding.origin.place {
        Place::Object { .. } | Place::Message { .. } | Place::Name { .. } => {
            seen.insert((finding.origin.path.clone(), finding.origin.members.clone(), finding.rule, finding.secret.clone()))
        }
        _ => true,
    });
}

/// From rule, path and masked line: it stays when lines move and when the secret is another, and says nothing about the secret.
fn fingerprint(finding: &Finding) -> String {
    let mut hash = Sha256::new();
    let mut field = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    field(finding.rule_id.as_bytes());
    field(&finding.origin.path);
    finding.origin.members.iter().for_each(|member| field(member));
    let around: String = {
        let (start, end) = finding.mask;
        let before = finding.line.chars().take(start);
        let after = finding.line.chars().skip(end);
        before.chain(std::iter::once('\u{0}')).chain(after).filter(|character| !character.is_whitespace()).collect()
    };
    field(around.as_bytes());
    HEXLOWER.encode(&hash.finalize()[..16])
}
