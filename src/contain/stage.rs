//! How far an incident is, as names for its stages, for the fate of a credential, for the progress of a step.

use serde::{Deserialize, Serialize};

/// How far an incident is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// It is known.
    Declared,
    /// Something is being done about it.
    Containing,
    /// The credential opens nothing any more.
    Contained,
    /// What stood on it is being replaced.
    Eradicating,
    /// Things are being put back.
    Recovering,
    /// Done, sealed by the audit authority.
    Closed,
}

impl Stage {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Containing => "containing",
            Self::Contained => "contained",
            Self::Eradicating => "eradicating",
            Self::Recovering => "recovering",
            Self::Closed => "closed",
        }
    }
}

/// What has become of a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// It opens something, or must be thought to.
    Live,
    /// Its end was asked for.
    Requested,
    /// Its issuer says that it will end.
    Accepted,
    /// It was refused twice, seconds apart, while a control was answered.
    Dead,
    /// What it signed or encrypted is made anew.
    ReKeyed,
    /// Two roles say that it is gone, for no machine can.
    ManualAttested,
    /// Nobody can say.
    Unknown,
}

impl Fate {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Requested => "requested",
            Self::Accepted => "accepted",
            Self::Dead => "dead",
            Self::ReKeyed => "re-keyed",
            Self::ManualAttested => "manual-attested",
            Self::Unknown => "unknown",
        }
    }

    /// Whether nothing is left to be done about it.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Dead | Self::ReKeyed | Self::ManualAttested)
    }
}

/// How far a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Progress {
    /// It was about to change something, and no outcome stands behind it: a crash looks like this.
    Begun,
    /// It is done.
    Done,
    /// It has changed nothing.
    Failed,
    /// Nobody knows whether it has changed something.
    Unknown,
}

impl Progress {
    /// The name in reports; what was begun and not ended is unknown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Begun | Self::Unknown => "unknown",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}
