//! Percent encoding (RFC 3986, 2.1) in a run of URL characters.

use super::decoded::{Step, hex_pair, is_control};
use super::escapes::{begin, end};
use crate::model::Layer;

/// The stretch of URL characters around the `%` at `at`, decoded once.
pub(super) fn stretch(text: &[u8], floor: usize, at: usize) -> Step {
    // `%d`, `%s` and `50% off` end here; so do encoded control characters, for they are part of no secret.
    if hex_pair(text, at + 1).is_none_or(|byte| byte != 0 && is_control(byte)) {
        return Step::skip(at + 1);
    }
    let span = begin(text, floor, at, is_url)..end(text, at, is_url);
    let (mut bytes, mut rest) = (Vec::with_capacity(span.len()), span.clone());
    while let Some(place) = rest.next() {
        let code = if text[place] == b'%' && place + 2 < span.end { hex_pair(text, place + 1) } else { None };
        if code.is_some() {
            rest.nth(1);
        }
        bytes.push(code.unwrap_or(text[place]));
    }
    Step::text(span, Layer::Percent, bytes)
}

/// Unreserved and reserved characters but for the quote, and the mark itself (RFC 3986, 2.2 and 2.3).
fn is_url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&()*+,;=%".contains(&byte)
}

#[cfg(test)]
mod tests {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    use super::super::escapes::escapes_from as escapes;

    #[test]
    fn the_stretch_ends_with_the_url_and_is_decoded_once() {
        let text = b"see 'postgres://app:p%40ss%2525w@db/x' for it";
        let found = escapes(text, 0).expect("percent encoding");
        assert_eq!(found.bytes, b"postgres://app:p@ss%25w@db/x");
        assert_eq!(found.span, 5..37);
    }

    #[test]
    fn a_cut_code_stands_as_it_is() {
        assert_eq!(escapes(b"abcdefgh%41%4", 0).expect("percent encoding").bytes, b"abcdefghA%4");
        assert_eq!(escapes(b"abcdefgh%4", 0), None);
        assert_eq!(escapes(b"%ff%fe%fd%fc%fb%fa%f9%f8", 0), None, "no text stands behind it");
    }

    proptest! {
        #[test]
        fn what_was_encoded_comes_back(plain in "[!-~é漢]{8,60}@") {
            let encoded = utf8_percent_encode(&plain, NON_ALPHANUMERIC).to_string();
            let text = format!("url \"{encoded}\"");
            let found = escapes(text.as_bytes(), 0).expect("percent encoding");
            prop_assert_eq!(found.span, 5..5 + encoded.len());
            prop_assert_eq!(found.bytes, plain.into_bytes());
        }
    }
}
