//! Proof of death: refused twice, seconds apart, with a control; and a page when it lives on.

use std::time::Duration;

use jiff::Timestamp;

use super::act::{ActError, Responder};
use super::facts::{Asked, CREDENTIAL, Heard, PROBED, Turned};
use super::incident::{APART_MS, Incident};
use super::stage::Fate;
use crate::journal::Entry;
use crate::model::{Fingerprint, Liveness, Probed};

/// For so long, in milliseconds, what was accepted makes a doubtful refusal a clear one: a way out that changed meanwhile, and with it
/// the address that an issuer lets in, is not to be taken for a death.
const HOLDS_MS: i64 = 60 * 60 * 1000;

/// A probe's answer as the journal keeps it.
pub fn asked(fp: &Fingerprint, probed: &Probed) -> Asked {
    let (answer, why) = match &probed.liveness {
        Liveness::Alive => (Heard::Alive, String::new()),
        Liveness::Dead => (Heard::Dead, String::new()),
        Liveness::Unknown { why } => (if probed.declined { Heard::Declined } else { Heard::Unknown }, why.clone()),
    };
    // The prober says dead or alive only where a random value of the same shape was refused in the same minute.
    let control = probed.control.is_some() || matches!(probed.liveness, Liveness::Alive | Liveness::Dead);
    Asked { fp: fp.clone(), answer, control, asked: probed.asked.clone(), status: probed.status, control_status: probed.control, why }
}

impl Responder<'_> {
    /// Asks once, and records the answer; a credential that is seen alive is live again, whatever was claimed.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn probe(&mut self, ask: &dyn Fn() -> Asked) -> Result<Heard, ActError> {
        let now = self.clock.now().wall;
        let mut facts = ask();
        if facts.answer == Heard::Declined && facts.control && lived(self.journal.state(), &facts, now) {
            facts.answer = Heard::Dead;
            facts.why = "refused where it was accepted within the hour".to_owned();
        }
        let answer = facts.answer;
        self.append(|incident| {
            let mut entries = vec![self_entry(incident, PROBED, &facts)];
            let is_claimed = !matches!(incident.fate(), Fate::Live);
            if answer == Heard::Alive && is_claimed {
                let turned = Turned { fp: facts.fp.clone(), state: Fate::Live, why: "its issuer still accepts it".to_owned() };
                entries.push(self_entry(incident, CREDENTIAL, &turned));
            }
            entries
        })?;
        self.advance()?;
        Ok(answer)
    }

    /// Asks before the deed, and records that it lives: what is refused afterwards may be refused in words that a living one hears too.
    pub(super) fn note_alive(&mut self, ask: &dyn Fn() -> Asked) -> Result<(), ActError> {
        let facts = ask();
        if facts.answer != Heard::Alive {
            return Ok(());
        }
        self.append(|incident| vec![self_entry(incident, PROBED, &facts)])
    }

    /// Asks until it is proved dead, seen alive, or nothing can be said: at most three times.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn prove(&mut self, ask: &dyn Fn() -> Asked) -> Result<Fate, ActError> {
        for attempt in 0..3 {
            if attempt > 0 {
                self.clock.sleep(Duration::from_millis(APART_MS));
            }
            let answer = self.probe(ask)?;
            let incident = self.journal.state();
            if answer == Heard::Alive && attempt > 0 {
                return Ok(Fate::Live);
            }
            if incident.fate() != Fate::Dead && incident.is_proved_dead() {
                let turned = Turned { fp: self.fp()?, state: Fate::Dead, why: "refused twice, with a control".to_owned() };
                self.append(|incident| vec![self_entry(incident, CREDENTIAL, &turned)])?;
                self.advance()?;
            }
            if self.journal.state().fate() == Fate::Dead {
                return Ok(Fate::Dead);
            }
        }
        Ok(match self.journal.state().fate() {
            Fate::Live => Fate::Live,
            _ => Fate::Unknown,
        })
    }
}

/// Whether the credential was accepted, within the hour, at one of the places that refuse it now: then what could excuse the refusal of a
/// living one was no hindrance, and is none.
fn lived(incident: &Incident, asked: &Asked, now: Timestamp) -> bool {
    incident.probes.iter().any(|(when, before)| {
        let age = now.as_millisecond().saturating_sub(when.at.as_millisecond());
        before.answer == Heard::Alive
            && before.control
            && before.fp == asked.fp
            && (0..=HOLDS_MS).contains(&age)
            && asked.asked.split(" and ").any(|place| place == before.asked)
    })
}

/// An entry of the engine in this incident.
pub(super) fn self_entry(incident: &Incident, kind: &str, facts: &impl serde::Serialize) -> Entry {
    Entry::new(kind, crate::journal::Actor::engine(), facts).of(&incident.id).drill(incident.is_drill)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contain::tests::{Desk, fp, opened};
    use crate::contain::{Authority, BUILTIN};
    use crate::model::Grade;

    fn declined(place: &str) -> Asked {
        let asked = place.to_owned();
        Asked { fp: fp(1), answer: Heard::Declined, control: true, asked, status: Some(403), control_status: Some(403), why: String::new() }
    }

    fn hear(desk: &mut Desk, facts: &Asked) -> Heard {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let authority = Authority::parse("built-in", BUILTIN).expect("sound");
        let installation = folder.path().join("handoff.jsonl");
        let mut responder =
            Responder { journal: &mut desk.journal, installation: &installation, authority: &authority, standing: &[], clock: &desk.clock };
        responder.probe(&|| facts.clone()).expect("written")
    }

    #[test]
    fn a_doubtful_refusal_is_a_death_only_where_it_lived_within_the_hour() {
        let mut desk = Desk::new(&opened(Grade::Live, "personal"));
        assert_eq!(hear(&mut desk, &declined("GET /me")), Heard::Declined, "nobody has seen it alive");
        desk.probe(Heard::Alive, true);
        assert_eq!(hear(&mut desk, &declined("GET /you")), Heard::Declined, "it lived elsewhere");
        assert_eq!(hear(&mut desk, &Asked { control: false, ..declined("GET /me") }), Heard::Declined, "without a control");
        assert_eq!(hear(&mut desk, &Asked { fp: fp(2), ..declined("GET /me") }), Heard::Declined, "another credential");
        assert_eq!(hear(&mut desk, &declined("GET /you and GET /me")), Heard::Dead);
        desk.clock.advance(Duration::from_secs(10));
        assert_eq!(hear(&mut desk, &declined("GET /me")), Heard::Dead);
        assert!(desk.journal.state().is_proved_dead());
        desk.clock.advance(Duration::from_secs(60 * 60));
        assert_eq!(hear(&mut desk, &declined("GET /me")), Heard::Declined, "too long ago");
    }
}
