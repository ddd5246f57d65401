//! `keyfuse incident list`, `show`, `next` and `timeline`: what the journal of an incident amounts to.

use std::fmt::Write as _;

use keyfuse::contain::{Fate, Incident, Progress, Shelf, Stage};
use keyfuse::journal::{Journal, Recorded};
use keyfuse::model::plain;
use serde_json::{Value, json};

use super::args::Listing;
use super::{exit, output};

/// `keyfuse incident list`
pub(super) fn list(shelf: &Shelf, format: Listing, all: bool) -> anyhow::Result<u8> {
    let mut rows = Vec::new();
    for id in shelf.ids()? {
        let journal = shelf.journal(&id)?;
        if all || journal.state().stage() != Stage::Closed {
            rows.push(facts(journal.state()));
        }
    }
    if format == Listing::Json {
        return output::print(format!("{}\n", serde_json::to_string_pretty(&rows)?).as_bytes());
    }
    let mut text = String::new();
    for row in &rows {
        let word = |name: &str| row[name].as_str().unwrap_or("-").to_owned();
        writeln!(
            text,
            "{}  {:9} {:12} {:9} {}",
            word("incident"),
            word("severity"),
            word("stage"),
            word("credential_state"),
            word("title")
        )?;
    }
    if rows.is_empty() {
        text.push_str("no open incident\n");
    }
    output::print(text.as_bytes())
}

/// `keyfuse incident show`
pub(super) fn show(shelf: &Shelf, name: &str, format: Listing) -> anyhow::Result<u8> {
    let journal = shelf.journal(&shelf.find(name)?)?;
    let incident = journal.state();
    if format == Listing::Json {
        return output::print(format!("{}\n", serde_json::to_string_pretty(&facts(incident))?).as_bytes());
    }
    let opened = incident.beginning().map_err(anyhow::Error::msg)?;
    let mut text = String::new();
    writeln!(text, "{}{}", incident.id, if incident.is_drill { "  (a drill)" } else { "" })?;
    let mut line = |name: &str, value: &str| writeln!(text, "  {name:12} {value}");
    line("credential", &format!("{} {}", opened.credential.title, opened.credential.preview.as_deref().unwrap_or("")))?;
    line("fingerprint", opened.credential.fp.as_str())?;
    line("class", &opened.credential.class)?;
    line("grade", opened.grade.name())?;
    line("severity", incident.severity.map_or("-", |severity| severity.name()))?;
    for (name, why) in [("public", &incident.stakes.public), ("production", &incident.stakes.production)] {
        if let Some(why) = why {
            line(name, &plain(why, 300))?;
        }
    }
    line("stage", incident.stage().name())?;
    line("state", incident.fate().name())?;
    line("places", &incident.located.as_ref().map_or(0, |located| located.total).to_string())?;
    for (name, step) in &incident.steps {
        line(
            "step",
            &format!(
                "{name}: {}{}",
                step.progress.name(),
                if step.why.is_empty() { String::new() } else { format!(" ({})", plain(&step.why, 200)) }
            ),
        )?;
    }
    for decision in &incident.decisions {
        let facts = &decision.facts;
        line("decision", &format!("{} = {} by {} ({})", facts.decision, facts.choice, facts.signer, facts.attestation))?;
    }
    for requested in incident.waiting() {
        line("waiting", &format!("{} ({}) by {}", requested.decision, requested.choices.join(" | "), requested.roles.join(" or ")))?;
    }
    for freeze in incident.frozen() {
        line("frozen", &freeze.facts.target)?;
        for one in &freeze.facts.except {
            line("  except", &plain(&one.shown(), 400))?;
        }
    }
    for (_, refused) in &incident.refusals {
        line("refused", &plain(&refused.why, 300))?;
    }
    let missing = next_stage(incident).map_or_else(Vec::new, |stage| incident.missing(stage));
    for one in &missing {
        line("missing", one)?;
    }
    output::print(text.as_bytes())
}

