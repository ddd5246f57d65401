//! Which of the notices that are owed may be tried now, or else when.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::outbox::{Key, Outbox, Owed, milliseconds};
use super::schedule::FALLBACK_AFTER;

/// How the ready ones are chosen.
#[derive(Clone, Copy)]
pub(super) struct Choice<'a> {
    /// Milliseconds since 1970.
    pub(super) now: i64,
    /// The configured endpoints, each with its fallback.
    pub(super) fallbacks: &'a BTreeMap<String, Option<String>>,
    /// Whether fallbacks are told without waiting.
    pub(super) is_urgent: bool,
    /// Whether the pauses between attempts do not count.
    pub(super) ignores_pauses: bool,
    /// Lines that are under way, or were tried in this run, by endpoint.
    pub(super) skip: &'a HashMap<String, HashSet<u64>>,
}

impl Outbox {
    /// What may be tried now, longest due first.
    pub(super) fn ready(&self, choice: &Choice<'_>) -> Vec<Key> {
        let mut ready = Vec::new();
        // A clock that was set back would make everything wait for as long.
        let ignores = choice.ignores_pauses || choice.now + 60_000 < self.latest;
        for (next, endpoint, line) in &self.waiting {
            if *next > choice.now && !ignores {
                break;
            }
            if self.may_try(endpoint, *line, choice) && self.is_first(endpoint, *line) {
                ready.push((endpoint.clone(), *line));
            }
        }
        let mut taken: HashSet<Key> = HashSet::new();
        for (endpoint, fallback) in choice.fallbacks.iter().filter_map(|(name, other)| Some((name, other.as_ref()?))) {
            for &line in self.open.get(endpoint).into_iter().flatten() {
                let owed = &self.owed[&line];
                if !(choice.is_urgent || self.is_disabled(endpoint) || self.is_late(owed, choice.now)) {
                    break;
                }
                let key = (fallback.clone(), line);
                let has_it = owed.due.endpoints.contains(fallback) || self.deliveries.get(&key).is_some_and(|one| one.is_done);
                let is_time = ignores || self.next(fallback, line) <= choice.now;
                if !has_it && is_time && self.may_try(fallback, line, choice) && taken.insert(key.clone()) {
                    ready.push(key);
                }
            }
        }
        ready
    }

    /// Whether no earlier notice of its incident waits for the same endpoint.
    fn is_first(&self, endpoint: &str, line: u64) -> bool {
        let incident = &self.owed[&line].due.notice.incident;
        self.queues.get(&(endpoint.to_owned(), incident.clone())).and_then(BTreeSet::first) == Some(&line)
    }

    fn may_try(&self, endpoint: &str, line: u64, choice: &Choice<'_>) -> bool {
        choice.fallbacks.contains_key(endpoint)
            && !self.is_disabled(endpoint)
            && self.holds.get(endpoint).is_none_or(|&until| until <= choice.now)
            && choice.skip.get(endpoint).is_none_or(|lines| !lines.contains(&line))
    }

    fn is_late(&self, owed: &Owed, now: i64) -> bool {
        owed.at.as_millisecond().saturating_add(milliseconds(FALLBACK_AFTER)) <= now
    }

    /// The next moment (milliseconds since 1970) at which something may become ready, of the endpoints that are configured.
    pub(super) fn next_moment(&self, choice: &Choice<'_>) -> Option<i64> {
        let held = |endpoint: &str, at: i64| at.max(self.holds.get(endpoint).copied().unwrap_or(i64::MIN));
        let is_skipped = |endpoint: &str, line: u64| choice.skip.get(endpoint).is_some_and(|lines| lines.contains(&line));
        let is_on = |endpoint: &str| choice.fallbacks.contains_key(endpoint) && !self.is_disabled(endpoint);
        let own = self.waiting.iter().filter(|(_, endpoint, line)| is_on(endpoint) && !is_skipped(endpoint, *line));
        let own = own.map(|(next, endpoint, _)| held(endpoint, *next)).min();
        let late = choice.fallbacks.iter().filter_map(|(endpoint, fallback)| {
            let fallback = fallback.as_ref().filter(|fallback| is_on(fallback))?;
            let lines = self.open.get(endpoint)?.iter();
            let open = lines.filter(|&&line| self.deliveries.get(&(fallback.clone(), line)).is_none_or(|one| !one.is_done));
            let moment = |line: &u64| {
                let late = self.owed[line].at.as_millisecond().saturating_add(milliseconds(FALLBACK_AFTER));
                held(fallback, late.max(self.next(fallback, *line)))
            };
            open.filter(|line| !is_skipped(fallback, **line)).map(moment).min()
        });
        own.into_iter().chain(late).min()
    }
}
