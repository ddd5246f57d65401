//! What the events of an incident's journal say of the incident: their types, each with the shape of its facts.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use super::deeds::*;
use super::stage::Stage;
use crate::journal::Digest;
use crate::model::{Fingerprint, Grade, Location, Notice, Stakes, Urgency, Verb};

/// An incident begins, with [`Opened`].
pub const OPENED: &str = "incident.opened";
/// Its stage or severity changes, with [`Moved`].
pub const STATE: &str = "incident.state";
/// More places are known, with [`Located`].
pub const LOCATED: &str = "location.recorded";
/// Somebody takes a role, with [`Assigned`].
pub const ASSIGNED: &str = "role.assigned";
/// A decision is waited for, with [`Requested`].
pub const REQUESTED: &str = "decision.requested";
/// A decision is made, with [`Decided`].
pub const DECIDED: &str = "decision.made";
/// Something was asked for and may not be done, with [`Refused`].
pub const REFUSED: &str = "action.refused";
/// Evidence is added, with [`Added`].
pub const EVIDENCE: &str = "evidence.added";
/// A clock ran out, with [`Breached`].
pub const BREACHED: &str = "clock.breached";
/// The bundle is sealed, with [`Sealed`].
pub const SEALED: &str = "incident.sealed";
/// Uses of the credential and changes of roles stand close to each other; its facts belong to who correlates.
pub const CORRELATION: &str = "correlation";
/// Somebody was told, with facts of who tells.
pub const COMMS: &str = "comms.sent";

/// The facts of [`OPENED`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// The exposure that it belongs to; incidents of one case page once.
    pub case: String,
    /// How often this credential's exposure was an incident, from 1.
    pub generation: u32,
    /// How sure it is.
    pub grade: Grade,
    /// How bad it is.
    pub severity: Urgency,
    /// The credential.
    pub credential: Credential,
    /// Where it came from: `handoff`, `receive`, `manual`, `drill`.
    pub by: String,
    /// Why, in the words of who opened it by hand; the evidence otherwise.
    #[serde(default)]
    pub grounds: Vec<String>,
    /// When the credential could first be read by others, where known.
    #[serde(default, with = "super::times", skip_serializing_if = "Option::is_none")]
    pub exposed_at: Option<Timestamp>,
    /// When it was detected, where known.
    #[serde(default, with = "super::times", skip_serializing_if = "Option::is_none")]
    pub detected_at: Option<Timestamp>,
    /// Whether it left the machine, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pushed: Option<bool>,
    /// What makes it as bad as it can be, where known.
    #[serde(default, skip_serializing_if = "Stakes::are_unknown")]
    pub stakes: Stakes,
    /// By when it is to be contained, where somebody asked for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<String>,
}

/// The credential of an incident, as far as others may know it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Credential {
    /// Its keyed fingerprint.
    pub fp: Fingerprint,
    /// The rule that found it; empty where a person named a resource.
    #[serde(default)]
    pub rule: String,
    /// What it is, for people.
    pub title: String,
    /// Who issues it.
    #[serde(default)]
    pub provider: String,
    /// What must be done with it.
    pub verb: Verb,
    /// Whose it is, in the classes of the authority file.
    pub class: String,
    /// Its documented prefix and last characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<String>,
    /// Public names of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ids: BTreeMap<String, String>,
    /// The system's name for it: `vault:secret/data/app`, `vault-lease:database/creds/app`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// Whether logins made with it can be open still.
    #[serde(default)]
    pub has_sessions: bool,
}

