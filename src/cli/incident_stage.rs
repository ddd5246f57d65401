//! Moves an incident to the stages that its events have earned.

use keyfuse::contain::{Incident, Moved, STATE};
use keyfuse::journal::{Actor, Entry, Journal, JournalError, Stamp};

/// Appends a change of stage for as long as one is earned.
pub(super) fn advance(journal: &mut Journal<Incident>, stamp: Stamp) -> Result<(), JournalError> {
    journal.update(|writing| {
        while let Some(stage) = writing.state().advance() {
            let (id, is_drill) = (writing.state().id.clone(), writing.state().is_drill);
            let moved = Moved { stage: Some(stage), severity: None, why: String::new() };
            writing.append(Entry::new(STATE, Actor::engine(), &moved).of(id).drill(is_drill), stamp)?;
        }
        Ok(())
    })
}
