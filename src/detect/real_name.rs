//! Finds the name that counts where the nearest one says nothing: that of a pair, or before a conversion.

use std::ops::Range;

use super::assignment::{MAX_BACK, Operator, is_name, is_quote};
use super::backwards::Reader;

/// Names that say nothing but that a value follows; the real name stands before them (`- name: X` above `value: Y`).
const HOLLOW: [&[u8]; 7] = [b"value", b"val", b"default", b"defaultvalue", b"stringvalue", b"content", b"string"];

/// Calls that turn a text into another type: what they are given is the value itself.
const CONVERSIONS: [&[u8]; 14] = [
    b"byte",
    b"bytes",
    b"from",
    b"string",
    b"str",
    b"bytearray",
    b"buffer",
    b"encode",
    b"fromstring",
    b"getbytes",
    b"secretstring",
    b"secretstr",
    b"from_string",
    b"from_str",
];

/// Whether the last word of a called path (`Buffer.from`, `[]byte`, `String::from`) is a conversion.
fn is_conversion(path: &[u8]) -> bool {
    let last = path.rsplit(|&byte| matches!(byte, b'.' | b':' | b']' | b' ')).next().unwrap_or(path);
    CONVERSIONS.iter().any(|conversion| conversion.eq_ignore_ascii_case(last))
}

/// Where the quote stands that a conversion at `place` is given, as in `[]byte("…")`.
pub(crate) fn into_conversion(text: &[u8], place: usize) -> Option<usize> {
    let rest = &text[place..text.len().min(place + 48)];
    let length = rest.iter().take_while(|&&byte| is_name(byte) || matches!(byte, b'[' | b']' | b':')).count();
    let is_call = rest.get(length) == Some(&b'(') && rest.get(length + 1).is_some_and(|&byte| is_quote(byte));
    (is_call && is_conversion(&rest[..length])).then_some(place + length + 1)
}

/// The name that the result of a conversion is given to: `NAME` of `NAME = []byte("…")`, `byte` being the name in the call.
fn converted_name(text: &[u8], name: &Range<usize>) -> Option<Range<usize>> {
    if text.get(name.end) != Some(&b'(') || !is_conversion(&text[name.clone()]) {
        return None;
    }
    let mut reader = Reader { text, floor: name.start.saturating_sub(MAX_BACK), at: name.start };
    reader.skip(|byte| is_name(byte) || matches!(byte, b'[' | b']' | b':'));
    if reader.text[reader.at..].starts_with(b":") {
        reader.at += 1; // the operator itself
    }
    reader.skip_space();
    if reader.skip(|byte| matches!(byte, b'n' | b'e' | b'w')) == 3 {
        reader.skip_space();
    }
    let (name, operator) = reader.operator_and_name();
    (operator == Operator::Assign && !name.is_empty()).then_some(name)
}

/// Where a hollow name (`value`) is given, the real name: that of the pair on the same line before it, or on the line above.
pub(crate) fn real_name(text: &[u8], name: &Range<usize>) -> Option<Range<usize>> {
    if let Some(converted) = converted_name(text, name) {
        return Some(converted);
    }
    if !HOLLOW.iter().any(|hollow| hollow.eq_ignore_ascii_case(&text[name.clone()])) {
        return None;
    }
    let floor = name.start.saturating_sub(MAX_BACK);
    let before = &text[floor..name.start];
    let line = memchr::memrchr(b'\n', before).unwrap_or(0);
    let from = memchr::memrchr(b'\n', &before[..line]).map_or(0, |place| place + 1);
    let stretch = &before[from..];
    for key in [&b"name"[..], b"key", b"Name", b"Key", b"field", b"id"] {
        if let Some(place) = memchr::memmem::rfind(stretch, key) {
            let rest = &stretch[place + key.len()..];
            let joint = rest.iter().take_while(|&&byte| matches!(byte, b'"' | b'\'' | b' ' | b':' | b'=' | b'>')).count();
            let is_joined = rest[..joint].iter().any(|&byte| matches!(byte, b':' | b'=' | b'>'));
            let length = rest[joint..].iter().take_while(|&&byte| is_name(byte)).count();
            if is_joined && length > 0 {
                let start = floor + from + place + key.len() + joint;
                return Some(start..start + length);
            }
        }
    }
    None
}
