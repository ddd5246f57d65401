//! Examples as templates: they expand to the same text everywhere, and the repository holds nothing that looks live.

use std::ops::Range;

use data_encoding::{BASE64, BASE64URL_NOPAD};

/// An expanded example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The text.
    pub text: Vec<u8>,
    /// The marked secrets in it, in order.
    pub secrets: Vec<Range<usize>>,
}

/// What is wrong with a template.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ExampleError(String);

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";

/// Expands a template; `seed` is any text, and the same seed gives the same example.
///
/// # Errors
/// Names the template that is unknown or not closed.
pub fn expand(template: &str, seed: &str) -> Result<Example, ExampleError> {
    let mut random = Random::new(seed);
    let mut example = Example { text: Vec::new(), secrets: Vec::new() };
    let mut rest = template;
    let mut open = None;
    while let Some(character) = rest.chars().next() {
        rest = &rest[character.len_utf8()..];
        match character {
            '{' if rest.starts_with('{') => {
                example.text.push(b'{');
                rest = &rest[1..];
            }
            '}' if rest.starts_with('}') => {
                example.text.push(b'}');
                rest = &rest[1..];
            }
            '{' => {
                let end = rest.find('}').ok_or_else(|| ExampleError(format!("`{{{rest}` is not closed; write {{{{ for a brace")))?;
                piece(&rest[..end], &mut random, &mut example.text)?;
                rest = &rest[end + 1..];
            }
            '«' => open = Some(example.text.len()),
            '»' => {
                let start = open.take().ok_or_else(|| ExampleError("`»` without `«`".to_owned()))?;
                example.secrets.push(start..example.text.len());
            }
            '}' => return Err(ExampleError("a lone `}`; write }} for a brace".to_owned())),
            _ => example.text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    if open.is_some() {
        return Err(ExampleError("`«` without `»`".to_owned()));
    }
    Ok(example)
}

fn piece(name: &str, random: &mut Random, text: &mut Vec<u8>) -> Result<(), ExampleError> {
    let unknown = || ExampleError(format!("`{{{name}}}` is not a template"));
    if let Some(plain) = name.strip_prefix("b64:") {
        text.extend_from_slice(BASE64.encode(plain.as_bytes()).as_bytes());
        return Ok(());
    }
    if let Some(kind) = name.strip_prefix("pem:") {
        text.extend_from_slice(&private_key(kind, random).ok_or_else(unknown)?);
        return Ok(());
    }
    match name {
        "uuid" => {
            let hex = random.text("0123456789abcdef", 32);
            let uuid = format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..]);
            text.extend_from_slice(uuid.as_bytes());
            return Ok(());
        }
        "jwt" => {
            let header = BASE64URL_NOPAD.encode(br#"{"alg":"HS256","typ":"JWT"}"#);
            let body = BASE64URL_NOPAD.encode(format!(r#"{{"sub":"{}","iat":1700000000}}"#, random.text(DIGITS, 10)).as_bytes());
            let signature = BASE64URL_NOPAD.encode(&random.bytes(32));
            text.extend_from_slice(format!("{header}.{body}.{signature}").as_bytes());
            return Ok(());
        }
        "password" => {
            let letters = random.text(&format!("{LOWER}{UPPER}"), 10);
            let password =
                format!("{}{}!{}{}#{}", &letters[..4], random.text(DIGITS, 1), &letters[4..7], random.text(DIGITS, 1), &letters[7..]);
            text.extend_from_slice(password.as_bytes());
            return Ok(());
        }
        "crc32-base62" => {
            let start = text.iter().rposition(|&byte| byte == b'_').map_or(0, |at| at + 1);
            let sum = base62_crc32(&text[start..]);
            text.extend_from_slice(&sum);
            return Ok(());
        }
        _ => {}
    }
    let (alphabet, count) = name.split_once(':').ok_or_else(unknown)?;
    let count: usize = count.parse().ok().filter(|&count| count <= 8192).ok_or_else(unknown)?;
    let alphabet = match alphabet {
        "base62" => format!("{DIGITS}{UPPER}{LOWER}"),
        "base64" => format!("{UPPER}{LOWER}{DIGITS}+/"),
        "base64url" => format!("{UPPER}{LOWER}{DIGITS}-_"),
        "base32" => format!("{UPPER}234567"),
        "hex" => "0123456789abcdef".to_owned(),
        "HEX" => "0123456789ABCDEF".to_owned(),
        "digits" => DIGITS.to_owned(),
        "lower" => LOWER.to_owned(),
        "upper" => UPPER.to_owned(),
        "alnum" => format!("{LOWER}{DIGITS}"),
        "ALNUM" => format!("{UPPER}{DIGITS}"),
        "x" => "x".to_owned(),
        _ => return Err(unknown()),
    };
    text.extend_from_slice(random.text(&alphabet, count).as_bytes());
    Ok(())
}

/// The six base62 characters (digits, capitals, small letters) of the CRC-32, most significant first, padded with zeros.
fn base62_crc32(bytes: &[u8]) -> [u8; 6] {
    let alphabet = format!("{DIGITS}{UPPER}{LOWER}").into_bytes();
    let mut rest = crc32fast::hash(bytes) as usize;
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = alphabet[rest % 62];
        rest /= 62;
    }
    digits
}

/// A key block of the right structure around random numbers; no such key exists.
fn private_key(kind: &str, random: &mut Random) -> Option<Vec<u8>> {
    let integer = |bytes: Vec<u8>| der(0x02, &bytes);
    let (label, body) = match kind {
        "rsa" => {
            let mut fields = integer(vec![0]);
            for length in [128, 3, 128, 64, 64, 64, 64, 64] {
                let mut number = random.bytes(length);
                number[0] &= 0x7f;
                number[0] |= 0x40;
                fields.extend(integer(number));
            }
            ("RSA PRIVATE KEY", der(0x30, &fields))
        }
        "ec" => {
            let mut fields = integer(vec![1]);
            fields.extend(der(0x04, &random.bytes(32)));
            fields.extend(der(0xa0, &der(0x06, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07])));
            ("EC PRIVATE KEY", der(0x30, &fields))
        }
        "pkcs8" => {
            let mut fields = integer(vec![0]);
            fields.extend(der(0x30, &der(0x06, &[0x2b, 0x65, 0x70])));
            fields.extend(der(0x04, &der(0x04, &random.bytes(32))));
            ("PRIVATE KEY", der(0x30, &fields))
        }
        "encrypted" => {
            let mut fields = der(0x30, &der(0x06, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d]));
            fields.extend(der(0x04, &random.bytes(96)));
            ("ENCRYPTED PRIVATE KEY", der(0x30, &fields))
        }
        "openssh" => {
            let field = |bytes: &[u8]| [&u32::try_from(bytes.len()).unwrap_or(0).to_be_bytes()[..], bytes].concat();
            let mut body = b"openssh-key-v1\0".to_vec();
            body.extend([field(b"none"), field(b"none"), field(b"")].concat());
            body.extend(1u32.to_be_bytes());
            body.extend(field(&[field(b"ssh-ed25519"), field(&random.bytes(32))].concat()));
            body.extend(field(&random.bytes(136)));
            ("OPENSSH PRIVATE KEY", body)
        }
        "pgp" => {
            // An old-format secret-key packet (tag 5) of version 4 with a two-byte length (RFC 9580, 4.2.2).
            let mut body = vec![0x95, 0x01, 0x00, 0x04];
            body.extend(random.bytes(255));
            ("PGP PRIVATE KEY BLOCK", body)
        }
        _ => return None,
    };
    let encoded = BASE64.encode(&body);
    let lines = encoded.as_bytes().chunks(64).map(<[u8]>::to_vec).collect::<Vec<_>>().join(&b'\n');
    let blank = if kind == "pgp" { "\n" } else { "" };
    Some([format!("-----BEGIN {label}-----\n{blank}").as_bytes(), &lines, format!("\n-----END {label}-----").as_bytes()].concat())
}

