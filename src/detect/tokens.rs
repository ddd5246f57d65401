//! Runs of token characters that are long enough to be worth a look.

use super::simd::{self, Block, Nibbles};

/// The shortest run that is looked at, in bytes: shorter ones are found by their surroundings.
pub const MIN_RUN: usize = 16;

/// Calls `found` with start and end of every longest run of `[0-9A-Za-z_+/-]` of at least [`MIN_RUN`] bytes, in order.
pub fn runs(text: &[u8], found: impl FnMut(usize, usize)) {
    runs_in(&simd::blocks(text, &Nibbles::default()), text.len(), Block::token, found);
}

/// The same without vector instructions.
pub fn runs_scalar(text: &[u8], found: impl FnMut(usize, usize)) {
    runs_in(&simd::blocks_scalar(text, &Nibbles::default()), text.len(), Block::token, found);
}

/// The runs of bytes of one kind, in a text of `length` bytes, from its blocks.
#[inline]
pub(crate) fn runs_in(blocks: &[Block], length: usize, kind: impl Fn(&Block) -> u64, mut found: impl FnMut(usize, usize)) {
    // Length of the run that reaches the end of the block before.
    let mut open = 0;
    for (number, block) in blocks.iter().enumerate() {
        let (offset, mut bits) = (number * 64, kind(block));
        // The run that began before this block, or the one that begins with it.
        let leading = (!bits).trailing_zeros() as usize;
        if leading == 64 {
            open += 64;
            continue;
        }
        if open + leading >= MIN_RUN {
            found(offset - open, offset + leading);
        }
        bits &= !0u64 << leading;
        // The run that goes on into the next block.
        open = bits.leading_ones() as usize;
        if open > 0 {
            bits &= !0u64 >> open;
        }
        // Where sixteen in a row end inside the block; mostly nowhere.
        let mut ends = bits & bits << 1;
        ends &= ends << 2;
        ends &= ends << 4;
        ends &= ends << 8;
        while ends != 0 {
            let reached = ends.trailing_zeros() as usize;
            let start = reached + 1 - MIN_RUN;
            let length = (!(bits >> start)).trailing_zeros() as usize;
            found(offset + start, offset + start + length);
            ends &= (!0u64).checked_shl((start + length) as u32).unwrap_or(0);
        }
    }
    if open >= MIN_RUN {
        found(length - open, length);
    }
}
#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(text: &[u8]) -> Vec<(usize, usize)> {
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"_+/-".contains(&byte);
        let mut runs = Vec::new();
        let mut start = None;
        for place in 0..=text.len() {
            match (start, text.get(place).is_some_and(|&byte| is_token(byte))) {
                (None, true) => start = Some(place),
                (Some(from), false) => {
                    if place - from >= MIN_RUN {
                        runs.push((from, place));
                    }
                    start = None;
                }
                _ => {}
            }
        }
        runs
    }

    fn collect(search: impl FnOnce(&mut Vec<(usize, usize)>)) -> Vec<(usize, usize)> {
        let mut runs = Vec::new();
        search(&mut runs);
        runs
    }

    proptest! {
        #[test]
        fn every_path_gives_the_plain_answer(
            text in proptest::collection::vec(prop_oneof![12 => "[0-9A-Za-z_+/-]{1,40}", 2 => "[ -~]{1,3}", 1 => "\\PC{1,2}"], 0..24)
        ) {
            let text = text.concat().into_bytes();
            let expected = plain(&text);
            prop_assert_eq!(&collect(|out| runs(&text, |start, end| out.push((start, end)))), &expected);
            prop_assert_eq!(&collect(|out| runs_scalar(&text, |start, end| out.push((start, end)))), &expected);
        }

        #[test]
        fn every_byte_is_classed_alike(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let fast = collect(|out| runs(&bytes, |start, end| out.push((start, end))));
            prop_assert_eq!(fast, plain(&bytes));
        }
    }

    #[test]
    fn all_byte_values_have_the_same_class() {
        for byte in 0..=255u8 {
            let text = vec![byte; 100];
            assert_eq!(collect(|out| runs(&text, |start, end| out.push((start, end)))), plain(&text), "{byte:#x}");
        }
    }
}
