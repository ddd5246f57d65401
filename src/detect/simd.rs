//! Which of 64 bytes can be part of a token: AVX2 where the machine has it, a table elsewhere, the same answer from both.

#![expect(unsafe_code, reason = "vector instructions behind run-time detection; the proof stands at each use")]

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

/// A bit for each of the 64 bytes that can be part of a token, the first byte in the lowest bit.
#[inline(always)]
pub(crate) fn mask_scalar(block: &[u8; 64]) -> u64 {
    let mut mask = 0;
    for (bit, &byte) in block.iter().enumerate() {
        mask |= u64::from(TOKEN[usize::from(byte)]) << bit;
    }
    mask
}

/// Runs `body` compiled for AVX2 when the machine has it; `false` when it has not, and nothing ran.
#[cfg(target_arch = "x86_64")]
pub(crate) fn with_avx2(text: &[u8], found: &mut impl FnMut(usize, usize)) -> bool {
    if !std::arch::is_x86_feature_detected!("avx2") {
        return false;
    }
    // SAFETY: the line above proves that the processor has what the function is compiled for.
    unsafe { runs_avx2(text, found) };
    true
}

/// No vector path on this architecture yet.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn with_avx2(_text: &[u8], _found: &mut impl FnMut(usize, usize)) -> bool {
    false
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn runs_avx2(text: &[u8], found: &mut impl FnMut(usize, usize)) {
    super::tokens::runs_with(text, |block| mask_avx2(block), found);
}

/// The nibble method: a byte is in the set when the table entries of its low and its high nibble share a bit.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
fn mask_avx2(block: &[u8; 64]) -> u64 {
    use std::arch::x86_64::*;
    // Bit 0: 0x2_ holds + - / · bit 1: 0x3_ holds 0-9 · bit 2: 0x4_ and 0x6_ hold 1-F · bit 3: 0x5_ holds 0-A and _ · bit 4: 0x7_ holds 0-A.
    const HIGH: [u8; 16] = [0, 0, 1, 2, 4, 8, 4, 16, 0, 0, 0, 0, 0, 0, 0, 0];
    const LOW: [u8; 16] = [26, 30, 30, 30, 30, 30, 30, 30, 30, 30, 28, 5, 4, 5, 4, 13];
    // SAFETY: both tables have 16 bytes, the block has 64, and unaligned loads are what `loadu` is for.
    let (low_table, high_table, first, second) = unsafe {
        (
            _mm256_broadcastsi128_si256(_mm_loadu_si128(LOW.as_ptr().cast())),
            _mm256_broadcastsi128_si256(_mm_loadu_si128(HIGH.as_ptr().cast())),
            _mm256_loadu_si256(block.as_ptr().cast()),
            _mm256_loadu_si256(block.as_ptr().add(32).cast()),
        )
    };
    let nibble = _mm256_set1_epi8(0x0f);
    let classify = |bytes: __m256i| {
        let low = _mm256_shuffle_epi8(low_table, bytes);
        let high = _mm256_shuffle_epi8(high_table, _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), nibble));
        let outside = _mm256_cmpeq_epi8(_mm256_and_si256(low, high), _mm256_setzero_si256());
        u64::from(!_mm256_movemask_epi8(outside).cast_unsigned())
    };
    classify(first) | classify(second) << 32
}
