//! Keeps requests to several endpoints under way at once until what is owed is delivered, or the time is over.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use zeroize::Zeroizing;

use super::courier::{Courier, HandoffError, Pace, Tally};
use super::outbox::Key;
use super::ready::Choice;
use crate::net::{Answer, Method, NetError, Request, Transport};

/// How many requests to one endpoint may be under way at a time.
pub(super) const PARALLEL: usize = 8;
/// How long one request may take (Standard Webhooks: 15 to 30 seconds).
const TIMEOUT: Duration = Duration::from_secs(20);
/// How long nothing is done at most before the outbox is looked at again.
pub(super) const NAP: Duration = Duration::from_millis(200);

/// A request that a worker is to send.
pub(super) struct Errand {
    key: Key,
    request: Request,
}

impl Courier<'_> {
    /// Sends what is ready and records what came of it, turn by turn.
    pub(super) fn carry(
        &mut self,
        pace: Pace,
        begun: u64,
        errands: &Sender<Errand>,
        answers: &Receiver<(Key, Result<Answer, NetError>)>,
        tally: &mut Tally,
    ) -> Result<(), HandoffError> {
        let fallbacks: BTreeMap<String, Option<String>> =
            self.endpoints.iter().map(|one| (one.name.clone(), one.fallback.clone())).collect();
        let limit = match pace {
            Pace::Once { .. } => None,
            Pace::For(span) => Some((begun.saturating_add(millis(span)), begun.saturating_add(millis(span) / 4 * 3))),
        };
        let mut under_way: HashMap<String, usize> = HashMap::new();
        let mut skip: HashMap<String, HashSet<u64>> = HashMap::new();
        let nothing = HashMap::new();
        let mut backlog: BTreeMap<String, VecDeque<Key>> = BTreeMap::new();
        let mut filled = None;
        loop {
            let now = self.clock.now();
            let is_over = limit.is_some_and(|(end, _)| now.mono_ms >= end);
            let is_urgent = limit.is_some_and(|(_, urgent)| now.mono_ms >= urgent);
            let ignores_pauses = pace == Pace::Once { all: true };
            let choice = Choice { now: now.wall.as_millisecond(), fallbacks: &fallbacks, is_urgent, ignores_pauses, skip: &nothing };
            if is_over {
                backlog.clear();
            } else if backlog.values().all(VecDeque::is_empty) || filled.is_none_or(|at| now.mono_ms >= at + millis(NAP)) {
                backlog.clear();
                for key in self.journal.state().ready(&Choice { skip: &skip, ..choice }) {
                    backlog.entry(key.0.clone()).or_default().push_back(key);
                }
                filled = Some(now.mono_ms);
            }
            let timeout = limit.map_or(TIMEOUT, |(end, _)| TIMEOUT.min(Duration::from_millis(end.saturating_sub(now.mono_ms).max(1000))));
            for (endpoint, keys) in &mut backlog {
                // One that does not answer holds up nobody but itself.
                let room = PARALLEL.saturating_sub(under_way.get(endpoint).copied().unwrap_or(0)).min(keys.len());
                for key in keys.drain(..room) {
                    skip.entry(key.0.clone()).or_default().insert(key.1);
                    match self.errand(&key, now.wall.as_second(), timeout) {
                        Ok(request) => {
                            *under_way.entry(key.0.clone()).or_default() += 1;
                            errands.send(Errand { key, request }).expect("workers live as long as their errands");
                        }
                        Err(why) => {
                            tally.failures.insert(key.0, why.to_owned());
                        }
                    }
                }
            }
            if under_way.values().any(|&count| count > 0) {
                let first = answers.recv().expect("workers answer every errand");
                // Whatever else has come meanwhile shares one write.
                let mut came = vec![first];
                came.extend(answers.try_iter());
                for ((endpoint, line), _) in &came {
                    *under_way.entry(endpoint.clone()).or_default() -= 1;
                    // Without a limit everything is tried once.
                    if limit.is_some() {
                        skip.entry(endpoint.clone()).or_default().remove(line);
                    }
                }
                self.record(came, tally)?;
                continue;
            }
            if backlog.values().any(|keys| !keys.is_empty()) {
                continue;
            }
            if !is_over && limit.is_none() && !self.journal.state().ready(&Choice { skip: &skip, ..choice }).is_empty() {
                // What was delivered has made room for what waited behind it.
                continue;
            }
            let next = self.journal.state().next_moment(&Choice { skip: &skip, ..choice });
            let Some((end, urgent)) = limit else { return Ok(()) };
            // Without a next moment nothing can change but by other processes; what comes after the end is not waited for.
            let is_urgent = now.mono_ms >= urgent || fallbacks.values().all(Option::is_none);
            let left = i64::try_from(end.saturating_sub(now.mono_ms)).unwrap_or(i64::MAX);
            let is_too_late = |next: i64| is_urgent && next > now.wall.as_millisecond().saturating_add(left);
            if is_over || next.is_none_or(is_too_late) || self.journal.state().undelivered() == 0 {
                return Ok(());
            }
            let wait_until = |mono: u64| Duration::from_millis(mono.saturating_sub(now.mono_ms));
            let mut pause = NAP.min(wait_until(end)).max(Duration::from_millis(1));
            if now.mono_ms < urgent {
                pause = pause.min(wait_until(urgent)).max(Duration::from_millis(1));
            }
            if let Some(next) = next.filter(|&next| next > now.wall.as_millisecond()) {
                pause = pause.min(Duration::from_millis(u64::try_from(next - now.wall.as_millisecond()).unwrap_or(1)));
            }
            self.clock.sleep(pause);
            // What other processes owe is ours to carry while it is our turn.
            self.journal.refresh()?;
        }
    }

    /// The request for one attempt.
    fn errand(&self, key: &Key, time: i64, timeout: Duration) -> Result<Request, &'static str> {
        let endpoint = self.endpoints.iter().find(|one| one.name == key.0).ok_or("it is not configured")?;
        let owed = self.journal.state().owed(key.1).ok_or("it is delivered")?;
        let secret = self.secrets.get(&owed.due.notice.credential.fp);
        let letter = owed.letter(&key.0);
        let outgoing = endpoint
            .dialect
            .write(&letter, endpoint, secret, time)
            .ok_or("it is sent the secret itself, which is kept nowhere: scan again with --handoff where it was found")?;
        Ok(Request {
            method: Method::Post,
            url: Zeroizing::new(endpoint.url.to_string()),
            headers: outgoing.headers,
            body: Some(outgoing.body),
            timeout,
        })
    }
}

/// Sends one errand after the other.
pub(super) fn work(transport: &dyn Transport, inbox: &Mutex<Receiver<Errand>>, outbox: &Sender<(Key, Result<Answer, NetError>)>) {
    loop {
        let errand = inbox.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Errand { key, request }) = errand else { return };
        let sent = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| transport.send(&request)));
        let answer = sent.unwrap_or(Err(NetError::Malformed("keyfuse failed on it (a bug of ours; please report it)")));
        if outbox.send((key, answer)).is_err() {
            return;
        }
    }
}

/// Milliseconds of a span.
pub(super) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
