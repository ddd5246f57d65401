//! Tells the endpoints that a credential lives on after its end was asked for.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use keyfuse::contain::{Incident, Shelf, alive_again};
use keyfuse::handoff::{Courier, HandoffError, Outbox, Pace};
use keyfuse::journal::{Journal, SystemClock};
use keyfuse::model::Location;

use super::app::say;
use super::handoff::{tell, transport};
use super::installation::{Installation, variable};

/// As many places as a notice could hold.
const PLACES: usize = 200;
/// How long it is tried at once; what is not delivered then stays for `keyfuse outbox flush`.
const WAIT: Duration = Duration::from_secs(60);

/// Owes the notice to every endpoint and carries it, once for each proof. Whoever asked ends in containment's exit code, delivered or not.
pub(super) fn page_again(installation: &Installation, shelf: &Shelf, incident: &Incident, now: Timestamp) -> anyhow::Result<()> {
    // A rehearsal pages nobody.
    if incident.is_drill {
        return Ok(());
    }
    let text = std::fs::read_to_string(shelf.of(&incident.id).join("locations.jsonl")).unwrap_or_default();
    let places: Vec<Location> = text.lines().take(PLACES).filter_map(|line| serde_json::from_str(line).ok()).collect();
    let Some((notice, cause)) = alive_again(incident, places, now) else { return Ok(()) };
    let endpoints = installation.person.endpoints(&variable)?;
    if endpoints.is_empty() {
        say("it lives on, and nobody is told: config.toml names no [[endpoint]] (docs/handoff.md)");
        return Ok(());
    }
    let (clock, host, door) = (SystemClock::new(), installation.host(), transport(&endpoints));
    let carried = || -> Result<_, HandoffError> {
        let journal = Journal::<Outbox>::open(&installation.journal())?;
        let mut courier = Courier { journal, endpoints: &endpoints, transport: &door, clock: &clock, host: &host, secrets: HashMap::new() };
        if courier.owe_again(notice, &cause)? == 0 {
            return Ok(None);
        }
        courier.deliver(Pace::For(WAIT)).map(Some)
    };
    match carried() {
        Ok(Some(tally)) => {
            let _ = tell(&tally);
        }
        Ok(None) => {}
        Err(error) => say(&format!("error: it lives on, and nobody is told: {error}")),
    }
    Ok(())
}
