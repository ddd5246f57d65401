//! One event: what happened, when, by whom.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::chain::{Digest, Head};
use super::clock::Stamp;

/// The version of the envelope; a reader refuses those above it.
pub(super) const VERSION: u8 = 1;
/// The type of the event that records a torn tail, with `bytes` and `sha256` of what was set aside.
pub const TORN: &str = "journal.torn";

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// A person's address, or the name of a machine's part.
    pub id: String,
    /// The roles in which it was done, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// How the identity is known: `cli`, `engine`, `sshsig`.
    pub via: String,
}

impl Actor {
    /// The program itself.
    pub fn engine() -> Self {
        Self { id: "keyfuse".to_owned(), roles: Vec::new(), via: "engine".to_owned() }
    }

    /// A person at the command line, by a name that nobody has proved.
    pub fn person(id: impl Into<String>) -> Self {
        Self { id: id.into(), roles: Vec::new(), via: "cli".to_owned() }
    }
}

/// What is to be appended.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The type, such as `notice.delivered`.
    pub kind: String,
    /// The incident it belongs to, if any.
    pub inc: Option<String>,
    /// Who did it.
    pub actor: Actor,
    /// Whether it belongs to a rehearsal.
    pub is_drill: bool,
    /// The facts.
    pub data: Value,
}

impl Entry {
    /// An event of the type `kind` with the facts `data`, of no incident.
    ///
    /// # Panics
    /// When `data` has maps whose keys are no strings, which no type of ours has.
    pub fn new(kind: &str, actor: Actor, data: &impl Serialize) -> Self {
        let data = serde_json::to_value(data).expect("the facts of an event are plain JSON");
        Self { kind: kind.to_owned(), inc: None, actor, is_drill: false, data }
    }

    /// The same, of the incident `inc`.
    #[must_use]
    pub fn of(self, inc: impl Into<String>) -> Self {
        Self { inc: Some(inc.into()), ..self }
    }

    /// The same, marked as a rehearsal's where `is_drill`.
    #[must_use]
    pub fn drill(self, is_drill: bool) -> Self {
        Self { is_drill, ..self }
    }
}

/// One line of a journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The version of the envelope.
    pub v: u8,
    /// The line's number, from 1.
    pub seq: u64,
    /// The digest of the line before it.
    pub prev: Digest,
    /// The wall's time, RFC 3339 in UTC with milliseconds.
    #[serde(with = "milliseconds")]
    pub ts: Timestamp,
    /// Monotonic milliseconds, see [`Stamp::mono_ms`].
    pub mono_ms: u64,
    /// The incident it belongs to, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inc: Option<String>,
    /// Who did it.
    pub actor: Actor,
    /// The type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it belongs to a rehearsal; then it says so on every line.
    #[serde(default, rename = "drill", skip_serializing_if = "std::ops::Not::not")]
    pub is_drill: bool,
    /// `simulated` where the time was made up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<String>,
    /// The facts.
    pub data: Value,
}

impl Event {
    /// The event that `entry` becomes after `head`, at the moment `stamp`.
    pub(super) fn after(head: Head, entry: Entry, stamp: Stamp) -> Self {
        let Entry { kind, inc, actor, is_drill, data } = entry;
        let clock = stamp.is_simulated.then(|| "simulated".to_owned());
        Self {
            v: VERSION,
            seq: head.seq + 1,
            prev: head.digest,
            ts: stamp.wall,
            mono_ms: stamp.mono_ms,
            inc,
            actor,
            kind,
            is_drill,
            clock,
            data,
        }
    }

    /// The facts as the type that events of this kind carry.
    ///
    /// # Errors
    /// When they are of another shape.
    pub fn facts<T: DeserializeOwned>(&self) -> Result<T, String> {
        T::deserialize(&self.data).map_err(|error| format!("the facts of `{}` are not as expected: {error}", self.kind))
    }
}

/// Times with exactly three decimals, so that lines of one length stay of one length.
mod milliseconds {
    use std::borrow::Cow;

    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{time:.3}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
