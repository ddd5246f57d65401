//! Backslash escapes of JSON, C, Python and JavaScript in a string literal or a line.

use super::decoded::{Step, hex_digit, hex_pair};
use super::escapes::{begin, end};
use crate::model::Layer;

/// The string literal or line around the backslash at `at`, with its escapes undone.
pub(super) fn stretch(text: &[u8], floor: usize, at: usize) -> Step {
    // `\n`, `\d`, `\Windows`: alone they hide nothing.
    let hides = match text.get(at + 1) {
        Some(b'"' | b'/') => true,
        Some(b'x' | b'u' | b'U' | b'0'..=b'7') => one(&text[at..]).is_some_and(|(_, length)| length > 2),
        _ => false,
    };
    if !hides {
        return Step::skip(at + 2);
    }
    let start = begin(text, floor, at, |byte| !matches!(byte, b'"' | b'\'' | b'`' | b'\n'));
    // An apostrophe may stand within a literal of the other kind: then that one's quote ends it.
    let quotes: &[u8] = match text[start.saturating_sub(1)] {
        b'\'' => b"'\"",
        b'"' => b"\"",
        b'`' => b"`",
        _ => b"",
    };
    let stop = literal_end(text, start, quotes);
    if stop <= at {
        return Step::skip(at + 2);
    }
    let (bytes, kinds) = undo(&text[start..stop]);
    // Escaped quotes alone hide no token; they hide a pair of name and value.
    let hides_pair = kinds.quotes && memchr::memchr2(b':', b'=', &bytes).is_some();
    if !kinds.hidden && !hides_pair {
        return Step::skip(stop);
    }
    Step::text(start..stop, Layer::Escape, bytes)
}

/// The first unescaped quote or line end from `start` on.
fn literal_end(text: &[u8], start: usize, quotes: &[u8]) -> usize {
    let limit = text.len().min(start + super::MAX_OUTPUT);
    let mut at = start;
    while at < limit {
        at = end(text, at, |byte| !matches!(byte, b'\\' | b'\n') && !quotes.contains(&byte));
        if text.get(at) != Some(&b'\\') || text.get(at + 1).is_none_or(|&next| next == b'\n') {
            break;
        }
        at += 2;
    }
    at.min(limit)
}

/// What kinds of escapes a stretch held.
#[derive(Default)]
struct Kinds {
    /// Such as change a token: a code for a character, or `\/`.
    hidden: bool,
    /// Escaped quotes.
    quotes: bool,
}

fn undo(stretch: &[u8]) -> (Vec<u8>, Kinds) {
    let (mut bytes, mut kinds, mut at) = (Vec::with_capacity(stretch.len()), Kinds::default(), 0);
    while at < stretch.len() {
        let plain = memchr::memchr(b'\\', &stretch[at..]).unwrap_or(stretch.len() - at);
        bytes.extend_from_slice(&stretch[at..at + plain]);
        at += plain;
        if at == stretch.len() {
            break;
        }
        match stretch.get(at + 1) {
            Some(b'"') => kinds.quotes = true,
            Some(b'/' | b'x' | b'u' | b'U' | b'0'..=b'7') => kinds.hidden = true,
            _ => {}
        }
        match one(&stretch[at..]) {
            Some((Meant::Byte(byte), length)) => {
                bytes.push(byte);
                at += length;
            }
            Some((Meant::Character(character), length)) => {
                bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                at += length;
            }
            None => {
                bytes.push(b'\\');
                at += 1;
            }
        }
    }
    (bytes, kinds)
}

/// What an escape stands for.
#[derive(Clone, Copy)]
enum Meant {
    Byte(u8),
    Character(char),
}

/// The escape that the text begins with, and its length.
fn one(text: &[u8]) -> Option<(Meant, usize)> {
    let byte = |byte| Some((Meant::Byte(byte), 2));
    match *text.get(1)? {
        plain @ (b'"' | b'\'' | b'\\' | b'/' | b'`') => byte(plain),
        b'n' => byte(b'\n'),
        b'r' => byte(b'\r'),
        b't' => byte(b'\t'),
        b'x' if text.get(2) == Some(&b'{') => braced(text, 3),
        b'x' => hex_pair(text, 2).map(|byte| (Meant::Byte(byte), 4)),
        b'u' if text.get(2) == Some(&b'{') => braced(text, 3),
        b'u' => unit(text).and_then(|high| match high {
            0xd800..=0xdbff => {
                let low = unit(&text[6..]).filter(|low| (0xdc00..0xe000).contains(low))?;
                char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)).map(|character| (Meant::Character(character), 12))
            }
            _ => char::from_u32(high).map(|character| (Meant::Character(character), 6)),
        }),
        b'U' => digits(text.get(2..10)?).and_then(char::from_u32).map(|character| (Meant::Character(character), 10)),
        b'0'..=b'7' => {
            let octal = text[1..].iter().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
            let value = text[1..=octal].iter().fold(0u32, |value, digit| value * 8 + u32::from(digit - b'0'));
            u8::try_from(value).ok().map(|byte| (Meant::Byte(byte), 1 + octal))
        }
        _ => None,
    }
}

