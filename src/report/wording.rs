//! Small texts that reports share: what cannot move a cursor, numbers for people.

use crate::model::{Liveness, Probed};

/// The text on one line: controls and the marks that reorder text on a screen are replaced one by one.
pub(super) fn calm(text: &str) -> String {
    let calm = |character: char| match character {
        '\t' => ' ',
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        control if control.is_control() => '\u{fffd}',
        other => other,
    };
    text.chars().map(calm).collect()
}

/// A number with its thousands apart.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// `1 finding`, `2 findings`.
pub(super) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", thousands(number as u64))
}

/// What came of asking the issuer, as a sentence.
pub(super) fn told(probed: &Probed) -> String {
    let who = probed.who.as_deref().map_or(String::new(), |who| format!(" as {who}"));
    match &probed.liveness {
        Liveness::Alive => format!("yes, it is accepted{who}, and a random value is refused ({})", probed.asked),
        Liveness::Dead => format!("no, its issuer refuses it ({})", probed.asked),
        Liveness::Unknown { why } if probed.asked.is_empty() => format!("not asked: {why}"),
        Liveness::Unknown { why } if !probed.sent => format!("{why}; with a random value first: {}", probed.asked),
        Liveness::Unknown { why } => format!("unknown: {why} ({})", probed.asked),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_moves_the_cursor() {
        assert_eq!(calm("a\tb\u{1b}[2J\u{202e}c\r\n"), "a b\u{fffd}[2J\u{fffd}c\u{fffd}\u{fffd}");
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!([0, 999, 1000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([count(1, "file"), count(2, "file")], ["1 file", "2 files"]);
    }
}
