//! `keyfuse incident report` and `clocks`: the after-action report, and what ran out.

use std::path::PathBuf;

use anyhow::Context;
use keyfuse::contain::{Added, EVIDENCE, Moment, Shelf, Targets, due, measure, replay, report};
use keyfuse::journal::{Clock, Entry, JournalError, SystemClock};

use super::args::Listing;
use super::installation::Installation;
use super::{exit, incident_overdue, output};

/// `keyfuse incident report`
#[derive(Debug, clap::Args)]
pub(super) struct ReportArgs {
    /// The incident, or a beginning of its id
    pub(super) incident: String,
    /// Write it there, and record that it is written
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
}

/// `keyfuse incident clocks`
#[derive(Debug, clap::Args)]
pub(super) struct ClocksArgs {
    /// The incident, or a beginning of its id
    pub(super) incident: String,
    /// As a table or as JSON
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub(super) format: Listing,
}

/// The targets in force: `clocks.toml` of the configuration, or the documents'.
pub(super) fn targets(installation: &Installation) -> anyhow::Result<(Targets, Option<String>)> {
    let path = installation.folders.config.join("clocks.toml");
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            let targets = Targets::parse(&text).map_err(|why| anyhow::anyhow!("{}: {why}", path.display()))?;
            Ok((targets, Some(text)))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok((Targets::default(), None)),
        Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
    }
}

/// `keyfuse incident report`
pub(super) fn run(command: &ReportArgs, installation: &Installation, shelf: &Shelf) -> anyhow::Result<u8> {
    let id = shelf.find(&command.incident)?;
    let (targets, _) = targets(installation)?;
    let mut journal = shelf.journal(&id)?;
    if command.out.is_some() {
        let added = Added { what: "report".to_owned(), path: String::new(), sha256: None, says: "the report is written".to_owned() };
        let entry = Entry::new(EVIDENCE, installation.actor(), &added).of(&id).drill(journal.state().is_drill);
        journal.update(|writing| writing.append(entry, SystemClock::new().now()).map(|_| ())).map_err(|error: JournalError| error)?;
    }
    let replay = replay(journal.path())?;
    let text = report(&replay.incident, &replay.events, &targets);
    match &command.out {
        Some(path) => {
            std::fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))?;
            output::print(format!("{id}: the report is written to {}\n", path.display()).as_bytes())
        }
        None => output::print(text.as_bytes()),
    }
}

/// `keyfuse incident clocks`
pub(super) fn clocks(command: &ClocksArgs, installation: &Installation, shelf: &Shelf) -> anyhow::Result<u8> {
    let id = shelf.find(&command.incident)?;
    let (targets, _) = targets(installation)?;
    let mut journal = shelf.journal(&id)?;
    let replay = replay(journal.path())?;
    let stamp = SystemClock::new().now();
    let now = Moment { seq: 0, at: stamp.wall, mono_ms: stamp.mono_ms };
    let measured = measure(&replay.incident, &replay.events, &targets, Some(now));
    incident_overdue::note(&mut journal, &targets, stamp)?;
    if !installation.person.endpoint_names().is_empty() {
        incident_overdue::tell(installation, shelf, journal.state(), stamp.wall)?;
    }
    let told = due(&replay.incident, now);
    if command.format == Listing::Json {
        let all = serde_json::json!({ "incident": id, "clocks": measured, "to_be_told": told });
        return output::print(format!("{}\n", serde_json::to_string_pretty(&all)?).as_bytes());
    }
    let mut text: String = measured.iter().map(|one| format!("{:12} {}\n", one.clock.name(), one.told().replace('*', ""))).collect();
    text.push_str(&format!("to be told   {}\n", told.join(", ")));
    output::print(text.as_bytes())?;
    Ok(exit::COMPLETE)
}