/// The UTF-16 unit of a `\uHHHH`.
fn unit(text: &[u8]) -> Option<u32> {
    if text.starts_with(b"\\u") { digits(text.get(2..6)?) } else { None }
}

fn braced(text: &[u8], start: usize) -> Option<(Meant, usize)> {
    let length = text.get(start..)?.iter().take(7).position(|&byte| byte == b'}').filter(|&length| length > 0)?;
    let character = digits(&text[start..start + length]).and_then(char::from_u32)?;
    Some((Meant::Character(character), start + length + 1))
}

fn digits(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0, |value, &byte| Some(value << 4 | u32::from(hex_digit(byte)?)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::escapes::escapes_from as escapes;

    fn decoded(text: &str) -> Option<String> {
        escapes(text.as_bytes(), 0).map(|found| String::from_utf8(found.bytes).expect("text"))
    }

    #[test]
    fn every_form_is_undone() {
        for (text, plain) in [
            (r#"k = "\x70\x61\x73\x73word1""#, "password1"),
            (r#"k = "\u0070\u0061ssword1""#, "password1"),
            (r#"k = '\u{70}\u{061}ssword1'"#, "password1"),
            (r#"k = "\x{70}assword1""#, "password1"),
            (r#"k = "\U00000070assword1""#, "password1"),
            (r#"k = "\160\141ssword1""#, "password1"),
            (r#"k = "one\/two\/three""#, "one/two/three"),
            (r#"k = "smile \ud83d\ude00 lone \ud83d x""#, "smile 😀 lone \\ud83d x"),
            (r"bare=\u0070assword1", "bare=password1"),
            (r#"k = "\x70ass\n\tword\\1\"'""#, "pass\n\tword\\1\"'"),
            (r#"k = `\x70assword1`"#, "password1"),
        ] {
            assert_eq!(decoded(text).as_deref(), Some(plain), "{text}");
        }
    }

    #[test]
    fn escaped_quotes_matter_when_a_pair_stands_between_them() {
        assert_eq!(decoded(r#"x = "{\"password\": \"hunter22\"}""#).as_deref(), Some(r#"{"password": "hunter22"}"#));
        assert_eq!(decoded(r#"x = "he said \"no\" and left""#), None);
    }

    #[test]
    fn a_literal_ends_at_its_own_quote_or_the_line_end() {
        let text = "a = \"it's \\x41 string\"; b = \"next\"\n";
        let found = escapes(text.as_bytes(), 0).expect("an escape");
        assert!(text[found.span.clone()].contains("\\x41") && !text[found.span].contains("next"));
        assert_eq!(decoded("\\x41bcdefgh\nnext").as_deref(), Some("Abcdefgh"));
        assert_eq!(decoded("abcdefgh \\x41\\").as_deref(), Some("abcdefgh A"), "a backslash at the end is no part of it");
    }

    #[test]
    fn code_that_is_no_escape_is_left_alone() {
        for text in [r"C:\Users\user\x\u\0", r"\d+\.\w{2}", r#""%s\n""#, r#""\0""#, r"\xg1 \u12 \u{zz} \777"] {
            assert_eq!(decoded(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_json_escapes_comes_back(plain in "[ -~\n\té漢😀]{8,60}") {
            let escaped: String = plain.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
            prop_assert_eq!(decoded(&format!("x = \"{escaped}\"")), Some(plain.clone()));
            let quoted = serde_json::to_string(&format!("\"=/{plain}")).expect("a string").replace('/', "\\/");
            prop_assert_eq!(decoded(&quoted), Some(format!("\"=/{plain}")));
        }

        #[test]
        fn what_c_escapes_comes_back(plain in "[ -~]{8,60}") {
            for escaped in [
                plain.bytes().map(|byte| format!("\\x{byte:02X}")).collect::<String>(),
                plain.bytes().map(|byte| format!("\\{byte:03o}")).collect(),
            ] {
                prop_assert_eq!(decoded(&format!("x = '{escaped}'")), Some(plain.clone()));
            }
        }
    }
}
