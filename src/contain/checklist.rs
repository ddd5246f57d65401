//! The key-management guide's revocation checklist, computed from the journal: nobody ticks it.

use serde::Serialize;

use super::facts::{COMMS, CREDENTIAL, EVIDENCE};
use super::incident::Incident;
use crate::journal::Recorded;

/// One line of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// The line, in the guide's words.
    pub item: &'static str,
    /// Whether the journal shows it.
    pub is_done: bool,
    /// The lines of the journal that show it.
    pub events: Vec<u64>,
    /// What they show, or what is missing.
    pub says: String,
}

/// The checklist of an incident.
pub fn checklist(incident: &Incident, events: &[Recorded]) -> Vec<Item> {
    let lines =
        |is_it: &dyn Fn(&Recorded) -> bool| -> Vec<u64> { events.iter().filter(|one| is_it(one)).map(|one| one.event.seq).collect() };
    let kind = |name: &'static str| move |one: &Recorded| one.event.kind == name;
    let evidence = |what: &'static str| move |one: &Recorded| one.event.kind == EVIDENCE && one.event.data["what"] == what;
    let done = |verb: &'static str| move |one: &Recorded| one.event.kind == super::facts::DONE && one.event.data["verb"] == verb;
    let settled = if incident.fate().is_settled() { incident.fate_at().map(|at| vec![at.seq]).unwrap_or_default() } else { Vec::new() };
    // Whoever was told of the exposure was not told of its end.
    let ended = settled.first().copied().unwrap_or(u64::MAX);
    let told = lines(&|one| one.event.seq > ended && matches!(one.event.kind.as_str(), "notice.delivered" | COMMS));
    let fate = incident.fate().name();
    let item = |item, events: Vec<u64>, shows: String, missing: &str| Item {
        is_done: !events.is_empty(),
        says: if events.is_empty() { missing.to_owned() } else { shows },
        item,
        events,
    };
    vec![
        item(
            "Revocation list updated",
            settled,
            format!("the credential is {fate}, by proof"),
            "the credential is not proved to open nothing",
        ),
        item(
            "All systems notified of revocation",
            told,
            "notices were delivered or sent".to_owned(),
            "the journal shows nobody who was told",
        ),
        item(
            "Revoked key archived for audit",
            lines(&kind(super::facts::OPENED)),
            "its fingerprint and metadata stand in the journal; its value nowhere".to_owned(),
            "there is no record",
        ),
        item(
            "Revocation event logged",
            lines(&kind(CREDENTIAL)),
            "each change of its state is an event".to_owned(),
            "no change of its state is recorded",
        ),
        item(
            "Root cause analysis initiated",
            lines(&evidence("rca")),
            "its text is in the bundle".to_owned(),
            "no root cause is recorded (`evidence --what rca`)",
        ),
        item("New key generated if needed", lines(&done("replace")), "a replacement is recorded".to_owned(), "no replacement is recorded"),
        item(
            "Access review performed",
            lines(&evidence("audit")),
            "an audit log was read for its uses".to_owned(),
            "no audit log was read (`incident scope`)",
        ),
    ]
}
