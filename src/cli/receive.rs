//! `keyfuse receive`: takes notices and gives receipts.

use std::fs;

use anyhow::{Context, bail};
use keyfuse::config::{Role, classes, marks};
use keyfuse::contain::{Authority, Marks, Owned, Shelf, notice_of, opening};
use keyfuse::handoff::Verifier;
use keyfuse::journal::{Clock, Journal, SystemClock};
use keyfuse::keychain::{Reference, read_private};
use keyfuse::model::{Secret, plain};
use keyfuse::receive::{Arrival, Inbox, Receiver, Tls};
use keyfuse::rules::RuleSet;

use super::app::say;
use super::installation::Installation;
use super::output;
use super::respond::Receive;

/// Runs the command until it is stopped.
pub(super) fn run(command: &Receive) -> anyhow::Result<u8> {
    let installation = Installation::open()?;
    let read = |reference: &Option<Reference>, what: &str| -> anyhow::Result<Option<Secret>> {
        let reference = reference.as_ref();
        reference.map(|reference| reference.read(&installation.sources()).with_context(|| format!("{what} ({reference})"))).transpose()
    };
    let secret = read(&installation.person.receive_secret, "[receive] secret")?;
    let gitlab_token = read(&installation.person.receive_gitlab_token, "[receive] gitlab_token")?;
    if secret.is_none() && gitlab_token.is_none() {
        let path = installation.folders.config.join("config.toml");
        bail!(
            "{}: [receive] names neither `secret` (to verify signed notices) nor `gitlab_token` (to answer GitLab); docs/handoff.md",
            path.display()
        );
    }
    let verifier = secret.map(|secret| Verifier::parse(&secret)).transpose().context("[receive] secret")?;
    let tls = match (&command.tls_cert, &command.tls_key) {
        (Some(certificate), Some(key)) => {
            let certificates = fs::read(certificate).with_context(|| format!("{} cannot be read", certificate.display()))?;
            Some(Tls { certificates, key: read_private(key)? })
        }
        _ => None,
    };
    let types = match installation.person.receive_types.as_slice() {
        [] => RuleSet::builtin().iter().map(|(_, rule)| rule.id.clone()).collect(),
        named => named.to_vec(),
    };
    let key = if gitlab_token.is_some() { Some(installation.key()?) } else { None };
    let is_encrypted = tls.is_some();
    let receiver = Receiver {
        listen: command.listen,
        tls,
        is_behind_proxy: command.behind_proxy,
        verifier,
        gitlab_token,
        types,
        key,
        only_verifies: command.verify_only,
    };
    let bound = receiver.bind()?;
    let journal = Journal::<Inbox>::open(&installation.folders.state.join("received.jsonl"))?;
    let scheme = if is_encrypted { "https" } else { "http" };
    output::print(format!("listening at {scheme}://{}/\n", bound.address).as_bytes())?;
    let opens = (installation.person.role == Role::Responder && !command.verify_only)
        .then(|| Shelf::new(&installation.folders.state.join("incidents")));
    // What is wrong with it is said now, not when a notice comes.
    Authority::discover(&installation.folders.config)?;
    let (rules, owned) = (RuleSet::builtin(), classes(&installation.folders.config)?);
    let marks = marks(&installation.folders.config)?;
    let arrival = move |arrival: &Arrival<'_>| {
        // A reader that is gone is no reason to stop taking notices.
        let _ = output::print(shown(arrival).as_bytes());
        if let (Some(shelf), Arrival::Notice { event, .. }) = (&opens, arrival) {
            match open(shelf, &rules, (&owned, &marks), event) {
                Ok(line) => {
                    let _ = output::print(line.as_bytes());
                }
                // The notice is kept: a person can open the incident from it.
                Err(why) => say(&format!("error: no incident is opened: {why}")),
            }
        }
    };
    bound.serve(journal, Box::new(SystemClock::new()), Box::new(arrival), Box::new(|why: &str| say(&format!("error: {why}"))))?;
    Ok(super::exit::COMPLETE)
}

/// Opens the incident of a notice, or takes its places into the one that is open.
fn open(shelf: &Shelf, rules: &RuleSet, (owned, marks): (&[Owned], &Marks), event: &serde_json::Value) -> Result<String, String> {
    let stamp = SystemClock::new().now();
    let mut notice = notice_of(event)?;
    notice.generation = shelf.generation(&notice.credential.fp).map_err(|error| error.to_string())?;
    let (opened, places, actor) = opening(&notice, "receive", rules, (owned, marks), stamp);
    let taken = shelf.open(&opened, &places, actor, notice.drill, stamp).map_err(|error| error.to_string())?;
    let word = if taken.is_new { "opened" } else { "updated" };
    Ok(format!("{word} {} {} {}\n", taken.journal.state().id, opened.severity.name(), plain(&opened.credential.title, 100)))
}

/// One line for what has come.
fn shown(arrival: &Arrival<'_>) -> String {
    match arrival {
        Arrival::Notice { event, receipt } => {
            let text = |pointer: &str| plain(event.pointer(pointer).and_then(|value| value.as_str()).unwrap_or("-"), 100);
            format!(
                "received {} {} {} {} {} receipt {receipt}\n",
                text("/id"),
                text("/subject"),
                text("/data/severity"),
                text("/data/credential/rule"),
                text("/data/credential/grade"),
            )
        }
        Arrival::Token { report, receipt, .. } => format!("reported {} {} {} receipt {receipt}\n", report.fp, report.kind, report.location),
    }
}
