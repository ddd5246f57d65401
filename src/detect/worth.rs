//! Which runs of token characters are worth a second look: neither words nor names.

/// Whether a run of token characters is made of words: letters of one case, no digit.
///
/// Of sixteen random characters out of 36, one in ten thousand has no digit. Eight bytes a step: of token characters only digits
/// have bit 6 clear and bit 4 set; letters have bit 6 set, small ones bit 5 too; the underscore is told from capitals by its value.
#[inline]
pub(crate) fn are_words(run: &[u8]) -> bool {
    let (mut digits, mut upper, mut lower) = (0, 0, 0);
    each_eight(run, |bytes| {
        let kinds = Kinds::of(bytes);
        digits |= kinds.digits;
        upper |= kinds.upper;
        lower |= kinds.lower;
    });
    digits == 0 && (upper == 0 || lower == 0)
}

/// The run in pieces of eight bytes, the last filled up with underscores.
#[inline(always)]
fn each_eight(run: &[u8], mut take: impl FnMut(u64)) {
    let (chunks, rest) = run.as_chunks::<8>();
    for chunk in chunks {
        take(u64::from_le_bytes(*chunk));
    }
    if !rest.is_empty() {
        let mut last = *b"________";
        for (place, &byte) in last.iter_mut().zip(rest) {
            *place = byte;
        }
        take(u64::from_le_bytes(last));
    }
}

/// How many bytes of the eight have bit 6 set and no other; without an instruction that not every machine has.
#[inline]
fn count(bits: u64) -> u32 {
    ((bits >> 6).wrapping_mul(0x0101_0101_0101_0101) >> 56) as u32
}

/// Eight bytes by kind, each kind as bit 6 of the bytes that are of it.
#[derive(Clone, Copy)]
struct Kinds {
    digits: u64,
    upper: u64,
    lower: u64,
}

impl Kinds {
    #[inline]
    fn of(bytes: u64) -> Self {
        const BIT_6: u64 = 0x4040_4040_4040_4040;
        let not_underscore = ((bytes ^ 0x5f5f_5f5f_5f5f_5f5f) + 0x7f7f_7f7f_7f7f_7f7f) >> 1;
        Self {
            digits: !bytes & bytes << 2 & BIT_6,
            upper: bytes & !(bytes << 1) & not_underscore & BIT_6,
            lower: bytes & bytes << 1 & BIT_6,
        }
    }
}

/// Whether a run may be random: words and names have few turns and few digits, random values many of the one or the other.
pub(crate) fn may_be_random(run: &[u8]) -> bool {
    is_random_mix(Mix::of(run), run)
}

/// The same where it is known what the run is made of.
#[inline]
pub(crate) fn is_random_mix(mix: Mix, run: &[u8]) -> bool {
    // In a path one part may be.
    let in_part = || {
        (mix.digits >= 1 || mix.upper >= 3)
            && memchr::memchr(b'/', run).is_some()
            && run.split(|&byte| byte == b'/').any(|part| part.len() >= 7 && Mix::of(part).may_be_random())
    };
    mix.may_be_random() || in_part()
}

/// What a run is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mix {
    /// Bytes that were counted.
    pub(crate) length: u32,
    pub(crate) digits: u32,
    pub(crate) upper: u32,
    pub(crate) lower: u32,
    /// Times that a letter follows a digit, a digit a letter, or a capital a small letter.
    pub(crate) turns: u32,
}

impl Mix {
    /// Counts the first bytes of a run.
    pub(crate) fn of(run: &[u8]) -> Self {
        // What lies beyond the first bytes of a long run changes nothing.
        let run = &run[..run.len().min(512)];
        let mut mix = Self { length: run.len() as u32, ..Self::default() };
        let (mut digit_before, mut upper_before, mut lower_before) = (0, 0, 0);
        each_eight(run, |bytes| {
            let Kinds { digits, upper, lower } = Kinds::of(bytes);
            mix.digits += count(digits);
            mix.upper += count(upper);
            mix.lower += count(lower);
            // The byte before stands in the next lower eight bits; that of the first comes from the chunk before.
            let (after_digit, after_upper, after_lower) =
                (digits << 8 | digit_before, upper << 8 | upper_before, lower << 8 | lower_before);
            mix.turns += count(after_digit & (upper | lower) | (after_upper | after_lower) & digits | after_lower & upper);
            (digit_before, upper_before, lower_before) = (digits >> 56, upper >> 56, lower >> 56);
        });
        mix
    }

    #[inline]
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
