//! How much of a value is repetition, counting or a walk over the keyboard.

/// Rows and common diagonals of keyboards, lower case, walked in either direction.
const WALKS: [&[u8]; 10] = [
    b"qwertyuiop",
    b"asdfghjkl",
    b"zxcvbnm",
    b"qwertzuiop",
    b"yxcvbnm",
    b"azertyuiop",
    b"qsdfghjklm",
    b"1qaz2wsx3edc4rfv5tgb6yhn",
    b"1q2w3e4r5t6y7u8i9o0p",
    b"!@#$%^&*()",
];

/// Share of the value that lies in runs of four or more characters which repeat, count up or down, or walk over the keyboard.
#[expect(clippy::cast_precision_loss, reason = "values are short")]
pub(super) fn share(value: &[u8]) -> f32 {
    if value.is_empty() {
        return 0.0;
    }
    let mut covered = 0;
    let mut start = 0;
    while start < value.len() {
        let length = [0_i8, 1, -1].into_iter().map(|step| counting(&value[start..], step)).max().unwrap_or(1).max(walk(&value[start..]));
        if length >= 4 || (length == 3 && value.len() <= 8) {
            covered += length;
            start += length;
        } else {
            start += 1;
        }
    }
    covered as f32 / value.len() as f32
}

/// Length of the run at the start in which each character is the one before plus `step`; 9 is followed by 0.
fn counting(value: &[u8], step: i8) -> usize {
    let follows = |pair: &[u8]| {
        let (from, to) = (pair[0].to_ascii_lowercase(), pair[1].to_ascii_lowercase());
        let same_kind =
            step == 0 || (from.is_ascii_digit() && to.is_ascii_digit()) || (from.is_ascii_lowercase() && to.is_ascii_lowercase());
        let wraps = (step == 1 && from == b'9' && to == b'0') || (step == -1 && from == b'0' && to == b'9');
        (same_kind && from.wrapping_add_signed(step) == to) || wraps
    };
    1 + value.windows(2).take_while(|pair| follows(pair)).count()
}

/// Length of the keyboard walk at the start, letters in any case.
fn walk(value: &[u8]) -> usize {
    let first = value[0].to_ascii_lowercase();
    let mut longest = 1;
    for row in WALKS {
        for at in row.iter().enumerate().filter_map(|(at, &key)| (key == first).then_some(at)) {
            let same = |(typed, key): &(&u8, &u8)| typed.to_ascii_lowercase() == **key;
            let forward = value.iter().zip(&row[at..]).take_while(same).count();
            let back = value.iter().zip(row[..=at].iter().rev()).take_while(same).count();
            longest = longest.max(forward).max(back);
        }
    }
    longest
}

/// Whether the value is one shorter piece over and over (`abcabcabc`, sixteen hex digits twice).
pub(super) fn is_periodic(value: &[u8]) -> bool {
    (1..=value.len() / 2).any(|period| value.iter().zip(&value[period..]).all(|(one, other)| one == other))
}

/// Number of distinct characters.
pub(super) fn distinct(value: &[u8]) -> usize {
    let mut seen = [false; 256];
    for &byte in value {
        seen[usize::from(byte)] = true;
    }
    seen.iter().filter(|&&seen| seen).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::expand;

    #[test]
    fn runs_are_weighed_by_their_share() {
        for value in
            ["1234567890", "abcdefghij", "qwertyuiop", "0987654321", "xxxxxxxx", "1qaz2wsx", "123456", "AAAABBBB", "12345678901234567890"]
        {
            assert!(share(value.as_bytes()) > 0.9, "{value}");
        }
        assert!(share(b"kT9v1234xQz7mPw2") <= 0.25, "a run inside counts its own part only");
        for seed in 0..200 {
            let value = expand("{base62:20}", &format!("runs {seed}")).expect("a sound template").text;
            assert!(share(&value) < 0.3);
        }
    }

    #[test]
    fn periods_are_seen() {
        assert!(is_periodic(b"abcabcabc") && is_periodic(b"0123456789abcdef0123456789abcdef") && is_periodic(b"aa"));
        assert!(!is_periodic(b"abcabd") && !is_periodic(b"a") && !is_periodic(b""));
        assert_eq!(distinct(b"aabbc"), 3);
    }
}
