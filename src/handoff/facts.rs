//! What the outbox writes into the journal: one event for each thing that happens to a notice.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::seal::Sealed;
use crate::model::Notice;

/// A notice became owed, with [`Due`].
pub const DUE: &str = "notice.due";
/// An attempt failed.
pub(super) const ATTEMPT: &str = "notice.attempt";
/// An attempt succeeded.
pub(super) const DELIVERED: &str = "notice.delivered";
/// An endpoint wants no more.
pub const DISABLED: &str = "endpoint.disabled";
/// The user says that it does again.
pub const ENABLED: &str = "endpoint.enabled";
/// What one endpoint was owed goes to another, with [`Rerouted`].
pub const REROUTED: &str = "notice.rerouted";

/// The facts of a notice that is owed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Due {
    /// The notice.
    pub notice: Notice,
    /// The machine it comes from.
    pub host: String,
    /// The endpoints that must get it.
    pub endpoints: Vec<String>,
    /// The secret, encrypted, for each endpoint that has recipients.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sealed: BTreeMap<String, Sealed>,
    /// What it is told once more for; none the first time, and where it got worse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

/// The facts of an attempt that failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Attempt {
    pub(super) event: String,
    pub(super) line: u64,
    pub(super) endpoint: String,
    /// From 1.
    pub(super) attempt: u32,
    pub(super) status: Option<u16>,
    pub(super) why: String,
    /// Seconds that the receiver asked for.
    pub(super) retry_after: Option<u64>,
}

/// The facts of an attempt that succeeded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Delivered {
    pub(super) event: String,
    pub(super) line: u64,
    pub(super) endpoint: String,
    pub(super) attempt: u32,
    pub(super) status: u16,
    pub(super) receipt: Option<String>,
    /// The receiver's own clock, as it wrote it.
    pub(super) date: Option<String>,
}

/// The facts of an endpoint that was switched off or on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Switched {
    pub(super) endpoint: String,
}

/// The facts of a change of endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rerouted {
    /// The endpoint that was owed.
    pub endpoint: String,
    /// The one that is now.
    pub to: String,
}
