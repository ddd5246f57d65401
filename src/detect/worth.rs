//! Which runs of token characters are worth a second look: neither words nor names.

/// Whether a run of token characters is made of words: letters of one case, no digit.
///
/// Of sixteen random characters out of 36, one in ten thousand has no digit. Eight bytes a step: of token characters only digits
/// have bit 6 clear and bit 4 set; letters have bit 6 set, small ones bit 5 too; the underscore is told from capitals by its value.
#[inline]
pub(crate) fn are_words(run: &[u8]) -> bool {
    const BIT_6: u64 = 0x4040_4040_4040_4040;
    let (mut digits, mut upper, mut lower) = (0u64, 0u64, 0u64);
    let (chunks, rest) = run.as_chunks::<8>();
    let mut last = *b"________";
    last[..rest.len()].copy_from_slice(rest);
    for chunk in chunks.iter().chain(std::iter::once(&last)) {
        let bytes = u64::from_le_bytes(*chunk);
        let not_underscore = ((bytes ^ 0x5f5f_5f5f_5f5f_5f5f) + 0x7f7f_7f7f_7f7f_7f7f) >> 1;
        digits |= !bytes & bytes << 2;
        upper |= bytes & !(bytes << 1) & not_underscore;
        lower |= bytes & bytes << 1;
    }
    digits & BIT_6 == 0 && (upper & BIT_6 == 0 || lower & BIT_6 == 0)
}

/// Whether a run may be random: words and names have few turns and few digits, random values many of the one or the other.
#[inline]
pub(crate) fn may_be_random(run: &[u8]) -> bool {
    Mix::of(run).may_be_random()
}

const LOWER: u8 = 1;
const UPPER: u8 = 2;
const DIGIT: u8 = 4;

/// The kind of each byte: small letter, capital, digit, or none of them.
const KIND: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let character = byte as u8;
        table[byte] = if character.is_ascii_lowercase() {
            LOWER
        } else if character.is_ascii_uppercase() {
            UPPER
        } else if character.is_ascii_digit() {
            DIGIT
        } else {
            0
        };
        byte += 1;
    }
    table
};

/// What each byte adds to the three counts of [`Mix`]: small letters, capitals and digits, ten bits each.
const COUNT: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match KIND[byte] {
            LOWER => 1,
            UPPER => 1 << 10,
            DIGIT => 1 << 20,
            _ => 0,
        };
        byte += 1;
    }
    table
};

/// What a run is made of.
#[derive(Clone, Copy, Debug, Default)]
struct Mix {
    length: u32,
    digits: u32,
    upper: u32,
    lower: u32,
    /// Times that a letter follows a digit, a digit a letter, or a capital a small letter.
    turns: u32,
}

impl Mix {
    fn of(run: &[u8]) -> Self {
        // Three counts in one number; what lies beyond the first bytes of a long run changes nothing.
        let run = &run[..run.len().min(Self::ENOUGH)];
        let (mut counts, mut before, mut turns) = (0u32, 0, 0);
        for &byte in run {
            let kind = KIND[usize::from(byte)];
            counts += COUNT[usize::from(byte)];
            turns += Self::TURNS >> (before * 5 + kind) & 1;
            before = kind;
        }
        Self { length: run.len() as u32, lower: counts & 0x3ff, upper: counts >> 10 & 0x3ff, digits: counts >> 20, turns }
    }

    const ENOUGH: usize = 512;
    /// A bit for each pair of kinds that is a turn, at five times the first plus the second.
    const TURNS: u32 = 1 << (LOWER * 5 + UPPER)
        | 1 << (LOWER * 5 + DIGIT)
        | 1 << (UPPER * 5 + DIGIT)
        | 1 << (DIGIT * 5 + LOWER)
        | 1 << (DIGIT * 5 + UPPER);

    fn may_be_random(self) -> bool {
        let joints = self.length - self.digits - self.upper - self.lower;
        if joints > 0 && (self.upper == 0 || self.lower == 0) && self.digits * 5 < self.length - joints {
            // Words joined by signs, with a number or two.
            return false;
        }
        (self.turns * 7 >= self.length || self.turns >= 9) && (self.digits >= 1 || self.upper >= 3 && self.lower >= 3)
            || self.digits * 2 >= self.length
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::are_words;

    proptest! {
        #[test]
        fn words_are_letters_of_one_case(run in "[a-zA-Z0-9_+/-]{16,40}|[a-z_/+-]{16,40}|[A-Z_-]{16,40}|[a-z]{15,30}[0-9A-Z]") {
            let holds = |which: fn(&u8) -> bool| run.as_bytes().iter().any(which);
            let is_mixed = holds(u8::is_ascii_uppercase) && holds(u8::is_ascii_lowercase);
            let expected = !holds(u8::is_ascii_digit) && !is_mixed;
            prop_assert_eq!(are_words(run.as_bytes()), expected);
        }
    }
}
