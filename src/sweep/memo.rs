//! Remembers which lines, with all that they depend on, hold nothing to find: histories say the same again and again.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use super::lines::{self, LONGEST_LINE};
use crate::source::{AFTER, BEFORE};

/// Neighbourhoods that are remembered: eight bytes each.
const SLOTS: usize = 1 << 18;
/// The Mersenne prime in whose field neighbourhoods are reckoned.
const PRIME: u64 = (1 << 61) - 1;
/// Neighbourhoods of more lines are not remembered.
const MOST_LINES: usize = 1024;
/// Words of a line, and keys for them.
const WORDS: usize = LONGEST_LINE / 8 + 4;

/// Neighbourhoods without spots, by their hash.
///
/// A line is hashed with NH (Black, Halevi and others, "UMAC", 1999), keyed for each run with keys that never leave it. The hash of a
/// neighbourhood is the value, at a place that is drawn too, of the polynomial that has those of its lines for coefficients (Carter
/// and Wegman, "Universal classes of hash functions", 1979). Two neighbourhoods that differ, though somebody chose them to be taken
/// for each other, agree with a chance of some 2^-50.
#[derive(Debug)]
pub(super) struct Memo {
    keys: Box<[u64; WORDS]>,
    /// What the two halves and the length of a line's hash are weighed with.
    weights: [u64; 3],
    /// Powers of the place.
    powers: Vec<u64>,
    /// What tells the classes apart.
    class: u64,
    slots: Vec<AtomicU64>,
}

impl Memo {
    pub(super) fn new() -> Self {
        let draw = || RandomState::new().build_hasher().finish();
        let in_field = || draw() % (PRIME - 2) + 2;
        let place = in_field();
        Self {
            keys: Box::new(std::array::from_fn(|_| draw())),
            weights: std::array::from_fn(|_| in_field()),
            powers: std::iter::successors(Some(1), |power| Some(times(*power, place))).take(MOST_LINES).collect(),
            class: in_field(),
            slots: (0..SLOTS).map(|_| AtomicU64::new(0)).collect(),
        }
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
#[inline]
fn times(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    reduce((product as u64 & PRIME) + (product >> 61) as u64)
}

#[inline]
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

/// Where a line begins, and the value of the polynomial up to there.
#[derive(Clone, Copy)]
struct Mark {
    start: usize,
    value: u64,
}

impl Memo {
    /// Calls `found` with the lines of `interest` and their neighbourhoods, in order; none when a line is too long to be taken apart.
    pub(super) fn neighbourhoods(
        &self,
        class: usize,
        text: &[u8],
        interest: Range<usize>,
        mut found: impl FnMut(Neighbourhood),
    ) -> Option<()> {
        let from = lines::start(text, interest.start.saturating_sub(BEFORE))?;
        let to = lines::end(text, text.len().min(interest.end + AFTER))?;
        let marks = self.marks(text, from..to)?;
        let offset = times(self.class, class as u64 + 1);
        let (mut first, mut last) = (0, 0);
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
                let key = self.powers.get(last - first).map(|&power| reduce(end.value + PRIME - times(begin.value, power) + offset));
                found(Neighbourhood { line, needed: begin.start..end.start, key });
            }
        }
        Some(())
    }

    /// The starts of the lines of a stretch of whole lines, and its end.
    fn marks(&self, text: &[u8], stretch: Range<usize>) -> Option<Vec<Mark>> {
        let mut marks = Vec::with_capacity(stretch.len() / 24 + 2);
        let (mut start, mut value) = (stretch.start, 0);
        marks.push(Mark { start, value });
        let breaks = memchr::memchr_iter(b'\n', &text[stretch.clone()]).map(|place| stretch.start + place);
        let ends = breaks.filter(|&place| !lines::is_continued(text, place)).map(|place| place + 1);
        for end in ends.chain(std::iter::once(stretch.end)) {
            if end - start > LONGEST_LINE {
                return None;
            }
            if end > start {
                value = reduce(times(value, self.powers[1]) + self.line(&text[start..end]));
                start = end;
                marks.push(Mark { start, value });
            }
        }
        Some(marks)
    }

    /// The hash of a line of at most the longest length.
    #[inline]
    fn line(&self, line: &[u8]) -> u64 {
        let (pairs, rest) = line.as_chunks::<16>();
        let mut sum = 0u128;
        for (pair, keys) in pairs.iter().zip(self.keys.as_chunks::<2>().0) {
            sum = sum.wrapping_add(product(pair, keys));
        }
        if !rest.is_empty() {
            let mut last = [0; 16];
            for (place, &byte) in last.iter_mut().zip(rest) {
                *place = byte;
            }
            let place = pairs.len() * 2;
            sum = sum.wrapping_add(product(&last, &[self.keys[place], self.keys[place + 1]]));
        }
        let half = |bits: u128, weight: u64| times(reduce(bits as u64), weight);
        reduce(half(sum, self.weights[0]) + half(sum >> 64, self.weights[1]) + times(line.len() as u64, self.weights[2]))
    }
}

/// One step of NH: two words, each with its key added, multiplied.
#[inline]
fn product(pair: &[u8; 16], keys: &[u64; 2]) -> u128 {
    let words = u128::from_le_bytes(*pair);
    u128::from((words as u64).wrapping_add(keys[0])) * u128::from(((words >> 64) as u64).wrapping_add(keys[1]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(memo: &Memo, class: usize, text: &[u8]) -> Vec<Neighbourhood> {
        let mut found = Vec::new();
        memo.neighbourhoods(class, text, 0..text.len(), |one| found.push(one)).expect("no line is long");
        found
    }

    proptest! {
        /// The same lines with the same surroundings have the same hash wherever they stand, and others have another.
        #[test]
        fn hashes_tell_neighbourhoods_apart(
            text in "([a-c]{0,40}(\\\\)?\n){1,60}[a-c]{0,9}",
            before in "([x-z]{100}\n){0,12}",
        ) {
            let memo = Memo::new();
            let moved = format!("{before}{text}");
            let all = |text: &str| of(&memo, 3, text.as_bytes());
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
        let key = |class| of(&memo, class, b"a\nb\n")[0].key.expect("few lines");
        assert_ne!(key(0), key(1));
        assert!(!memo.holds_nothing(key(0)));
        memo.remember(key(0));
        assert!(memo.holds_nothing(key(0)) && !memo.holds_nothing(key(1)));
    }
}
