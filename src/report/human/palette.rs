//! The few colours of the report, and texts that cannot move a cursor.

use anstyle::{AnsiColor, Style};

use crate::model::Severity;

/// The styles in use; without colour all of them are plain.
pub(super) struct Palette {
    colour: bool,
}

impl Palette {
    pub(super) fn new(colour: bool) -> Self {
        Self { colour }
    }

    fn style(&self, style: Style) -> Style {
        if self.colour { style } else { Style::new() }
    }

    pub(super) fn severity(&self, severity: Severity) -> Style {
        let colour = match severity {
            Severity::Critical | Severity::High => AnsiColor::Red,
            Severity::Medium => AnsiColor::Yellow,
            Severity::Low => AnsiColor::Cyan,
        };
        self.style(colour.on_default().bold())
    }

    pub(super) fn strong(&self) -> Style {
        self.style(Style::new().bold())
    }

    /// Line numbers, arrows and bars.
    pub(super) fn frame(&self) -> Style {
        self.style(AnsiColor::Blue.on_default().bold())
    }

    pub(super) fn warning(&self) -> Style {
        self.style(AnsiColor::Yellow.on_default().bold())
    }

    pub(super) fn good(&self) -> Style {
        self.style(AnsiColor::Green.on_default().bold())
    }
}

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
