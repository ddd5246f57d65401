//! Whoever is killed at any append while freezing or releasing leaves nothing frozen that nobody knows of, and does nothing twice.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::tests::{fp, opened};
use super::*;
use crate::journal::{Actor, Clock, Digest, Entry, Fault, Faults, Journal, JournalError, ManualClock, Step as At};
use crate::model::Grade;
use crate::net::{Answer, NetError, Request, Transport};

const AUTHORITY: &str = "
[roles.engine]
automated = true
[roles.incident-commander]
people = ['alice']
[[allow]]
verb = 'freeze'
by = ['engine']
undo_by = ['incident-commander']
[[allow]]
verb = 'd6'
by = ['incident-commander']
";

/// Nothing is sent in this test.
struct Nowhere;

impl Transport for Nowhere {
    fn send(&self, _: &Request) -> Result<Answer, NetError> {
        Err(NetError::Malformed("nothing is sent here"))
    }
}

/// A thing that can be locked.
#[derive(Default)]
struct Door {
    is_locked: Cell<bool>,
    locks: Cell<usize>,
    unlocks: Cell<usize>,
}

struct Lock(&'static Door);

impl Driver for Lock {
    fn action(&self) -> &'static str {
        "test.lock"
    }

    fn requests(&self) -> Vec<String> {
        vec!["LOCK".to_owned()]
    }

    fn is_reversible(&self) -> bool {
        true
    }

    fn before(&self, _: &World<'_>) -> Result<Value, Stop> {
        if self.0.is_locked.get() { Err(Stop::Refused("it is locked already".to_owned())) } else { Ok(json!({ "locked": false })) }
    }

    fn act(&self, _: &World<'_>, _: &Value) -> Acted {
        self.0.is_locked.set(true);
        self.0.locks.set(self.0.locks.get() + 1);
        Acted::Done { result: Value::Null, fate: None }
    }

    fn is_in_force(&self, _: &World<'_>, before: &Value) -> Result<bool, String> {
        assert_eq!(before["locked"], false, "the state before is the one that was kept");
        Ok(self.0.is_locked.get())
    }

    fn undo(&self, _: &World<'_>, _: &Value) -> Acted {
        self.0.is_locked.set(false);
        self.0.unlocks.set(self.0.unlocks.get() + 1);
        Acted::Done { result: Value::Null, fate: None }
    }
}

struct Bench {
    scratch: tempfile::TempDir,
    clock: ManualClock,
    authority: Authority,
    door: &'static Door,
}

type Ran = Result<Vec<(String, Outcome)>, ActError>;

impl Bench {
    fn new() -> Self {
        let (scratch, clock) =
            (tempfile::tempdir().expect("a scratch folder"), ManualClock::at("2026-11-21T21:00:00Z".parse().expect("a time")));
        let authority = Authority::parse("authority.toml", AUTHORITY).expect("sound");
        let bench = Self { scratch, clock, authority, door: Box::leak(Box::default()) };
        bench.put(&mut bench.journal(None), OPENED, &opened(Grade::Live, "ci"));
        bench
    }

    /// The journal, which a fault may cut off.
    fn journal(&self, faults: Option<Faults>) -> Journal<Incident> {
        let path = self.scratch.path().join("journal.jsonl");
        match faults {
            Some(faults) => Journal::open_with(&path, faults).expect("sound"),
            None => Journal::open(&path).expect("what is on disk is sound"),
        }
    }

    fn put(&self, journal: &mut Journal<Incident>, kind: &str, facts: &impl serde::Serialize) {
        let entry = Entry::new(kind, Actor::engine(), facts).of(fp(1).incident(1));
        journal
            .update(|writing| writing.append(entry, self.clock.now()).map(|_| ()))
            .map_err(|error: JournalError| error)
            .expect("written");
    }

    fn responder<T>(&self, journal: &mut Journal<Incident>, work: impl FnOnce(&mut Responder<'_>, &World<'_>) -> T) -> T {
        let installation = self.scratch.path().join("handoff.jsonl");
        let world = World { transport: &Nowhere, clock: &self.clock, endpoints: &[], held: None };
        let (authority, clock) = (&self.authority, &self.clock);
        work(&mut Responder { journal, installation: &installation, authority, standing: &[], clock }, &world)
    }

