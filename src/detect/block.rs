//! Key blocks over several lines: they must decode to a key, for a marker alone is no secret.

use std::ops::Range;

use data_encoding::Specification;

/// The longest block that is read, in bytes.
pub(crate) const MAX_BLOCK: usize = 32 * 1024;

/// What a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    /// A private key in PEM.
    Pem,
    /// A PGP private key.
    Pgp,
}

/// Whether the block whose `-----BEGIN` stands at `start` is called a private key.
pub(crate) fn may_be_private(text: &[u8], start: usize) -> bool {
    memchr::memmem::find(&text[start..text.len().min(start + 80)], b"PRIVATE KEY").is_some()
}

/// The private key block whose `-----BEGIN` stands at `start`: its kind and its whole span.
pub(crate) fn private_key(text: &[u8], start: usize) -> Option<(Block, Range<usize>)> {
    let rest = &text[start..text.len().min(start + MAX_BLOCK)];
    let label_end = memchr::memmem::find(&rest[11..rest.len().min(80)], b"-----")? + 11;
    let label = rest[11..label_end].trim_ascii();
    let kind = if label == b"PGP PRIVATE KEY BLOCK" {
        Block::Pgp
    } else if label.ends_with(b"PRIVATE KEY") {
        Block::Pem
    } else {
        return None;
    };
    let body_start = label_end + 5;
    let body_end = body_start + memchr::memmem::find(&rest[body_start..], b"-----END")?;
    let end_line = &rest[body_end + 8..];
    let close = memchr::memmem::find(&end_line[..end_line.len().min(64)], b"-----").map_or(body_end + 8, |place| body_end + 8 + place + 5);
    let body = body(&rest[body_start..body_end], kind);
    let is_key = match kind {
        Block::Pgp => is_pgp_secret(&body.decoded),
        Block::Pem if body.encrypted => body.decoded.len() >= 32,
        Block::Pem if label.starts_with(b"OPENSSH") => body.decoded.starts_with(b"openssh-key-v1\0"),
        // The SSH.COM and Putty-like formats have a magic number of their own.
        Block::Pem if label.starts_with(b"SSH2") => body.decoded.starts_with(&[0x3f, 0x6f, 0xf9, 0xeb]),
        Block::Pem => is_der_key(&body.decoded),
    };
    is_key.then_some((kind, start..start + close))
}

/// The decoded body of a block, whatever it is wrapped in: quotes, escapes, comment signs, indentation.
struct Body {
    decoded: Vec<u8>,
    /// An old-style header says that it is encrypted.
    encrypted: bool,
}

