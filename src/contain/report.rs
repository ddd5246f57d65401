//! The after-action report: every sentence from an event of the journal, or said by whom it was stated.

use std::fmt::Write as _;

use serde_json::Value;

use super::checklist::checklist;
use super::clocks::{Measured, Span, Targets, measure, spell};
use super::escalation::contacts;
use super::facts::*;
use super::incident::Incident;
use super::stage::Progress;
use super::telling::{inert, places, sentence};
use crate::journal::Recorded;
use crate::model::Stakes;

/// What stands where the journal says nothing.
pub const UNKNOWN_FACT: &str = "*unknown (not measured)*";

/// The report of an incident, in Markdown: a pure function of its events and the targets.
pub fn report(incident: &Incident, events: &[Recorded], targets: &Targets) -> String {
    let measured = measure(incident, events, targets, incident.last);
    let mut text = String::new();
    let parts: [fn(&Telling<'_>, &mut String); 11] =
        [header_and_summary, timeline, decisions, evidence, worked, failed, root_cause, action_items, notes, impact, revocation];
    let telling = Telling { incident, events, measured: &measured };
    for part in parts {
        part(&telling, &mut text);
    }
    text
}

struct Telling<'a> {
    incident: &'a Incident,
    events: &'a [Recorded],
    measured: &'a [Measured],
}

impl Telling<'_> {
    fn added(&self, what: &str) -> impl Iterator<Item = (&Recorded, Added)> {
        let is_it = move |one: &&Recorded| one.event.kind == EVIDENCE && one.event.data["what"] == what;
        self.events.iter().filter(is_it).filter_map(|one| Some((one, one.event.facts::<Added>().ok()?)))
    }

    fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Recorded> {
        self.events.iter().filter(move |one| one.event.kind == kind)
    }

    fn span(&self, span: Span) -> Option<&Measured> {
        self.measured.iter().find(|one| one.clock == span)
    }
}

/// Lines, or what says that there are none.
fn list(text: &mut String, heading: &str, lines: Vec<String>, none: &str) {
    let _ = write!(text, "\n## {heading}\n\n");
    if lines.is_empty() {
        let _ = writeln!(text, "{none}");
    }
    for line in lines {
        let _ = writeln!(text, "- {line}");
    }
}

fn header_and_summary(telling: &Telling<'_>, text: &mut String) {
    let incident = telling.incident;
    let Some((declared, opened)) = &incident.opened else {
        text.push_str("# After-Action Report\n\nThe journal opens no incident.\n");
        return;
    };
    let commander = incident.roles.get("incident-commander").map(|people| people.iter().cloned().collect::<Vec<_>>().join(", "));
    let activated = telling.of_kind(ASSIGNED).next().map(|one| format!("{:.16}", one.event.ts.to_string().replace('T', " ")));
    let commander = match (commander, activated) {
        (Some(people), Some(at)) => format!("{} (ICS activated {at})", inert(&people)),
        _ => UNKNOWN_FACT.to_owned(),
    };
    let severity = incident.severity.unwrap_or(opened.severity);
    let _ = write!(
        text,
        "# After-Action Report — {}\n\n**Date:** {:.10}\n**Incident Commander:** {commander}\n**Severity:** {} ({})\n**Times:** UTC\n",
        incident.id,
        declared.at.to_string(),
        severity.sev(),
        severity.name()
    );
    let owned = stated(telling, "ownership");
    let _ = writeln!(text, "**Risk Ownership:** {}", if owned.is_empty() { UNKNOWN_FACT.to_owned() } else { owned.join("; ") });
    if incident.is_drill {
        text.push_str("**Drill:** yes, nothing of this is real\n");
    }
    if telling.events.iter().any(|one| one.event.clock.is_some()) {
        text.push_str("**Clock:** simulated\n");
    }
    let _ = write!(
        text,
        "\n## Summary\n\n{} ({}) was {}; its fingerprint is `{}`. It is {}, the incident {}.\n",
        inert(&opened.credential.title),
        opened.credential.class,
        if incident.is_confirmed() { "confirmed as exposed" } else { "taken for exposed, as a precaution" },
        opened.credential.fp,
        incident.fate().name(),
        incident.stage().name()
    );
    for (one, note) in telling.added("summary") {
        let _ = writeln!(text, "{} *(stated by {})*", inert(&note.says), inert(&one.event.actor.id));
    }
    let ground = |why: &Option<String>| why.as_deref().map_or_else(|| UNKNOWN_FACT.to_owned(), inert);
    let Stakes { public, production } = &incident.stakes;
    let _ = writeln!(text, "Whether everybody can read it: {}. Whether it opens production: {}.", ground(public), ground(production));
    if let Some(located) = &incident.located {
        let _ = writeln!(text, "It stands in {}.", places(located.total as u64));
    }
}

