//! Remembers pieces of text in which nothing was found: of what stands in many versions, one is looked at.

use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use foldhash::quality::RandomState;

use crate::source::{AFTER, BEFORE};

/// A text shorter than this, in bytes, is not worth taking apart.
const WORTH: usize = 2 << 10;
/// Pieces are at least so long, in bytes, unless the text ends,
const SHORTEST: usize = 256;
/// and at most so long, but for their last line.
const LONGEST: usize = 4 << 10;
/// One line of so many begins a piece.
const LINES: u64 = 8;
/// The most pieces that each shelf remembers: 64 MiB in all.
const MOST: usize = 1 << 16;
const SHELVES: usize = 64;

/// Pieces of texts in which nothing begins that is reported, by the hash of them and of all that they depend on.
///
/// The hash is keyed by a number that is drawn anew for each sweep: no text can be made to look like another one. Two of a million
/// pieces have the same hash in one sweep of 30 million.
pub(super) struct Seen {
    key: RandomState,
    shelves: Vec<Mutex<HashSet<u64, BuildHasherDefault<Given>>>>,
}

/// A piece of a text that was not seen yet.
pub(super) struct Piece {
    pub(super) lines: Range<usize>,
    hash: u64,
}

impl Seen {
    pub(super) fn new() -> Self {
        Self { key: RandomState::default(), shelves: (0..SHELVES).map(|_| Mutex::default()).collect() }
    }

    /// The pieces of the given lines that were not seen, in order; none when taking them apart is not worth it.
    ///
    /// Where a piece ends is told by its own lines, so that the same lines make the same pieces wherever they stand.
    pub(super) fn unseen(&self, class: usize, text: &[u8], lines: Range<usize>) -> Option<Vec<Piece>> {
        if lines.len() < WORTH {
            return None;
        }
        let (mut pieces, mut start, mut from) = (Vec::new(), lines.start, lines.start + SHORTEST);
        while let Some(place) = text[..lines.end].get(from..).and_then(|rest| memchr::memchr(b'\n', rest)) {
            let end = from + place + 1;
            from = end;
            if end < lines.end && (end - start >= LONGEST || is_cut(text, end)) && !super::lines::is_continued(text, end - 1) {
                self.piece(class, text, start..end, &mut pieces);
                start = end;
                from = start + SHORTEST;
            }
        }
        if start < lines.end {
            self.piece(class, text, start..lines.end, &mut pieces);
        }
        Some(pieces)
    }

    fn piece(&self, class: usize, text: &[u8], lines: Range<usize>, pieces: &mut Vec<Piece>) {
        let from = lines.start.saturating_sub(BEFORE.bytes);
        let to = text.len().min(lines.end + AFTER.bytes);
        let mut hasher = self.key.build_hasher();
        // The same bytes are another piece where they begin or end elsewhere.
        hasher.write_usize(lines.start - from);
        hasher.write_usize(to - lines.end);
        hasher.write_usize(class);
        hasher.write(&text[from..to]);
        let hash = hasher.finish();
        if !self.shelf(hash).contains(&hash) {
            pieces.push(Piece { lines, hash });
        }
    }

    /// Notes that nothing begins in a piece.
    pub(super) fn clean(&self, piece: &Piece) {
        let mut shelf = self.shelf(piece.hash);
        if shelf.len() < MOST {
            shelf.insert(piece.hash);
        }
    }

    fn shelf(&self, hash: u64) -> std::sync::MutexGuard<'_, HashSet<u64, BuildHasherDefault<Given>>> {
        self.shelves[(hash >> 58) as usize % SHELVES].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the line at `start` begins a piece, by its first bytes.
fn is_cut(text: &[u8], start: usize) -> bool {
    let head = match text.get(start..start + 8) {
        Some(head) => u64::from_le_bytes(head.try_into().expect("eight bytes")),
        None => return false,
    };
    // Fibonacci hashing (Knuth, 6.4): the high bits depend on all of the bytes.
    head.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32 & (LINES - 1) == 0
}

/// Takes a number that is a hash already.
#[derive(Default)]
struct Given(u64);

impl Hasher for Given {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("only numbers are kept")
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
