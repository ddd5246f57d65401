//! What 64 bytes are made of, and where one of a few words may begin: AVX2 where the machine has it, tables elsewhere, the same
//! answer from both.

#![expect(unsafe_code, reason = "vector instructions behind run-time detection; the proof stands at each use")]

use smallvec::{SmallVec, smallvec};

/// For each byte, whether it can be part of a token: `[0-9A-Za-z_+/-]`.
pub(crate) const TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let character = byte as u8;
        table[byte] = character.is_ascii_alphanumeric() || matches!(character, b'_' | b'+' | b'/' | b'-');
        byte += 1;
    }
    table
};

/// Bytes that decide whether a word may begin at the first of them.
pub(crate) const REACH: usize = 4;
/// Bytes that a block is read from: its own, and those behind that the last of them needs.
pub(crate) const READ: usize = 64 + REACH - 1;

/// Which of 64 bytes are of which kind, the first byte in the lowest bit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Block {
    kinds: [Bits; 6],
}

/// Sixty-four bits in the two halves that the vector path makes: put together only when they are read, long after they were written.
type Bits = [u32; 2];

impl Block {
    fn bits(&self, kind: usize) -> u64 {
        let [low, high] = self.kinds[kind];
        u64::from(low) | u64::from(high) << 32
    }

    /// Bytes that can be part of a token.
    #[inline]
    pub(crate) fn token(&self) -> u64 {
        self.bits(0)
    }

    /// Digits.
    #[inline]
    pub(crate) fn digits(&self) -> u64 {
        self.bits(1)
    }

    /// Capitals.
    #[inline]
    pub(crate) fn upper(&self) -> u64 {
        self.bits(2)
    }

    /// Small letters.
    #[inline]
    pub(crate) fn lower(&self) -> u64 {
        self.bits(3)
    }

    /// What a list of numbers is made of: digits, decimal or hexadecimal, the `x` before these, commas and white space.
    #[inline]
    pub(crate) fn listed(&self) -> u64 {
        self.bits(4)
    }

    /// Places where one of the words of the [`Nibbles`] may begin.
    #[inline]
    pub(crate) fn words(&self) -> u64 {
        self.bits(5)
    }
}

/// Sixteen sets of words, each known by the low and the high halves that its words have in each of their first bytes.
///
/// A byte may stand at a place of a set's words when the table entries of its two halves share the set's bit; so a set of few, like
/// words lets little else pass. After "Teddy" of the Hyperscan project, with more sets and no shifting between vectors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Nibbles {
    /// By place in the word, and by which half of the sets: entries for the low and for the high half of the byte.
    tables: [[[[u8; 16]; 2]; 2]; REACH],
}

impl Nibbles {
    /// Lets `byte` stand at the place `at` of the words of a set.
    pub(crate) fn allow(&mut self, set: usize, at: usize, byte: u8) {
        let [low, high] = &mut self.tables[at][set / 8];
        low[usize::from(byte & 15)] |= 1 << (set % 8);
        high[usize::from(byte >> 4)] |= 1 << (set % 8);
    }

    /// The sets, as bits, of which a word may begin with these bytes; what lies beyond the end of a text counts as zeros.
    #[inline]
    pub(crate) fn sets(&self, bytes: [u8; REACH]) -> u16 {
        let mut sets = !0;
        for (byte, tables) in bytes.into_iter().zip(&self.tables) {
            let half = |[low, high]: &[[u8; 16]; 2]| low[usize::from(byte & 15)] & high[usize::from(byte >> 4)];
            sets &= u16::from_le_bytes([half(&tables[0]), half(&tables[1])]);
        }
        sets
    }
}

/// Reads a block without vector instructions.
fn read_scalar(bytes: &[u8; READ], nibbles: &Nibbles, block: &mut Block) {
    for place in 0..64 {
        let byte = bytes[place];
        let kinds = [
            TOKEN[usize::from(byte)],
            byte.is_ascii_digit(),
            byte.is_ascii_uppercase(),
            byte.is_ascii_lowercase(),
            byte.is_ascii_hexdigit() || matches!(byte, b'x' | b'X' | b',' | b' ' | b'\t' | b'\n' | b'\r'),
            nibbles.sets(std::array::from_fn(|at| bytes[place + at])) != 0,
        ];
        for (bits, is) in block.kinds.iter_mut().zip(kinds) {
            bits[place / 32] |= u32::from(is) << (place % 32);
        }
    }
}

/// The blocks of a text; those of a few lines need no memory of their own.
pub(crate) type Blocks = SmallVec<[Block; 8]>;

/// Reads every block of the text; the last is filled up with zeros.
#[inline(always)]
fn each_block(text: &[u8], read: impl Fn(&[u8; READ], &mut Block)) -> Blocks {
    let mut blocks: Blocks = smallvec![Block::default(); text.len().div_ceil(64)];
    let mut rest = text;
    for block in &mut blocks {
        if let Some(bytes) = rest.first_chunk::<READ>() {
            read(bytes, block);
        } else {
            let mut last = [0; READ];
            last[..rest.len()].copy_from_slice(rest);
            read(&last, block);
        }
        rest = rest.get(64..).unwrap_or_default();
    }
    blocks
}

/// The blocks of the text, without vector instructions.
pub(crate) fn blocks_scalar(text: &[u8], nibbles: &Nibbles) -> Blocks {
    each_block(text, |bytes, block| read_scalar(bytes, nibbles, block))
}