fn timeline(telling: &Telling<'_>, text: &mut String) {
    let days: std::collections::BTreeSet<String> = telling.events.iter().map(|one| format!("{:.10}", one.event.ts.to_string())).collect();
    let at = |time: jiff::Timestamp| {
        let full = format!("{time:.3}");
        let (day, clock) = full.split_once('T').unwrap_or((&full, ""));
        if days.len() > 1 { format!("{day} {}", &clock[..5]) } else { clock[..5].to_owned() }
    };
    let lines = telling.events.iter().map(|one| format!("**{}** {}", at(one.event.ts), sentence(&one.event))).collect();
    list(text, "Timeline (Recorded)", lines, "Nothing is recorded.");
    text.push_str("\nClocks, from both the wall's time and a monotonic one:\n\n");
    for span in Span::ALL {
        if let Some(one) = telling.span(span) {
            let _ = writeln!(text, "- {}: {}", span.name(), one.told());
        }
    }
    if let (Some(severity), Some(_)) = (telling.incident.severity, &telling.incident.opened) {
        let [first, half, hour] = contacts(severity);
        let _ = writeln!(text, "- to be told at {}: {first}; after 30 minutes: {half}; after an hour: {hour}", severity.name());
    }
}

fn decisions(telling: &Telling<'_>, text: &mut String) {
    let lines = telling
        .incident
        .decisions
        .iter()
        .map(|one| {
            let facts = &one.facts;
            let reason = if facts.reason.is_empty() { "no reason is given".to_owned() } else { inert(&facts.reason) };
            format!(
                "**{} = {}**: {reason} ({}, {}; attestation: {})",
                inert(&facts.decision),
                inert(&facts.choice),
                inert(&facts.signer),
                if facts.roles.is_empty() { "no role".to_owned() } else { inert(&facts.roles.join(", ")) },
                inert(&facts.attestation)
            )
        })
        .collect();
    list(text, "Decisions & Rationale", lines, "No decision is recorded.");
}

fn evidence(telling: &Telling<'_>, text: &mut String) {
    let mut lines = Vec::new();
    for (_, added) in &telling.incident.evidence {
        // What is told in words stands under its own heading.
        if !added.path.is_empty() {
            let digest = added.sha256.map_or_else(|| "no digest".to_owned(), |digest| format!("SHA-256 `{digest}`"));
            lines.push(format!("`{}` ({}): {digest}", inert(&added.path), inert(&added.what)));
        }
    }
    for step in telling.incident.steps.values() {
        if let Some(Done { cli: Some(file), cli_sha256: Some(digest), .. }) = &step.done {
            lines.push(format!("`{}` (output): SHA-256 `{digest}`", inert(file)));
        }
    }
    for one in &telling.incident.decisions {
        lines.push(format!("decision {} of {}: SHA-256 `{}`", inert(&one.facts.decision), inert(&one.facts.signer), one.facts.file_sha256));
    }
    if let Some(located) = &telling.incident.located {
        lines.push(format!("`locations.jsonl` ({}): SHA-256 `{}`", places(located.total as u64), located.sha256));
    }
    if let Some(head) = &telling.incident.head {
        lines.push(format!("`journal.jsonl`: {} lines, head `{}`", head.seq, head.digest));
    }
    list(text, "Evidence Referenced", lines, "No evidence is recorded.");
}

fn worked(telling: &Telling<'_>, text: &mut String) {
    let mut lines: Vec<String> = Vec::new();
    for one in telling.measured.iter().filter(|one| one.is_met() == Some(true)) {
        let ms = one.ms.unwrap_or_default();
        lines.push(format!("{} within {} met the target of {}.", capital(one.clock.name()), spell(ms), spell(one.target_ms)));
    }
    if telling.incident.is_proved_dead() {
        lines.push("The credential was refused twice, seconds apart, while a control was answered.".to_owned());
    }
    let signed_off = telling.incident.decision("signoff").filter(|one| one.facts.choice == "yes").map(|one| one.when.seq);
    let external = telling.of_kind(COMMS).find(|one| one.event.data["kind"] == "external").map(|one| one.event.seq);
    match (signed_off, external) {
        (Some(off), Some(out)) if off < out => lines.push("Governance sign-off completed before external communications.".to_owned()),
        (Some(_), None) => lines.push("Governance sign-off completed; no external communication is recorded.".to_owned()),
        _ => {}
    }
    let released = telling.incident.freezes.iter().filter(|freeze| freeze.released == Some(true)).count();
    if released > 0 && telling.incident.frozen().next().is_none() {
        lines.push(format!("Every freeze ({released}) was released, and seen to be."));
    }
    lines.extend(stated(telling, "worked"));
    list(text, "What Worked", lines, "Nothing that can be computed from the journal.");
}

