//! What stands near a secret and belongs to it: the parts a rule names, or the URL around a password.

use std::collections::HashSet;
use std::ops::Range;

use crate::model::{Part, Secret};
use crate::rules::{Parser, Pattern, Rule};

/// How far from the secret a part may stand, in bytes.
const REACH: usize = 1024;
/// How far before its password a URL may begin, in bytes.
const HEAD: usize = 320;
/// How much of a URL after its password is looked at, in bytes.
const TAIL: usize = 512;

/// The parts of the credential whose secret stands at `span`.
pub(crate) fn of(rule: &Rule, text: &[u8], span: &Range<usize>, secret: &Secret) -> Vec<Part> {
    if rule.parser() == Some(Parser::UrlPassword) {
        return url(text, span, secret).unwrap_or_default();
    }
    let Some(confirm) = &rule.confirm else {
        return Vec::new();
    };
    let part = |(name, pattern): &(String, Pattern)| {
        let (found, alone) = nearest(text, span, pattern)?;
        Some(Part { name: name.clone(), value: Secret::new(&text[found]), alone })
    };
    confirm.near.iter().filter_map(part).collect()
}

/// The match of `pattern` that stands nearest to `span`, of two as near the one before it; and whether no other value stands in reach.
fn nearest(text: &[u8], span: &Range<usize>, pattern: &Pattern) -> Option<(Range<usize>, bool)> {
    let window = span.start.saturating_sub(REACH)..text.len().min(span.end + REACH);
    let mut best: Option<(usize, Range<usize>)> = None;
    let mut values = HashSet::new();
    let mut start = window.start;
    while start < window.end {
        let found = pattern.can_begin(text[start]).then(|| pattern.match_at(text, start)).flatten();
        let Some((whole, found)) = found.filter(|(whole, _)| whole.end <= window.end && stands_alone(text, whole)) else {
            start += 1;
            continue;
        };
        // Nought within the secret, as the data centre of a Mailchimp key is, or around it, as a URL is.
        let distance = found.start.saturating_sub(span.end) + span.start.saturating_sub(found.end);
        values.insert(&text[found.clone()]);
        if best.as_ref().is_none_or(|(least, _)| distance < *least) {
            best = Some((distance, found));
        }
        start = whole.end.max(start + 1);
    }
    best.map(|(_, found)| (found, values.len() == 1))
}

/// Whether the match does not go on to either side.
fn stands_alone(text: &[u8], found: &Range<usize>) -> bool {
    let is_word = |place: Option<usize>| place.and_then(|place| text.get(place)).is_some_and(u8::is_ascii_alphanumeric);
    let goes_on = |inner: usize, outer: Option<usize>| is_word(Some(inner)) && is_word(outer);
    !goes_on(found.start, found.start.checked_sub(1)) && !goes_on(found.end - 1, Some(found.end))
}

/// Scheme, user, host, port and path of the URL around a password (RFC 3986, 3).
fn url(text: &[u8], span: &Range<usize>, secret: &Secret) -> Option<Vec<Part>> {
    // Behind an encoding the URL does not stand there as it is.
    if text.get(span.clone())? != secret.expose() {
        return None;
    }
    let before = &text[span.start.saturating_sub(HEAD)..span.start];
    let authority = before.windows(3).rposition(|window| window == b"://")?;
    let scheme_start =
        before[..authority].iter().rposition(|byte| !(byte.is_ascii_alphanumeric() || b"+-.".contains(byte))).map_or(0, |p| p + 1);
    let scheme = before[scheme_start..authority].to_ascii_lowercase();
    let user = before[authority + 3..].strip_suffix(b":")?;
    let after = &text[span.end..text.len().min(span.end + TAIL)];
    let rest = after.strip_prefix(b"@")?;
    let ends = |byte: &u8| *byte <= b' ' || *byte >= 0x7f || b"\"'<>`\\,;)}|".contains(byte);
    let rest = &rest[..rest.iter().position(ends).unwrap_or(rest.len())];
    let (authority, path) = match rest.iter().position(|byte| b"/?#".contains(byte)) {
        Some(slash) => (&rest[..slash], rest[slash..].strip_prefix(b"/").unwrap_or_default()),
        None => (rest, &[][..]),
    };
    let path = &path[..path.iter().position(|byte| b"?#/".contains(byte)).unwrap_or(path.len())];
    let colon = authority.iter().rposition(|&byte| byte == b':').filter(|&colon| !authority[colon..].contains(&b']'));
    let (host, port) = colon.map_or((authority, &[][..]), |colon| (&authority[..colon], &authority[colon + 1..]));
    let part = |name: &str, value: &[u8]| Part { name: name.to_owned(), value: Secret::new(value), alone: true };
    let decoded = |value: &[u8]| percent_encoding::percent_decode(value).collect::<Vec<u8>>();
    (!host.is_empty()).then(|| {
        vec![
            part("scheme", &scheme),
            part("user", &decoded(user)),
            part("host", &host.to_ascii_lowercase()),
            part("port", port),
            part("path", &decoded(path)),
        ]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str, secret: &str) -> Option<Vec<String>> {
        let start = text.find(secret).expect("it stands there");
        let parts = url(text.as_bytes(), &(start..start + secret.len()), &Secret::new(secret))?;
        Some(parts.iter().map(|part| String::from_utf8_lossy(part.value.expose()).into_owned()).collect())
    }

    #[test]
    fn a_url_is_taken_apart() {
        assert_eq!(
            parts("URL=\"postgres://app%40x:pw123@DB.corp.test:5433/shop?x=1\"", "pw123").expect("a URL"),
            ["postgres", "app@x", "db.corp.test", "5433", "shop"]
        );
        assert_eq!(parts("rediss://:pw123@[::1]:6380", "pw123").expect("a URL"), ["rediss", "", "[::1]", "6380", ""]);
        assert_eq!(parts("redis://u:pw123@h, next", "pw123").expect("a URL"), ["redis", "u", "h", "", ""]);
        assert_eq!(parts("u:pw123@h", "pw123"), None);
    }

    #[test]
    fn the_nearest_part_is_taken() {
        let pattern = Pattern::new("AC[0-9a-f]{8}").expect("sound");
        let find = |text: &str| {
            let start = text.find("SECRET").expect("it stands there");
            nearest(text.as_bytes(), &(start..start + 6), &pattern).map(|(found, alone)| (text[found].to_owned(), alone))
        };
        assert_eq!(find("AC00000001 and so on SECRET AC00000002"), Some(("AC00000002".to_owned(), false)));
        assert_eq!(find("AC00000001 SECRET AC00000001"), Some(("AC00000001".to_owned(), true)));
        assert_eq!(find("xAC00000001 SECRET AC000000020"), None, "parts of words");
        let far = format!("AC00000001{}SECRET", " ".repeat(2000));
        assert_eq!(find(&far), None);
    }
}
