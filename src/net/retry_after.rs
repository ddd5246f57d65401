//! How long a server asks to be left alone.

use std::time::Duration;

/// Nobody is left alone for longer, whatever it asks for: an hour.
pub const LONGEST_HOLD: Duration = Duration::from_secs(3600);

/// Seconds that `Retry-After` asks for (RFC 9110, 10.2.3), an hour at most: a number of them, or a date.
pub fn retry_after(text: &str, now: jiff::Timestamp) -> Option<u64> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.parse::<u64>().unwrap_or(u64::MAX).min(LONGEST_HOLD.as_secs()));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    let seconds = date.as_second().saturating_sub(now.as_second());
    Some(u64::try_from(seconds).unwrap_or(0).min(LONGEST_HOLD.as_secs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_in_both_forms_and_bounded() {
        let now = "2026-11-21T21:00:00Z".parse().expect("a time");
        for (text, seconds) in [
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("999999999999999999999", Some(3600)),
            ("Sat, 21 Nov 2026 21:01:30 GMT", Some(90)),
            ("Sat, 21 Nov 2026 20:00:00 GMT", Some(0)),
            ("soon", None),
            ("", None),
            ("-1", None),
        ] {
            assert_eq!(retry_after(text, now), seconds, "{text}");
        }
    }
}
