//! Remembers which lines, with all that they depend on, hold nothing to find: histories say the same again and again.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use super::lines;
use crate::source::{AFTER, BEFORE};

/// Neighbourhoods that are remembered: eight bytes each.
const SLOTS: usize = 1 << 21;
/// The Mersenne prime in whose field the hash is reckoned.
const PRIME: u64 = (1 << 61) - 1;
/// Bytes that make one coefficient.
const DIGIT: usize = 7;
/// Neighbourhoods of more coefficients are not remembered.
const MOST_DIGITS: usize = 4096;

/// Neighbourhoods without spots, by their hash.
///
/// The hash of a neighbourhood is the value of a polynomial, whose coefficients are its bytes, at a place that is drawn for each
/// run and never leaves it. Two that differ agree at no more places than they have coefficients; so even two that somebody chose to
/// be taken for each other are, with a chance of some 2^-50 (Carter and Wegman, "Universal classes of hash functions", 1979).
#[derive(Debug)]
pub(super) struct Memo {
    /// Powers of the place.
    powers: Vec<u64>,
    /// What tells the classes apart.
    class: u64,
    slots: Vec<AtomicU64>,
}

impl Memo {
    pub(super) fn new() -> Self {
        let draw = || RandomState::new().build_hasher().finish() % (PRIME - 2) + 2;
        let place = draw();
        let powers = std::iter::successors(Some(1), |power| Some(times(*power, place))).take(MOST_DIGITS).collect();
        Self { powers, class: draw(), slots: (0..SLOTS).map(|_| AtomicU64::new(0)).collect() }
    }

    /// Whether the neighbourhood is known to hold nothing.
    pub(super) fn holds_nothing(&self, key: u64) -> bool {
        self.slots[key as usize % SLOTS].load(Ordering::Relaxed) == key
    }

    /// Remembers that the neighbourhood holds nothing; another one in the same slot is forgotten.
    pub(super) fn remember(&self, key: u64) {
        self.slots[key as usize % SLOTS].store(key, Ordering::Relaxed);
    }
}

/// The product in the field, of numbers below 2^62.
fn times(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    reduce((product as u64 & PRIME) + (product >> 61) as u64)
}

fn reduce(number: u64) -> u64 {
    let folded = (number & PRIME) + (number >> 61);
    if folded >= PRIME { folded - PRIME } else { folded }
}

/// A line with all that a spot in it can depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Neighbourhood {
    /// The line.
    pub(super) line: Range<usize>,
    /// The lines that a spot in it depends on, itself among them.
    pub(super) needed: Range<usize>,
    /// Its hash; none when it is too large to be remembered.
    pub(super) key: Option<u64>,
}

/// Where a line begins, with the value of the polynomial and the number of coefficients up to there.
#[derive(Clone, Copy)]
struct Mark {
    start: usize,
    value: u64,
    digits: usize,
}

/// The lines of `interest` with their neighbourhoods, in order; none when a line is too long to be taken apart.
pub(super) fn neighbourhoods(memo: &Memo, class: usize, text: &[u8], interest: Range<usize>) -> Option<Vec<Neighbourhood>> {
    let from = lines::start(text, interest.start.saturating_sub(BEFORE))?;
    let to = lines::end(text, text.len().min(interest.end + AFTER))?;
    let marks = marks(memo.powers[1], text, from..to)?;
    let offset = times(memo.class, class as u64 + 1);
    let (mut found, mut first, mut last) = (Vec::with_capacity(marks.len()), 0, 0);
    for pair in marks.windows(2) {
        let line = pair[0].start..pair[1].start;
        if line.start >= interest.end {
            break;
        }
        // The line that holds the byte so far before, and the one that holds the byte so far behind.
        while marks[first + 1].start <= line.start.saturating_sub(BEFORE) {
            first += 1;
        }
        while marks[last].start <= line.end + AFTER && last + 1 < marks.len() {
            last += 1;
        }
        if line.start >= interest.start {
            let (begin, end) = (marks[first], marks[last]);
            let key = memo.powers.get(end.digits - begin.digits).map(|&power| {
                let value = reduce(end.value + PRIME - times(begin.value, power));
                reduce(value + offset)
            });
            found.push(Neighbourhood { line, needed: begin.start..end.start, key });
        }
    }
    Some(found)
}

/// The starts of the lines of a stretch of whole lines, and its end.
fn marks(place: u64, text: &[u8], stretch: Range<usize>) -> Option<Vec<Mark>> {
    let mut marks = vec![Mark { start: stretch.start, value: 0, digits: 0 }];
    let (mut value, mut digits, mut start) = (0, 0, stretch.start);
    while start < stretch.end {
        let end = lines::end(text, start)?.min(stretch.end);
        let line = &text[start..end];
        let chunks = line.chunks_exact(DIGIT);
        let rest = chunks.remainder();
        for chunk in chunks {
            let mut bytes = [0; 8];
            bytes[..DIGIT].copy_from_slice(chunk);
            value = step(value, place, u64::from_le_bytes(bytes) | (DIGIT as u64) << 56);
            digits += 1;
        }
        if !rest.is_empty() {
            let mut bytes = [0; 8];
            bytes[..rest.len()].copy_from_slice(rest);
            value = step(value, place, u64::from_le_bytes(bytes) | (rest.len() as u64) << 56);
            digits += 1;
        }
        start = end;
        marks.push(Mark { start, value: reduce(value), digits });
    }
    Some(marks)
}

/// One coefficient more; the value stays below 2^62, and is reduced where it is read.
#[inline]
fn step(value: u64, place: u64, digit: u64) -> u64 {
    let product = u128::from(value) * u128::from(place);
    let sum = (product as u64 & PRIME) + (product >> 61) as u64 + digit;
    (sum & PRIME) + (sum >> 61)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The same lines with the same surroundings have the same hash wherever they stand, and others have another.
        #[test]
        fn hashes_tell_neighbourhoods_apart(
            text in "([a-c]{0,40}(\\\\)?\n){1,60}[a-c]{0,9}",
            before in "([x-z]{100}\n){0,12}",
        ) {
            let memo = Memo::new();
            let moved = format!("{before}{text}");
            let all = |text: &str| neighbourhoods(&memo, 3, text.as_bytes(), 0..text.len()).expect("no line is long");
            let (here, there) = (all(&text), all(&moved));
            prop_assert_eq!(here.iter().map(|one| one.line.len()).sum::<usize>(), text.len());
            for (text, one) in here.iter().map(|one| (&text, one)).chain(there.iter().map(|one| (&moved, one))) {
                let expected = lines::of_spot(text.as_bytes(), one.line.clone()).expect("no line is long");
                prop_assert_eq!(&one.needed, &expected);
                for (other_text, other) in there.iter().map(|other| (&moved, other)) {
                    let alike = text[one.needed.clone()] == other_text[other.needed.clone()];
                    prop_assert_eq!(one.key == other.key, alike);
                }
            }
        }
    }

    #[test]
    fn classes_and_slots_are_told_apart() {
        let memo = Memo::new();
        let key = |class| neighbourhoods(&memo, class, b"a\nb\n", 0..2).expect("short lines")[0].key.expect("few bytes");
        assert_ne!(key(0), key(1));
        assert!(!memo.holds_nothing(key(0)));
        memo.remember(key(0));
        assert!(memo.holds_nothing(key(0)) && !memo.holds_nothing(key(1)));
    }
}
