//! What the fold takes, what it refuses.

use std::time::Duration;

use serde_json::Value;

use super::*;
use crate::journal::{Actor, Clock, Digest, Entry, Journal, ManualClock};
use crate::model::{Fingerprint, Grade, Urgency, Verb};

/// A fingerprint of nothing.
pub(super) fn fp(byte: u8) -> Fingerprint {
    Fingerprint::new(&[byte; 32], true)
}

/// An opening event's facts.
pub(super) fn opened(grade: Grade, class: &str) -> Opened {
    Opened {
        case: "case-a".to_owned(),
        generation: 1,
        grade,
        severity: Urgency::High,
        credential: Credential {
            fp: fp(1),
            rule: "x".to_owned(),
            title: "X".to_owned(),
            provider: "P".to_owned(),
            verb: Verb::Revoke,
            class: class.to_owned(),
            preview: None,
            ids: Default::default(),
            resources: Vec::new(),
            has_sessions: false,
        },
        by: "manual".to_owned(),
        grounds: Vec::new(),
        exposed_at: None,
        detected_at: None,
        pushed: None,
        stakes: Default::default(),
        deadline: None,
    }
}

/// A journal of an incident in a scratch folder, on a clock that tests move.
pub(super) struct Desk {
    _scratch: tempfile::TempDir,
    pub(super) journal: Journal<Incident>,
    pub(super) clock: ManualClock,
}

impl Desk {
    pub(super) fn new(opening: &Opened) -> Self {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let clock = ManualClock::at("2026-11-21T21:00:00Z".parse().expect("a time"));
        let shelf = Shelf::new(scratch.path());
        let taken = shelf.open(opening, &[], Actor::person("ann"), false, clock.now()).expect("opened");
        Self { _scratch: scratch, journal: taken.journal, clock }
    }

    pub(super) fn put(&mut self, kind: &str, facts: &impl serde::Serialize) -> Result<(), String> {
        let id = self.journal.state().id.clone();
        let entry = Entry::new(kind, Actor::engine(), facts).of(id);
        let stamp = self.clock.now();
        self.journal
            .update(|writing| writing.append(entry, stamp).map(|_| ()))
            .map_err(|error: crate::journal::JournalError| error.to_string())
    }

    pub(super) fn probe(&mut self, answer: Heard, control: bool) {
        let asked =
            Asked { fp: fp(1), answer, control, asked: "GET /me".to_owned(), status: None, control_status: None, why: String::new() };
        self.put(PROBED, &asked).expect("written");
    }

    fn turn(&mut self, state: Fate) -> Result<(), String> {
        self.put(CREDENTIAL, &Turned { fp: fp(1), state, why: String::new() })
    }

    fn done(&mut self, verb: &str) {
        let done = Done {
            step: verb.to_owned(),
            action: verb.to_owned(),
            verb: verb.to_owned(),
            result: Value::Null,
            cli: None,
            cli_sha256: None,
        };
        self.put(DONE, &done).expect("written");
    }

    fn go(&mut self, stage: Stage) -> Result<(), String> {
        self.put(STATE, &Moved { stage: Some(stage), ..Moved::default() })
    }
}

pub(super) fn intent() -> Intent {
    Intent {
        step: "revoke".to_owned(),
        action: "x".to_owned(),
        verb: "revoke".to_owned(),
        action_sha256: Digest::ZERO,
        key: "k".to_owned(),
        is_reversible: false,
        undo: Value::Null,
    }
}

#[test]
fn a_claim_is_not_death_and_an_early_or_uncontrolled_probe_proves_nothing() {
    let mut desk = Desk::new(&opened(Grade::Live, "personal"));
    desk.put(INTENT, &intent()).expect("written");
    desk.turn(Fate::Accepted).expect("accepted is a claim");
    assert!(desk.turn(Fate::Dead).is_err() && desk.go(Stage::Contained).is_err());
    desk.probe(Heard::Dead, true);
    desk.clock.advance(Duration::from_secs(9));
    desk.probe(Heard::Dead, true);
    assert!(desk.turn(Fate::Dead).is_err(), "nine seconds apart");
    desk.clock.advance(Duration::from_secs(1));
    desk.probe(Heard::Dead, false);
    assert!(desk.turn(Fate::Dead).is_err(), "no control");
    desk.probe(Heard::Dead, true);
    desk.turn(Fate::Dead).expect("proved");
    assert_eq!(desk.journal.state().advance(), Some(Stage::Containing));
    desk.go(Stage::Containing).expect("begun");
    assert_eq!(desk.journal.state().advance(), Some(Stage::Contained));
    desk.go(Stage::Contained).expect("earned");
    // Seen alive again: back, and the old probes are worth nothing.
    desk.probe(Heard::Alive, true);
    desk.turn(Fate::Live).expect("seen");
    assert_eq!(desk.journal.state().advance(), Some(Stage::Containing));
    desk.probe(Heard::Dead, true);
    assert!(desk.turn(Fate::Dead).is_err());
}

