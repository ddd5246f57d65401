//! Lists of byte values: `[103, 104, 112]`, `{0x67, 0x68, 0x70}`.

use std::ops::Range;

use super::decoded::{Decoded, Step, hex_digit, is_control};
use crate::model::Layer;

/// Fewer items are no secret.
const MIN_ITEMS: usize = 8;
/// Spaces and line ends between two items.
const MAX_GAP: usize = 64;
/// A list of twice this length holds a whole block, wherever it begins.
const BLOCK: usize = 16;
/// The shortest list, in bytes: what is shorter holds a block or not by where in the text it stands, which must make no difference.
const SHORTEST: usize = 2 * BLOCK - 1;
/// How many bytes the places that [`may_be_lists`] finds in one stretch lie apart.
pub(crate) const LIST_STRIDE: usize = 32;

/// Reads the first list of byte values at or after `from` that is text; go on from the end of its span.
///
/// A list is found by a block of bytes in it, so it must have 31 bytes, which eight items with spaces nearly always have; `blocks`
/// tells the next place from which on a block is made of nothing else.
pub(crate) fn byte_list(text: &[u8], mut from: usize, blocks: impl Fn(usize) -> Option<usize>) -> Option<Decoded> {
    let floor = from;
    while let Some(at) = blocks(from) {
        let block = text.get(at..at + BLOCK)?;
        from = at + BLOCK;
        if !block.contains(&b',') {
            continue;
        }
        let step = list(text, floor, at);
        if step.found.is_some() {
            return step.found;
        }
        from = from.max(step.next);
    }
    None
}

/// Calls `found` with places in some lines of a text, such that one stands at most [`LIST_STRIDE`] bytes before or behind the
/// beginning of every list that begins there. `runs` gives the stretches in the lines that have sixteen bytes of lists or more.
pub(crate) fn may_be_lists(text: &[u8], lines: Range<usize>, runs: impl Fn(&mut dyn FnMut(usize, usize)), mut found: impl FnMut(usize)) {
    let before = |place: usize| text[..place].iter().rev().take(SHORTEST).take_while(|&&byte| is_part(byte)).count();
    let after = |place: usize| text[place..].iter().take(SHORTEST).take_while(|&&byte| is_part(byte)).count();
    let mut take = |start: usize, end: usize| {
        // Items do not reach over the end of a line: where a list ends or begins in the lines, a digit of it stands there.
        if (start..end) != lines && !text[start..end].iter().any(u8::is_ascii_digit) {
            return;
        }
        let from = if start == lines.start { start - before(start) } else { start };
        let to = if end == lines.end { end + after(end) } else { end };
        if to - from >= SHORTEST && text[from..to].iter().any(u8::is_ascii_digit) {
            (start..end.max(start + 1)).step_by(LIST_STRIDE).for_each(&mut found);
        }
    };
    runs(&mut take);
    let (head, tail) = (after(lines.start).min(lines.len()), before(lines.end).min(lines.len()));
    if head < BLOCK {
        take(lines.start, lines.start + head);
    }
    if tail < BLOCK && tail < lines.len() {
        take(lines.end - tail, lines.end);
    }
}

/// Numbers, the commas between them, and white space.
fn is_part(byte: u8) -> bool {
    PART[usize::from(byte)]
}

static PART: [bool; 256] = {
    let mut table = [false; 256];
    let (parts, mut at) = (b"0123456789abcdefABCDEFxX, \t\r\n", 0);
    while at < parts.len() {
        table[parts[at] as usize] = true;
        at += 1;
    }
    table
};

/// The list that holds the block at `at`.
fn list(text: &[u8], floor: usize, at: usize) -> Step {
    // A list that is found has its beginning in the block before, or in this one behind numbers that are no text.
    let least = floor.max(at.saturating_sub(MAX_GAP + BLOCK));
    let begin = text[least..at].iter().rposition(|&byte| !is_part(byte)).map_or(least, |place| least + place + 1);
    let (mut place, mut start, mut stop, mut bytes) = (begin, begin, begin, Vec::new());
    loop {
        place = gap(text, place);
        let printable = item(text, place).filter(|&(byte, _)| !is_control(byte));
        let comma = printable.map(|(byte, end)| {
            if bytes.is_empty() {
                start = place;
            }
            bytes.push(byte);
            stop = end;
            gap(text, end)
        });
        match comma {
            Some(comma) if text.get(comma) == Some(&b',') && bytes.len() < super::MAX_OUTPUT => place = comma + 1,
            // The list is over; one that is too short may have another behind it in the block.
            _ if bytes.len() >= MIN_ITEMS && stop - start >= SHORTEST => return Step::text(start..stop, Layer::ByteArray, bytes),
            _ => {
                bytes.clear();
                let rest = text.get(place..at + BLOCK).unwrap_or_default();
                match memchr::memchr(b',', rest) {
                    Some(comma) => place += comma + 1,
                    None => return Step::skip(place.max(stop)),
                }
            }
        }
    }
}

