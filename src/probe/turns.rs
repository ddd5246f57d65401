//! When a service may be asked again: at its pace, not while it asks to be left alone, not after failures in a row.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::clock::Clock;
use crate::net::{Answer, retry_after};

/// After so many failures in a row a service is not asked again.
const FAILURES: u32 = 2;
/// The longest that is waited because a service asks for it (`Retry-After`); where it asks for more it is not asked again in this run.
const LONGEST: Duration = Duration::from_secs(30);
/// The longest that all such waiting for one service may take in a run, so that no server can hold it up for good.
const MOST: Duration = Duration::from_secs(60);

/// What is remembered of a service.
#[derive(Clone, Debug, Default)]
struct Service {
    last: Option<Duration>,
    failures: u32,
    /// Until when it asked to be left alone.
    held: Option<Duration>,
    /// How long was waited for that.
    waited: Duration,
    closed: Option<String>,
}

/// Whose turn it is; one for a run, shared by its threads.
pub(super) struct Turns<'a> {
    clock: &'a dyn Clock,
    services: Mutex<HashMap<String, Service>>,
}

impl<'a> Turns<'a> {
    /// Nobody was asked yet.
    pub(super) fn new(clock: &'a dyn Clock) -> Self {
        Self { clock, services: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Service>> {
        self.services.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the service may be asked again.
    ///
    /// # Errors
    /// Why it is not asked again in this run.
    pub(super) fn wait(&self, service: &str, pace: Duration) -> Result<(), String> {
        let (known, now) = (self.lock().entry(service.to_owned()).or_default().clone(), self.clock.elapsed());
        if let Some(why) = known.closed {
            return Err(why);
        }
        let held = known.held.map_or(Duration::ZERO, |until| until.saturating_sub(now));
        let rest = known.last.map_or(Duration::ZERO, |last| (last + pace).saturating_sub(now)).max(held);
        if !rest.is_zero() {
            self.clock.sleep(rest);
        }
        let now = self.clock.elapsed();
        let mut services = self.lock();
        let known = services.entry(service.to_owned()).or_default();
        known.last = Some(now);
        known.waited += held;
        known.held = None;
        Ok(())
    }

    /// Notes that there was no answer.
    pub(super) fn failed(&self, service: &str, why: &str) {
        let mut services = self.lock();
        let known = services.entry(service.to_owned()).or_default();
        known.failures += 1;
        if known.failures >= FAILURES {
            known.closed = Some(format!("{why}, {FAILURES} times in a row, so it is not asked again"));
        }
    }

    /// Notes an answer; gives whether it asks to be left alone for a time (RFC 9110, 10.2.3; RFC 6585, 4).
    pub(super) fn answered(&self, service: &str, answer: &Answer) -> bool {
        let asked = answer.header("retry-after").filter(|_| matches!(answer.status, 429 | 503));
        let asked = asked.and_then(|text| retry_after(text, self.clock.now())).map(Duration::from_secs);
        let now = self.clock.elapsed();
        let mut services = self.lock();
        let known = services.entry(service.to_owned()).or_default();
        known.failures = 0;
        match asked {
            Some(time) if time <= LONGEST && known.waited + time <= MOST => known.held = Some(now + time),
            Some(time) => {
                known.closed = Some(format!("{} asks to be left alone for {} s, so it is not asked again", answer.host, time.as_secs()));
            }
            None if answer.status == 429 => known.closed = Some(format!("{} limits requests, so it is not asked again", answer.host)),
            None => {}
        }
        asked.is_some()
    }
}
