//! The circuit breaker: a planted file must not become a mass revocation.

use std::path::Path;

use jiff::Timestamp;
use serde_json::json;

use crate::journal::{Actor, Entry, Journal, JournalError, Recorded, Stamp, State};

/// A mutation was let through, in the installation's journal.
pub const ARMED: &str = "action.armed";
/// How long each counts, in milliseconds.
const WINDOW_MS: i64 = 60 * 60 * 1000;

/// The armed mutations of an installation.
#[derive(Clone, Debug, Default)]
pub struct Breaker {
    armed: Vec<(Timestamp, u64)>,
}

impl State for Breaker {
    fn apply(&mut self, recorded: &Recorded) -> Result<(), String> {
        if recorded.event.kind == ARMED && !recorded.event.is_drill {
            self.armed.push((recorded.event.ts, recorded.event.mono_ms));
        }
        Ok(())
    }
}

impl Breaker {
    /// Mutations of the last 60 minutes, by the clock that counts more of them: neither a wall clock that was set on nor a machine that was
    /// started anew gives a new hour.
    pub fn count(&self, now: Stamp) -> usize {
        let wall = |at: &Timestamp| now.wall.as_millisecond().saturating_sub(at.as_millisecond()) < WINDOW_MS;
        let mono = |at: &u64| now.mono_ms.checked_sub(*at).is_some_and(|span| i64::try_from(span).is_ok_and(|span| span < WINDOW_MS));
        let by_wall = self.armed.iter().filter(|(at, _)| wall(at)).count();
        let by_mono = self.armed.iter().filter(|(_, at)| mono(at)).count();
        by_wall.max(by_mono)
    }
}

/// Takes one of the hour's mutations, under the lock of the installation's journal; false when none is left. A rehearsal takes none.
///
/// # Errors
/// When the journal cannot be written: then nothing may be done either.
pub fn arm(journal: &Path, per_hour: usize, incident: &str, action: &str, is_drill: bool, stamp: Stamp) -> Result<bool, JournalError> {
    let mut journal = Journal::<Breaker>::open(journal)?;
    journal.update(|writing| {
        if !is_drill && writing.state().count(stamp) >= per_hour {
            return Ok(false);
        }
        let entry = Entry::new(ARMED, Actor::engine(), &json!({ "action": action })).of(incident).drill(is_drill);
        writing.append(entry, stamp)?;
        Ok(true)
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::journal::{Clock, ManualClock};

    #[test]
    fn the_sixth_of_an_hour_is_stopped_and_rehearsals_do_not_count() {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let path = scratch.path().join("handoff.jsonl");
        let clock = ManualClock::at("2026-11-21T21:00:00Z".parse().expect("a time"));
        let arm = |is_drill| arm(&path, 5, "inc-a-1", "x", is_drill, clock.now()).expect("written");
        for _ in 0..7 {
            assert!(arm(true));
        }
        for _ in 0..5 {
            assert!(arm(false));
        }
        assert!(!arm(false));
        clock.advance(Duration::from_secs(3599));
        assert!(!arm(false));
        clock.advance(Duration::from_secs(1));
        assert!(arm(false));
    }

    #[test]
    fn a_wall_clock_that_was_set_on_gives_no_new_hour() {
        let stamp = |wall: &str, mono_ms| Stamp { wall: wall.parse().expect("a time"), mono_ms, is_simulated: false };
        let breaker = Breaker { armed: vec![("2026-11-21T21:00:00Z".parse().expect("a time"), 5_000); 5] };
        assert_eq!(breaker.count(stamp("2026-11-21T23:00:00Z", 6_000)), 5, "set on");
        assert_eq!(breaker.count(stamp("2026-11-21T21:10:00Z", 10)), 5, "started anew");
        assert_eq!(breaker.count(stamp("2026-11-21T22:00:00Z", 3_605_000)), 0);
    }
}