#[test]
fn probes_from_before_the_last_change_prove_nothing() {
    let mut desk = Desk::new(&opened(Grade::Live, "personal"));
    desk.probe(Heard::Dead, true);
    desk.clock.advance(Duration::from_secs(60));
    desk.probe(Heard::Dead, true);
    desk.put(INTENT, &intent()).expect("written");
    assert!(desk.turn(Fate::Dead).is_err());
}

#[test]
fn a_wall_clock_that_jumps_makes_no_ten_seconds() {
    let moment = |seq, at: &str, mono_ms| Moment { seq, at: at.parse().expect("a time"), mono_ms };
    let first = moment(1, "2026-11-21T21:00:00Z", 1_000);
    assert_eq!(moment(2, "2026-11-21T22:00:00Z", 1_500).since(&first), 500);
    assert_eq!(moment(2, "2026-11-21T20:00:00Z", 9_000).since(&first), 0);
    assert_eq!(moment(2, "2026-11-21T21:00:07Z", 10).since(&first), 7_000, "the machine was started anew");
}

#[test]
fn sessions_must_end_too() {
    let mut opening = opened(Grade::Live, "database");
    opening.credential.has_sessions = true;
    let mut desk = Desk::new(&opening);
    desk.probe(Heard::Dead, true);
    desk.clock.advance(Duration::from_secs(10));
    desk.probe(Heard::Dead, true);
    desk.turn(Fate::Dead).expect("proved");
    assert!(desk.go(Stage::Contained).expect_err("sessions").contains("sessions"));
    desk.done("sessions.kill");
    desk.go(Stage::Contained).expect("earned");
}

#[test]
fn two_people_in_two_roles_attest_what_no_machine_can_prove() {
    let mut desk = Desk::new(&opened(Grade::Live, "personal"));
    let attest = |signer: &str, roles: &[&str], file: &[u8]| Decided {
        decision: "attest".to_owned(),
        choice: "gone".to_owned(),
        action_sha256: None,
        expires: None,
        review: None,
        signer: signer.to_owned(),
        roles: roles.iter().map(|&role| role.to_owned()).collect(),
        attestation: "sshsig".to_owned(),
        file_sha256: Digest::of(file),
        reason: String::new(),
    };
    desk.put(DECIDED, &attest("alice", &["incident-commander"], b"1")).expect("written");
    assert!(desk.put(DECIDED, &attest("alice", &["incident-commander"], b"1")).is_err(), "the same file twice");
    desk.put(DECIDED, &attest("alice", &["key-authority"], b"2")).expect("written");
    assert!(desk.turn(Fate::ManualAttested).is_err(), "one person in two roles");
    desk.put(DECIDED, &attest("bob", &["incident-commander"], b"3")).expect("written");
    assert!(desk.turn(Fate::ManualAttested).is_err(), "two people in one role");
    desk.put(DECIDED, &attest("carol", &["key-authority"], b"4")).expect("written");
    desk.turn(Fate::ManualAttested).expect("two people, two roles");
}

