//! One undone layer, with the test of whether what came out is text.

use std::ops::Range;

use crate::model::Layer;

/// The most bytes that one decode gives; a longer text is decoded up to here, and `span` ends where the decoder stopped.
pub(crate) const MAX_OUTPUT: usize = 1 << 20;

/// One layer of encoding, undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decoded {
    /// The encoded bytes in the outer text; go on looking from its end.
    pub(crate) span: Range<usize>,
    /// What was undone.
    pub(crate) layer: Layer,
    /// The text behind it: never longer than the encoded bytes.
    pub(crate) bytes: Vec<u8>,
}

/// What a stretch finder says about one place: where to go on, and what was found there.
pub(super) struct Step {
    /// The next place to look at.
    pub(super) next: usize,
    /// What was decoded, if anything was.
    pub(super) found: Option<Decoded>,
}

impl Step {
    /// Nothing here; go on at `next`.
    pub(super) fn skip(next: usize) -> Self {
        Self { next, found: None }
    }

    /// `bytes` stand behind `span`, if they are text and long enough to hold a secret.
    pub(super) fn text(span: Range<usize>, layer: Layer, bytes: Vec<u8>) -> Self {
        let next = span.end;
        let found = (bytes.len() >= MIN_TEXT && is_text(&bytes)).then_some(Decoded { span, layer, bytes });
        Self { next, found }
    }
}

/// Nothing shorter can hold a name and a secret, or a secret that needs no name.
pub(super) const MIN_TEXT: usize = 8;

/// Whether the byte is a control character that no text holds.
pub(super) fn is_control(byte: u8) -> bool {
    (byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r')) || byte == 0x7f
}

/// Whether the bytes are UTF-8 text but for one byte in sixteen.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    let controls = bytes.iter().filter(|&&byte| is_control(byte)).count();
    if controls * 16 > bytes.len() {
        return false;
    }
    let broken: usize = bytes.utf8_chunks().map(|chunk| chunk.invalid().len()).sum();
    (controls + broken) * 16 <= bytes.len()
}

/// Whether a beginning is text without exception: a character cut at its end is no fault. UTF-16 counts as text.
pub(super) fn begins_as_text(head: &[u8]) -> bool {
    if head.contains(&0) {
        let wide = |at: usize| head.iter().skip(at).step_by(2).all(|&byte| byte == 0);
        let plain = |at: usize| head.iter().skip(at).step_by(2).all(|&byte| byte != 0 && byte < 0x7f && !is_control(byte));
        return (wide(1) && plain(0)) || (wide(0) && plain(1));
    }
    let whole = match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    whole && !head.iter().any(|&byte| is_control(byte))
}

/// The value of a hexadecimal digit.
pub(super) fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// The byte that two hexadecimal digits at `at` stand for.
pub(super) fn hex_pair(text: &[u8], at: usize) -> Option<u8> {
    let (high, low) = (hex_digit(*text.get(at)?)?, hex_digit(*text.get(at + 1)?)?);
    Some(high << 4 | low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_may_be_a_little_broken_and_a_beginning_may_not() {
        assert!(is_text("naïve текст 漢字, sixteen and more".as_bytes()));
        assert!(is_text(b"a long enough text with one \x01 in it"));
        assert!(!is_text(b"\x01\x02 short"));
        assert!(begins_as_text("漢字".as_bytes().split_at(5).0), "a cut character is no fault");
        assert!(!begins_as_text(b"abc\xff\xfe"));
        assert!(!begins_as_text(b"abc\x01"));
        assert!(begins_as_text(b"k\0e\0y\0=\0"));
        assert!(begins_as_text(b"\0k\0e\0y\0="));
        assert!(!begins_as_text(b"k\0\0\0y\0=\0"));
    }
}