fn body(text: &[u8], kind: Block) -> Body {
    // Line ends may be written as escapes, once or twice.
    let mut plain = Vec::with_capacity(text.len());
    let mut place = 0;
    while place < text.len() {
        if text[place] == b'\\' {
            let slashes = text[place..].iter().take_while(|&&byte| byte == b'\\').count();
            place += slashes;
            if matches!(text.get(place), Some(b'n' | b'r')) {
                plain.push(b'\n');
                place += 1;
            }
            continue;
        }
        plain.push(text[place]);
        place += 1;
    }
    let mut encrypted = false;
    let mut joined = Vec::with_capacity(plain.len());
    for line in plain.split(|&byte| byte == b'\n') {
        let line = line.trim_ascii();
        if line.starts_with(b"=") && kind == Block::Pgp {
            continue; // the CRC-24 of an armoured block
        }
        if memchr::memmem::find(line, b": ").is_some() {
            encrypted |= memchr::memmem::find(line, b"ENCRYPTED").is_some() || memchr::memmem::find(line, b"DEK-Info").is_some();
            continue;
        }
        let is_wrap = |byte: &u8| {
            matches!(byte, b' ' | b'\t' | b'\r' | b'"' | b'\'' | b',' | b';' | b'#' | b'*' | b'>' | b'|' | b'`' | b'.' | b'(' | b')')
        };
        let from = line.iter().position(|byte| !is_wrap(byte)).unwrap_or(line.len());
        let to = line.iter().rposition(|byte| !is_wrap(byte)).map_or(from, |last| last + 1);
        let mut core = &line[from..to];
        // "…" + at the end of a line joins strings in many languages; a plus inside the quotes is base64.
        if core.ends_with(b"+") && (core.ends_with(b"\" +") || core.ends_with(b"' +") || core.ends_with(b"\"+") || core.ends_with(b"'+")) {
            core = core[..core.len() - 1].trim_ascii_end();
            core = core.strip_suffix(b"\"").or_else(|| core.strip_suffix(b"'")).unwrap_or(core);
        }
        if matches!(core, b"+" | b".") {
            continue; // what joined the strings stands alone after an escaped line end
        }
        joined.extend(core.iter().copied().filter(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')));
    }
    while joined.last() == Some(&b'=') {
        joined.pop();
    }
    if joined.len() % 4 == 1 {
        joined.pop();
    }
    let decoded = lenient().and_then(|encoding| encoding.decode(&joined).ok()).unwrap_or_default();
    Body { decoded, encrypted }
}

/// Base64 without padding that does not mind the unused bits of the last character.
fn lenient() -> Option<data_encoding::Encoding> {
    let mut specification = Specification::new();
    specification.symbols.push_str("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    specification.check_trailing_bits = false;
    specification.encoding().ok()
}

/// A DER sequence about as long as it says, with an integer or a sequence first (RFC 5958, RFC 8017, RFC 5915).
fn is_der_key(der: &[u8]) -> bool {
    let [0x30, length @ ..] = der else { return false };
    let (content, stated) = match length {
        [short @ 0..=0x7f, content @ ..] => (content, usize::from(*short)),
        [0x81, long, content @ ..] => (content, usize::from(*long)),
        [0x82, high, low, content @ ..] => (content, usize::from(*high) << 8 | usize::from(*low)),
        _ => return false,
    };
    // One byte more or less: copies lose and gain them, and the key is no less exposed.
    content.len() >= 16 && content.len().abs_diff(stated) <= 2 && matches!(content[0], 0x02 | 0x30)
}

/// A secret-key packet first: tag 5 or 7 in the old or the new packet format (RFC 9580, 4.2 and 5.5).
fn is_pgp_secret(packets: &[u8]) -> bool {
    packets.len() > 40 && matches!(packets[0], 0x94..=0x97 | 0x9c..=0x9f | 0xc5 | 0xc7)
}

/// The private lines of the PuTTY key file whose magic stands at `start`.
pub(crate) fn putty_key(text: &[u8], start: usize) -> Option<Range<usize>> {
    let rest = &text[start..text.len().min(start + MAX_BLOCK)];
    let private = memchr::memmem::find(rest, b"Private-Lines: ")?;
    let body = private + memchr::memchr(b'\n', &rest[private..])? + 1;
    let end = memchr::memmem::find(&rest[body..], b"Private-MAC").map_or(rest.len(), |place| body + place);
    let lines = rest[body..end].trim_ascii_end();
    let is_base64 = lines.iter().all(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'\r' | b'\n'));
    (lines.len() >= 40 && is_base64).then_some(start + body..start + body + lines.len())
}

/// The private member of the JSON Web Key whose `"kty"` stands at `place` (RFC 7517, RFC 7518, 6).
pub(crate) fn jwk_private(text: &[u8], place: usize) -> Option<Range<usize>> {
    let from =
        text[place.saturating_sub(4096)..place].iter().rposition(|&byte| byte == b'{').map(|open| place.saturating_sub(4096) + open)?;
    let to = place + memchr::memchr(b'}', &text[place..text.len().min(place + 8192)])?;
    let object = &text[from..to];
    let kty = member(object, b"\"kty\"")?;
    let private: &[u8] = if &object[kty] == b"oct" { b"\"k\"" } else { b"\"d\"" };
    let value = member(object, private)?;
    let is_base64 = object[value.clone()].iter().all(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'='));
    (value.len() >= 20 && is_base64).then_some(from + value.start..from + value.end)
}

/// The string value of a member of a flat JSON object.
fn member(object: &[u8], key: &[u8]) -> Option<Range<usize>> {
    let after = memchr::memmem::find(object, key)? + key.len();
    let gap = object[after..].iter().take_while(|&&byte| matches!(byte, b' ' | b':' | b'\n' | b'\r' | b'\t')).count();
    let open = after + gap;
    if gap == 0 || object.get(open) != Some(&b'"') {
        return None;
    }
    let length = memchr::memchr(b'"', &object[open + 1..])?;
    Some(open + 1..open + 1 + length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::expand;

    fn key(kind: &str) -> String {
        String::from_utf8(expand(&format!("{{pem:{kind}}}"), "block").expect("a template").text).expect("PEM is text")
    }

    #[test]
    fn every_kind_decodes_in_every_dress() {
        for kind in ["rsa", "ec", "pkcs8", "openssh", "encrypted", "pgp"] {
            let plain = key(kind);
            for dressed in [
                plain.clone(),
                plain.replace('\n', "\r\n"),
                plain.replace('\n', "\\n"),
                plain.replace('\n', "\\\\n"),
                plain.replace('\n', "\n    "),
                plain.lines().map(|line| format!("\"{line}\\n\" +\n")).collect::<String>(),
                plain.lines().map(|line| format!("# {line}\n")).collect::<String>(),
            ] {
                let start = dressed.find("-----BEGIN").expect("a block");
                let (_, span) = private_key(dressed.as_bytes(), start).unwrap_or_else(|| panic!("{kind} in {} bytes", dressed.len()));
                assert!(dressed[span].ends_with("-----"), "{kind}");
            }
        }
    }

    #[test]
    fn a_marker_alone_is_no_key() {
        for text in [
            "-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----\nMIIexampleexample\n-----END PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----",
            "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        ] {
            assert_eq!(private_key(text.as_bytes(), 0), None, "{text}");
        }
    }

    #[test]
    fn a_web_key_needs_its_private_member() {
        let member = "A".repeat(43);
        let private = format!("{{\"kty\":\"EC\",\"x\":\"{member}\",\"d\": \"{member}\"}}");
        let public = format!("{{\"kty\":\"EC\",\"x\":\"{member}\"}}");
        let at = |text: &str| text.find("\"kty\"").expect("a key");
        assert!(jwk_private(private.as_bytes(), at(&private)).is_some());
        assert_eq!(jwk_private(public.as_bytes(), at(&public)), None);
    }
}
