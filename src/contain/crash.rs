//! A responder that is killed at any append goes on where it was, and does nothing twice without having asked.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use super::tests::{fp, opened};
use super::*;
use crate::journal::{Actor, Clock, Entry, Fault, Faults, Journal, ManualClock, Step as At};
use crate::model::{Fingerprint, Grade};
use crate::net::{Answer, NetError, Request, Transport};

/// Nothing is sent in this test.
struct Nowhere;

impl Transport for Nowhere {
    fn send(&self, _: &Request) -> Result<Answer, NetError> {
        Err(NetError::Malformed("nothing is sent here"))
    }
}

/// Counts how often it acts; the credential is dead from the first time on.
struct Counting<'a> {
    acts: &'a Cell<usize>,
}

impl Driver for Counting<'_> {
    fn action(&self) -> &'static str {
        "test.revoke"
    }

    fn requests(&self) -> Vec<String> {
        vec!["REVOKE".to_owned()]
    }

    fn before(&self, _: &World<'_>) -> Result<Value, Stop> {
        Ok(Value::Null)
    }

    fn act(&self, _: &World<'_>, _: &Value) -> Acted {
        self.acts.set(self.acts.get() + 1);
        Acted::Done { result: Value::Null, fate: Some(Fate::Accepted) }
    }

    fn probe(&self, _: &World<'_>, fp: &Fingerprint) -> Option<Asked> {
        let answer = if self.acts.get() > 0 { Heard::Dead } else { Heard::Alive };
        Some(Asked { fp: fp.clone(), answer, control: true, asked: String::new(), status: None, control_status: None, why: String::new() })
    }
}

#[test]
fn killed_at_every_append_it_loses_nothing_and_repeats_nothing() {
    let clock = ManualClock::at("2026-11-21T21:00:00Z".parse().expect("a time"));
    let authority = Authority::parse("built-in", BUILTIN).expect("sound");
    let mut places = 0;
    for (step, crash) in
        [At::Before, At::Midway, At::Unsynced, At::Synced].into_iter().flat_map(|step| (1..20).map(move |crash| (step, crash)))
    {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let (path, installation) = (scratch.path().join("journal.jsonl"), scratch.path().join("handoff.jsonl"));
        let acts: &'static Cell<usize> = Box::leak(Box::default());
        let opening = opened(Grade::Live, "internal-service");
        let mut first = Journal::<Incident>::open(&path).expect("opened");
        let entry = Entry::new(OPENED, Actor::engine(), &opening).of(fp(1).incident(1));
        first
            .update(|writing| writing.append(entry, clock.now()).map(|_| ()))
            .map_err(|error: crate::journal::JournalError| error)
            .expect("written");
        drop(first);
        let passed = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&passed);
        let faults = Faults::new(move |at| (at == step && count.fetch_add(1, Ordering::SeqCst) + 1 == crash).then_some(Fault::Crash));
        let run = |journal: &mut Journal<Incident>| {
            let world = World { transport: &Nowhere, clock: &clock, endpoints: &[], held: None };
            let playbook = Playbook::of(&opening.credential);
            let plan = Plan::new(journal.state(), &playbook, &|_| Ok(Box::new(Counting { acts }) as Box<dyn Driver>)).expect("a plan");
            let ask = || Asked {
                fp: fp(1),
                answer: Heard::Unknown,
                control: false,
                asked: String::new(),
                status: None,
                control_status: None,
                why: String::new(),
            };
            Responder { journal, installation: &installation, authority: &authority, standing: &[], clock: &clock }.run(
                &plan,
                &world,
                &|_| true,
                &ask,
            )
        };
        let crashed = run(&mut Journal::<Incident>::open_with(&path, faults).expect("opened")).is_err();
        places += usize::from(crashed);
        let mut again = Journal::<Incident>::open(&path).expect("what is on disk is sound");
        run(&mut again).expect("nothing is in the way now");
        assert_eq!(acts.get(), 1, "killed at append {crash}, {step:?}");
        assert_eq!((again.state().fate(), again.state().stage()), (Fate::Dead, Stage::Contained), "killed at append {crash}, {step:?}");
    }
    assert!(places >= 24, "only {places} kills hit an append");
}
