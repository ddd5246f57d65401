//! Groups findings by the credential they show: five hundred places are one.

use std::collections::BTreeMap;

use crate::keychain::InstallKey;
use crate::model::{Finding, Fingerprint, Identity, Outcome};
use crate::rules::RuleSet;

use super::identity::identity;

/// One credential with every place that shows it.
#[derive(Clone, Debug)]
pub struct Credential<'a> {
    /// Its name, which says nothing about it.
    pub fingerprint: Fingerprint,
    /// What makes it the same one everywhere.
    pub identity: Identity,
    /// Which exposure it belongs to: the same commit, or the same file of the same host.
    pub case: String,
    /// The places, the one to show first.
    pub findings: Vec<&'a Finding>,
}

impl<'a> Credential<'a> {
    /// The finding to show.
    pub fn lead(&self) -> &'a Finding {
        self.findings[0]
    }
}

/// What credentials of one run have in common.
#[derive(Clone, Copy, Debug)]
pub struct Grouping<'a> {
    /// The key that makes fingerprints.
    pub key: &'a InstallKey,
    /// The rules that found them.
    pub rules: &'a RuleSet,
    /// The machine's name.
    pub host: &'a str,
    /// The folder that reported paths count from, as bytes; empty where they are no files on disk.
    pub root: &'a [u8],
}

/// The credentials of a run's open findings, in the order of their first place.
pub fn group<'a>(outcome: &'a Outcome, with: Grouping<'_>) -> Vec<Credential<'a>> {
    let mut order: Vec<Identity> = Vec::new();
    let mut places: BTreeMap<Identity, Vec<&'a Finding>> = BTreeMap::new();
    for finding in outcome.open() {
        let identity = identity(finding, with.rules.get(finding.rule));
        let found = places.entry(identity.clone()).or_default();
        if found.is_empty() {
            order.push(identity);
        }
        found.push(finding);
    }
    let credential = |identity: Identity| {
        let mut findings = places.remove(&identity).expect("each identity stands there once");
        // What names the credential best comes first; of the same, the first place.
        findings.sort_by_key(|finding| std::cmp::Reverse((finding.severity, finding.confidence)));
        let case = case(findings[0], with);
        Credential { fingerprint: with.key.fingerprint(&identity), identity, case, findings }
    };
    order.into_iter().map(credential).collect()
}

/// The exposure that a finding belongs to.
fn case(finding: &Finding, with: Grouping<'_>) -> String {
    let place = &finding.origin.place;
    let label = match (place.commit(), place.object()) {
        (Some(commit), _) => with.key.label("case-commit", commit.id.as_bytes()),
        (None, Some(object)) => with.key.label("case-object", object.as_bytes()),
        (None, None) => with.key.label("case-file", &[with.host.as_bytes(), with.root, &finding.origin.path].join(&0)),
    };
    format!("case-{label}")
}

/// The folders that a credential was found in, by its first places.
pub(super) fn folders<'a>(one: &Credential<'a>) -> Vec<&'a [u8]> {
    let folder = |finding: &&'a Finding| {
        let path: &'a [u8] = &finding.origin.path;
        &path[..path.iter().rposition(|&byte| byte == b'/').unwrap_or(0)]
    };
    let mut found: Vec<&[u8]> = one.findings.iter().take(16).map(folder).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Whether two credentials stand in one folder somewhere.
pub(super) fn are_near(one: &Credential<'_>, other: &Credential<'_>) -> bool {
    let near = folders(other);
    folders(one).iter().any(|folder| near.contains(folder))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::{Commit, Confidence, Origin, Place, Region, Secret, Span, Suppression};

    pub(in crate::confirm) fn finding(rules: &RuleSet, rule: &str, secret: &str, path: &str) -> Finding {
        let (id, rule) = rules.find(rule).expect("a built-in rule");
        Finding {
            rule: id,
            rule_id: rule.id.clone(),
            confidence: Confidence::High,
            severity: rule.severity,
            score: 1.0,
            reasons: Vec::new(),
            origin: Origin::file(path),
            span: Span::new(0, secret.len() as u64),
            region: Region::default(),
            secret: Secret::new(secret),
            name: String::new(),
            line: String::new(),
            mask: (0, 0),
            layers: Vec::new(),
            standing: None,
            repeats: Vec::new(),
            provenance: None,
            partner: String::new(),
            fingerprint: String::new(),
            suppression: None,
            credential: 0,
            parts: Vec::new(),
            probed: None,
        }
    }

    fn grouped(outcome: &Outcome, key: &InstallKey, rules: &RuleSet) -> Vec<(String, String, usize)> {
        let with = Grouping { key, rules, host: "ci-1", root: b"/srv" };
        group(outcome, with).into_iter().map(|one| (one.fingerprint.to_string(), one.case, one.findings.len())).collect()
    }

    #[test]
    fn five_hundred_places_are_one_credential_under_whatever_rule() {
        let (rules, key) = (RuleSet::builtin(), InstallKey::generate().expect("random bytes"));
        let mut outcome = Outcome::default();
        for at in 0..499 {
            outcome.findings.push(finding(&rules, "generic-password", "the same secret", &format!("{at}.env")));
        }
        outcome.findings.push(finding(&rules, "generic-secret", "the same secret", "z.env"));
        outcome.findings.push(finding(&rules, "generic-secret", "another", "0.env"));
        let mut silenced = finding(&rules, "generic-secret", "silenced", "0.env");
        silenced.suppression = Some(Suppression { by: "x".to_owned(), reason: None, in_source: true });
        outcome.findings.push(silenced);
        let found = grouped(&outcome, &key, &rules);
        assert_eq!(found.iter().map(|one| one.2).collect::<Vec<_>>(), [500, 1]);
        assert_eq!(found[0].1 == found[1].1, outcome.findings[0].severity == outcome.findings[499].severity, "the lead's file is the case");
        assert_eq!(found, grouped(&outcome, &key, &rules), "the same input, the same names");
    }

    #[test]
    fn one_commit_is_one_case() {
        let (rules, key) = (RuleSet::builtin(), InstallKey::generate().expect("random bytes"));
        let at = |secret: &str, path: &str, commit: &str| {
            let mut finding = finding(&rules, "generic-secret", secret, path);
            let commit = Commit { id: commit.to_owned(), author: String::new(), date: String::new() };
            finding.origin.place = Place::Object { id: "00".to_owned(), commit: Some(commit) };
            finding
        };
        let outcome = Outcome { findings: vec![at("a", "x", "c1"), at("b", "y", "c1"), at("c", "x", "c2")], ..Outcome::default() };
        let found = grouped(&outcome, &key, &rules);
        assert!(found[0].1 == found[1].1 && found[1].1 != found[2].1, "{found:?}");
        assert!(found[0].1.starts_with("case-") && found[0].1.len() == 17);
    }
}
