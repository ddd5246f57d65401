//! Gives each credential the strongest grade that anything speaks for.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::credential::Credential;
use super::policy::Policy;
use super::proof::Proof;
use super::words::{Word, Words};
use crate::model::{Fingerprint, Grade, Grounds, Liveness};

/// All that can speak for a credential.
#[derive(Clone, Copy, Debug)]
pub struct Confirmer<'a> {
    /// What people said, and stores.
    pub words: &'a Words,
    /// What issuers answered, where they were asked.
    pub liveness: &'a HashMap<Fingerprint, Liveness>,
    /// What was proved.
    pub proofs: &'a HashMap<Fingerprint, Proof>,
    /// What the configuration assumes.
    pub policies: &'a [Policy],
    /// The folder that reported paths count from.
    pub root: &'a [u8],
    /// The time of the run.
    pub now: Timestamp,
}

/// How sure a credential is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// The strongest grade.
    pub grade: Grade,
    /// What speaks for it, one sentence each, strongest first.
    pub evidence: Vec<String>,
    /// Who has dismissed it, if somebody has and no issuer accepts it.
    pub dismissed: Option<String>,
}

impl Confirmation {
    /// The grounds for a notice; none when it is merely observed, or dismissed.
    pub fn grounds(&self) -> Option<Grounds> {
        if self.dismissed.is_some() { None } else { Grounds::of(self.grade) }
    }
}

