//! Base64 and hexadecimal in a run of token characters.

use std::ops::Range;

use super::decoded::{Decoded, MAX_OUTPUT, begins_as_text, hex_digit, hex_pair, is_control, is_text};
use crate::model::Layer;

/// The shortest run worth a look: 15 bytes behind base64.
pub(crate) const MIN_RUN: usize = 20;
/// The shortest hexadecimal text: 16 bytes behind it.
const MIN_HEX: usize = 32;
/// Characters of base64 that are decoded before the rest is believed to be text: 18 bytes.
const HEAD: usize = 24;
/// Shortest full line of base64 that is taken for wrapped (RFC 7468 wraps at 64, RFC 2045 at 76).
const WRAP: usize = 60;

/// What a base64 character stands for, in either alphabet (RFC 4648, 4 and 5); 255 for others.
static SEXTET: [u8; 256] = sextets();

const fn sextets() -> [u8; 256] {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut table = [0xff; 256];
    let mut value = 0;
    while value < 64 {
        table[alphabet[value as usize] as usize] = value;
        value += 1;
    }
    table[b'-' as usize] = 62;
    table[b'_' as usize] = 63;
    table
}

/// Undoes base64 (either alphabet, wrapped lines included) or hexadecimal in a run of `[A-Za-z0-9_+/=-]`, if text stands behind it.
///
/// The run may begin with a name and `=`, with a path, or with the mark of a diff: the span is that of the encoded text alone.
/// It may also reach beyond the run, where base64 is wrapped over lines. Ordinary words end after one to six groups of four.
pub(crate) fn decodings(text: &[u8], run: Range<usize>) -> Option<Decoded> {
    let bytes = text.get(run.clone()).filter(|bytes| bytes.len() >= MIN_RUN)?;
    let padding = bytes.iter().rev().take_while(|&&byte| byte == b'=').count();
    let end = run.end - padding;
    if let Some(found) = encoded(text, run.start..end, run.end) {
        return Some(found);
    }
    let last = run.start + memchr::memrchr2(b'=', b'/', &text[run.start..end])?;
    if let Some(found) = encoded(text, last + 1..end, run.end) {
        return Some(found);
    }
    // A slash may be part of what follows a name and its `=`.
    let equals = run.start + memchr::memrchr(b'=', &text[run.start..last])?;
    encoded(text, equals + 1..end, run.end)
}

/// What stands behind `body`, which is without its padding; that ends at `padded`.
fn encoded(text: &[u8], body: Range<usize>, padded: usize) -> Option<Decoded> {
    // No text begins with one of these: as base64 they would give bytes from 0xf8 up.
    let signs = text[body.clone()].iter().take_while(|byte| matches!(byte, b'+' | b'/' | b'-' | b'_')).count();
    let body = body.start + signs..body.end;
    hex(text, body.clone()).or_else(|| base64(text, body, padded))
}

fn hex(text: &[u8], body: Range<usize>) -> Option<Decoded> {
    let prefixed = text[body.clone()].starts_with(b"0x") || text[body.clone()].starts_with(b"0X");
    let digits = body.start + if prefixed { 2 } else { 0 }..body.end;
    if digits.len() < MIN_HEX || digits.len() % 2 == 1 {
        return None;
    }
    let mut head = [0; MIN_HEX / 2];
    for (at, byte) in (digits.start..).step_by(2).zip(&mut head) {
        *byte = hex_pair(text, at).filter(|&byte| byte == 0 || !is_control(byte))?;
    }
    if !begins_as_text(&head) || !text[digits.clone()].iter().all(|&byte| hex_digit(byte).is_some()) {
        return None;
    }
    let end = digits.end.min(digits.start + 2 * MAX_OUTPUT);
    let bytes: Option<Vec<u8>> = (digits.start..end).step_by(2).map(|at| hex_pair(text, at)).collect();
    let bytes = bytes.filter(|bytes| is_text(bytes) || begins_as_text(&bytes[..bytes.len().min(64)]))?;
    Some(Decoded { span: body.start..end, layer: Layer::Hex, bytes })
}

