//! The outbox: what is owed and not delivered yet, derived from the journal and nothing else.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;

use super::facts::{ATTEMPT, Attempt, DELIVERED, DISABLED, DUE, Delivered, Due, ENABLED, REROUTED, Rerouted, Switched};
use super::letter::{self, Letter};
use super::schedule;
use crate::journal::{Head, Recorded, State};
use crate::model::{Fingerprint, Urgency};
use crate::net::LONGEST_HOLD;

/// An endpoint's name, and the journal's line that a notice became owed with.
pub type Key = (String, u64);

/// A notice that is owed.
#[derive(Clone, Debug)]
pub struct Owed {
    /// The line that it became owed with.
    pub head: Head,
    /// When.
    pub at: Timestamp,
    /// Its facts.
    pub due: Due,
}

impl Owed {
    /// What goes to `endpoint`.
    pub fn letter(&self, endpoint: &str) -> Letter<'_> {
        Letter {
            head: self.head,
            time: format!("{:.3}", self.at),
            host: &self.due.host,
            notice: &self.due.notice,
            sealed: self.due.sealed.get(endpoint),
        }
    }
}

/// What was last told about a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its incident.
    pub incident: String,
    /// Which generation that is.
    pub generation: u32,
    /// How bad it was.
    pub severity: Urgency,
    /// Whether it was confirmed, not just suspected.
    pub is_confirmed: bool,
}

/// How far one delivery is.
#[derive(Clone, Debug, Default)]
pub(super) struct Delivery {
    attempts: u32,
    /// Milliseconds since 1970 before which it is not tried.
    next: i64,
    pub(super) is_done: bool,
}

/// What is owed, to whom, and when it is tried next.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    pub(super) owed: BTreeMap<u64, Owed>,
    pub(super) deliveries: HashMap<Key, Delivery>,
    /// Undelivered lines by endpoint.
    pub(super) open: BTreeMap<String, BTreeSet<u64>>,
    /// The same by the time of their next attempt.
    pub(super) waiting: BTreeSet<(i64, String, u64)>,
    /// The same by endpoint and incident: only the first of each may go.
    pub(super) queues: HashMap<(String, String), BTreeSet<u64>>,
    pub(super) holds: HashMap<String, i64>,
    disabled: BTreeSet<String>,
    told: HashMap<Fingerprint, Told>,
    causes: HashSet<String>,
    delivered: BTreeMap<String, u64>,
    /// The latest time of an attempt.
    pub(super) latest: i64,
}

impl Outbox {
    /// The notice of the line `line`, as long as somebody still waits for it.
    pub fn owed(&self, line: u64) -> Option<&Owed> {
        self.owed.get(&line)
    }

    /// What was last told about a credential.
    pub fn told(&self, fingerprint: &Fingerprint) -> Option<&Told> {
        self.told.get(fingerprint)
    }

    /// Whether something was told for this cause.
    pub fn knows(&self, cause: &str) -> bool {
        self.causes.contains(cause)
    }

    /// Undelivered notices by endpoint.
    pub fn open(&self) -> impl Iterator<Item = (&str, usize)> {
        self.open.iter().filter(|(_, lines)| !lines.is_empty()).map(|(name, lines)| (name.as_str(), lines.len()))
    }

    /// How many deliveries are owed.
    pub fn undelivered(&self) -> usize {
        self.open.values().map(BTreeSet::len).sum()
    }

    /// How many were made to an endpoint.
    pub fn delivered(&self, endpoint: &str) -> u64 {
        self.delivered.get(endpoint).copied().unwrap_or(0)
    }

    /// Whether the endpoint has said that it wants no more.
    pub fn is_disabled(&self, endpoint: &str) -> bool {
        self.disabled.contains(endpoint)
    }

    /// The names that anything is known of.
    pub fn names(&self) -> BTreeSet<&str> {
        self.open.keys().chain(self.delivered.keys()).chain(&self.disabled).map(String::as_str).collect()
    }

    /// How many undelivered notices of an endpoint could be tried at `now` (milliseconds since 1970).
    pub(super) fn due(&self, endpoint: &str, now: i64) -> usize {
        if self.is_disabled(endpoint) {
            return 0;
        }
        let is_held = self.holds.get(endpoint).is_some_and(|&until| until > now);
        let lines = self.open.get(endpoint).into_iter().flatten();
        if is_held { 0 } else { lines.filter(|&&line| self.next(endpoint, line) <= now).count() }
    }

    /// The attempt's number, from 1, that comes next.
    pub(super) fn attempt(&self, key: &Key) -> u32 {
        self.deliveries.get(key).map_or(0, |delivery| delivery.attempts) + 1
    }

    /// When an undelivered notice may be tried next, in milliseconds since 1970.
    pub(super) fn next(&self, endpoint: &str, line: u64) -> i64 {
        self.deliveries.get(&(endpoint.to_owned(), line)).map_or(i64::MIN, |delivery| delivery.next)
    }

