//! The time that a prober goes by.

use std::time::{Duration, Instant};

use jiff::Timestamp;

/// The time that a prober goes by; tests bring their own.
pub trait Clock: Sync {
    /// Time since some fixed moment; it never runs back.
    fn elapsed(&self) -> Duration;
    /// The time of day, for requests that are signed with it.
    fn now(&self) -> Timestamp;
    /// Waits.
    fn sleep(&self, time: Duration);
}

/// The system's time.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock(Instant);

impl SystemClock {
    /// From now on.
    pub fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for SystemClock {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn sleep(&self, time: Duration) {
        std::thread::sleep(time);
    }
}
