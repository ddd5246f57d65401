//! What the events of an incident's journal say of what was done: their types, each with the shape of its facts.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::freeze_target::Exception;
use super::stage::Fate;
use crate::journal::Digest;
use crate::model::Fingerprint;

/// A step is planned, with [`Planned`].
pub const PLANNED: &str = "step.planned";
/// A step is about to change something, with [`Intent`].
pub const INTENT: &str = "step.intent";
/// A step is done, with [`Done`].
pub const DONE: &str = "step.done";
/// A step has changed nothing, with [`Failed`].
pub const FAILED: &str = "step.failed";
/// Nobody knows whether a step has changed something, with [`Failed`].
pub const UNKNOWN: &str = "step.unknown";
/// The issuer was asked, with [`Asked`].
pub const PROBED: &str = "probe.done";
/// The credential's fate changes, with [`Turned`].
pub const CREDENTIAL: &str = "credential.state";
/// The verb that freezing and releasing need authority for.
pub const FREEZE: &str = "freeze";
/// What the step that freezes something is called, before that thing's name.
pub const FREEZING: &str = "freeze-";
/// What the step that releases something is called, before that thing's name.
pub const RELEASING: &str = "release-";
/// A freeze holds, with [`Frozen`].
pub const FROZEN: &str = "freeze.applied";
/// A freeze is undone, with [`Thawed`].
pub const THAWED: &str = "freeze.released";

/// The facts of [`PLANNED`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Planned {
    /// The plan's digest.
    pub plan_sha256: Digest,
    /// Each step with the digest of its action.
    pub steps: Vec<(String, Digest)>,
}

/// The facts of [`INTENT`]: durable before anything is changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// The step of the playbook.
    pub step: String,
    /// The driver's action.
    pub action: String,
    /// What it needs authority for.
    pub verb: String,
    /// The digest of the exact action.
    pub action_sha256: Digest,
    /// The name under which repeating does no more than once.
    #[serde(rename = "idempotency")]
    pub key: String,
    /// Whether it can be undone.
    pub is_reversible: bool,
    /// How it is undone, with the state before it, where that is so.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub undo: Value,
}

/// The facts of [`DONE`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// The step of the playbook.
    pub step: String,
    /// The driver's action, such as `github.revoke`.
    pub action: String,
    /// What it did: `sessions.kill`, `revoke`, `replace`, `absent`, `watch`.
    pub verb: String,
    /// What came back: counts before and after, status, date; never a body that was not chosen field by field.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub result: Value,
    /// The captured output, redacted, within the incident's folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cli: Option<String>,
    /// Its digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cli_sha256: Option<Digest>,
}

/// The facts of [`FAILED`] and [`UNKNOWN`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failed {
    /// The step of the playbook.
    pub step: String,
    /// The driver's action.
    pub action: String,
    /// Why.
    pub why: String,
}

/// What the issuer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Heard {
    /// It still opens something.
    Alive,
    /// It is refused.
    Dead,
    /// It is refused, in words that a living one can hear too.
    Declined,
    /// Neither can be said.
    Unknown,
}

impl Heard {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Alive => "alive",
            Self::Dead => "dead",
            Self::Declined => "refused, but so a living one can be",
            Self::Unknown => "unknown",
        }
    }
}

/// The facts of [`PROBED`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// The credential.
    pub fp: Fingerprint,
    /// What was heard.
    pub answer: Heard,
    /// Whether another question in the same minute showed that the answer can be believed.
    pub control: bool,
    /// What was asked, without the secret.
    pub asked: String,
    /// The status of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The status of the control.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_status: Option<u16>,
    /// Why it is unknown.
    #[serde(default)]
    pub why: String,
}

/// The facts of [`CREDENTIAL`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Turned {
    /// The credential.
    pub fp: Fingerprint,
    /// Its fate from now on.
    pub state: Fate,
    /// Why.
    #[serde(default)]
    pub why: String,
}

/// The facts of [`FROZEN`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frozen {
    /// Its name, to be undone by.
    pub freeze: String,
    /// What is frozen, for people.
    pub target: String,
    /// How it is undone, with the state before it.
    pub undo: Value,
    /// Who is let through.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<Exception>,
}

/// The facts of [`THAWED`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Thawed {
    /// Which.
    pub freeze: String,
    /// Whether it was seen to be undone.
    pub is_verified: bool,
}