    fn owe(&mut self, endpoint: &str, line: u64, at: i64) {
        let incident = self.owed[&line].due.notice.incident.clone();
        self.open.entry(endpoint.to_owned()).or_default().insert(line);
        self.queues.entry((endpoint.to_owned(), incident)).or_default().insert(line);
        let delivery = self.deliveries.entry((endpoint.to_owned(), line)).or_default();
        if !delivery.is_done {
            delivery.next = delivery.next.max(at);
            self.waiting.insert((delivery.next, endpoint.to_owned(), line));
        }
    }

    /// Takes a line off what an endpoint waits for.
    fn settle(&mut self, endpoint: &str, line: u64) {
        let Some(owed) = self.owed.get(&line) else { return };
        let queue = (endpoint.to_owned(), owed.due.notice.incident.clone());
        if let Some(lines) = self.queues.get_mut(&queue) {
            lines.remove(&line);
            if lines.is_empty() {
                self.queues.remove(&queue);
            }
        }
        if let Some(lines) = self.open.get_mut(endpoint) {
            lines.remove(&line);
        }
        let next = self.next(endpoint, line);
        self.waiting.remove(&(next, endpoint.to_owned(), line));
        // Nobody will ask for its body again.
        if self.open.values().all(|lines| !lines.contains(&line)) {
            self.owed.remove(&line);
        }
    }

    fn failed(&mut self, facts: &Attempt, at: i64) {
        let key = (facts.endpoint.clone(), facts.line);
        let pause = milliseconds(schedule::delay(facts.attempt, &facts.event, &facts.endpoint));
        let asked = facts.retry_after.map(|seconds| milliseconds(Duration::from_secs(seconds).min(LONGEST_HOLD)));
        let next = at.saturating_add(pause.max(asked.unwrap_or(0)));
        if let Some(asked) = asked {
            self.holds.insert(facts.endpoint.clone(), at.saturating_add(asked));
        }
        let delivery = self.deliveries.entry(key).or_default();
        let before = std::mem::replace(&mut delivery.next, next);
        delivery.attempts = delivery.attempts.max(facts.attempt);
        if self.waiting.remove(&(before, facts.endpoint.clone(), facts.line)) {
            self.waiting.insert((next, facts.endpoint.clone(), facts.line));
        }
        self.latest = self.latest.max(at);
    }
}

impl State for Outbox {
    fn apply(&mut self, recorded: &Recorded) -> Result<(), String> {
        let event = &recorded.event;
        let at = event.ts.as_millisecond();
        match event.kind.as_str() {
            DUE => {
                let due: Due = event.facts()?;
                let notice = &due.notice;
                let told = Told {
                    incident: notice.incident.clone(),
                    generation: notice.generation,
                    severity: notice.severity,
                    is_confirmed: notice.grounds.is_confirmed(),
                };
                self.told.insert(notice.credential.fp.clone(), told);
                self.causes.extend(due.cause.clone());
                let endpoints = due.endpoints.clone();
                let head = Head { seq: event.seq, digest: recorded.digest };
                self.owed.insert(event.seq, Owed { head, at: event.ts, due });
                for endpoint in &endpoints {
                    self.owe(endpoint, event.seq, at);
                }
            }
            ATTEMPT => self.failed(&event.facts()?, at),
            DELIVERED => {
                let facts: Delivered = event.facts()?;
                self.settle(&facts.endpoint, facts.line);
                let delivery = self.deliveries.entry((facts.endpoint.clone(), facts.line)).or_default();
                delivery.attempts = delivery.attempts.max(facts.attempt);
                // Two processes that were sure of it make one delivery.
                if !std::mem::replace(&mut delivery.is_done, true) {
                    *self.delivered.entry(facts.endpoint).or_default() += 1;
                }
                self.latest = self.latest.max(at);
            }
            DISABLED => {
                self.disabled.insert(event.facts::<Switched>()?.endpoint);
            }
            ENABLED => {
                let Switched { endpoint } = event.facts()?;
                self.disabled.remove(&endpoint);
                self.holds.remove(&endpoint);
            }
            REROUTED => {
                let Rerouted { endpoint, to } = event.facts()?;
                let lines: Vec<u64> = self.open.get(&endpoint).into_iter().flatten().copied().collect();
                for line in lines {
                    let has_it = self.deliveries.get(&(to.clone(), line)).is_some_and(|one| one.is_done);
                    if !has_it {
                        self.owe(&to, line, at);
                    }
                    self.settle(&endpoint, line);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// The id of a line's letter.
pub(super) fn id(owed: &Owed) -> String {
    letter::id(owed.head)
}

/// Milliseconds of a span.
pub(super) fn milliseconds(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