/// The first place from `at` on that is no white space, within the limit.
fn gap(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().take(MAX_GAP).take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// The item at `at`: its value, and where it ends.
fn item(text: &[u8], at: usize) -> Option<(u8, usize)> {
    let rest = text.get(at..)?;
    match *rest.first()? {
        b'0' if matches!(rest.get(1), Some(b'x' | b'X')) => {
            let (high, low) = (hex_digit(*rest.get(2)?)?, hex_digit(*rest.get(3)?)?);
            rest.get(4).is_none_or(|byte| !byte.is_ascii_alphanumeric()).then_some((high << 4 | low, at + 4))
        }
        b'0'..=b'9' => {
            let length = rest.iter().take(4).take_while(|byte| byte.is_ascii_digit()).count();
            let number = rest[..length].iter().fold(0u32, |number, digit| number * 10 + u32::from(digit - b'0'));
            let ends = rest.get(length).is_none_or(|&byte| !byte.is_ascii_alphanumeric() && byte != b'.');
            Some((u8::try_from(number).ok()?, at + length)).filter(|_| ends)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::detect::chart::Chart;
    use crate::detect::decode::Decoded;
    use crate::detect::simd::Nibbles;

    fn byte_list(text: &[u8], from: usize) -> Option<Decoded> {
        let chart = Chart::of(text, 0..text.len(), &Nibbles::default());
        super::byte_list(text, from, |from| chart.numbers(from))
    }

    fn decoded(text: &str) -> Option<String> {
        byte_list(text.as_bytes(), 0).map(|found| String::from_utf8(found.bytes).expect("text"))
    }

    #[test]
    fn every_notation_is_read() {
        let plain = "ghp_ooooken0";
        for list in [
            plain.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(", "),
            plain.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(","),
            plain.bytes().map(|byte| format!("0x{byte:02x}")).collect::<Vec<_>>().join(", "),
            plain.bytes().map(|byte| format!("0x{byte:02X}")).collect::<Vec<_>>().join(",\n        "),
        ] {
            for (before, after) in [("let k = [", "];"), ("{", "}"), ("bytes([\n  ", ",\n]);"), ("", "")] {
                let text = format!("{before}{list}{after}");
                assert_eq!(decoded(&text).as_deref(), Some(plain), "{text}");
                assert_eq!(byte_list(text.as_bytes(), 0).expect("a list").span, before.len()..before.len() + list.len());
            }
        }
    }

    #[test]
    fn numbers_that_are_no_text_are_left_alone() {
        for text in [
            "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]",
            "[1024, 2048, 4096, 512, 300, 400, 600, 700, 800]",
            "[65, 66, 67]",
            "[65.5, 66.5, 67.5, 68.5, 69.5, 70.5, 71.5, 72.5, 73.5]",
            "0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x0e",
            "printf(a, b, c, d, e, f, 1, 2, 3)",
            "                                                  x",
            "deadbeef, cafebabe, deadbeef, cafebabe, deadbeef, cafebabe",
        ] {
            assert_eq!(decoded(text), None, "{text}");
        }
    }

    #[test]
    fn a_list_may_stand_behind_other_numbers_and_is_found_again() {
        let secret: Vec<String> = "first secret".bytes().map(|byte| byte.to_string()).collect();
        let text = format!("[1, 2, 3, {0}, 0, 255, 7]; [{0}]", secret.join(", "));
        let first = byte_list(text.as_bytes(), 0).expect("a list");
        assert_eq!(first.bytes, b"first secret");
        let second = byte_list(text.as_bytes(), first.span.end).expect("another list");
        assert_eq!((second.bytes, second.span.end), (first.bytes, text.len() - 1));
    }

    proptest! {
        #[test]
        fn no_text_can_break_it(text in "[0-9x, a\\n\\[]{0,200}") {
            let mut at = 0;
            while let Some(found) = byte_list(text.as_bytes(), at) {
                prop_assert!(found.span.start >= at && found.span.end > at && found.bytes.len() <= found.span.len());
                at = found.span.end;
            }
        }

        #[test]
        fn what_was_listed_comes_back(plain in "[ -~]{9,60}", before in "[a-z ]{0,20}") {
            let list: Vec<String> = plain.bytes().map(|byte| byte.to_string()).collect();
            prop_assert_eq!(decoded(&format!("{before}[{}]", list.join(", "))), Some(plain));
        }
    }
}