fn failed(telling: &Telling<'_>, text: &mut String) {
    let incident = telling.incident;
    let mut lines: Vec<String> = Vec::new();
    for one in telling.measured.iter().filter(|one| one.is_met() == Some(false)) {
        lines.push(format!("{}: {}.", capital(one.clock.name()), one.told()));
    }
    for (name, step) in &incident.steps {
        if step.progress != Progress::Done {
            let why = if step.why.is_empty() { "no outcome is recorded".to_owned() } else { inert(&step.why) };
            lines.push(format!("Step `{}` is {}: {why}.", inert(name), step.progress.name()));
        }
    }
    for (_, refused) in &incident.refusals {
        lines.push(format!("`{}` was refused: {}.", inert(&refused.action), inert(&refused.why)));
    }
    if !incident.fate().is_settled() {
        lines.push(format!("The credential is {}: nothing proves that it opens nothing.", incident.fate().name()));
    }
    for (_, late) in incident.breached.iter().filter(|(_, late)| late.clock.starts_with("freeze ")) {
        let (took, target) = (spell(late.measured_ms), spell(late.target_ms));
        lines.push(format!("The {} was not released after {took}, target {target}.", inert(&late.clock)));
    }
    for freeze in incident.frozen() {
        lines.push(format!("The freeze of {} still holds.", inert(&freeze.facts.target)));
    }
    let many = telling.of_kind(CORRELATION).count();
    if many > 0 {
        lines.push(format!("{many} correlation{} found only afterwards, in the audit log.", if many == 1 { " was" } else { "s were" }));
    }
    lines.extend(stated(telling, "failed"));
    list(text, "What Failed", lines, "Nothing that can be computed from the journal.");
}

fn root_cause(telling: &Telling<'_>, text: &mut String) {
    list(text, "Root Cause Analysis (Blameless)", stated(telling, "rca"), UNKNOWN_FACT);
}

fn action_items(telling: &Telling<'_>, text: &mut String) {
    list(text, "Action Items", stated(telling, "action"), "No action item is recorded.");
}

fn notes(telling: &Telling<'_>, text: &mut String) {
    list(text, "Postmortem Notes", stated(telling, "note"), "No note is recorded.");
}

fn impact(telling: &Telling<'_>, text: &mut String) {
    let opened = telling.incident.opened.as_ref().map(|(_, opened)| opened);
    let services = opened.map(|opened| inert(&opened.credential.resources.join(", "))).filter(|text| !text.is_empty());
    let audit = telling.added("audit").last().map(|(_, added)| inert(&added.says));
    let mut lines = vec![
        format!("Affected services: {}", services.unwrap_or_else(|| UNKNOWN_FACT.to_owned())),
        format!("Uses by others: {}", audit.unwrap_or_else(|| UNKNOWN_FACT.to_owned())),
        format!("Disruption: {}", freeze_span(telling)),
        format!("Financial impact: {UNKNOWN_FACT}"),
    ];
    lines.extend(stated(telling, "impact"));
    list(text, "Impact", lines, UNKNOWN_FACT);
}

fn freeze_span(telling: &Telling<'_>) -> String {
    let Some(first) = telling.incident.freezes.first() else { return UNKNOWN_FACT.to_owned() };
    let until = telling.events.iter().rev().find(|one| one.event.kind == THAWED).map(|one| super::incident::Moment::of(&one.event));
    match until {
        Some(end) if telling.incident.frozen().next().is_none() => format!("frozen for {}", spell(end.since(&first.when))),
        _ => "still frozen".to_owned(),
    }
}

fn revocation(telling: &Telling<'_>, text: &mut String) {
    let lines = checklist(telling.incident, telling.events)
        .into_iter()
        .map(|item| {
            let events: Vec<String> = item.events.iter().take(10).map(u64::to_string).collect();
            let shown = if events.is_empty() { String::new() } else { format!(" (line {})", events.join(", ")) };
            format!("[{}] {}: {}{shown}", if item.is_done { "x" } else { " " }, item.item, item.says)
        })
        .collect();
    list(text, "Revocation Checklist", lines, UNKNOWN_FACT);
}

/// What people said, each with the name.
fn stated(telling: &Telling<'_>, what: &str) -> Vec<String> {
    telling.added(what).map(|(one, added)| format!("{} *(stated by {})*", inert(&added.says), inert(&one.event.actor.id))).collect()
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Whether a value says something.
pub(super) fn text_of(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty())
}
