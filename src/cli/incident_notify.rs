//! Tells the endpoints of the configuration about an incident: by a step of its playbook, and when its credential lives on.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use keyfuse::contain::{Acted, Driver, Incident, Shelf, Stop, World, alive_again, notice_about};
use keyfuse::handoff::{Courier, Endpoint, HandoffError, Outbox, Pace, Tally};
use keyfuse::journal::{Journal, SystemClock};
use keyfuse::model::{Location, Notice};
use serde_json::{Value, json};

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
    let again = alive_again(incident, places(shelf, &incident.id), now);
    page(installation, again.into_iter().collect(), "it lives on")?;
    Ok(())
}

/// Owes these notices to every endpoint, each once for its cause, and carries all that is owed; whether nothing is left. `what` is what
/// nobody is told where nobody can be.
pub(super) fn page(installation: &Installation, notices: Vec<(Notice, String)>, what: &str) -> anyhow::Result<bool> {
    if notices.is_empty() {
        return Ok(true);
    }
    let endpoints = installation.person.endpoints(&variable)?;
    if endpoints.is_empty() {
        say(&format!("{what}, and nobody is told: config.toml names no [[endpoint]] (docs/handoff.md)"));
        return Ok(false);
    }
    match carry(&installation.journal(), &installation.host(), &endpoints, notices) {
        Ok((_, tally)) => Ok(tell(&tally).is_none()),
        Err(error) => {
            say(&format!("error: {what}, and nobody is told: {error}"));
            Ok(false)
        }
    }
}

/// The places that are known.
pub(super) fn places(shelf: &Shelf, id: &str) -> Vec<Location> {
    let text = std::fs::read_to_string(shelf.of(id).join("locations.jsonl")).unwrap_or_default();
    text.lines().take(PLACES).filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Owes notices, each for its cause, unless that was done, and carries what is owed; how many became owed, and how it went.
fn carry(journal: &Path, host: &str, endpoints: &[Endpoint], notices: Vec<(Notice, String)>) -> Result<(usize, Tally), HandoffError> {
    let (clock, door) = (SystemClock::new(), transport(endpoints));
    let journal = Journal::<Outbox>::open(journal)?;
    let mut courier = Courier { journal, endpoints, transport: &door, clock: &clock, host, secrets: HashMap::new() };
    let mut owed = 0;
    for (notice, cause) in notices {
        owed += courier.owe_again(notice, &cause)?;
    }
    Ok((owed, courier.deliver(Pace::For(WAIT))?))
}

/// Tells the endpoints what a step of a playbook says.
pub(super) struct Notify {
    journal: PathBuf,
    host: String,
    endpoints: Vec<Endpoint>,
    notice: Notice,
    cause: String,
    says: String,
}

impl Notify {
    /// For the step `step` of an incident, in the words `says`.
    ///
    /// # Errors
    /// Why nobody can be told.
    pub(super) fn new(
        installation: &Installation,
        shelf: &Shelf,
        incident: &Incident,
        (step, says): (&str, &str),
        now: Timestamp,
    ) -> Result<Self, String> {
        if incident.is_drill {
            return Err("a rehearsal tells nobody".to_owned());
        }
        let endpoints = installation.person.endpoints(&variable).map_err(|error| error.to_string())?;
        if endpoints.is_empty() {
            return Err("config.toml names no [[endpoint]] (docs/handoff.md): tell them yourself".to_owned());
        }
        let notice = notice_about(incident, places(shelf, &incident.id), says.to_owned(), now).ok_or("its grounds are none to tell")?;
        let cause = format!("{}/{step}", incident.id);
        Ok(Self { journal: installation.journal(), host: installation.host(), endpoints, notice, cause, says: says.to_owned() })
    }
}

impl Driver for Notify {
    fn action(&self) -> &'static str {
        "notify"
    }

    fn requests(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.endpoints.iter().map(|endpoint| format!("tell {}", endpoint.name)).collect();
        lines.push(format!("  {}", self.says));
        lines
    }

    fn before(&self, _: &World<'_>) -> Result<Value, Stop> {
        Ok(Value::Null)
    }

    fn act(&self, _: &World<'_>, _: &Value) -> Acted {
        match carry(&self.journal, &self.host, &self.endpoints, vec![(self.notice.clone(), self.cause.clone())]) {
            Ok((_, tally)) if tally.undelivered == 0 => {
                let told: Vec<&str> = tally.delivered.iter().map(|(endpoint, ..)| endpoint.as_str()).collect();
                Acted::Done { result: json!({ "told": told }), fate: None }
            }
            Ok((_, tally)) => Acted::Failed(format!(
                "{} deliveries are owed still; `keyfuse outbox flush` carries them, `keyfuse outbox status` tells which",
                tally.undelivered
            )),
            Err(error) => Acted::Failed(error.to_string()),
        }
    }
}
