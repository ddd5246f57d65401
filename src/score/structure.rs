//! Checks that a value decodes to what its kind of credential is made of.

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD};

use crate::rules::Structure;

/// Whether the value has the structure.
pub(super) fn verify(structure: Structure, value: &[u8]) -> bool {
    match structure {
        Structure::Jwt => is_jwt(value),
        Structure::Base64 => decode(value).is_some(),
        Structure::Base64Json => decode(value).is_some_and(|plain| is_object(&plain)),
        Structure::Uuid => is_uuid(value),
    }
}

/// Three base64url parts of which the first is a JSON object that names an algorithm (RFC 7515, 4.1.1).
pub(super) fn is_jwt(value: &[u8]) -> bool {
    let mut parts = value.split(|&byte| byte == b'.');
    let (Some(header), Some(body), Some(_)) = (parts.next(), parts.next(), parts.next()) else { return false };
    let is_named = |header: &[u8]| {
        decode(header)
            .and_then(|plain| serde_json::from_slice::<serde_json::Value>(&plain).ok())
            .is_some_and(|header| header.get("alg").is_some_and(serde_json::Value::is_string))
    };
    !body.is_empty() && is_named(header)
}

/// The form 8-4-4-4-12 in hex (RFC 9562, 4).
pub(super) fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(at, byte)| if matches!(at, 8 | 13 | 18 | 23) { *byte == b'-' } else { byte.is_ascii_hexdigit() })
}

/// The bytes behind base64 of either alphabet, padded or not.
pub(super) fn decode(value: &[u8]) -> Option<Vec<u8>> {
    if value.len() < 4 {
        return None;
    }
    let url = value.iter().any(|byte| matches!(byte, b'-' | b'_'));
    let padded = value.ends_with(b"=");
    let encoding = match (url, padded) {
        (true, true) => BASE64URL,
        (true, false) => BASE64URL_NOPAD,
        (false, true) => BASE64,
        (false, false) => BASE64_NOPAD,
    };
    encoding.decode(value).ok()
}

fn is_object(plain: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(plain).is_ok_and(|value| value.is_object())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::expand;

    fn text(template: &str) -> Vec<u8> {
        expand(template, "structure").expect("a sound template").text
    }

    #[test]
    fn a_jwt_names_its_algorithm() {
        assert!(verify(Structure::Jwt, &text("{jwt}")));
        assert!(!verify(Structure::Jwt, &text("{base64url:36}.{base64url:60}.{base64url:43}")));
        assert!(!verify(Structure::Jwt, b"eyJ0eXAiOiJKV1QifQ.e30.c2ln"), "no alg");
        assert!(!verify(Structure::Jwt, b"eyJhbGciOiJub25lIn0"), "a lone header");
    }

    #[test]
    fn base64_uuid_and_json_decode() {
        assert!(verify(Structure::Base64, &text("{b64:any bytes at all}")));
        assert!(!verify(Structure::Base64, b"not base64!"));
        assert!(!verify(Structure::Base64Json, &text("{b64:no object}")));
        assert!(verify(Structure::Base64Json, b"eyJhIjoxfQ=="));
        assert!(verify(Structure::Uuid, &text("{uuid}")));
        assert!(!verify(Structure::Uuid, &text("{hex:36}")));
    }
}
