//! Notes in an incident's journal what ran out, then tells those on duty.

use jiff::Timestamp;
use keyfuse::contain::{BREACHED, Incident, Moment, Shelf, Targets, breaches, measure, overdue_freezes, ran_out, replay};
use keyfuse::journal::{Actor, Entry, Journal, JournalError, Stamp};

use super::incident_notify::{page, places};
use super::installation::Installation;

/// Notes the clocks and the freezes that have run out by `stamp`; how many are new.
pub(super) fn note(journal: &mut Journal<Incident>, targets: &Targets, stamp: Stamp) -> anyhow::Result<usize> {
    let now = Moment { seq: 0, at: stamp.wall, mono_ms: stamp.mono_ms };
    let replay = replay(journal.path())?;
    let measured = measure(&replay.incident, &replay.events, targets, Some(now));
    let update = |writing: &mut keyfuse::journal::Writing<'_, Incident>| {
        // As it is under the lock: two who look at once note it once.
        let incident = writing.state();
        let found = breaches(incident, &measured).into_iter().chain(overdue_freezes(incident, targets, now));
        let entry = |one| Entry::new(BREACHED, Actor::engine(), &one).of(&incident.id).drill(incident.is_drill);
        let entries: Vec<Entry> = found.map(entry).collect();
        let count = entries.len();
        if count > 0 {
            writing.append_all(entries, stamp)?;
        }
        Ok::<usize, JournalError>(count)
    };
    Ok(journal.update(update)?)
}

/// Tells the endpoints of what is on record as run out, each once; whether nothing is left to be told.
pub(super) fn tell(installation: &Installation, shelf: &Shelf, incident: &Incident, now: Timestamp) -> anyhow::Result<bool> {
    let notices = ran_out(incident, &places(shelf, &incident.id), now);
    page(installation, notices, "something ran out")
}
