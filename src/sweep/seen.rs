//! Remembers the leads of pieces of text: of what stands in many versions, one is looked at.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use foldhash::quality::RandomState;

use crate::source::{AFTER, BEFORE, LEAD_STRIDE, Screen, Spot};

/// A text shorter than this, in bytes, is not worth taking apart.
const WORTH: usize = 2 << 10;
/// Pieces are at least so long, in bytes, unless the text ends,
const SHORTEST: usize = 256;
/// and at most so long, but for their last line.
const LONGEST: usize = 4 << 10;
/// One line of so many begins a piece.
const LINES: u64 = 8;
/// The most pieces without a lead that each shelf remembers: 64 MiB in all,
const MOST: usize = 1 << 16;
/// and the most with leads: 32 MiB.
const MOST_WITH_LEADS: usize = 1 << 12;
/// More leads of a piece are not remembered.
const MOST_LEADS: usize = 64;
const SHELVES: usize = 64;

/// The leads of pieces of texts, by the hash of them and of all that these depend on.
///
/// The hash is keyed by a number that is drawn anew for each sweep: no text can be made to look like another one. Two of a million
/// pieces have the same hash in one sweep of 30 million.
pub(super) struct Seen {
    key: RandomState,
    shelves: Vec<Mutex<Shelf>>,
}

#[derive(Default)]
struct Shelf {
    /// Pieces without a lead, and lines without a spot.
    without: HashSet<u64, BuildHasherDefault<Given>>,
    /// Where the leads stand in the piece.
    with: HashMap<u64, Box<[u32]>, BuildHasherDefault<Given>>,
}

impl Shelf {
    /// Remembers that there is nothing.
    fn remember(&mut self, hash: u64) {
        if self.without.len() < MOST {
            self.without.insert(hash);
        }
    }
}

impl Seen {
    pub(super) fn new() -> Self {
        Self { key: RandomState::default(), shelves: (0..SHELVES).map(|_| Mutex::default()).collect() }
    }

    /// Adds the leads in the given lines, in order.
    ///
    /// Where a piece ends is told by its own lines, so that the same lines make the same pieces wherever they stand.
    pub(super) fn leads(&self, screen: &dyn Screen, text: &[u8], lines: Range<usize>, leads: &mut Vec<usize>) {
        if lines.len() < WORTH {
            return screen.leads(text, lines, leads);
        }
        let (mut start, mut from) = (lines.start, lines.start + SHORTEST);
        while let Some(place) = text[..lines.end].get(from..).and_then(|rest| memchr::memchr(b'\n', rest)) {
            let end = from + place + 1;
            from = end;
            if end < lines.end && (end - start >= LONGEST || is_cut(text, end)) && !super::lines::is_continued(text, end - 1) {
                self.piece(screen, text, start..end, leads);
                start = end;
                from = start + SHORTEST;
            }
        }
        if start < lines.end {
            self.piece(screen, text, start..lines.end, leads);
        }
    }

    /// Adds the spots of some lines.
    pub(super) fn spots(&self, screen: &dyn Screen, class: usize, text: &[u8], lines: Range<usize>, spots: &mut Vec<Spot>) {
        let hash = self.hash(text, &lines, (BEFORE.bytes, AFTER.bytes), class + 1);
        if self.shelf(hash).without.contains(&hash) {
            return;
        }
        let first = spots.len();
        screen.look(class, text, lines, spots);
        if spots.len() == first {
            self.shelf(hash).remember(hash);
        }
    }

    /// The hash of some lines and so many bytes before and behind them. The same bytes are something else where they begin or end
    /// elsewhere, or are looked at for something else.
    fn hash(&self, text: &[u8], lines: &Range<usize>, (before, behind): (usize, usize), for_what: usize) -> u64 {
        let around = lines.start.saturating_sub(before)..text.len().min(lines.end + behind);
        let mut hasher = self.key.build_hasher();
        hasher.write_usize(lines.start - around.start);
        hasher.write_usize(around.end - lines.end);
        hasher.write_usize(for_what);
        hasher.write(&text[around]);
        hasher.finish()
    }

    fn piece(&self, screen: &dyn Screen, text: &[u8], lines: Range<usize>, leads: &mut Vec<usize>) {
        // A list of numbers may begin before the piece and end behind it.
        let hash = self.hash(text, &lines, (LEAD_STRIDE, LEAD_STRIDE), 0);
        {
            let shelf = self.shelf(hash);
            if shelf.without.contains(&hash) {
                return;
            }
            if let Some(known) = shelf.with.get(&hash) {
                return leads.extend(known.iter().map(|&lead| lines.start + lead as usize));
            }
        }
        let (first, start) = (leads.len(), lines.start);
        screen.leads(text, lines, leads);
        let mut shelf = self.shelf(hash);
        match &leads[first..] {
            [] => shelf.remember(hash),
            found if found.len() <= MOST_LEADS && shelf.with.len() < MOST_WITH_LEADS => {
                // What lies further away than four billion bytes is looked at each time.
                let places: Result<Box<[u32]>, _> = found.iter().map(|lead| u32::try_from(lead - start)).collect();
                if let Ok(places) = places {
                    shelf.with.insert(hash, places);
                }
            }
            _ => {}
        }
    }

    fn shelf(&self, hash: u64) -> std::sync::MutexGuard<'_, Shelf> {
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