#[test]
fn no_stage_is_reached_without_what_it_takes() {
    let mut desk = Desk::new(&opened(Grade::Live, "personal"));
    for stage in [Stage::Contained, Stage::Eradicating, Stage::Recovering, Stage::Closed] {
        assert!(desk.go(stage).is_err(), "{stage:?}");
    }
    desk.probe(Heard::Dead, true);
    desk.clock.advance(Duration::from_secs(10));
    desk.probe(Heard::Dead, true);
    desk.turn(Fate::Dead).expect("proved");
    for (verb, stage) in [("replace", Stage::Recovering), ("absent", Stage::Recovering)] {
        assert!(desk.go(stage).is_err());
        desk.done(verb);
    }
    let added = |what: &str| Added { what: what.to_owned(), path: String::new(), sha256: None, says: String::new() };
    desk.put(EVIDENCE, &added("rca")).expect("written");
    desk.go(Stage::Recovering).expect("earned");
    desk.done("watch");
    desk.put(EVIDENCE, &added("clean-scan")).expect("written");
    desk.put(FROZEN, &Frozen { freeze: "f1".to_owned(), target: "repo".to_owned(), undo: Value::Null, except: Vec::new() })
        .expect("written");
    let seal = |signer: Option<&str>, of: &[u8]| Sealed { signer: signer.map(str::to_owned), manifest_sha256: Digest::of(of), files: 1 };
    desk.put(SEALED, &seal(Some("gov"), b"early")).expect("written");
    assert!(desk.go(Stage::Closed).expect_err("frozen").contains("freeze"));
    desk.put(THAWED, &Thawed { freeze: "f1".to_owned(), is_verified: false }).expect("written");
    assert!(desk.go(Stage::Closed).is_err(), "not seen to be undone");
    desk.put(THAWED, &Thawed { freeze: "f1".to_owned(), is_verified: true }).expect("written");
    // What was sealed before all that is no seal of it, and a signature that comes late covers what was sealed then.
    assert!(desk.go(Stage::Closed).expect_err("sealed early").contains("after everything else"));
    desk.put(SEALED, &seal(Some("gov"), b"early")).expect("written");
    assert!(desk.go(Stage::Closed).is_err(), "signed late, made early");
    desk.put(SEALED, &seal(None, b"whole")).expect("written");
    assert!(desk.go(Stage::Closed).is_err(), "nobody has signed it");
    desk.put(SEALED, &seal(Some("gov"), b"whole")).expect("written");
    desk.go(Stage::Closed).expect("earned");
    assert!(desk.go(Stage::Containing).is_err(), "what is closed stays closed; the next exposure is another generation");
}

#[test]
fn one_credential_at_five_hundred_places_is_one_incident() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let (shelf, clock) = (Shelf::new(scratch.path()), ManualClock::at("2026-11-21T21:00:00Z".parse().expect("a time")));
    let place = |at: u32| crate::model::Location {
        path: format!("{at}.env"),
        line: at,
        column: 1,
        place: "file".to_owned(),
        object: None,
        commit: None,
    };
    let all: Vec<_> = (1..=500).map(place).collect();
    let first = shelf.open(&opened(Grade::Proved, "personal"), &all[..300], Actor::engine(), false, clock.now()).expect("opened");
    assert!(first.is_new && first.added == 300);
    let again = shelf.open(&opened(Grade::Proved, "personal"), &all, Actor::engine(), false, clock.now()).expect("taken in");
    assert!(!again.is_new && again.added == 200);
    let third = shelf.open(&opened(Grade::Proved, "personal"), &all, Actor::engine(), false, clock.now()).expect("taken in");
    assert_eq!((third.added, third.journal.head()), (0, again.journal.head()), "nothing new, no line");
    assert_eq!(shelf.ids().expect("read").len(), 1);
    let located = again.journal.state().located.clone().expect("places");
    let text = std::fs::read(shelf.of(&again.journal.state().id).join("locations.jsonl")).expect("written");
    assert_eq!((located.total, located.sha256), (500, Digest::of(&text)));
}

#[test]
fn ten_thousand_events_fold_and_agree_with_the_file() {
    let mut desk = Desk::new(&opened(Grade::Live, "personal"));
    let id = desk.journal.state().id.clone();
    let asked = Asked {
        fp: fp(1),
        answer: Heard::Unknown,
        control: false,
        asked: String::new(),
        status: None,
        control_status: None,
        why: String::new(),
    };
    let entries = (0..10_000).map(|_| Entry::new(PROBED, Actor::engine(), &asked).of(&id)).collect();
    let stamp = desk.clock.now();
    desk.journal
        .update(|writing| writing.append_all(entries, stamp).map(|_| ()))
        .map_err(|error: crate::journal::JournalError| error)
        .expect("written");
    let again = Journal::<Incident>::open(desk.journal.path()).expect("read");
    assert_eq!(again.state(), desk.journal.state());
    assert_eq!(again.state().probes.len(), 10_000);
}
