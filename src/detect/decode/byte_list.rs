//! Lists of byte values or character literals: `[103, 104, 112]`, `{0x67, 0x68, 0x70}`, `{'g', 'h', 'p'}`.

use super::decoded::{Step, hex_digit, is_control};
use super::escapes::begin;
use crate::model::Layer;

/// Fewer items are no secret.
const MIN_ITEMS: usize = 8;
/// Spaces and line ends between two items.
const MAX_GAP: usize = 64;
/// Items before the first that calls for a look.
const MAX_BACK: usize = 256;

/// The list whose item ends at the comma at `at`.
pub(super) fn stretch(text: &[u8], floor: usize, at: usize) -> Step {
    // A printable character has two digits at least: `f(1, 2)` and `"a": 1,` end here. An item follows the comma.
    let ends_item = at >= 2 && ((text[at - 1].is_ascii_digit() && hex_digit(text[at - 2]).is_some()) || text[at - 1] == b'\'');
    let after = gap(text, at + 1);
    if !ends_item || !matches!(text.get(after), Some(b'0'..=b'9' | b'\'')) || item(text, after).is_none() {
        return Step::skip(at + 1);
    }
    let mut place = list_begin(text, floor, at);
    let (start, mut stop, mut bytes) = (place, place, Vec::new());
    while let Some((byte, end)) = item(text, place) {
        if is_control(byte) {
            break;
        }
        bytes.push(byte);
        stop = end;
        let comma = gap(text, end);
        if text.get(comma) != Some(&b',') || bytes.len() >= super::MAX_OUTPUT {
            break;
        }
        place = gap(text, comma + 1);
    }
    if bytes.len() < MIN_ITEMS { Step::skip(stop.max(at + 1)) } else { Step::text(start..stop, Layer::ByteArray, bytes) }
}

/// Where the list that runs up to `at` begins.
fn list_begin(text: &[u8], floor: usize, at: usize) -> usize {
    if text[at - 1] == b'\'' {
        return floor.max(at.saturating_sub(3));
    }
    let mut start = begin(text, floor.max(at.saturating_sub(4)), at, |byte| byte.is_ascii_hexdigit() || matches!(byte, b'x' | b'X'));
    // The first item that calls for a look ends in a decimal digit; hexadecimal ones before it may end in letters.
    for _ in 0..MAX_BACK {
        let Some(earlier) = item_before(text, floor, start) else { break };
        start = earlier;
    }
    start
}

/// The beginning of the hexadecimal item before the one at `start`.
fn item_before(text: &[u8], floor: usize, start: usize) -> Option<usize> {
    let least = floor.max(start.saturating_sub(MAX_GAP));
    let comma = least + text[least..start].iter().rposition(|byte| !byte.is_ascii_whitespace())?;
    let begin = comma.checked_sub(4).filter(|&begin| begin >= floor)?;
    let (byte, end) = item(text, begin)?;
    (text[comma] == b',' && end == comma && text[begin..].starts_with(b"0x") && !is_control(byte)).then_some(begin)
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
        b'\'' => (*rest.get(2)? == b'\'').then(|| (rest[1], at + 3)),
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

    use super::super::escapes;

    fn decoded(text: &str) -> Option<String> {
        escapes(text.as_bytes(), 0).map(|found| String::from_utf8(found.bytes).expect("text"))
    }

    #[test]
    fn every_notation_is_read() {
        let plain = "ghp_ooooken0";
        for list in [
            plain.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(", "),
            plain.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(","),
            plain.bytes().map(|byte| format!("0x{byte:02x}")).collect::<Vec<_>>().join(", "),
            plain.bytes().map(|byte| format!("0x{byte:02X}")).collect::<Vec<_>>().join(",\n        "),
            plain.chars().map(|character| format!("'{character}'")).collect::<Vec<_>>().join(", "),
        ] {
            for (before, after) in [("let k = [", "];"), ("{", "}"), ("bytes([\n  ", ",\n]);"), ("", "")] {
                let text = format!("{before}{list}{after}");
                assert_eq!(decoded(&text).as_deref(), Some(plain), "{text}");
                assert_eq!(escapes(text.as_bytes(), 0).expect("a list").span, before.len()..before.len() + list.len());
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
            "f('a', 'b')",
        ] {
            assert_eq!(decoded(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_was_listed_comes_back(plain in "[ -~]{8,60}") {
            let list: Vec<String> = plain.bytes().map(|byte| byte.to_string()).collect();
            prop_assert_eq!(decoded(&format!("[{}]", list.join(", "))), Some(plain));
        }
    }
}