/// `body` is without its padding, which ends at `padded`.
fn base64(text: &[u8], body: Range<usize>, padded: usize) -> Option<Decoded> {
    if body.len() < MIN_RUN - 2 || !head_is_text(&text[body.start..body.start + body.len().min(HEAD)]) {
        return None;
    }
    let limit = MAX_OUTPUT / 3 * 4;
    if body.len() > limit {
        let end = body.start + limit;
        return text_behind(&text[body.start..end]).map(|bytes| Decoded { span: body.start..end, layer: Layer::Base64, bytes });
    }
    let mut bytes = text_behind(&text[body.clone()])?;
    let mut end = padded;
    // A full line without padding: the lines below may go on.
    let mut full = padded == body.end && body.len() >= WRAP && body.len().is_multiple_of(4);
    while full && bytes.len() < MAX_OUTPUT {
        let Some((line, line_end)) = next_line(text, end) else { break };
        let Some(more) = Some(line.clone()).filter(|line| line.len() <= body.len()).and_then(|line| text_behind(&text[line])) else {
            break;
        };
        bytes.extend_from_slice(&more);
        full = line.len() == body.len() && line_end == line.end;
        end = line_end;
    }
    Some(Decoded { span: body.start..end, layer: Layer::Base64, bytes })
}

/// Whether the first groups of four stand for text; the first wrong byte ends it.
fn head_is_text(head: &[u8]) -> bool {
    let mut bytes = [0; HEAD / 4 * 3];
    let mut length = 0;
    for group in head.chunks_exact(4) {
        let Some(three) = three(group) else { return false };
        if three.iter().any(|&byte| byte != 0 && is_control(byte)) {
            return false;
        }
        bytes[length..length + 3].copy_from_slice(&three);
        length += 3;
    }
    begins_as_text(&bytes[..length])
}

fn three(group: &[u8]) -> Option<[u8; 3]> {
    let sextet = |at: usize| Some(u32::from(SEXTET[usize::from(group[at])])).filter(|&value| value < 64);
    let word = sextet(0)? << 18 | sextet(1)? << 12 | sextet(2)? << 6 | sextet(3)?;
    let [_, first, second, third] = word.to_be_bytes();
    Some([first, second, third])
}

/// The text behind unpadded base64; a single character left over is dropped, for it belongs to what follows.
fn text_behind(encoded: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(encoded.len() / 4 * 3 + 2);
    let groups = encoded.chunks_exact(4);
    let rest = groups.remainder();
    for group in groups {
        bytes.extend_from_slice(&three(group)?);
    }
    if rest.len() > 1 {
        let mut group = [b'A'; 4];
        group[..rest.len()].copy_from_slice(rest);
        bytes.extend_from_slice(&three(&group)?[..rest.len() - 1]);
    }
    Some(bytes).filter(|bytes| is_text(bytes) || begins_as_text(&bytes[..bytes.len().min(64)]))
}

/// The base64 that fills the line after the line end at `at`, without indentation and padding, and the end of its padding.
fn next_line(text: &[u8], at: usize) -> Option<(Range<usize>, usize)> {
    let rest = text.get(at..)?;
    let line_break = if rest.starts_with(b"\r\n") { 2 } else { usize::from(rest.first() == Some(&b'\n')) };
    if line_break == 0 {
        return None;
    }
    let indent = rest[line_break..].iter().take_while(|&&byte| byte == b' ' || byte == b'\t').count();
    let start = at + line_break + indent;
    let length = text[start..].iter().take_while(|&&byte| SEXTET[usize::from(byte)] < 64).count();
    let padding = text[start + length..].iter().take(2).take_while(|&&byte| byte == b'=').count();
    let end = start + length + padding;
    let fills = matches!(text.get(end), None | Some(b'\n' | b'\r' | b'"' | b'\''));
    (length > 0 && fills).then_some((start..start + length, end))
}

#[cfg(test)]
mod tests {
    use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
    use proptest::prelude::*;

    use super::*;

    const PLAIN: &str = r#"{"user": "ci", "password": "not a real one?>~"}"#;

    fn whole(text: &[u8]) -> Option<Decoded> {
        decodings(text, 0..text.len())
    }

    #[test]
    fn base64_in_both_alphabets() {
        for encoded in [BASE64.encode(PLAIN.as_bytes()), BASE64URL_NOPAD.encode(PLAIN.as_bytes())] {
            let found = whole(encoded.as_bytes()).expect("text stands behind it");
            assert_eq!((found.span, found.layer, found.bytes), (0..encoded.len(), Layer::Base64, PLAIN.into()));
        }
    }

