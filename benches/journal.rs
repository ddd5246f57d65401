//! How fast a journal is read back: the bar is 10,000 events in 50 ms.

use keyfuse::journal::{Actor, Entry, Journal, Stamp};
use serde_json::json;

fn main() {
    divan::main();
}

const EVENTS: usize = 10_000;

/// A journal of the size that a year of a busy host makes.
fn journal() -> tempfile::TempDir {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let facts =
        json!({ "event": "evt_aaaqeayeaudaocajbifqydiob4", "line": 1, "endpoint": "hook", "attempt": 1, "status": 503, "why": "it fails" });
    let entry = |_| Entry::new("notice.attempt", Actor::engine(), &facts).of("inc-7q3kd2m9xa-1");
    let stamp = Stamp { wall: "2026-11-21T21:00:04Z".parse().expect("a time"), mono_ms: 48_211, is_simulated: false };
    let mut journal = Journal::<()>::open(&scratch.path().join("j")).expect("opened");
    journal.update(|writing| writing.append_all((0..EVENTS).map(entry).collect(), stamp)).expect("written");
    scratch
}

#[divan::bench]
fn fold(bencher: divan::Bencher<'_, '_>) {
    let scratch = journal();
    let path = scratch.path().join("j");
    bencher.counter(divan::counter::ItemsCount::new(EVENTS)).bench_local(|| Journal::<()>::open(&path).expect("sound").head());
}
