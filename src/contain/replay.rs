//! Reads an incident's journal without touching it, for those who judge it.

use std::fs;
use std::path::Path;

use super::incident::Incident;
use crate::journal::{Digest, Event, JournalError, Recorded, State, Verified, verify};

/// What a journal holds.
#[derive(Debug)]
pub struct Replay {
    /// What its chain proves.
    pub chain: Verified,
    /// Its events, as far as they can be read.
    pub events: Vec<Recorded>,
    /// What they amount to.
    pub incident: Incident,
    /// The line that the incident could not take, with the reason: a guard that did not hold.
    pub refused: Option<(u64, String)>,
}

/// Replays the journal at `path`.
///
/// # Errors
/// When it cannot be read; what is wrong with it stands in the replay.
pub fn replay(path: &Path) -> Result<Replay, JournalError> {
    let chain = verify(path)?;
    let mut text = fs::read(path).map_err(|source| JournalError::Io { path: path.to_owned(), doing: "read", source })?;
    let (mut events, mut incident, mut refused) = (Vec::new(), Incident::default(), None);
    for (at, line) in text.split_inclusive_mut(|byte| *byte == b'\n').enumerate() {
        let [raw @ .., b'\n'] = line else { break };
        let number = at as u64 + 1;
        let Ok(event) = Event::parse(raw) else {
            refused = refused.or_else(|| Some((number, "it is no event".to_owned())));
            continue;
        };
        let recorded = Recorded { event, digest: Digest::of(raw) };
        if let Err(why) = incident.apply(&recorded) {
            refused = refused.or(Some((number, why)));
        }
        events.push(recorded);
    }
    Ok(Replay { chain, events, incident, refused })
}
