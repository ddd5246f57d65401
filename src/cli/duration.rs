//! Spans of time as people write them: `90s`, `5m`, `2h`; a bare number is seconds.

use std::time::Duration;

/// Reads a span of at most a day.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let (digits, unit) = match text.strip_suffix(['s', 'm', 'h']) {
        Some(digits) => (
            digits,
            if text.ends_with('s') {
                1
            } else if text.ends_with('m') {
                60
            } else {
                3600
            },
        ),
        None => (text, 1),
    };
    let number = digits.parse::<u64>().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let seconds = number.and_then(|number| number.checked_mul(unit)).filter(|&seconds| seconds <= 86_400);
    seconds.map(Duration::from_secs).ok_or_else(|| "write 90s, 5m or 2h, at most 24h".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_written() {
        for (text, seconds) in [("90s", 90), ("5m", 300), ("2h", 7200), ("7", 7), ("0s", 0), ("24h", 86_400)] {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "s", "-1s", "+1", "1.5m", "5 m", "5d", "25h", "99999999999999999999s"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