/// The blocks of the text.
#[cfg(target_arch = "x86_64")]
pub(crate) fn blocks(text: &[u8], nibbles: &Nibbles) -> Blocks {
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the line above proves that the processor has what the function is compiled for.
        unsafe { blocks_avx2(text, nibbles) }
    } else {
        blocks_scalar(text, nibbles)
    }
}

/// No vector path on this architecture yet.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn blocks(text: &[u8], nibbles: &Nibbles) -> Blocks {
    blocks_scalar(text, nibbles)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn blocks_avx2(text: &[u8], nibbles: &Nibbles) -> Blocks {
    each_block(text, |bytes, block| {
        read_avx2(bytes, nibbles, 0, block);
        read_avx2(bytes, nibbles, 1, block);
    })
}

/// The nibble method: a byte is of a kind when the table entries of its low and its high half share the kind's bit.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
fn read_avx2(bytes: &[u8; READ], nibbles: &Nibbles, half: usize, block: &mut Block) {
    use std::arch::x86_64::*;
    // Bit 0: 0x2_ holds + - / · 1: 0x3_ holds 0-9 · 2: 0x4_ holds A-O · 3: 0x5_ holds P-Z · 4: 0x6_ holds a-o · 5: 0x7_ holds p-z
    // · 6: 0x5_ holds the underscore.
    const HIGH: [u8; 16] = [0, 0, 1, 2, 4, 8 | 64, 16, 32, 0, 0, 0, 0, 0, 0, 0, 0];
    const LOW: [u8; 16] = [42, 62, 62, 62, 62, 62, 62, 62, 62, 62, 60, 21, 20, 21, 20, 85];
    // Bit 0: 0x2_ holds the space and the comma · 1: 0x0_ holds tab and line ends · 2: 0x4_ and 0x6_ hold A-F · 3: 0x5_ and 0x7_ hold
    // the x · 4: 0x3_ holds 0-9.
    const LISTED_HIGH: [u8; 16] = [2, 0, 1, 16, 4, 8, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0];
    const LISTED_LOW: [u8; 16] = [1 | 16, 4 | 16, 4 | 16, 4 | 16, 4 | 16, 4 | 16, 4 | 16, 16, 8 | 16, 2 | 16, 2, 0, 1, 2, 0, 0];
    let nibble = _mm256_set1_epi8(0x0f);
    let zero = _mm256_setzero_si256();
    // SAFETY: a table has 16 bytes, and unaligned loads are what `loadu` is for.
    let table = |table: &[u8; 16]| unsafe { _mm256_broadcastsi128_si256(_mm_loadu_si128(table.as_ptr().cast())) };
    let load = |at: usize| {
        let vector: &[u8; 32] = bytes[half * 32 + at..].first_chunk().expect("at most 32 + 3, and 32 more of the 67");
        // SAFETY: the line above proves that there are 32 bytes, and unaligned loads are what `loadu` is for.
        unsafe { _mm256_loadu_si256(vector.as_ptr().cast()) }
    };
    let halves = |bytes: __m256i| (_mm256_and_si256(bytes, nibble), _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), nibble));
    let bits = |tops: __m256i| _mm256_movemask_epi8(tops).cast_unsigned();
    let (low, high) = halves(load(0));
    let kinds = _mm256_and_si256(_mm256_shuffle_epi8(table(&LOW), low), _mm256_shuffle_epi8(table(&HIGH), high));
    block.kinds[0][half] = !bits(_mm256_cmpeq_epi8(kinds, zero));
    block.kinds[1][half] = bits(_mm256_slli_epi16::<6>(kinds));
    block.kinds[2][half] = bits(_mm256_or_si256(_mm256_slli_epi16::<5>(kinds), _mm256_slli_epi16::<4>(kinds)));
    block.kinds[3][half] = bits(_mm256_or_si256(_mm256_slli_epi16::<3>(kinds), _mm256_slli_epi16::<2>(kinds)));
    let listed = _mm256_and_si256(_mm256_shuffle_epi8(table(&LISTED_LOW), low), _mm256_shuffle_epi8(table(&LISTED_HIGH), high));
    block.kinds[4][half] = !bits(_mm256_cmpeq_epi8(listed, zero));
    let mut sets = [_mm256_set1_epi8(-1); 2];
    for at in 0..REACH {
        let (low, high) = if at == 0 { (low, high) } else { halves(load(at)) };
        for (sets, [lows, highs]) in sets.iter_mut().zip(&nibbles.tables[at]) {
            let allowed = _mm256_and_si256(_mm256_shuffle_epi8(table(lows), low), _mm256_shuffle_epi8(table(highs), high));
            *sets = _mm256_and_si256(*sets, allowed);
        }
    }
    block.kinds[5][half] = !bits(_mm256_cmpeq_epi8(_mm256_or_si256(sets[0], sets[1]), zero));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_path_gives_the_same_blocks(
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
            words in proptest::collection::vec((0usize..16, 0usize..REACH, any::<u8>()), 0..400),
        ) {
            let mut nibbles = Nibbles::default();
            for (set, at, byte) in words {
                nibbles.allow(set, at, byte);
            }
            prop_assert_eq!(blocks(&bytes, &nibbles), blocks_scalar(&bytes, &nibbles));
        }
    }

    #[test]
    fn all_byte_values_are_of_the_same_kind() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(blocks(&bytes, &Nibbles::default()), blocks_scalar(&bytes, &Nibbles::default()));
    }
}