/// A DER value: tag, length, content (X.690, 8.1).
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap_or(u16::MAX).to_be_bytes();
    let mut value = vec![tag];
    match content.len() {
        0..=0x7f => value.push(length[1]),
        0x80..=0xff => value.extend([0x81, length[1]]),
        _ => value.extend([0x82, length[0], length[1]]),
    }
    value.extend_from_slice(content);
    value
}

/// Repeatable numbers (SplitMix64); no secret depends on them.
struct Random(u64);

impl Random {
    fn new(seed: &str) -> Self {
        // FNV-1a, 64 bits.
        Self(seed.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn text(&mut self, alphabet: &str, count: usize) -> String {
        let alphabet = alphabet.as_bytes();
        (0..count).map(|_| char::from(alphabet[(self.next() >> 33) as usize % alphabet.len()])).collect()
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next().to_le_bytes()[7]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_spans_and_braces_are_braces() {
        let example = expand("{{\"k\": \"«ab_{hex:8}»\"}}", "seed").expect("a sound template");
        assert_eq!(example.secrets, std::iter::once(7..18).collect::<Vec<_>>());
        assert!(example.text.starts_with(b"{\"k\": \"ab_") && example.text.ends_with(b"\"}"));
        assert_eq!(expand("{hex:8}", "a"), expand("{hex:8}", "a"));
        assert_ne!(expand("{hex:8}", "a"), expand("{hex:8}", "b"));
    }

    #[test]
    fn unknown_templates_are_named() {
        assert_eq!(expand("{nope:3}", "").expect_err("unknown").to_string(), "`{nope:3}` is not a template");
    }
}
