//! One event: what happened, when, by whom.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::chain::{Digest, Head};
use super::clock::Stamp;
use super::data::Data;

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
    pub data: Data,
}

/// All of an event but its facts.
#[derive(Deserialize)]
struct Envelope {
    v: u8,
    seq: u64,
    prev: Digest,
    #[serde(with = "milliseconds")]
    ts: Timestamp,
    mono_ms: u64,
    #[serde(default)]
    inc: Option<String>,
    actor: Actor,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default, rename = "drill")]
    is_drill: bool,
    #[serde(default)]
    clock: Option<String>,
}

impl Event {
    /// Reads a line without its newline; the line is written to meanwhile, and is afterwards what it was.
    ///
    /// # Errors
    /// When it is no event.
    pub fn parse(line: &mut [u8]) -> Result<Self, serde_json::Error> {
        match Self::parse_as_written(line) {
            Some(event) => Ok(event),
            None => serde_json::from_slice(line),
        }
    }

    /// A line as we write it, its facts at the end; none where it is another, or none at all.
    ///
    /// What stands before the facts, closed by a brace, and the facts are each JSON by themselves: then the line is both of them.
    fn parse_as_written(line: &mut [u8]) -> Option<Self> {
        const FACTS: &[u8] = b",\"data\":";
        let at = memchr::memmem::find(line, FACTS)?;
        let data = Data::from_raw(line[at + FACTS.len()..].strip_suffix(b"}")?)?;
        line[at] = b'}';
        let read = serde_json::from_slice::<Envelope>(&line[..=at]);
        line[at] = b',';
        let Envelope { v, seq, prev, ts, mono_ms, inc, actor, kind, is_drill, clock } = read.ok()?;
        Some(Self { v, seq, prev, ts, mono_ms, inc, actor, kind, is_drill, clock, data })
    }

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
            data: data.into(),
        }
    }

    /// The facts as the type that events of this kind carry.
    ///
    /// # Errors
    /// When they are of another shape.
    pub fn facts<T: DeserializeOwned>(&self) -> Result<T, String> {
        self.data.read().map_err(|error| format!("the facts of `{}` are not as expected: {error}", self.kind))
    }
}

/// Times with exactly three decimals, so that lines of one length stay of one length.
mod milliseconds {
    use jiff::Timestamp;
    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{time:.3}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        crate::model::from_text(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_means_the_same_however_it_is_read() {
        let written = |data: &str, more: &str| {
            format!(
                "{{\"v\":1,\"seq\":1,\"prev\":\"{}\",\"ts\":\"2026-11-21T21:00:04.000Z\",\"mono_ms\":1,\"actor\":{{\"id\":\"a\",\"via\":\"cli\"}},\"type\":\"x\"{data}}}{more}",
                Digest::ZERO
            )
        };
        let facts = ",\"data\":{\"a\":[1,\"}\"],\"data\":2}";
        for (line, is_event, is_as_written) in [
            (written(facts, ""), true, true),
            (written(",\"data\":null", ""), true, true),
            // Another order, and an unknown field whose value holds what looks like the facts.
            (written(",\"data\":{},\"drill\":true", ""), true, false),
            (written(",\"other\":{\"b\":1,\"data\":2},\"data\":{}", ""), true, false),
            (written(",\"other\":\"\\\",\\\"data\\\":{}\",\"data\":{}", ""), true, true),
            (written(",\"data\":1e5", ""), true, false),
            (written(facts, " "), true, false),
            // None of these is an event.
            (written(",\"data\":{},\"data\":{}", ""), false, false),
            (written("", ""), false, false),
            (written(",\"data\":{\"a\":1", ""), false, false),
            (written(",\"data\":{}", "}"), false, false),
            (written(",\"data\":1e999", ""), false, false),
            (written(",\"data\":\"\\ud800\"", ""), false, false),
        ] {
            let mut bytes = line.clone().into_bytes();
            assert_eq!(Event::parse_as_written(&mut bytes).is_some(), is_as_written, "{line}");
            assert_eq!(bytes, line.as_bytes(), "it is afterwards what it was");
            let whole: Option<Event> = serde_json::from_str(&line).ok();
            assert_eq!(whole.is_some(), is_event, "{line}");
            assert_eq!(Event::parse(&mut bytes).ok(), whole, "{line}");
        }
    }
}
