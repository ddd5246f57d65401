//! The raw bytes of an archive with zeros in the place of what was already handed over member by member.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;

use super::super::sparse::Sparse;

/// A file from its beginning, with some stretches as zeros: offsets stay right and nothing is seen twice.
pub(in crate::source) struct Blanked<'f> {
    file: Sparse<'f>,
    at: u64,
    /// Sorted, not overlapping; those behind `at` are gone.
    blank: std::iter::Peekable<std::vec::IntoIter<Range<u64>>>,
}

impl<'f> Blanked<'f> {
    /// Reads `file`, which stands at its beginning.
    pub(in crate::source) fn new(file: &'f File, mut blank: Vec<Range<u64>>) -> Self {
        blank.sort_by_key(|range| range.start);
        blank.dedup_by(|next, before| {
            let overlaps = next.start <= before.end;
            if overlaps {
                before.end = before.end.max(next.end);
            }
            overlaps
        });
        Self { file: Sparse::new(file, 0), at: 0, blank: blank.into_iter().peekable() }
    }
}

impl Read for Blanked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        let end = self.at + count as u64;
        while let Some(range) = self.blank.peek().filter(|range| range.start < end) {
            let from = range.start.max(self.at) - self.at;
            let to = range.end.min(end).saturating_sub(self.at);
            if from < to {
                buffer[from as usize..to as usize].fill(0);
            }
            if range.end > end {
                break;
            }
            self.blank.next();
        }
        self.at = end;
        Ok(count)
    }
}
