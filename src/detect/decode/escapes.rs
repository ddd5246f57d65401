//! Finds the next stretch of text that holds percent encoding, backslash escapes, HTML entities or a list of byte values.

use super::decoded::{Decoded, Step};
use super::{backslash, byte_list, entity, percent};

/// Bytes that are looked at together; the compiler makes vector code of the test.
const BLOCK: usize = 64;
/// How far before its first escape a stretch may begin: without a bound, a long line could be walked again and again.
const REACH: usize = 4096;

/// Undoes one layer of escapes in the first stretch at or after `from` that holds any; go on from the end of its span.
///
/// Text in which nothing is escaped costs a fraction of a nanosecond per byte.
pub fn escapes(text: &[u8], from: usize) -> Option<Decoded> {
    let mut at = from;
    while at < text.len() {
        let end = text.len().min(at + BLOCK);
        if !calls(text, at, end) {
            at = end;
            continue;
        }
        while at < end {
            let step = match text[at] {
                b'%' => percent::stretch(text, from, at),
                b'\\' => backslash::stretch(text, from, at),
                b'&' => entity::stretch(text, from, at),
                b',' => byte_list::stretch(text, from, at),
                _ => Step::skip(at + 1),
            };
            if step.found.is_some() {
                return step.found;
            }
            at = step.next.max(at + 1);
        }
    }
    None
}

/// Whether one of the marks stands in the block; a comma counts after a digit or a quote alone.
fn calls(text: &[u8], start: usize, end: usize) -> bool {
    let mut called = false;
    for &byte in &text[start..end] {
        called |= (byte == b'%') | (byte == b'\\') | (byte == b'&');
    }
    let behind = start.max(1);
    for (&before, &byte) in text[behind - 1..].iter().zip(&text[behind..end.max(behind)]) {
        called |= (byte == b',') & (before.is_ascii_digit() | (before == b'\''));
    }
    called
}

/// Where the stretch around `at` begins: after the last byte from `floor` on, within reach, that is no part of it.
pub(super) fn begin(text: &[u8], floor: usize, at: usize, is_part: impl Fn(u8) -> bool) -> usize {
    let floor = floor.max(at.saturating_sub(REACH));
    text[floor..at].iter().rposition(|&byte| !is_part(byte)).map_or(floor, |last| floor + last + 1)
}

/// Where the stretch around `at` ends: at the first byte that is no part of it.
pub(super) fn end(text: &[u8], at: usize, is_part: impl Fn(u8) -> bool) -> usize {
    let limit = text.len().min(at + super::MAX_OUTPUT);
    text[at..limit].iter().position(|&byte| !is_part(byte)).map_or(limit, |length| at + length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Layer;

    #[test]
    fn each_kind_is_found_in_turn() {
        let text = br#"a = "x"; u = http://h/?t=%61%62%63defgh
            j = "{\"token\": \"abcdefgh\"}"; h = <a b='k=&quot;v&quot; and so on'>
            bytes = [103, 104, 112, 95, 65, 66, 67, 68, 69]"#;
        let (mut from, mut layers) = (0, Vec::new());
        while let Some(found) = escapes(text, from) {
            assert!(found.span.start >= from && found.bytes.len() <= found.span.len());
            from = found.span.end;
            layers.push(found.layer);
        }
        assert_eq!(layers, [Layer::Percent, Layer::Escape, Layer::Escape, Layer::ByteArray]);
    }

    #[test]
    fn ordinary_code_holds_none() {
        let code = br#"
            printf("%d of %s: %5.2f%%\n", a, b, c); if (x && &y) { return table[i % 10]; }
            let re = Regex::new(r"\d+\.\w*"); f(1, 2, 3, 'a', 'b'); let v = vec![1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
            C:\Windows\System32 50% off, 100%. static const int t[] = { 1024, 2048, 4096, 8192, 1, 2, 3, 4, 5, 6, 7 };
            <p>a &lt; b &amp;&amp; c &gt; d</p> "\0" "\x00\x01\x02\x03\x04\x05\x06\x07\x08""#;
        assert_eq!(escapes(code, 0), None);
    }

    proptest! {
        #[test]
        fn no_text_can_break_it(text in "[a-f0-9%\\\\&#x;{}u,\\[\\]'\" \nq]{0,160}", from in 0usize..170) {
            let (mut at, text) = (from, text.as_bytes());
            while let Some(found) = escapes(text, at) {
                prop_assert!(found.span.start >= at && found.span.end > at && found.span.end <= text.len());
                prop_assert!(found.bytes.len() <= found.span.len());
                at = found.span.end;
            }
        }

        #[test]
        fn no_bytes_can_break_it(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut at = 0;
            while let Some(found) = escapes(&text, at) {
                prop_assert!(found.span.end > at);
                at = found.span.end;
            }
        }
    }
}
