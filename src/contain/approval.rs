//! Whether an action may be done now: held against the authority file, the decisions of the incident, the standing approvals.

use jiff::{SignedDuration, Timestamp};

use super::authority::{Allow, Authority};
use super::decision::{DecisionError, DecisionFile};
use super::incident::Incident;
use crate::journal::Digest;

/// No standing approval holds longer, in days.
pub const LONGEST_STANDING: i64 = 30;

/// An approval of a class and a verb, ahead of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The class of credentials.
    pub class: String,
    /// What may be done.
    pub verb: String,
    /// Until when.
    pub expires: Timestamp,
    /// Who signed it.
    pub signer: String,
    /// The digest of its file.
    pub file_sha256: Digest,
    /// The file, to be kept with what is done on its word.
    pub text: Vec<u8>,
    /// Its signature.
    pub armored: Vec<u8>,
}

impl Standing {
    /// From a file whose signature, `armored`, was verified.
    ///
    /// # Errors
    /// When it is no standing approval, is over, or would hold longer than [`LONGEST_STANDING`] days.
    pub fn new(file: &DecisionFile, bytes: &[u8], armored: &[u8], now: Timestamp) -> Result<Self, DecisionError> {
        let wrong = |why: &str| DecisionError::Other(why.to_owned());
        let (Some(class), Some(verb), Some(expires), None) = (&file.class, &file.verb, file.expires, &file.incident) else {
            return Err(wrong("a standing approval has `class`, `verb` and `expires`, and no `incident`"));
        };
        if file.decision != "approve" {
            return Err(wrong("a standing approval says `decision: approve`"));
        }
        let longest = SignedDuration::from_hours(24 * LONGEST_STANDING);
        if expires <= now || now.saturating_add(longest).is_ok_and(|last| expires > last) {
            return Err(DecisionError::Other(format!(
                "a standing approval must end, and within {LONGEST_STANDING} days; this one says {expires}"
            )));
        }
        Ok(Self {
            class: class.clone(),
            verb: verb.clone(),
            expires,
            signer: file.signer.clone(),
            file_sha256: Digest::of(bytes),
            text: bytes.to_vec(),
            armored: armored.to_vec(),
        })
    }
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// The action, for people.
    pub action: &'a str,
    /// What it needs authority for.
    pub verb: &'a str,
    /// The class of the credential.
    pub class: &'a str,
    /// The digest of the exact action.
    pub digest: Digest,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may be done, on this authority.
    Allowed(String),
    /// A role's decision could still allow it.
    Waiting {
        /// Why, with the way out.
        why: String,
        /// Whose decision.
        roles: Vec<String>,
    },
    /// Nothing can allow it.
    Never(String),
}

/// Judges whether it may be done now.
pub fn judge(authority: &Authority, incident: &Incident, standing: &[Standing], wanted: &Wanted<'_>, now: Timestamp) -> Verdict {
    let Wanted { action, verb, class, digest } = *wanted;
    if authority.entries(verb, class).next().is_none() {
        return Verdict::Never(format!("{action}: no entry of the authority file allows `{verb}` on class `{class}`"));
    }
    // What is only suspected is not destroyed before somebody has said so (the tabletop's first two decisions).
    if let Some(waiting) = decisions_first(authority, incident, verb, class) {
        return waiting;
    }
    let mut waiting: Option<Verdict> = None;
    for allow in authority.entries(verb, class) {
        if let Some(decision) = allow.after.iter().find(|decision| incident.decision(decision).is_none()) {
            let roles = authority.deciders(decision, class);
            waiting = waiting.or(Some(Verdict::Waiting { why: format!("{action}: waits for the decision `{decision}`"), roles }));
            continue;
        }
        if authority.lets_engine(verb, class) {
            return Verdict::Allowed("engine".to_owned());
        }
        match by_people(authority, incident, standing, allow, digest, (verb, class), now) {
            Ok(by) => return Verdict::Allowed(by),
            Err(given) => {
                let roles = authority.deciders(verb, class);
                if roles.is_empty() && !allow.unsigned {
                    let named = allow.by.join(" or ");
                    let why = format!("{action}: {named} must approve it, and authority.toml names no person in that role");
                    waiting = waiting.or(Some(Verdict::Never(why)));
                } else {
                    let by = if allow.unsigned && roles.is_empty() { "the owner".to_owned() } else { allow.by.join(" or ") };
                    let why = format!("{action}: waits for the approval of {by} ({given} of {}), over action-sha256 {digest}", allow.need);
                    waiting = Some(Verdict::Waiting { why, roles });
                }
            }
        }
    }
    waiting.expect("there is an entry, and it has not allowed it")
}

/// The decisions that must stand before anything is changed, if one of them does not.
fn decisions_first(authority: &Authority, incident: &Incident, verb: &str, class: &str) -> Option<Verdict> {
    if !matches!(verb, "revoke" | "rotate" | "rekey" | "disable" | "delete" | "kill" | "exec") {
        return None;
    }
    let wait = |decision: &str, why: &str| {
        let roles = authority.deciders(decision, class);
        if roles.is_empty() {
            return Some(Verdict::Never(format!("{why}, and authority.toml names nobody who may decide `{decision}`")));
        }
        Some(Verdict::Waiting { why: why.to_owned(), roles })
    };
    if incident.decision("d2").is_some_and(|decision| decision.facts.choice == "wait") {
        return wait("d2", "decision d2 says to wait");
    }
    let is_suspected = !incident.is_confirmed();
    if is_suspected && incident.decision("d1").is_none() {
        return wait("d1", "it is only suspected: decision d1 must say whether it is an incident or a precaution");
    }
    if is_suspected && incident.decision("d2").is_none() {
        return wait("d2", "it is only suspected: decision d2 must say whether to revoke now");
    }
    None
}

/// By whom it is approved; else how many have.
fn by_people(
    authority: &Authority,
    incident: &Incident,
    standing: &[Standing],
    allow: &Allow,
    digest: Digest,
    (verb, class): (&str, &str),
    now: Timestamp,
) -> Result<String, usize> {
    let may = |signer: &str| authority.roles_of(signer).iter().any(|role| allow.by.contains(role));
    let mut people: Vec<&str> = Vec::new();
    for decision in &incident.decisions {
        let facts = &decision.facts;
        let is_for_this = facts.decision == "approve" && facts.action_sha256 == Some(digest) && !decision.is_used;
        let is_in_time = facts.expires.is_none_or(|expires| expires > now);
        let is_theirs = if facts.attestation == "sshsig" { may(&facts.signer) } else { allow.unsigned };
        if is_for_this && is_in_time && is_theirs && !people.contains(&facts.signer.as_str()) {
            people.push(&facts.signer);
        }
    }
    for one in standing {
        if one.class == class && one.verb == verb && one.expires > now && may(&one.signer) && !people.contains(&one.signer.as_str()) {
            people.push(&one.signer);
        }
    }
    if people.len() >= allow.need { Ok(people.join(", ")) } else { Err(people.len()) }
}