impl Opened {
    /// An incident of a notice.
    pub fn of_notice(notice: &Notice, by: &str, class: &str, at: Timestamp) -> Self {
        let subject = &notice.credential;
        Self {
            case: notice.case.clone(),
            generation: notice.generation,
            grade: notice.grounds.grade(),
            severity: notice.severity,
            credential: Credential {
                fp: subject.fp.clone(),
                rule: subject.rule.clone(),
                title: subject.title.clone(),
                provider: subject.provider.clone(),
                verb: subject.verb,
                class: class.to_owned(),
                preview: subject.preview.clone(),
                ids: subject.ids.clone(),
                resources: Vec::new(),
                has_sessions: subject.verb == Verb::Rotate,
            },
            by: by.to_owned(),
            grounds: subject.evidence.clone(),
            exposed_at: notice.exposure.first_seen.as_deref().and_then(|text| text.parse().ok()),
            detected_at: Some(at),
            pushed: notice.exposure.pushed,
            stakes: notice.exposure.stakes.clone(),
            deadline: Some(notice.asked.deadline.clone()),
        }
    }
}

/// The facts of [`STATE`]: what changes; the guard of the stage is computed from the events before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    /// The stage from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// The severity from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Urgency>,
    /// What more is known of what makes it as bad as it can be.
    #[serde(default, skip_serializing_if = "Stakes::are_unknown")]
    pub stakes: Stakes,
    /// Why.
    #[serde(default)]
    pub why: String,
}

/// The facts of [`LOCATED`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Located {
    /// All places known from now on.
    pub total: usize,
    /// The digest of `locations.jsonl`, which holds them.
    pub sha256: Digest,
    /// The first few of those that are new.
    #[serde(default)]
    pub first: Vec<Location>,
}

/// The facts of [`ASSIGNED`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assigned {
    /// The role.
    pub role: String,
    /// The person.
    pub person: String,
}

/// The facts of [`REQUESTED`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requested {
    /// Which: `d1` to `d6`, or the verb of an action.
    pub decision: String,
    /// What can be chosen.
    pub choices: Vec<String>,
    /// Who may choose.
    pub roles: Vec<String>,
    /// By when.
    #[serde(default, with = "super::times", skip_serializing_if = "Option::is_none")]
    pub by: Option<Timestamp>,
}

/// The facts of [`DECIDED`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Which: `d1` to `d6`, `approve`, `signoff` and so on.
    pub decision: String,
    /// What was chosen.
    pub choice: String,
    /// The digest of the action that is approved, where one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action_sha256: Option<Digest>,
    /// Until when it holds.
    #[serde(default, with = "super::times", skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// When it is to be looked at again (`d4` with `not-yet` has one).
    #[serde(default, with = "super::times", skip_serializing_if = "Option::is_none")]
    pub review: Option<Timestamp>,
    /// Who decided.
    pub signer: String,
    /// In which roles.
    #[serde(default)]
    pub roles: Vec<String>,
    /// `sshsig` where a signature proves who it was, else `unsigned`.
    pub attestation: String,
    /// The digest of the decision file; one file counts once.
    pub file_sha256: Digest,
    /// Why, in their words.
    #[serde(default)]
    pub reason: String,
}

/// The facts of [`REFUSED`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// What was asked for.
    pub action: String,
    /// Its verb.
    pub verb: String,
    /// Why not, with the way out.
    pub why: String,
    /// Whether a role's decision could still allow it.
    pub is_open: bool,
}

/// The facts of [`EVIDENCE`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Added {
    /// What it is: `rca`, `clean-scan`, `external`, `cli`, `audit`.
    pub what: String,
    /// The file within the bundle.
    #[serde(default)]
    pub path: String,
    /// Its digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
    /// What it says, for people.
    #[serde(default)]
    pub says: String,
}

/// The facts of [`BREACHED`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Breached {
    /// Which clock.
    pub clock: String,
    /// Its target in milliseconds.
    pub target_ms: u64,
    /// What was measured when it was noted, in milliseconds.
    pub measured_ms: u64,
}

/// The facts of [`SEALED`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sealed {
    /// Who signs the manifest; none where it is not signed.
    pub signer: Option<String>,
    /// The digest of the manifest; a seal that is signed later has that of the bundle which was made then.
    pub manifest_sha256: Digest,
    /// How many files it lists.
    pub files: usize,
}
