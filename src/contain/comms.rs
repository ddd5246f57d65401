//! The communication template of the key-management guide, filled with nothing but what the journal shows.

use std::fmt::Write as _;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::authority::Authority;
use super::incident::{Incident, Moment};
use super::when::When;
use crate::journal::Digest;
use crate::model::plain;

/// What stands where the journal says nothing.
const UNKNOWN: &str = "unknown (not measured)";

/// The facts of [`super::COMMS`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// `escalation`, `internal` or `external`.
    pub kind: String,
    /// To whom.
    pub to: String,
    /// The text within the bundle.
    #[serde(default)]
    pub path: String,
    /// Its digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
    /// What was said, in a sentence.
    #[serde(default)]
    pub says: String,
}

/// The message about an incident as it stands at `now`.
pub fn message(incident: &Incident, now: Moment) -> String {
    let mut text = String::new();
    let Some((_, opened)) = &incident.opened else { return text };
    let or_unknown = |value: Option<String>| value.filter(|value| !value.is_empty()).unwrap_or_else(|| UNKNOWN.to_owned());
    let credential = &opened.credential;
    let service = or_unknown(Some(plain(&credential.resources.join(", "), 300)));
    let ended = incident.fate_at().filter(|_| incident.fate().is_settled()).map(|at| When(at.at).to_string());
    let replaced = incident.is_done("replace");
    let severity = incident.severity.unwrap_or(opened.severity);
    if incident.is_drill {
        text.push_str("THIS IS A DRILL. NOTHING OF THIS IS REAL.\n\n");
    }
    let frozen: Vec<String> = incident.frozen().map(|freeze| plain(&freeze.facts.target, 100)).collect();
    let frozen = if frozen.is_empty() { "No freeze is in force".to_owned() } else { format!("Frozen: {}", frozen.join(", ")) };
    let _ = write!(
        text,
        "Subject: [{}] API Key Compromise - Immediate Action Required\n\nTeam,\n\nWe have detected a potential compromise of API keys ({}) for {service}.\n\n\
         STATE ({}):\n1. {frozen}\n2. Compromised keys: {} ({})\n3. Replacement keys: {}\n\n\
         TIMELINE:\n- Detection: {}\n- Revocation: {}\n- Expected Resolution: {}\n\n\
         IMPACT:\n- Affected Services: {service}\n- Disruption: {UNKNOWN}\n- Potential Financial Impact: {UNKNOWN}\n",
        severity.name(),
        plain(&credential.title, 100),
        incident.id,
        incident.fate().name(),
        ended.as_ref().map_or_else(|| "not proved to open nothing".to_owned(), |at| format!("proved at {at}")),
        if replaced { "recorded as issued" } else { "not issued yet, as far as is recorded" },
        or_unknown(opened.detected_at.map(|at| When(at).to_string())),
        or_unknown(ended.clone()),
        or_unknown(opened.deadline.as_deref().map(|text| plain(text, 60))),
    );
    let next = now.at.saturating_add(SignedDuration::from_mins(30)).ok().map(|at| When(at).to_string());
    let _ = write!(text, "\nNext update in 30 minutes ({}).\n\nSecurity Team\n", or_unknown(next));
    // Whoever has the message can tell whether the journal was cut off behind this line.
    let head = incident.head.map(|head| format!("{}:{}", head.seq, head.digest));
    let _ = writeln!(text, "Journal: {}", or_unknown(head));
    text
}

/// Whether `person` may let a message out: the authority file names the roles, and the decisions that must stand before.
///
/// # Errors
/// What is missing, and whether a decision could still allow it.
pub fn may_go_out(incident: &Incident, authority: &Authority, person: &str) -> Result<(), (String, bool)> {
    let class = incident.opened.as_ref().map_or("personal", |(_, opened)| opened.credential.class.as_str());
    let roles = authority.roles_of(person);
    let mut why = ("authority.toml lets nobody send external communication".to_owned(), false);
    for entry in authority.entries("comms.external", class) {
        if !entry.by.iter().any(|role| roles.contains(role)) {
            why = (format!("{} has none of the roles {} (authority.toml)", plain(person, 60), entry.by.join(", ")), false);
            continue;
        }
        let missing: Vec<&str> = entry
            .after
            .iter()
            .map(String::as_str)
            .filter(|name| !incident.decision(name).is_some_and(|one| is_signed_yes(&one.facts)))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        why = (format!("it waits for {}, signed (`keyfuse incident decide {} {}=yes`)", missing.join(", "), incident.id, missing[0]), true);
    }
    Err(why)
}

fn is_signed_yes(facts: &super::facts::Decided) -> bool {
    facts.attestation == "sshsig" && !matches!(facts.choice.as_str(), "hold" | "wait" | "not-yet")
}
