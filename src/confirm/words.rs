//! What people or stores have said about credentials, kept in the installation's journal.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::journal::{Recorded, State};
use crate::model::Fingerprint;

/// The type of the event that a person's confirmation is.
pub const CONFIRMED: &str = "finding.confirmed";
/// The type of the event that a store's word is.
pub const MATCHED: &str = "finding.matched";
/// The type of the event that a person's dismissal is.
pub const DISMISSED: &str = "finding.dismissed";

/// The facts of a confirmation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirm {
    /// The credential.
    pub fp: Fingerprint,
    /// Why it counts as exposed.
    pub reason: String,
    /// Where it was seen, for people.
    pub place: String,
}

/// The facts of a comparison with a store that holds the credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matched {
    /// The credential.
    pub fp: Fingerprint,
    /// The store and where in it, as the person named it.
    pub store: String,
    /// How the store holds it: `value`, `password` of an address, `base64`.
    pub form: String,
    /// Why it was compared, where that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where it was seen, for people.
    pub place: String,
}

/// The facts of a dismissal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dismiss {
    /// The credential.
    pub fp: Fingerprint,
    /// Why nobody needs to act.
    pub reason: String,
    /// Where it was seen, for people.
    pub place: String,
    /// The last day on which it holds, `2026-12-31`.
    pub expires: String,
}

/// A person's word on a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// It is exposed.
    Confirmed {
        /// Who said so.
        by: String,
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
    },
    /// Nobody needs to act.
    Dismissed {
        /// Who said so.
        by: String,
        /// Until the end of which day, in UTC.
        until: Date,
        /// Why.
        reason: String,
    },
}

/// A store's word on a credential: that it is one of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Who compared.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// The store and where in it.
    pub store: String,
}

/// The last word on each credential.
#[derive(Clone, Debug, Default)]
pub struct Words {
    people: HashMap<Fingerprint, Word>,
    stores: HashMap<Fingerprint, Match>,
}

impl Words {
    /// A person's word on a credential that holds on the day `today`.
    pub fn on(&self, fingerprint: &Fingerprint, today: Date) -> Option<&Word> {
        self.people.get(fingerprint).filter(|word| !matches!(word, Word::Dismissed { until, .. } if *until < today))
    }

    /// A store's word on a credential, unless a person has dismissed it since.
    pub fn of_store(&self, fingerprint: &Fingerprint) -> Option<&Match> {
        self.stores.get(fingerprint)
    }
}

impl State for Words {
    fn apply(&mut self, recorded: &Recorded) -> Result<(), String> {
        let event = &recorded.event;
        let by = event.actor.id.clone();
        match event.kind.as_str() {
            CONFIRMED => {
                let Confirm { fp, reason, .. } = event.facts()?;
                self.people.insert(fp, Word::Confirmed { by, at: event.ts, reason });
            }
            DISMISSED => {
                let Dismiss { fp, reason, expires, .. } = event.facts()?;
                let until = expires.parse().map_err(|_| "`expires` is no date".to_owned())?;
                self.stores.remove(&fp);
                self.people.insert(fp, Word::Dismissed { by, until, reason });
            }
            MATCHED => {
                let Matched { fp, store, .. } = event.facts()?;
                // What a store says now goes before what a person wished not to hear of.
                if matches!(self.people.get(&fp), Some(Word::Dismissed { .. })) {
                    self.people.remove(&fp);
                }
                self.stores.insert(fp, Match { by, at: event.ts, store });
            }
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Actor, Clock, Entry, Journal, JournalError, ManualClock};

    #[test]
    fn the_last_word_holds_until_it_expires() {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let mut journal = Journal::<Words>::open(&scratch.path().join("j")).expect("opened");
        let fp: Fingerprint = "fp1_aaaqeayeaudaocajbifqydiob4".parse().expect("a fingerprint");
        let clock = ManualClock::at("2026-11-21T21:00:00Z".parse().expect("a time"));
        let mut say = |entry| journal.update(|writing| writing.append(entry, clock.now()).map(|_| writing.state().clone()));
        let ann = || Actor::person("ann");
        let (place, reason) = ("a.env:1".to_owned(), "seen in use".to_owned());
        let confirm = Confirm { fp: fp.clone(), reason: reason.clone(), place: place.clone() };
        let dismiss = Dismiss { fp: fp.clone(), reason, place, expires: "2026-12-01".to_owned() };
        let day = |text: &str| text.parse::<Date>().expect("a day");
        let words = say(Entry::new(CONFIRMED, ann(), &confirm)).expect("said");
        assert!(matches!(words.on(&fp, day("2030-01-01")), Some(Word::Confirmed { by, .. }) if by == "ann"));
        let words = say(Entry::new(DISMISSED, ann(), &dismiss)).expect("said");
        assert!(matches!(words.on(&fp, day("2026-12-01")), Some(Word::Dismissed { .. })));
        assert_eq!(words.on(&fp, day("2026-12-02")), None, "nor does the confirmation before it come back");
        let matched = Matched { fp: fp.clone(), store: "env:A".to_owned(), form: "value".to_owned(), reason: None, place: String::new() };
        let words = say(Entry::new(MATCHED, ann(), &matched)).expect("said");
        assert!(words.of_store(&fp).is_some_and(|one| one.store == "env:A" && one.by == "ann"));
        assert_eq!(words.on(&fp, day("2026-12-01")), None, "what a store says takes a dismissal back");
        let words = say(Entry::new(DISMISSED, ann(), &dismiss)).expect("said");
        assert!(words.of_store(&fp).is_none() && words.on(&fp, day("2026-12-01")).is_some(), "and a dismissal after it holds");
        let wrong = Dismiss { expires: "soon".to_owned(), ..dismiss };
        assert!(matches!(say(Entry::new(DISMISSED, ann(), &wrong)), Err(JournalError::Broken { .. })));
    }
}
