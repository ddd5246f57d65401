//! How random a value looks: letters, digits and words weighed together, not one entropy threshold.

use super::entropy::{self, Alphabet};
use super::wordlike::Words;
use super::{runs, structure};

/// How random a value looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// Words, an identifier, a number, a repetition.
    Plain,
    /// No word, but short or of one kind: what people choose as a password.
    Odd,
    /// Probably made by a machine, or a good password.
    Likely,
    /// Made by a machine.
    Strong,
}

/// Whether the value is a long line of all kinds of characters in no order, as generators of salts write them.
pub(super) fn is_noise(words: &Words, value: &[u8]) -> bool {
    let count = |kind: fn(&u8) -> bool| value.iter().filter(|byte| kind(byte)).count();
    let is_printable = value.iter().all(|&byte| (b' '..0x7f).contains(&byte));
    value.len() >= 32
        && is_printable
        && count(u8::is_ascii_punctuation) * 6 >= value.len()
        && count(u8::is_ascii_digit) >= 3
        && count(u8::is_ascii_uppercase) >= 5
        && count(u8::is_ascii_lowercase) >= 5
        && runs::distinct(value) * 2 >= value.len().min(50)
        && words.share(value) < 0.3
}

/// Measures the value.
pub(super) fn of(words: &Words, value: &[u8]) -> Strength {
    let length = value.len();
    if length < 4 || runs::share(value) > 0.6 {
        return Strength::Plain;
    }
    if is_noise(words, value) {
        return Strength::Strong;
    }
    if structure::is_uuid(value) {
        return if runs::distinct(value) >= 9 { Strength::Likely } else { Strength::Plain };
    }
    // Tokens of several parts (`header.body.signature`, `prefix-random`) are as strong as their strongest part.
    if length >= 40 && value.iter().any(|byte| matches!(byte, b'.' | b':')) {
        let parts = value.split(|byte| matches!(byte, b'.' | b':')).filter(|part| part.len() >= 16);
        if let Some(best) = parts.map(|part| of_part(words, part)).max() {
            return best.max(of_part(words, value));
        }
    }
    of_part(words, value)
}

fn of_part(words: &Words, value: &[u8]) -> Strength {
    let alphabet = Alphabet::of(value);
    let ratio = entropy::ratio(value);
    if ratio < 0.72 && value.len() >= 8 {
        return Strength::Plain;
    }
    let has = |kind: fn(&u8) -> bool| value.iter().any(kind);
    let (lower, upper, digit) = (has(u8::is_ascii_lowercase), has(u8::is_ascii_uppercase), has(u8::is_ascii_digit));
    let symbol = has(|byte| !byte.is_ascii_alphanumeric() && !b"_-. ".contains(byte));
    let kinds = [lower, upper, digit, symbol].into_iter().filter(|&kind| kind).count();
    let share = words.share(value);
    let changes = changes(value);
    match value.len() {
        0..6 if kinds >= 3 => Strength::Odd,
        0..6 => Strength::Plain,
        6..16 => short(words, value, kinds, share, changes),
        length => {
            let wordy = share > 0.34 || (share > 0.2 && changes < 0.25) || words.surprise(value, 8).is_some_and(|bits| bits < 4.5);
            match alphabet {
                Alphabet::Digits => Strength::Odd,
                Alphabet::Other => Strength::Plain,
                Alphabet::Hex if ratio > 0.83 && length >= 20 => Strength::Strong,
                Alphabet::Hex if ratio > 0.83 => Strength::Likely,
                Alphabet::Hex => Strength::Plain,
                Alphabet::Letters | Alphabet::Mixed if wordy => Strength::Plain,
                Alphabet::Letters | Alphabet::Mixed => match words.surprise(value, 8) {
                    Some(bits) if bits > 5.2 && length >= 20 => Strength::Likely,
                    Some(bits) if bits > 4.9 => Strength::Odd,
                    _ => Strength::Plain,
                },
                _ if !digit && share > 0.25 => Strength::Plain,
                _ if wordy && kinds >= 3 && digit && share < 0.75 && (symbol || changes > 0.3) => Strength::Likely,
                _ if wordy && digit && share < 0.6 => Strength::Odd,
                _ if wordy => Strength::Plain,
                _ if !digit => Strength::Odd,
                _ if changes < 0.15 => Strength::Odd,
                _ if (kinds >= 3 && length >= 18) || length >= 24 => Strength::Strong,
                _ => Strength::Likely,
            }
        }
    }
}

/// Values of 6 to 15 characters: kinds of characters and words decide.
fn short(words: &Words, value: &[u8], kinds: usize, share: f32, changes: f32) -> Strength {
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    if letters == 0 {
        return if digits == value.len() && digits < 8 { Strength::Plain } else { Strength::Odd };
    }
    if letters == value.len()
        || (digits == 0 && kinds <= 2 && value.iter().all(|byte| byte.is_ascii_alphabetic() || b"_-. ".contains(byte)))
    {
        // Letters alone: a word in any language reads like one.
        let unread = share < 0.4 && words.surprise(value, 5).is_some_and(|bits| bits > 5.3);
        return if unread { Strength::Odd } else { Strength::Plain };
    }
    match kinds {
        4 if value.len() >= 9 && share < 0.7 => Strength::Likely,
        3.. if value.len() >= 10 && share < 0.5 && changes > 0.3 => Strength::Likely,
        2 if value.len() >= 12 && share < 0.3 && changes > 0.3 && digits >= 2 => Strength::Likely,
        _ if kinds >= 2 => Strength::Odd,
        _ => Strength::Plain,
    }
}

/// How often the kind of character changes, per pair of neighbours.
#[expect(clippy::cast_precision_loss, reason = "values are short")]
fn changes(value: &[u8]) -> f32 {
    let kind = |byte: u8| match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    let changed = value.windows(2).filter(|pair| kind(pair[0]) != kind(pair[1])).count();
    changed as f32 / (value.len().max(2) - 1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::expand;

    fn share_of(template: &str, least: Strength) -> usize {
        let words = Words::new();
        (0..200).filter(|seed| of(&words, &expand(template, &format!("strength {seed}")).expect("a sound template").text) >= least).count()
    }

    #[test]
    fn machine_made_values_are_strong() {
        for template in ["{base62:32}", "{base62:40}", "{hex:32}", "{hex:64}", "{base64:44}", "{base64url:43}", "{alnum:32}", "{jwt}"] {
            assert!(share_of(template, Strength::Strong) >= 190, "{template}: {}", share_of(template, Strength::Strong));
        }
        for template in ["{base62:16}", "{base62:20}", "{alnum:20}", "{password}", "{uuid}", "{hex:16}", "{base32:26}"] {
            assert!(share_of(template, Strength::Likely) >= 175, "{template}: {}", share_of(template, Strength::Likely));
        }
    }

    #[test]
    fn chosen_passwords_are_odd_and_words_are_plain() {
        let words = Words::new();
        for value in ["hunter2", "P@ssw0rd!", "s3cr3t", "admin!23", "Summer2019", "84629175", "qzkvbxwmjh", "Winter99!", "letm31n"] {
            assert!(of(&words, value.as_bytes()) >= Strength::Odd, "{value}");
        }
        for value in [
            "password",
            "getUserPassword",
            "connection-string",
            "AbstractTokenFactory",
            "Passwort",
            "forgot_password",
            "000000",
            "aaaaaaaa",
            "authentication_required",
            "password-field",
            "SECRET_ACCESS_TOKEN",
            "contraseña nueva",
        ] {
            assert_eq!(of(&words, value.as_bytes()), Strength::Plain, "{value}");
        }
    }
}
