//! Counts what one outer file unfolds into, and stops it at the limit.

use std::cell::Cell;
use std::io::{self, Read};

use super::super::ArchiveLimits;

/// The account of one outer file; shared by all decoders that are stacked on it.
#[derive(Debug)]
pub(super) struct Meter {
    output: Cell<u64>,
    members: Cell<u64>,
    most_output: u64,
    most_members: u64,
    exceeded: Cell<Option<&'static str>>,
    ratio: u64,
}

impl Meter {
    /// The account for an outer file of `length` bytes.
    pub(super) fn new(limits: &ArchiveLimits, length: u64) -> Self {
        let by_ratio = length.saturating_mul(limits.ratio).max(limits.ratio_from);
        Self {
            output: Cell::new(0),
            members: Cell::new(0),
            most_output: limits.output.min(by_ratio),
            most_members: limits.members,
            exceeded: Cell::new(None),
            ratio: if by_ratio < limits.output { limits.ratio } else { 0 },
        }
    }

    /// Counts one more member; false when there are too many.
    pub(super) fn member(&self) -> bool {
        self.members.set(self.members.get() + 1);
        if self.members.get() > self.most_members {
            self.exceeded.set(Some("members"));
        }
        !self.is_exceeded()
    }

    /// Whether a limit was reached.
    pub(super) fn is_exceeded(&self) -> bool {
        self.exceeded.get().is_some()
    }

    /// The limit that was reached, as the reason of a gap.
    pub(super) fn complaint(&self) -> Option<String> {
        self.exceeded.get().map(|what| match what {
            "members" => format!("an archive of more than {} members, read up to there", self.most_members),
            _ if self.ratio > 0 => format!("unfolds to more than {} times its size, read up to {} bytes", self.ratio, self.most_output),
            _ => format!("unfolds to more than {} bytes, read up to there", self.most_output),
        })
    }
}

/// The output of a decoder, counted.
pub(super) struct Metered<'m, R> {
    pub(super) inner: R,
    pub(super) meter: &'m Meter,
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let meter = self.meter;
        if !meter.is_exceeded() {
            let read = self.inner.read(buffer)?;
            meter.output.set(meter.output.get() + read as u64);
            if meter.output.get() <= meter.most_output {
                return Ok(read);
            }
            meter.exceeded.set(Some("output"));
        }
        Err(io::Error::other("a limit on archives was reached"))
    }
}
