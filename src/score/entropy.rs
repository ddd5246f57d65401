//! Shannon entropy of a value, measured against what a random string of its own alphabet and length would have.

/// The alphabets that credentials are written in, smallest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Alphabet {
    /// `0-9`
    Digits,
    /// `0-9a-f` or `0-9A-F`, at least one digit
    Hex,
    /// `a-z` or `A-Z`
    Letters,
    /// Letters of one case and digits (base32 among them)
    Alnum,
    /// Letters of both cases, no digit
    Mixed,
    /// `0-9A-Za-z`
    Base62,
    /// Base62 and some of `+ / - _ =` and the dot that joins tokens
    Base64,
    /// Any other visible character
    Printable,
    /// Spaces, control characters or bytes beyond ASCII
    Other,
}

impl Alphabet {
    /// The smallest alphabet that holds the whole value.
    pub(super) fn of(value: &[u8]) -> Self {
        let (mut digit, mut lower, mut upper, mut beyond_hex, mut joiner, mut symbol) = (false, false, false, false, false, false);
        for &byte in value {
            match byte {
                b'0'..=b'9' => digit = true,
                b'a'..=b'z' => {
                    lower = true;
                    beyond_hex |= byte > b'f';
                }
                b'A'..=b'Z' => {
                    upper = true;
                    beyond_hex |= byte > b'F';
                }
                b'+' | b'/' | b'-' | b'_' | b'=' | b'.' => joiner = true,
                b'!'..=b'~' => symbol = true,
                _ => return Self::Other,
            }
        }
        match (symbol, joiner, digit, lower, upper) {
            (true, ..) => Self::Printable,
            (_, true, ..) => Self::Base64,
            (_, _, true, false, false) => Self::Digits,
            (_, _, true, true, true) => Self::Base62,
            (_, _, true, ..) if !beyond_hex => Self::Hex,
            (_, _, true, ..) => Self::Alnum,
            (_, _, false, true, true) => Self::Mixed,
            _ => Self::Letters,
        }
    }

    /// How many characters it has.
    pub(super) fn size(self) -> usize {
        match self {
            Self::Digits => 10,
            Self::Hex => 16,
            Self::Letters => 26,
            Self::Alnum => 36,
            Self::Mixed => 52,
            Self::Base62 => 62,
            Self::Base64 => 65,
            Self::Printable => 94,
            Self::Other => 128,
        }
    }
}

/// Shannon entropy in bits per byte.
pub(super) fn bits(value: &[u8]) -> f32 {
    entropy::shannon_entropy(value)
}

/// The entropy that a random string of `length` characters from an alphabet of `size` shows on average.
///
/// It lies well below the logarithm of the size for short strings: twelve characters show at most log2(12) bits.
#[expect(clippy::cast_precision_loss, reason = "lengths and alphabet sizes are small")]
pub(super) fn expected(size: usize, length: usize) -> f32 {
    if length < 2 || size < 2 {
        return 0.0;
    }
    let (k, n) = (size as f64, length as f64);
    if length > 256 {
        // Miller and Madow's correction is exact enough where every character occurs often.
        return (k.log2() - (k - 1.0) / (2.0 * n * std::f64::consts::LN_2)) as f32;
    }
    // E[H] = log2 n − (k/n) · Σ P(count = j) · j · log2 j, counts being binomial.
    let p = 1.0 / k;
    let mut chance = (1.0 - p).powf(n);
    let mut sum = 0.0;
    for j in 1..=length {
        let j_float = j as f64;
        chance *= (n - j_float + 1.0) / j_float * p / (1.0 - p);
        sum += chance * j_float * j_float.log2();
        if j_float > n * p + 40.0 {
            break;
        }
    }
    (n.log2() - k / n * sum) as f32
}

/// Entropy as a share of what a random string of the same alphabet and length has: about 1 for random ones, less for repetitions.
pub(super) fn ratio(value: &[u8]) -> f32 {
    let expected = expected(Alphabet::of(value).size(), value.len());
    if expected <= 0.0 { 0.0 } else { bits(value) / expected }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::expand;

    fn random(template: &str, seed: usize) -> Vec<u8> {
        expand(template, &format!("entropy {seed}")).expect("a sound template").text
    }

    #[test]
    fn alphabets_are_the_smallest() {
        for (value, alphabet) in [
            ("123", Alphabet::Digits),
            ("12af", Alphabet::Hex),
            ("afaf", Alphabet::Letters),
            ("12ag", Alphabet::Alnum),
            ("aB", Alphabet::Mixed),
            ("aB1", Alphabet::Base62),
            ("aB1-", Alphabet::Base64),
            ("aB1!", Alphabet::Printable),
            ("a b", Alphabet::Other),
        ] {
            assert_eq!(Alphabet::of(value.as_bytes()), alphabet, "{value}");
        }
    }

    #[test]
    fn random_strings_reach_their_ceiling_at_any_length() {
        for template in ["{base62:12}", "{base62:40}", "{hex:32}", "{hex:64}", "{base64:88}", "{alnum:20}", "{digits:16}", "{base62:300}"] {
            let mean = (0..50).map(|seed| ratio(&random(template, seed))).sum::<f32>() / 50.0;
            assert!((0.95..1.06).contains(&mean), "{template}: {mean}");
            assert!((0..50).all(|seed| ratio(&random(template, seed)) > 0.74), "{template}");
        }
    }

    #[test]
    fn repetition_falls_below() {
        for value in ["xxxxxxxxxxxxxxxxxxxx", "abababababababababab", "00000000000000000001", "aaaaaaaabbbbbbbbaaaa"] {
            assert!(ratio(value.as_bytes()) < 0.6, "{value}: {}", ratio(value.as_bytes()));
        }
        assert!(ratio(b"") == 0.0);
    }
}