impl Confirmer<'_> {
    /// The grade of a credential.
    pub fn confirm(&self, credential: &Credential<'_>) -> Confirmation {
        let mut spoken: Vec<(Grade, String)> = Vec::new();
        let mut dismissed = None;
        match self.liveness.get(&credential.fingerprint) {
            Some(Liveness::Alive) => spoken.push((Grade::Live, "its issuer accepts it".to_owned())),
            Some(Liveness::Dead) => spoken.push((Grade::Observed, "its issuer refuses it".to_owned())),
            Some(Liveness::Unknown { .. }) | None => {}
        }
        match self.words.on(&credential.fingerprint, self.now.to_zoned(TimeZone::UTC).date()) {
            Some(Word::Confirmed { by, reason, .. }) => spoken.push((Grade::Attested, format!("{by} confirmed it: {reason}"))),
            Some(Word::Dismissed { by, until, reason }) => dismissed = Some(format!("{by} dismissed it until {until}: {reason}")),
            None => {}
        }
        if let Some(one) = self.words.of_store(&credential.fingerprint) {
            spoken.push((Grade::StoreMatched, format!("its store holds it: {} ({} compared them)", one.store, one.by)));
        }
        if let Some(proof) = self.proofs.get(&credential.fingerprint) {
            spoken.push((Grade::Proved, proof.text().to_owned()));
        }
        let holding = self.policies.iter().find(|policy| credential.findings.iter().any(|finding| policy.holds(finding, self.root)));
        if let Some(policy) = holding {
            spoken.push((Grade::Policy, format!("a policy says so: {}", policy.reason())));
        }
        let is_dead = self.liveness.get(&credential.fingerprint) == Some(&Liveness::Dead);
        spoken.sort_by_key(|(grade, _)| std::cmp::Reverse(*grade));
        // What a sum or a store says is that it was genuine once; a person who knows that it is dead may still say that it matters.
        let counts = |grade: Grade| !is_dead || grade == Grade::Attested;
        let grade = spoken.iter().map(|(grade, _)| *grade).find(|grade| counts(*grade)).unwrap_or(Grade::Observed);
        Confirmation {
            grade,
            evidence: spoken.into_iter().map(|(_, text)| text).collect(),
            // Nobody can dismiss what demonstrably works.
            dismissed: dismissed.filter(|_| grade != Grade::Live),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::confirm::credential::tests::finding;
    use crate::confirm::credential::{Grouping, group};
    use crate::confirm::words::{CONFIRMED, Confirm, DISMISSED, Dismiss, MATCHED, Matched};
    use crate::journal::{Actor, Clock, Entry, Journal, ManualClock};
    use crate::keychain::InstallKey;
    use crate::model::Outcome;
    use crate::rules::RuleSet;

    const NOW: &str = "2026-11-21T21:00:00Z";

    fn words(entries: Vec<Entry>) -> Words {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let mut journal = Journal::<Words>::open(&scratch.path().join("j")).expect("opened");
        let clock = ManualClock::at(NOW.parse().expect("a time"));
        journal.update(|writing| writing.append_all(entries, clock.now()).map(|_| writing.state().clone())).expect("written")
    }

    #[test]
    fn the_strongest_word_decides_and_only_it_becomes_grounds() {
        let (rules, key) = (RuleSet::builtin(), InstallKey::generate().expect("random bytes"));
        let outcome = Outcome { findings: vec![finding(&rules, "generic-secret", "the secret", "a.env")], ..Outcome::default() };
        let credentials = group(&outcome, Grouping { key: &key, rules: &rules, host: "h", root: b"/r" });
        let fp = credentials[0].fingerprint.clone();
        let (reason, place) = ("seen".to_owned(), "a.env:1".to_owned());
        let confirm =
            Entry::new(CONFIRMED, Actor::person("ann"), &Confirm { fp: fp.clone(), reason: reason.clone(), place: place.clone() });
        let dismiss = |expires: &str| {
            let facts = Dismiss { fp: fp.clone(), reason: reason.clone(), place: place.clone(), expires: expires.to_owned() };
            Entry::new(DISMISSED, Actor::person("bob"), &facts)
        };
        let facts = Matched { fp: fp.clone(), store: "env:A".to_owned(), form: "value".to_owned(), reason: None, place: place.clone() };
        let stored = Entry::new(MATCHED, Actor::person("ann"), &facts);
        let proved: HashMap<_, _> = [(fp.clone(), Proof::Checksum)].into();
        let asked = |liveness: Option<Liveness>| liveness.map(|liveness| (fp.clone(), liveness)).into_iter().collect::<HashMap<_, _>>();
        let policy = vec![Policy::new(vec!["generic-secret".to_owned()], &[], &[], "a bastion").expect("sound")];
        let none: HashMap<Fingerprint, Proof> = HashMap::new();
        let unknown = Some(Liveness::Unknown { why: "429".to_owned() });
        for (entries, liveness, proofs, policies, grade, grounds) in [
            (vec![], None, &none, &[][..], Grade::Observed, false),
            (vec![], unknown, &none, &[], Grade::Observed, false),
            (vec![], None, &none, &policy[..], Grade::Policy, true),
            (vec![], None, &proved, &policy, Grade::Proved, true),
            (vec![confirm.clone()], None, &proved, &[], Grade::Attested, true),
            (vec![confirm.clone()], Some(Liveness::Alive), &none, &[], Grade::Live, true),
            (vec![], Some(Liveness::Dead), &proved, &policy, Grade::Observed, false),
            (vec![confirm.clone()], Some(Liveness::Dead), &none, &[], Grade::Attested, true),
            (vec![stored.clone()], None, &proved, &[], Grade::StoreMatched, true),
            (vec![stored.clone(), confirm.clone()], None, &none, &[], Grade::StoreMatched, true),
            (vec![stored.clone()], Some(Liveness::Alive), &none, &[], Grade::Live, true),
            (vec![stored.clone()], Some(Liveness::Dead), &none, &[], Grade::Observed, false),
            (vec![confirm.clone(), stored.clone()], Some(Liveness::Dead), &none, &[], Grade::Attested, true),
            (vec![dismiss("2026-11-21"), stored.clone()], None, &none, &[], Grade::StoreMatched, true),
            (vec![stored.clone(), dismiss("2026-11-21")], None, &none, &[], Grade::Observed, false),
            (vec![dismiss("2026-11-21")], None, &proved, &policy, Grade::Proved, false),
            (vec![dismiss("2026-11-20")], None, &proved, &[], Grade::Proved, true),
            (vec![dismiss("2026-12-31")], Some(Liveness::Alive), &none, &[], Grade::Live, true),
        ] {
            let (words, liveness) = (words(entries), asked(liveness));
            let now = NOW.parse().expect("a time");
            let confirmer = Confirmer { words: &words, liveness: &liveness, proofs, policies, root: b"/r", now };
            let found = confirmer.confirm(&credentials[0]);
            assert_eq!((found.grade, found.grounds().is_some()), (grade, grounds), "{found:?}");
        }
    }
}
