//! Passwords in the userinfo of URLs (RFC 3986, 3.2.1).

use std::ops::Range;

/// The longest authority that is looked at, in bytes.
const MAX_AUTHORITY: usize = 512;

/// The password of the URL whose `://` ends at `after`, or its user name when that stands alone and is long enough for a token.
pub(crate) fn password(text: &[u8], after: usize) -> Option<Range<usize>> {
    let rest = &text[after..text.len().min(after + MAX_AUTHORITY)];
    let ends = |&byte: &u8| byte <= b' ' || byte >= 0x7f || matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'`' | b'\\' | b'/' | b'?' | b'#');
    let mut length = rest.iter().position(ends).unwrap_or(rest.len());
    // A password may hold a raw slash, question or number sign: then the @ stands after it, before anything that ends a URL.
    if memchr::memchr(b'@', &rest[..length]).is_none() && rest.get(length).is_some_and(|byte| matches!(byte, b'/' | b'?' | b'#')) {
        let hard =
            |&byte: &u8| byte <= b' ' || byte >= 0x7f || matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'`' | b'\\' | b',' | b';' | b')');
        let wide = rest.iter().position(hard).unwrap_or(rest.len());
        let colon = memchr::memchr(b':', &rest[..length])?;
        let at = memchr::memrchr(b'@', &rest[..wide])?;
        // host:port/path@… is no userinfo.
        let port = &rest[colon + 1..length];
        if port.is_empty() || port.iter().all(u8::is_ascii_digit) || at < length {
            return None;
        }
        length = at + 1;
    }
    let at = memchr::memrchr(b'@', &rest[..length])?;
    let host = rest[at + 1..]
        .iter()
        .take_while(|&&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'[' | b'$' | b'{' | b'_' | b'<' | b'%'))
        .count();
    if host == 0 {
        return None;
    }
    let userinfo = &rest[..at];
    match memchr::memchr(b':', userinfo) {
        Some(colon) if colon + 1 < at => Some(after + colon + 1..after + at),
        Some(colon) if colon >= 16 => Some(after..after + colon),
        None if userinfo.len() >= 16 => Some(after..after + at),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        let after = text.find("://").expect("a URL") + 3;
        password(text.as_bytes(), after).map(|span| &text[span])
    }

    #[test]
    fn passwords_and_lone_tokens() {
        assert_eq!(found("postgres://bob:s3cr@t!@db:5432/x"), Some("s3cr@t!"));
        assert_eq!(found("redis://:pw1234@localhost"), Some("pw1234"));
        assert_eq!(found("amqp://u:p/w#1@host/vhost"), Some("p/w#1"));
        assert_eq!(found("https://0123456789abcdefXY@github.com/o/r"), Some("0123456789abcdefXY"));
        assert_eq!(found("https://bob@host/x"), None);
        assert_eq!(found("http://host:8080/x@y"), None);
        assert_eq!(found("http://host/mail?to=a:b@c"), None);
    }
}
