//! `keyfuse incident watch`: looks at open incidents again and again, and tells those on duty what has run out.

use std::fs::{File, TryLockError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use keyfuse::contain::{COMMS, Fate, Heard, Incident, Moment, Sent, Shelf, Stage, Targets, reminder};
use keyfuse::journal::{Actor, Clock, Entry, Journal, JournalError, SystemClock};

use super::app::say;
use super::args::Common;
use super::incident::journal_error;
use super::incident_contain::ask_again;
use super::incident_notify::{page, places};
use super::incident_report::targets;
use super::installation::{Installation, journal_code, variable};
use super::interrupt::Interrupt;
use super::{exit, incident_overdue, output};

/// An issuer is not asked again sooner about what should be dead, in milliseconds,
const UNSETTLED: u64 = 10 * 60 * 1000;
/// nor about what was proved to be.
const SETTLED: u64 = 60 * 60 * 1000;
/// Nor does anybody look more often.
const LEAST: Duration = Duration::from_secs(10);

/// `keyfuse incident watch`
#[derive(Debug, clap::Args)]
pub(super) struct WatchArgs {
    /// The incidents, or beginnings of their ids; all that are open unless some are named
    #[arg(value_name = "INCIDENT")]
    pub(super) incidents: Vec<String>,
    /// Look once and end, for cron
    #[arg(long)]
    pub(super) once: bool,
    /// How long to wait between two looks, like 90s or 5m
    #[arg(long, value_name = "TIME", value_parser = super::duration::parse, default_value = "60s", conflicts_with = "once")]
    pub(super) every: Duration,
    /// End after so long, like 8h; it goes on until it is stopped unless given
    #[arg(long = "for", value_name = "TIME", value_parser = super::duration::parse, conflicts_with = "once")]
    pub(super) span: Option<Duration>,
    /// Ask issuers again whether what was ended lives on: every 10 minutes, hourly once it is proved dead
    #[arg(long)]
    pub(super) probe: bool,
}

/// Runs the command until it is stopped.
pub(super) fn run(command: &WatchArgs, installation: &Installation, shelf: &Shelf, common: &Common) -> anyhow::Result<u8> {
    if command.every < LEAST {
        bail!("--every: write at least {}s", LEAST.as_secs());
    }
    if installation.person.endpoints(&variable)?.is_empty() {
        let path = installation.folders.config.join("config.toml");
        bail!("nobody could be told: {} names no [[endpoint]] (docs/handoff.md)", path.display());
    }
    let named = command.incidents.iter().map(|name| shelf.find(name)).collect::<Result<Vec<_>, _>>()?;
    let (targets, _) = targets(installation)?;
    let Some(_alone) = alone(installation)? else {
        say("another watch is at work already; nothing was done");
        return Ok(exit::WAITING);
    };
    let interrupt = if command.once { None } else { Some(Interrupt::listen()?) };
    let (begun, mut code) = (Instant::now(), exit::COMPLETE);
    loop {
        let ids = if named.is_empty() { shelf.ids()? } else { named.clone() };
        let round = Round { command, installation, shelf, common, targets: &targets };
        for id in ids {
            code = worse(code, round.look(&id));
        }
        let left = command.span.map(|span| span.saturating_sub(begun.elapsed()));
        let goes_on = |interrupt: &Interrupt| interrupt.pause(left.map_or(command.every, |left| left.min(command.every)));
        if left.is_some_and(|left| left.is_zero()) || !interrupt.as_ref().is_some_and(goes_on) {
            return Ok(code);
        }
    }
}

/// Two who watch would tell everything twice as often.
fn alone(installation: &Installation) -> anyhow::Result<Option<File>> {
    let folder = &installation.folders.state;
    std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let path = folder.join("watch.lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path).with_context(|| path.display().to_string())?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| path.display().to_string()),
    }
}

/// What must be known of two codes: a broken journal before a key that lives, that before a notice that did not arrive.
fn worse(one: u8, other: u8) -> u8 {
    let weight = |code: u8| {
        [exit::COMPLETE, exit::WAITING, exit::UNDELIVERED, exit::CONTAINMENT, exit::EVIDENCE].iter().position(|&known| known == code)
    };
    if weight(other) > weight(one) { other } else { one }
}

struct Round<'a> {
    command: &'a WatchArgs,
    installation: &'a Installation,
    shelf: &'a Shelf,
    common: &'a Common,
    targets: &'a Targets,
}

