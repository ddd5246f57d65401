//! Character references of HTML and XML in a text node or an attribute.

use super::decoded::{Step, is_control};
use super::escapes::{begin, end};
use crate::model::Layer;

/// Named references that can stand in a secret or beside it, with what they stand for.
const NAMED: [(&[u8], char); 10] = [
    (b"&amp;", '&'),
    (b"&quot;", '"'),
    (b"&lt;", '<'),
    (b"&gt;", '>'),
    (b"&apos;", '\''),
    (b"&sol;", '/'),
    (b"&equals;", '='),
    (b"&plus;", '+'),
    (b"&colon;", ':'),
    (b"&nbsp;", ' '),
];
/// The longest reference, `&#x10ffff;`, with room for zeros before the number.
const LONGEST: usize = 16;

/// The text node or attribute around the `&` at `at`, with its references undone.
pub(super) fn stretch(text: &[u8], floor: usize, at: usize) -> Step {
    // `&&`, `&x` and `a & b` end here; so do `&lt;` and `&gt;`, which documents are full of and secrets are not.
    let hides = matches!(text.get(at + 1), Some(b'#' | b'a' | b'q'));
    let Some((character, length)) = one(&text[at..]).filter(|_| hides) else { return Step::skip(at + 1) };
    if character.is_control() {
        return Step::skip(at + length);
    }
    let span = begin(text, floor, at, is_part)..end(text, at, is_part);
    let bytes = undo(&text[span.clone()]);
    // A quote or an ampersand hides nothing but a pair of name and value.
    if text[at + 1] != b'#' && memchr::memchr2(b':', b'=', &bytes).is_none() {
        return Step::skip(if memchr::memmem::find(&text[at..span.end], b"&#").is_some() { at + length } else { span.end });
    }
    Step::text(span, Layer::Escape, bytes)
}

/// References stand between tags, or between the quotes of an attribute, on one line.
fn is_part(byte: u8) -> bool {
    !matches!(byte, b'<' | b'>' | b'"' | b'\'' | b'\n') && !is_control(byte)
}

fn undo(stretch: &[u8]) -> Vec<u8> {
    let (mut bytes, mut at) = (Vec::with_capacity(stretch.len()), 0);
    while at < stretch.len() {
        let plain = memchr::memchr(b'&', &stretch[at..]).unwrap_or(stretch.len() - at);
        bytes.extend_from_slice(&stretch[at..at + plain]);
        at += plain;
        if at == stretch.len() {
            break;
        }
        if let Some((character, length)) = one(&stretch[at..]) {
            bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            at += length;
        } else {
            bytes.push(b'&');
            at += 1;
        }
    }
    bytes
}

/// The reference that the text begins with, and its length.
fn one(text: &[u8]) -> Option<(char, usize)> {
    if text.get(1) != Some(&b'#') {
        return NAMED.iter().find(|(name, _)| text.starts_with(name)).map(|(name, character)| (*character, name.len()));
    }
    let length = text.iter().take(LONGEST).position(|&byte| byte == b';')?;
    let (digits, radix) = match text.get(2)? {
        b'x' | b'X' => (&text[3..length], 16),
        _ => (&text[2..length], 10),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let number = u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()?;
    Some((char::from_u32(number)?, length + 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::escapes::escapes_from as escapes;

    fn decoded(text: &str) -> Option<String> {
        escapes(text.as_bytes(), 0).map(|found| String::from_utf8(found.bytes).expect("text"))
    }

    #[test]
    fn references_are_undone_within_their_node() {
        assert_eq!(decoded("<p>password=a&#98;c&#x64;&amp;efg</p>").as_deref(), Some("password=abcd&efg"));
        assert_eq!(decoded("<a href=\"/x?id=1&amp;token=abcdef\">").as_deref(), Some("/x?id=1&token=abcdef"));
        assert_eq!(decoded("<v>{&quot;password&quot;:&quot;x&quot;}</v>").as_deref(), Some("{\"password\":\"x\"}"));
    }

    #[test]
    fn what_hides_nothing_is_left_alone() {
        for text in ["a && b", "f(&args, &quotes, &amp)", "<p>you &amp; me and them</p>", "&#; &#x; &#xzz; &#99999999;", "&#0;&#1;&#2;"] {
            assert_eq!(decoded(text), None, "{text}");
        }
        assert_eq!(decoded("<p>you &amp; me &#97;nd</p>").as_deref(), Some("you & me and"), "a number later in the node counts");
    }

    proptest! {
        #[test]
        fn what_was_encoded_comes_back(plain in "[!-~é漢]{8,60}") {
            let decimal: String = plain.chars().map(|character| format!("&#{};", u32::from(character))).collect();
            let hex: String = plain.chars().map(|character| format!("&#x{:X};", u32::from(character))).collect();
            prop_assert_eq!(decoded(&format!("<p>{decimal}</p>")), Some(plain.clone()));
            prop_assert_eq!(decoded(&format!("<p>{hex}</p>")), Some(plain));
        }
    }
}