/// `keyfuse incident next`
pub(super) fn next(shelf: &Shelf, name: &str) -> anyhow::Result<u8> {
    let journal = shelf.journal(&shelf.find(name)?)?;
    let incident = journal.state();
    let Some(stage) = next_stage(incident) else {
        output::print(format!("{} is closed\n", incident.id).as_bytes())?;
        return Ok(exit::COMPLETE);
    };
    let mut text = format!("{} is {}; for {}:\n", incident.id, incident.stage().name(), stage.name());
    for one in incident.missing(stage) {
        writeln!(text, "  {one}")?;
    }
    for requested in incident.waiting() {
        writeln!(text, "  the decision {} ({}) of {}", requested.decision, requested.choices.join(" | "), requested.roles.join(" or "))?;
    }
    for (name, step) in incident.stalled() {
        writeln!(text, "  the step {name}, which is {}", step.progress.name())?;
    }
    output::print(text.as_bytes())?;
    Ok(if incident.waiting().next().is_some() { exit::WAITING } else { exit::COMPLETE })
}

/// `keyfuse incident timeline`
pub(super) fn timeline(shelf: &Shelf, name: &str, format: Listing) -> anyhow::Result<u8> {
    let id = shelf.find(name)?;
    // Whatever is broken is told by opening it as an incident.
    shelf.journal(&id)?;
    let journal = Journal::<Vec<Recorded>>::open(&shelf.of(&id).join("journal.jsonl"))?;
    let mut text = String::new();
    for recorded in journal.state() {
        let event = &recorded.event;
        if format == Listing::Json {
            writeln!(text, "{}", serde_json::to_string(event)?)?;
            continue;
        }
        writeln!(text, "{:.0}  {:18} {:24} {}", event.ts, event.kind, plain(&event.actor.id, 60), told(&event.data))?;
    }
    output::print(text.as_bytes())
}

/// The few facts of an event that a line has room for.
fn told(data: &Value) -> String {
    let names = [
        "stage", "state", "step", "action", "verb", "decision", "choice", "answer", "role", "person", "freeze", "what", "clock", "total",
        "why",
    ];
    let word = |name: &&str| match &data[*name] {
        Value::String(text) if !text.is_empty() => Some(format!("{name}={}", plain(text, 120))),
        Value::Number(number) => Some(format!("{name}={number}")),
        _ => None,
    };
    names.iter().filter_map(word).collect::<Vec<_>>().join(" ")
}

/// The stage that comes next; none after the last.
fn next_stage(incident: &Incident) -> Option<Stage> {
    [Stage::Containing, Stage::Contained, Stage::Eradicating, Stage::Recovering, Stage::Closed].into_iter().find(|stage| {
        // Eradicating begins by itself, with the first step after containment.
        *stage > incident.stage()
            && !(matches!(stage, Stage::Containing) && incident.fate() == Fate::Live && incident.steps.is_empty())
            && *stage != Stage::Eradicating
    })
}

/// What programs read of an incident.
fn facts(incident: &Incident) -> Value {
    let opened = incident.opened.as_ref().map(|(_, opened)| opened);
    let text = |text: Option<&str>| text.map_or(Value::Null, Value::from);
    json!({
        "incident": incident.id,
        "drill": incident.is_drill,
        "title": text(opened.map(|opened| opened.credential.title.as_str())),
        "fp": text(opened.map(|opened| opened.credential.fp.as_str())),
        "class": text(opened.map(|opened| opened.credential.class.as_str())),
        "grade": text(opened.map(|opened| opened.grade.name())),
        "case": text(opened.map(|opened| opened.case.as_str())),
        "severity": text(incident.severity.map(|severity| severity.name())),
        "stakes": incident.stakes,
        "stage": incident.stage().name(),
        "credential_state": incident.fate().name(),
        "places": incident.located.as_ref().map_or(0, |located| located.total),
        "waiting": incident.waiting().map(|one| one.decision.as_str()).collect::<Vec<_>>(),
        "stalled": incident.stalled().map(|(name, _)| name).collect::<Vec<_>>(),
        "breached": incident.breached.iter().map(|(_, one)| one.clock.as_str()).collect::<Vec<_>>(),
        "frozen": incident.frozen().map(|one| one.facts.freeze.as_str()).collect::<Vec<_>>(),
        "steps": incident.steps.iter().map(|(name, step)| (name.clone(), Value::from(if step.progress == Progress::Begun { "begun" } else { step.progress.name() }))).collect::<serde_json::Map<_, _>>(),
        "refused": incident.refusals.len(),
        "journal": incident.head,
    })
}
