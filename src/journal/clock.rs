//! Time as an argument: the wall's, for people, beside a monotonic one, for spans.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use jiff::Timestamp;

/// A moment by both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The wall's time; it may be wrong and may jump.
    pub wall: Timestamp,
    /// Milliseconds that only grow until the machine starts anew.
    pub mono_ms: u64,
    /// Whether the time is made up (a drill or a test), which every event then says.
    pub is_simulated: bool,
}

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// The moment.
    fn now(&self) -> Stamp;

    /// Waits.
    fn sleep(&self, span: Duration);
}

/// The machine's own clocks.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    started: Instant,
    /// Time since the machine started, in milliseconds, when `started` was taken.
    offset_ms: u64,
}

impl SystemClock {
    /// The clocks of this machine.
    ///
    /// On Linux the monotonic time counts from the machine's start (`/proc/uptime`, proc_uptime(5)), so that two processes can be
    /// compared; elsewhere it counts from this call.
    pub fn new() -> Self {
        let uptime = std::fs::read_to_string("/proc/uptime").ok().and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok());
        let offset_ms = uptime.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).map_or(0, milliseconds);
        Self { started: Instant::now(), offset_ms }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Stamp {
        Stamp { wall: Timestamp::now(), mono_ms: self.offset_ms.saturating_add(milliseconds(self.started.elapsed())), is_simulated: false }
    }

    fn sleep(&self, span: Duration) {
        std::thread::sleep(span);
    }
}

/// A clock that stands still until it is moved or slept on, for drills and tests.
#[derive(Debug)]
pub struct ManualClock(Mutex<Stamp>);

impl ManualClock {
    /// A clock that shows `wall`.
    pub fn at(wall: Timestamp) -> Self {
        Self(Mutex::new(Stamp { wall, mono_ms: 0, is_simulated: true }))
    }

    /// Moves it on.
    pub fn advance(&self, span: Duration) {
        let mut stamp = self.0.lock().expect("nobody panics while holding it");
        stamp.wall = stamp.wall.saturating_add(span).expect("a duration that is not negative can be added");
        stamp.mono_ms = stamp.mono_ms.saturating_add(milliseconds(span));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Stamp {
        *self.0.lock().expect("nobody panics while holding it")
    }

    fn sleep(&self, span: Duration) {
        self.advance(span);
    }
}

fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_clock_moves_only_when_told() {
        let start: Timestamp = "2026-01-02T03:04:05Z".parse().expect("a time");
        let clock = ManualClock::at(start);
        assert_eq!(clock.now(), clock.now());
        clock.sleep(Duration::from_millis(1500));
        let now = clock.now();
        assert_eq!((now.wall.to_string().as_str(), now.mono_ms, now.is_simulated), ("2026-01-02T03:04:06.5Z", 1500, true));
    }

    #[test]
    fn the_machines_clock_does_not_run_backwards() {
        let clock = SystemClock::new();
        let (first, second) = (clock.now(), clock.now());
        assert!(first.mono_ms <= second.mono_ms && !first.is_simulated);
    }
}