impl Round<'_> {
    /// Looks at one incident; whatever is wrong with it keeps nobody from looking at the next.
    fn look(&self, id: &str) -> u8 {
        self.try_look(id).unwrap_or_else(|error| {
            say(&format!("error: {id}: {error:#}"));
            match journal_error(&error).map(journal_code) {
                Some(exit::EVIDENCE) => exit::EVIDENCE,
                _ => exit::CONTAINMENT,
            }
        })
    }

    fn try_look(&self, id: &str) -> anyhow::Result<u8> {
        let mut journal = self.shelf.journal(id)?;
        let clock = SystemClock::new();
        if journal.state().stage() == Stage::Closed || journal.state().is_drill {
            return Ok(exit::COMPLETE);
        }
        let stamp = clock.now();
        let now = Moment { seq: 0, at: stamp.wall, mono_ms: stamp.mono_ms };
        let new = incident_overdue::note(&mut journal, self.targets, stamp)?;
        for (_, late) in journal.state().breached.iter().rev().take(new).rev() {
            output::print(format!("{id}: {} ran out\n", late.clock).as_bytes())?;
        }
        let mut is_told = incident_overdue::tell(self.installation, self.shelf, journal.state(), stamp.wall)?;
        is_told &= self.remind(&mut journal, now)?;
        let mut code = if is_told { exit::COMPLETE } else { exit::UNDELIVERED };
        if self.command.probe && is_due(journal.state(), now) {
            let heard = ask_again(id, self.installation, self.shelf, self.common)?;
            output::print(format!("{id}: its issuer says {}\n", heard.name()).as_bytes())?;
            if heard != Heard::Dead {
                code = worse(code, exit::CONTAINMENT);
            }
        }
        Ok(code)
    }

    /// Reminds of this half hour; those who are told by it are on record as told.
    fn remind(&self, journal: &mut Journal<Incident>, now: Moment) -> anyhow::Result<bool> {
        let id = journal.state().id.clone();
        let Some(reminder) = reminder(journal.state(), &places(self.shelf, &id), now) else { return Ok(true) };
        if !page(self.installation, vec![(reminder.notice, reminder.cause)], "a reminder is due")? {
            return Ok(false);
        }
        let endpoints = self.installation.person.endpoint_names().join(", ");
        let told = |to: &&str| Sent {
            kind: "escalation".to_owned(),
            to: (*to).to_owned(),
            path: String::new(),
            sha256: None,
            says: format!("{to} is to be told, as {endpoints} was told."),
        };
        let entries: Vec<Entry> = reminder.contacts.iter().map(|to| Entry::new(COMMS, Actor::engine(), &told(to)).of(&id)).collect();
        for contact in &reminder.contacts {
            output::print(format!("{id}: {contact} is to be told\n").as_bytes())?;
        }
        let stamp = SystemClock::new().now();
        journal.update(|writing| writing.append_all(entries, stamp).map(|_| ())).map_err(|error: JournalError| error)?;
        Ok(true)
    }
}

/// Whether the issuer should be asked again: only about what somebody has tried to end.
fn is_due(incident: &Incident, now: Moment) -> bool {
    let is_tried = incident.fate_at().is_some() || incident.steps.values().any(|step| step.intent.is_some());
    let pause = match incident.fate() {
        Fate::ReKeyed | Fate::ManualAttested => return false,
        Fate::Dead => SETTLED,
        _ => UNSETTLED,
    };
    is_tried && incident.probes.last().is_none_or(|(when, _)| now.since(when) >= pause)
}
