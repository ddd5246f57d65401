//! Finds the next stretch of text that holds percent encoding, backslash escapes or HTML entities.

use super::decoded::Decoded;
use super::{backslash, entity, percent};

/// How far before its first escape a stretch may begin: without a bound, a long line could be walked again and again.
const REACH: usize = 4096;

/// Undoes one layer of escapes in the first stretch at or after `from` that holds any; go on from the end of its span.
///
/// `marks` are the places, in order, of the `%`, `\\` and `&` that [`calls`] holds of; those before `from` are taken away.
pub(crate) fn escapes(text: &[u8], marks: &mut &[usize], from: usize) -> Option<Decoded> {
    let mut next = from;
    while let Some((&at, rest)) = marks.split_first() {
        *marks = rest;
        if at < next || text[at] == b'\\' && is_second(text, next, at) {
            continue;
        }
        let step = match text[at] {
            b'%' => percent::stretch(text, from, at),
            b'\\' => backslash::stretch(text, from, at),
            _ => entity::stretch(text, from, at),
        };
        if step.found.is_some() {
            return step.found;
        }
        next = step.next.max(at + 1);
    }
    None
}

/// Whether the backslash at `at` is the second of a pair: that begins nothing.
fn is_second(text: &[u8], floor: usize, at: usize) -> bool {
    text[floor..at].iter().rev().take_while(|&&byte| byte == b'\\').count() % 2 == 1
}

/// Whether a mark at `at` is worth a closer look: what stands for itself in code, as `%d`, `\0` and `&&`, is not.
pub(crate) fn calls(text: &[u8], at: usize) -> bool {
    let after = |far: usize| text.get(at + far).copied().unwrap_or_default();
    match text[at] {
        b'%' => matches!(after(1), b'2'..=b'7') && after(2).is_ascii_hexdigit(),
        b'\\' => match after(1) {
            b'"' | b'/' | b'u' | b'x' | b'U' => true,
            b'0' | b'1' => after(2).is_ascii_digit() && after(3).is_ascii_digit(),
            _ => false,
        },
        b'&' => matches!((after(1), after(2)), (b'#', _) | (b'a', b'm') | (b'q', b'u')),
        _ => false,
    }
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

/// The next stretch of a text whose marks are not known yet.
#[cfg(test)]
pub(super) fn escapes_from(text: &[u8], from: usize) -> Option<Decoded> {
    let marks: Vec<usize> = (from.min(text.len())..text.len()).filter(|&at| calls(text, at)).collect();
    escapes(text, &mut marks.as_slice(), from)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Layer;

    #[test]
    fn each_kind_is_found_in_turn() {
        let text = br#"a = "x"; u = http://h/?t=%61%62%63defgh
            j = "{\"token\": \"abcdefgh\"}"; h = <a b='k=&quot;v&quot; and so on'>"#;
        let (mut from, mut layers) = (0, Vec::new());
        while let Some(found) = escapes_from(text, from) {
            assert!(found.span.start >= from && found.bytes.len() <= found.span.len());
            from = found.span.end;
            layers.push(found.layer);
        }
        assert_eq!(layers, [Layer::Percent, Layer::Escape, Layer::Escape]);
    }

    #[test]
    fn ordinary_code_holds_none() {
        let code = br#"
            printf("%d of %s: %5.2f%%\n", a, b, c); if (x && &y) { return table[i % 10]; }
            let re = Regex::new(r"\d+\.\w*"); C:\Windows\System32 50% off, 100%.
            <p>a &lt; b &amp;&amp; c &gt; d</p> "\0" "\x00\x01\x02\x03\x04\x05\x06\x07\x08""#;
        assert_eq!(escapes_from(code, 0), None);
    }

    proptest! {
        #[test]
        fn no_text_can_break_it(text in "[a-f0-9%\\\\&#x;{}u,\\[\\]'\" \nq]{0,160}", from in 0usize..170) {
            let (mut at, text) = (from, text.as_bytes());
            while let Some(found) = escapes_from(text, at) {
                prop_assert!(found.span.start >= at && found.span.end > at && found.span.end <= text.len());
                prop_assert!(found.bytes.len() <= found.span.len());
                at = found.span.end;
            }
        }

        #[test]
        fn no_bytes_can_break_it(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut at = 0;
            while let Some(found) = escapes_from(&text, at) {
                prop_assert!(found.span.end > at);
                at = found.span.end;
            }
        }
    }
}
