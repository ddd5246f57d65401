//! Lays out the evidence of an incident: what was kept, and what the journal amounts to.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde_json::{Value, json};

use super::checklist::checklist;
use super::clocks::{Targets, measure};
use super::facts::*;
use super::governing::IN_FORCE;
use super::incident::Incident;
use super::manifest::files;
use super::report::report;
use super::scope::Scope;
use super::when::When;
use crate::journal::Recorded;

/// The journal within the bundle.
pub const JOURNAL: &str = "journal.jsonl";
/// What was read from audit logs.
pub const SCOPE: &str = "scope.json";
/// Files and folders of an incident that are evidence as they stand.
const KEPT: [&str; 9] = ["locations.jsonl", SCOPE, "findings.sarif", "decisions", IN_FORCE, "cli", "external", "snapshots", "comms"];

/// The configuration as it is in force.
#[derive(Clone, Copy, Debug)]
pub struct InForce<'a> {
    /// `authority.toml`.
    pub authority: &'a str,
    /// `allowed_signers`; none where nobody has a key.
    pub signers: Option<&'a str>,
    /// `clocks.toml`, where the documents' targets were changed.
    pub clocks: Option<&'a str>,
}

/// The files that follow from the journal (and from what was read from audit logs), by name.
pub(super) fn derived(
    incident: &Incident,
    events: &[Recorded],
    scope: Option<&Scope>,
    targets: &Targets,
) -> BTreeMap<&'static str, Vec<u8>> {
    let pretty = |value: &Value| {
        let mut text = serde_json::to_vec_pretty(value).expect("plain JSON");
        text.push(b'\n');
        text
    };
    let attempts = scope.map(|scope| {
        scope.rows.iter().flat_map(|row| [serde_json::to_vec(row).expect("plain JSON"), b"\n".to_vec()].concat()).collect::<Vec<u8>>()
    });
    BTreeMap::from([
        ("report.md", report(incident, events, targets).into_bytes()),
        ("revocation.json", pretty(&revocation(incident, events, targets))),
        ("audit.json", pretty(&audit(events, scope))),
        ("access-attempts.jsonl", attempts.unwrap_or_default()),
    ])
}

/// The timestamped record of the revocation.
fn revocation(incident: &Incident, events: &[Recorded], targets: &Targets) -> Value {
    let of_kind = |kinds: &'static [&'static str]| -> Vec<Value> {
        let is_it = |one: &&Recorded| kinds.contains(&one.event.kind.as_str());
        events
            .iter()
            .filter(is_it)
            .map(|one| {
                json!({ "seq": one.event.seq, "at": When(one.event.ts), "by": one.event.actor, "type": one.event.kind, "data": one.event.data })
            })
            .collect()
    };
    json!({
        "incident": incident.id,
        "drill": incident.is_drill,
        "credential": incident.opened.as_ref().map(|(_, opened)| &opened.credential),
        "state": incident.fate(),
        "state_at": incident.fate_at().map(|at| When(at.at)),
        "proved_dead": incident.is_proved_dead(),
        "changes": of_kind(&[CREDENTIAL]),
        "actions": of_kind(&[INTENT, DONE, FAILED, UNKNOWN]),
        "probes": of_kind(&[PROBED]),
        "clocks": measure(incident, events, targets, incident.last),
        "checklist": checklist(incident, events),
    })
}

/// The events in the fields of the hardening guide's audit log, then what the audit logs of stores show.
fn audit(events: &[Recorded], scope: Option<&Scope>) -> Value {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let own = events.iter().map(|one| {
        let (event, data) = (&one.event, &one.event.data);
        let is_failure = matches!(event.kind.as_str(), FAILED | REFUSED | UNKNOWN);
        json!({
            "timestamp": When(event.ts),
            "userId": event.actor.id,
            "action": event.kind,
            "resource": text(&data["resource"]).or_else(|| text(&data["action"])).unwrap_or_else(|| "incident".to_owned()),
            "resourceId": text(&data["resourceId"]).or_else(|| event.inc.clone()),
            "metadata": { "seq": event.seq, "roles": event.actor.roles, "via": event.actor.via, "sha256": one.digest },
            "ip": data["ip"],
            "userAgent": data["user_agent"],
            "success": data["success"].as_bool().unwrap_or(!is_failure),
            "errorMessage": text(&data["error"]).or_else(|| if is_failure { text(&data["why"]) } else { None }),
        })
    });
    let seen = scope.into_iter().flat_map(|scope| &scope.rows).map(|row| {
        json!({
            "timestamp": row.time,
            "userId": row.identity,
            "action": row.operation,
            "resource": row.mount_type,
            "resourceId": row.path,
            "metadata": { "request_id": row.request_id, "accessor_hmac": row.accessor_hmac, "forms": row.forms, "after_revocation": row.after_revocation },
            "ip": row.remote_address,
            "userAgent": row.user_agent,
            "success": row.success,
            "errorMessage": row.error,
        })
    });
    json!({ "events": own.chain(seen).collect::<Vec<Value>>(), "correlations": scope.map(|scope| &scope.correlations) })
}

/// Copies what is evidence from the incident's folder, and adds what follows; `journal` are the journal's whole lines.
///
/// # Errors
/// When something cannot be read or written.
pub(super) fn assemble(
    folder: &Path,
    out: &Path,
    journal: &[u8],
    in_force: InForce<'_>,
    derived: &BTreeMap<&'static str, Vec<u8>>,
) -> io::Result<()> {
    private_folder(out)?;
    for name in KEPT {
        let from = folder.join(name);
        if from.is_dir() {
            for (below, path) in files(&from)? {
                write(&out.join(name).join(below), &fs::read(path)?)?;
            }
        } else if from.exists() {
            write(&out.join(name), &fs::read(&from)?)?;
        }
    }
    write(&out.join(JOURNAL), journal)?;
    write(&out.join("authority.toml"), in_force.authority.as_bytes())?;
    for (name, text) in [("allowed_signers", in_force.signers), ("clocks.toml", in_force.clocks)] {
        if let Some(text) = text {
            write(&out.join(name), text.as_bytes())?;
        }
    }
    for (name, bytes) in derived {
        write(&out.join(name), bytes)?;
    }
    Ok(())
}

/// Writes a new file (0600) with the folders above it (0700), through to the disk.
///
/// # Errors
/// When there is one already, or it cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    if let Some(folder) = path.parent() {
        private_folder(folder).map_err(named)?;
    }
    let mut options = fs::OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.write(true).create_new(true).open(path).map_err(named)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(named)
}

fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}