    #[test]
    fn a_name_a_path_or_a_diff_mark_before_it_is_no_part_of_it() {
        let encoded = BASE64.encode(PLAIN.as_bytes());
        for before in ["DOCKER_AUTH=", "+", "v1/secrets/", "--auth=", "/"] {
            let text = format!("{before}{encoded}");
            let found = whole(text.as_bytes()).unwrap_or_else(|| panic!("behind `{before}`"));
            assert_eq!((found.span, found.bytes), (before.len()..text.len(), PLAIN.into()), "{before}");
        }
    }

    #[test]
    fn hex_with_and_without_mark() {
        for encoded in [HEXLOWER.encode(PLAIN.as_bytes()), HEXUPPER.encode(PLAIN.as_bytes())] {
            for before in ["", "0x", "key=", "key=0x"] {
                let text = format!("{before}{encoded}");
                let found = whole(text.as_bytes()).expect("text stands behind it");
                let start = before.find('=').map_or(0, |at| at + 1);
                assert_eq!((found.span, found.layer, found.bytes), (start..text.len(), Layer::Hex, PLAIN.into()));
            }
        }
    }

    #[test]
    fn wrapped_lines_are_one_text() {
        let plain = PLAIN.repeat(5);
        let encoded = BASE64.encode(plain.as_bytes());
        for width in [64, 76] {
            for line_break in ["\n", "\r\n", "\n    "] {
                let lines: Vec<&str> = encoded.as_bytes().chunks(width).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
                let text = format!("{}\nend of it\n", lines.join(line_break));
                let found = decodings(text.as_bytes(), 0..width).expect("text stands behind it");
                assert_eq!(found.bytes, plain.as_bytes(), "{width} {line_break:?}");
                assert!(text[found.span.end..].starts_with("\nend"));
            }
        }
    }

    #[test]
    fn utf16_behind_base64_is_text_too() {
        let wide: Vec<u8> = PLAIN.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(whole(BASE64.encode(&wide).as_bytes()).expect("as PowerShell encodes commands").bytes, wide);
    }

    #[test]
    fn identifiers_digests_and_keys_are_left_alone() {
        for text in [
            "configuration_manager_instance",
            "AbstractSingletonProxyFactoryBean",
            "src/main/java/org/example/Thing",
            "----------------------------------------",
            "========================================",
            "00000000000000000000000000000000",
            "d41d8cd98f00b204e9800998ecf8427e",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "short",
        ] {
            assert_eq!(whole(text.as_bytes()), None, "{text}");
        }
        for template in ["{base64:64}", "{base64url:40}", "{hex:64}", "{uuid}", "{base62:36}"] {
            let key = crate::rules::expand(template, "random").expect("a template").text;
            assert_eq!(whole(&key), None, "{template}");
        }
        assert_eq!(decodings(b"x", 0..50), None, "a run outside the text is nothing");
    }

    #[test]
    fn a_huge_run_is_cut_at_the_limit_and_can_be_continued() {
        let encoded = BASE64.encode("all work and no play ".repeat(MAX_OUTPUT / 10).as_bytes());
        let found = whole(encoded.as_bytes()).expect("text stands behind it");
        assert!(found.bytes.len() <= MAX_OUTPUT && found.span.end < encoded.len());
        let next = decodings(encoded.as_bytes(), found.span.end..encoded.len()).expect("the cut keeps the groups whole");
        assert_eq!(next.span.start, found.span.end);
    }

    proptest! {
        #[test]
        fn what_was_encoded_comes_back(plain in "[ -~]{20,200}") {
            for (encoded, layer) in [
                (BASE64.encode(plain.as_bytes()), Layer::Base64),
                (BASE64URL_NOPAD.encode(plain.as_bytes()), Layer::Base64),
                (HEXLOWER.encode(plain.as_bytes()), Layer::Hex),
            ] {
                let found = whole(encoded.as_bytes()).expect("text stands behind it");
                prop_assert_eq!((found.layer, found.bytes, found.span), (layer, plain.clone().into_bytes(), 0..encoded.len()));
            }
        }

        #[test]
        fn no_run_can_break_it(text in "[A-Za-z0-9_+/=\\-\n]{0,200}", start in 0usize..210, length in 0usize..210) {
            if let Some(found) = decodings(text.as_bytes(), start..start + length) {
                prop_assert!(found.span.end <= text.len() && found.bytes.len() <= found.span.len());
            }
        }
    }
}
