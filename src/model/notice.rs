//! What is handed off: a credential's exposure, and what is asked for, without the credential.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Fingerprint, Grounds, Stakes};

/// How bad an exposure is, in the classes of incident response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Urgency {
    /// Dead, or a matter of hygiene.
    Low,
    /// Suspected, or confirmed and still on its owner's machine alone.
    Medium,
    /// Confirmed, and others could read it.
    High,
    /// Confirmed, and known to be used by others; or everybody can read it, and it opens production.
    Critical,
}

impl Urgency {
    /// The name in notices.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "LOW",
            Self::Medium => "MEDIUM",
            Self::High => "HIGH",
            Self::Critical => "CRITICAL",
        }
    }

    /// The scale on which pagers count.
    pub fn sev(self) -> &'static str {
        match self {
            Self::Critical | Self::High => "SEV-1",
            Self::Medium => "SEV-2",
            Self::Low => "SEV-3",
        }
    }
}

/// What a credential's owner must do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Make it invalid.
    Revoke,
    /// Give the login another password and end its sessions.
    Rotate,
    /// Make another key, and whatever was signed or encrypted with it anew.
    Rekey,
}

impl Verb {
    /// The name in notices.
    pub fn name(self) -> &'static str {
        match self {
            Self::Revoke => "revoke",
            Self::Rotate => "rotate",
            Self::Rekey => "rekey",
        }
    }
}

/// The credential, as far as others may know it. All texts are plain and of bounded length.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Subject {
    /// Its keyed fingerprint.
    pub fp: Fingerprint,
    /// What kind of thing names it (`secret`, `login` …).
    pub kind: String,
    /// The rule that found it.
    pub rule: String,
    /// The rule's title.
    pub title: String,
    /// Who issues it.
    pub provider: String,
    /// What must be done with it.
    pub verb: Verb,
    /// Its documented prefix and last four characters, where it is long enough.
    pub preview: Option<String>,
    /// Public names of it: the access key id, the login.
    pub ids: BTreeMap<String, String>,
    /// What speaks for it, strongest first.
    pub evidence: Vec<String>,
}

/// A place that shows the credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// The path, printable, archives' members after `!/`.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
    /// `file`, `staged`, `object` or `stdin`.
    pub place: String,
    /// The object's id, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// The first commit that holds it, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// Where and since when the credential could be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exposure {
    /// When it first stood there, RFC 3339, where known.
    pub first_seen: Option<String>,
    /// The first commit that brought it, where known.
    pub commit: Option<String>,
    /// Whether it left the machine by a push, where known.
    pub pushed: Option<bool>,
    /// The remotes that have it, as host and path, where known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remotes: Vec<String>,
    /// What makes it as bad as it can be, where known.
    #[serde(default, skip_serializing_if = "Stakes::are_unknown")]
    pub stakes: Stakes,
    /// Permissions of the file, octal, where it is one.
    pub file_mode: Option<String>,
    /// As many places as fit.
    pub locations: Vec<Location>,
    /// All places there are.
    pub locations_total: usize,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// What is to be done.
    pub actions: Vec<Verb>,
    /// By when, RFC 3339.
    pub deadline: String,
}

/// A notice: only what has grounds can be one, for there is no other way to fill `grounds`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// Why somebody is told; written as the grade.
    #[serde(rename = "grade")]
    pub grounds: Grounds,
    /// The incident that the exposure of this credential is.
    pub incident: String,
    /// The exposure event that it belongs to.
    pub case: String,
    /// How often this credential's exposure was an incident, from 1.
    pub generation: u32,
    /// How bad it is.
    pub severity: Urgency,
    /// Whether it is a rehearsal.
    pub drill: bool,
    /// The credential.
    pub credential: Subject,
    /// Where it could be read.
    pub exposure: Exposure,
    /// What is asked for.
    pub asked: Asked,
}