    fn freeze(&self, journal: &mut Journal<Incident>) -> Ran {
        let target =
            FreezeTarget { name: "door".to_owned(), kind: FreezeKind::Git, what: "/door".to_owned(), except: Vec::new(), push: None };
        let playbook = Playbook::builtin(ACCESS_FREEZE).expect("built in").for_each(std::slice::from_ref(&target.name));
        let plan = Plan::new(journal.state(), &playbook, &|_| Ok(Box::new(Lock(self.door)) as Box<dyn Driver>)).expect("a plan");
        let plan = plan.freezing(&[target]);
        self.responder(journal, |responder, world| responder.freeze(&plan, world, true))
    }

    fn release(&self, journal: &mut Journal<Incident>) -> Ran {
        let undoing = |_: &str, _: &Value| Ok(Box::new(Lock(self.door)) as Box<dyn Driver>);
        let releases = Release::all(journal.state(), &undoing).expect("a driver for each");
        self.responder(journal, |responder, world| responder.release(&releases, world, &|| Ok("clean".to_owned())))
    }

    /// Decides that it is released.
    fn decide(&self, journal: &mut Journal<Incident>) {
        let decided = Decided {
            decision: "d6".to_owned(),
            choice: "release".to_owned(),
            action_sha256: None,
            expires: None,
            review: None,
            signer: "alice".to_owned(),
            roles: vec!["incident-commander".to_owned()],
            attestation: "sshsig".to_owned(),
            file_sha256: Digest::of(b"d6"),
            reason: String::new(),
        };
        self.put(journal, DECIDED, &decided);
    }

    fn is_free(&self, journal: &Journal<Incident>) -> bool {
        !self.door.is_locked.get() && journal.state().frozen().next().is_none() && journal.state().half_frozen().next().is_none()
    }
}

/// Faults that kill at the append of that number, and whether they did.
fn kill(step: At, crash: usize) -> Faults {
    let passed = Arc::new(AtomicUsize::new(0));
    Faults::new(move |at| (at == step && passed.fetch_add(1, Ordering::SeqCst) + 1 == crash).then_some(Fault::Crash))
}

fn kills() -> impl Iterator<Item = (At, usize)> {
    [At::Before, At::Midway, At::Unsynced, At::Synced].into_iter().flat_map(|step| (1..12).map(move |crash| (step, crash)))
}

#[test]
fn killed_at_every_append_of_a_freeze_it_holds_once() {
    let mut places = 0;
    for (step, crash) in kills() {
        let bench = Bench::new();
        places += usize::from(bench.freeze(&mut bench.journal(Some(kill(step, crash)))).is_err());
        let mut again = bench.journal(None);
        bench.freeze(&mut again).expect("nothing is in the way now");
        assert_eq!((bench.door.locks.get(), again.state().frozen().count()), (1, 1), "killed at append {crash}, {step:?}");
        bench.decide(&mut again);
        bench.release(&mut again).expect("nothing is in the way");
        assert!(bench.is_free(&again) && bench.door.unlocks.get() == 1, "killed at append {crash}, {step:?}");
    }
    assert!(places >= 8, "only {places} kills hit an append");
}

#[test]
fn killed_at_every_append_of_a_release_nothing_stays_frozen() {
    let mut places = 0;
    for (step, crash) in kills() {
        let bench = Bench::new();
        let mut journal = bench.journal(None);
        bench.freeze(&mut journal).expect("nothing is in the way");
        bench.decide(&mut journal);
        drop(journal);
        places += usize::from(bench.release(&mut bench.journal(Some(kill(step, crash)))).is_err());
        let mut again = bench.journal(None);
        assert!(again.state().missing(Stage::Closed).iter().any(|one| one.contains("freeze")) || bench.is_free(&again));
        bench.release(&mut again).expect("nothing is in the way now");
        assert!(bench.is_free(&again) && bench.door.unlocks.get() == 1, "killed at append {crash}, {step:?}");
    }
    assert!(places >= 8, "only {places} kills hit an append");
}

#[test]
fn killed_while_freezing_it_can_be_released_without_freezing_again() {
    for (step, crash) in kills() {
        let bench = Bench::new();
        let _ = bench.freeze(&mut bench.journal(Some(kill(step, crash))));
        let mut again = bench.journal(None);
        bench.decide(&mut again);
        bench.release(&mut again).expect("nothing is in the way");
        assert!(bench.is_free(&again), "killed at append {crash}, {step:?}");
    }
}
