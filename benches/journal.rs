//! How fast journals are read back: the bar is 10,000 events in 50 ms.

use keyfuse::contain::{Against, Asked, Credential, Heard, Incident, OPENED, Opened, PROBED, verify_folder};
use keyfuse::journal::{Actor, Entry, Journal, JournalError, Stamp};
use keyfuse::model::{Fingerprint, Grade, Urgency, Verb};
use serde_json::json;

fn main() {
    divan::main();
}

const EVENTS: usize = 10_000;

fn stamp() -> Stamp {
    Stamp { wall: "2026-11-21T21:00:04Z".parse().expect("a time"), mono_ms: 48_211, is_simulated: false }
}

/// A journal of the size that a year of a busy host makes.
fn journal() -> tempfile::TempDir {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let facts =
        json!({ "event": "evt_aaaqeayeaudaocajbifqydiob4", "line": 1, "endpoint": "hook", "attempt": 1, "status": 503, "why": "it fails" });
    let entry = |_| Entry::new("notice.attempt", Actor::engine(), &facts).of("inc-7q3kd2m9xa-1");
    let mut journal = Journal::<()>::open(&scratch.path().join("j")).expect("opened");
    journal.update(|writing| writing.append_all((0..EVENTS).map(entry).collect(), stamp())).expect("written");
    scratch
}

/// An incident whose issuer was asked day and night.
fn incident() -> tempfile::TempDir {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let fp = Fingerprint::new(&[1; 32], true);
    let id = fp.incident(1);
    let opened = Opened {
        case: "case-a".to_owned(),
        generation: 1,
        grade: Grade::Live,
        severity: Urgency::High,
        credential: Credential {
            fp: fp.clone(),
            rule: "vault-service-token".to_owned(),
            title: "HashiCorp Vault service token".to_owned(),
            provider: "HashiCorp Vault".to_owned(),
            verb: Verb::Revoke,
            class: "personal".to_owned(),
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
    };
    let asked = Asked {
        fp,
        answer: Heard::Alive,
        control: true,
        asked: "GET https://vault.example.com/v1/auth/token/lookup-self".to_owned(),
        status: Some(200),
        control_status: Some(403),
        why: String::new(),
    };
    let mut entries = vec![Entry::new(OPENED, Actor::engine(), &opened).of(&id)];
    entries.extend((1..EVENTS).map(|_| Entry::new(PROBED, Actor::engine(), &asked).of(&id)));
    let mut journal = Journal::<Incident>::open(&scratch.path().join("journal.jsonl")).expect("opened");
    journal.update(|writing| writing.append_all(entries, stamp()).map(|_| ())).map_err(|error: JournalError| error).expect("written");
    scratch
}

#[divan::bench]
fn fold(bencher: divan::Bencher<'_, '_>) {
    let scratch = journal();
    let path = scratch.path().join("j");
    bencher.counter(divan::counter::ItemsCount::new(EVENTS)).bench_local(|| Journal::<()>::open(&path).expect("sound").head());
}

#[divan::bench]
fn fold_incident(bencher: divan::Bencher<'_, '_>) {
    let scratch = incident();
    let path = scratch.path().join("journal.jsonl");
    bencher.counter(divan::counter::ItemsCount::new(EVENTS)).bench_local(|| Journal::<Incident>::open(&path).expect("sound").head());
}

#[divan::bench]
fn verify_incident(bencher: divan::Bencher<'_, '_>) {
    let scratch = incident();
    bencher
        .counter(divan::counter::ItemsCount::new(EVENTS))
        .bench_local(|| verify_folder(scratch.path(), &Against::default()).expect("read").len());
}
