//! A moment by both clocks.

use jiff::Timestamp;

use crate::journal::Event;

/// A moment by both clocks, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The line.
    pub seq: u64,
    /// The wall's time.
    pub at: Timestamp,
    /// The monotonic time.
    pub mono_ms: u64,
}

impl Moment {
    /// The moment of an event.
    pub fn of(event: &Event) -> Self {
        Self { seq: event.seq, at: event.ts, mono_ms: event.mono_ms }
    }

    /// Milliseconds from `earlier` to this, by the smaller of the clocks: no clock that jumped makes time pass.
    pub fn since(&self, earlier: &Self) -> u64 {
        let wall = self.at.as_millisecond().saturating_sub(earlier.at.as_millisecond());
        let wall = u64::try_from(wall).unwrap_or(0);
        // After a restart the monotonic clock begins anew, and says nothing.
        match self.mono_ms.checked_sub(earlier.mono_ms) {
            Some(mono) => wall.min(mono),
            None => wall,
        }
    }
}
