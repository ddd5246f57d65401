//! The chart of a text: what kinds its bytes are of, so that questions about a stretch of it are questions about a few words of bits.

use std::ops::Range;

use super::simd::{self, Block, Blocks, Nibbles};
use super::tokens::runs_in;
use super::worth::Mix;

/// Bytes of a long run that are looked at: what lies beyond changes nothing.
const ENOUGH: usize = 512;

/// The blocks of a stretch of a text, and what follows from them; all places count from the beginning of the text.
pub(crate) struct Chart {
    blocks: Blocks,
    /// Where the stretch begins.
    start: usize,
    length: usize,
}

impl Chart {
    /// Reads the stretch once.
    pub(crate) fn of(text: &[u8], stretch: Range<usize>, nibbles: &Nibbles) -> Self {
        let text = &text[stretch.clone()];
        Self { blocks: simd::blocks(text, nibbles), start: stretch.start, length: text.len() }
    }

    /// Calls `found` with start and end of every run, in order.
    #[inline]
    pub(crate) fn runs(&self, mut found: impl FnMut(usize, usize)) {
        runs_in(&self.blocks, self.length, Block::token, |start, end| found(self.start + start, self.start + end));
    }

    /// Calls `found` with start and end of every stretch of sixteen bytes or more that may be part of a list of numbers, in order.
    #[inline]
    pub(crate) fn listed(&self, mut found: impl FnMut(usize, usize)) {
        runs_in(&self.blocks, self.length, Block::listed, |start, end| found(self.start + start, self.start + end));
    }

    /// Calls `found` with every place where a word of the nibbles may begin, in order.
    #[inline]
    pub(crate) fn words(&self, mut found: impl FnMut(usize)) {
        for (number, block) in self.blocks.iter().enumerate() {
            let mut words = block.words();
            while words != 0 {
                found(self.start + number * 64 + words.trailing_zeros() as usize);
                words &= words - 1;
            }
        }
    }

    /// The next sixteen bytes, from `from` on, that are all part of a list of numbers, and hold a digit.
    #[inline]
    pub(crate) fn numbers(&self, from: usize) -> Option<usize> {
        const FIRSTS: u64 = 0x0001_0001_0001_0001;
        let group = from.saturating_sub(self.start).div_ceil(16);
        let mut within = FIRSTS << (group % 4 * 16);
        for (number, block) in self.blocks.iter().enumerate().skip(group / 4) {
            if block.digits() != 0 {
                let (mut all, mut any) = (block.listed(), block.digits());
                for far in [8, 4, 2, 1] {
                    all &= all >> far;
                    any |= any >> far;
                }
                let groups = all & any & within;
                if groups != 0 {
                    return Some(self.start + number * 64 + groups.trailing_zeros() as usize);
                }
            }
            within = FIRSTS;
        }
        None
    }

    /// What a run is made of.
    #[inline]
    pub(crate) fn mix(&self, run: Range<usize>) -> Mix {
        let run = run.start..run.end.min(run.start + ENOUGH);
        let mut mix = Mix { length: run.len() as u32, ..Mix::default() };
        let (mut digit_before, mut upper_before, mut lower_before) = (0, 0, 0);
        self.each(run, |block, within| {
            let (digits, upper, lower) = (block.digits() & within, block.upper() & within, block.lower() & within);
            let after = |bits: u64, before: u64| bits << 1 | before;
            mix.digits += digits.count_ones();
            mix.upper += upper.count_ones();
            mix.lower += lower.count_ones();
            let (after_digit, after_upper, after_lower) =
                (after(digits, digit_before), after(upper, upper_before), after(lower, lower_before));
            let turns = after_digit & (upper | lower) | (after_upper | after_lower) & digits | after_lower & upper;
            mix.turns += turns.count_ones();
            (digit_before, upper_before, lower_before) = (digits >> 63, upper >> 63, lower >> 63);
        });
        mix
    }

    /// Whether the run is made of words: letters of one case, no digit.
    #[inline]
    pub(crate) fn are_words(&self, run: Range<usize>) -> bool {
        let (mut digits, mut upper, mut lower) = (0, 0, 0);
        self.each(run, |block, within| {
            digits |= block.digits() & within;
            upper |= block.upper() & within;
            lower |= block.lower() & within;
        });
        digits == 0 && (upper == 0 || lower == 0)
    }

    /// Calls `found` with every place of the stretch that no letter or digit stands before, in order. Before the chart stands none.
    #[inline]
    pub(crate) fn beginnings(&self, stretch: Range<usize>, mut found: impl FnMut(usize)) {
        let alphanumeric = |block: &Block| block.digits() | block.upper() | block.lower();
        let mut number = (stretch.start - self.start) / 64;
        let mut before = number.checked_sub(1).map_or(0, |before| alphanumeric(&self.blocks[before]) >> 63);
        self.each(stretch, |block, within| {
            let here = alphanumeric(block);
            let mut places = !(here << 1 | before) & within;
            before = here >> 63;
            while places != 0 {
                found(self.start + number * 64 + places.trailing_zeros() as usize);
                places &= places - 1;
            }
            number += 1;
        });
    }

    /// Gives the blocks of a stretch, each with the bits that lie within.
    #[inline(always)]
    fn each(&self, stretch: Range<usize>, mut take: impl FnMut(&Block, u64)) {
        if stretch.is_empty() {
            return;
        }
        let (start, last) = (stretch.start - self.start, stretch.end - 1 - self.start);
        let from = !0u64 << (start % 64);
        let to = !0u64 >> (63 - last % 64);
        let (first, last) = (start / 64, last / 64);
        if first == last {
            return take(&self.blocks[first], from & to);
        }
        take(&self.blocks[first], from);
        for block in &self.blocks[first + 1..last] {
            take(block, !0);
        }
        take(&self.blocks[last], to);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::worth;
    use super::*;

    proptest! {
        #[test]
        fn a_stretch_is_what_its_bytes_are(before in "[ -~]{0,140}", run in "[a-zA-Z0-9_+/-]{1,300}|[a-z_/+-]{16,40}", after in "[ -~]{0,80}") {
            let text = format!("{before}{run}{after}");
            // The chart may begin anywhere before, at the beginning of a word.
            let from = before.rfind(' ').map_or(0, |space| space + 1);
            let chart = Chart::of(text.as_bytes(), from..text.len(), &Nibbles::default());
            let stretch = before.len()..before.len() + run.len();
            prop_assert_eq!(chart.mix(stretch.clone()), Mix::of(run.as_bytes()));
            prop_assert_eq!(chart.are_words(stretch.clone()), worth::are_words(run.as_bytes()));
            let mut beginnings = Vec::new();
            chart.beginnings(stretch.clone(), |place| beginnings.push(place));
            let is_beginning = |&place: &usize| place == 0 || !text.as_bytes()[place - 1].is_ascii_alphanumeric();
            prop_assert_eq!(beginnings, stretch.filter(is_beginning).collect::<Vec<_>>());
        }
    }
}
