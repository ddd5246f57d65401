//! `keyfuse outbox`: what is owed and not delivered yet.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::bail;
use keyfuse::handoff::{Courier, ENABLED, HandoffError, Outbox, Pace, REROUTED, Rerouted, Status};
use keyfuse::journal::{Clock, Entry, Journal, JournalError, SystemClock};
use serde_json::json;

use super::app::say;
use super::args::Listing;
use super::handoff::{tell, transport};
use super::installation::{Installation, journal_code, variable};
use super::respond::OutboxCommand;
use super::{exit, output};

/// Runs the sub-command.
pub(super) fn run(command: &OutboxCommand) -> anyhow::Result<u8> {
    let installation = Installation::open()?;
    match act(command, &installation) {
        Err(error) => match error.downcast_ref::<HandoffError>() {
            Some(HandoffError::Journal(broken)) => told(&error, journal_code(broken)),
            Some(_) => told(&error, exit::UNDELIVERED),
            None => match error.downcast_ref::<JournalError>() {
                Some(broken) => told(&error, journal_code(broken)),
                None => Err(error),
            },
        },
        done => done,
    }
}

fn told(error: &anyhow::Error, code: u8) -> anyhow::Result<u8> {
    say(&format!("error: {error:#}"));
    Ok(code)
}

fn act(command: &OutboxCommand, installation: &Installation) -> anyhow::Result<u8> {
    let clock = SystemClock::new();
    let mut journal = Journal::<Outbox>::open(&installation.journal())?;
    match command {
        OutboxCommand::Status { format } => status(&journal, installation, *format, &clock),
        OutboxCommand::Flush { all, wait } => flush(journal, installation, *all, *wait, &clock),
        OutboxCommand::Enable { name } => {
            if !journal.state().is_disabled(name) {
                bail!("the endpoint `{name}` is not disabled; `keyfuse outbox status` lists them");
            }
            let entry = Entry::new(ENABLED, installation.actor(), &json!({ "endpoint": name }));
            journal.update(|writing| writing.append(entry, clock.now()).map(|_| ()))?;
            output::print(format!("{name} gets notices again\n").as_bytes())
        }
        OutboxCommand::Reroute { name, to } => {
            if !installation.person.endpoint_names().contains(&to.as_str()) {
                bail!("config.toml names no endpoint `{to}`");
            }
            let owed = journal.state().open().find(|(endpoint, _)| endpoint == name).map_or(0, |(_, count)| count);
            if owed == 0 || name == to {
                bail!("nothing is owed to `{name}` that could go to `{to}`; `keyfuse outbox status` tells what is");
            }
            let facts = Rerouted { endpoint: name.clone(), to: to.clone() };
            let entry = Entry::new(REROUTED, installation.actor(), &facts);
            journal.update(|writing| writing.append(entry, clock.now()).map(|_| ()))?;
            output::print(format!("{owed} of {name} go to {to}; `keyfuse outbox flush` sends them\n").as_bytes())
        }
    }
}

fn status(journal: &Journal<Outbox>, installation: &Installation, format: Listing, clock: &SystemClock) -> anyhow::Result<u8> {
    let status = Status::of(journal.state(), &installation.person.endpoint_names(), clock.now());
    let code = if status.undelivered > 0 { exit::UNDELIVERED } else { exit::COMPLETE };
    let text = match format {
        Listing::Json => serde_json::to_string_pretty(&status)? + "\n",
        Listing::Table => {
            let mut text = format!("{:24}{:>8}{:>9}{:>11}\n", "endpoint", "due", "waiting", "delivered");
            for one in &status.endpoints {
                let note = match (one.disabled, one.configured) {
                    (true, _) => format!("  disabled: it answered 410; `keyfuse outbox enable {}`", one.name),
                    (false, false) => format!("  not in config.toml; `keyfuse outbox reroute {} TO`", one.name),
                    (false, true) => String::new(),
                };
                text.push_str(&format!("{:24}{:>8}{:>9}{:>11}{note}\n", one.name, one.due, one.waiting, one.delivered));
            }
            text.push_str(&format!("{} undelivered\n", status.undelivered));
            text
        }
    };
    output::print(text.as_bytes()).map(|_| code)
}

fn flush(
    journal: Journal<Outbox>,
    installation: &Installation,
    all: bool,
    wait: Option<Duration>,
    clock: &SystemClock,
) -> anyhow::Result<u8> {
    let endpoints = installation.person.endpoints(&variable)?;
    let (transport, host) = (transport(&endpoints), installation.host());
    let mut courier = Courier { journal, endpoints: &endpoints, transport: &transport, clock, host: &host, secrets: HashMap::new() };
    if all && wait.is_some() {
        // Once without pauses, then as the pauses say.
        courier.deliver(Pace::Once { all: true })?;
    }
    let tally = courier.deliver(wait.map_or(Pace::Once { all }, Pace::For))?;
    Ok(tell(&tally).unwrap_or(exit::COMPLETE))
}
