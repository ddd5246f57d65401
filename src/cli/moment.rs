//! Points in time as people write them: a day, a full time, or how long ago.

use anyhow::bail;
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

/// Seconds since 1970 of `text`; a day begins in UTC.
pub(super) fn parse(text: &str, now: Timestamp) -> anyhow::Result<i64> {
    let text = text.trim();
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time.as_second());
    }
    if let Ok(day) = text.parse::<Date>() {
        return Ok(day.to_zoned(TimeZone::UTC)?.timestamp().as_second());
    }
    match ago(text).and_then(|length| now.checked_sub(length).ok()) {
        Some(time) => Ok(time.as_second()),
        None => bail!("--since {text}: write a day (2024-05-31), a time (2024-05-31T12:00:00Z), or how long ago (36h, 7d, 2w)"),
    }
}

/// `7d`, `36 hours ago`, `2.weeks`.
fn ago(text: &str) -> Option<SignedDuration> {
    let text = text.strip_suffix("ago").unwrap_or(text).trim_end_matches([' ', '.']);
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number: i64 = text[..digits].parse().ok()?;
    let hours = match text[digits..].trim_start_matches([' ', '.']) {
        "h" | "hour" | "hours" => 1,
        "d" | "day" | "days" => 24,
        "w" | "week" | "weeks" => 24 * 7,
        _ => return None,
    };
    number.checked_mul(hours).filter(|hours| *hours < 24 * 366 * 1000).map(SignedDuration::from_hours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_times_and_spans_are_understood() {
        let now: Timestamp = "2024-05-31T12:00:00Z".parse().expect("a time");
        let at = |text: &str| parse(text, now).map(|second| Timestamp::from_second(second).expect("in range").to_string()).ok();
        assert_eq!(at("2024-05-30").as_deref(), Some("2024-05-30T00:00:00Z"));
        assert_eq!(at("2024-05-30T01:00:00+01:00").as_deref(), Some("2024-05-30T00:00:00Z"));
        for week in ["7d", "1w", "168 hours ago", "1.week.ago", "7 days ago"] {
            assert_eq!(at(week).as_deref(), Some("2024-05-24T12:00:00Z"), "{week}");
        }
        for wrong in ["", "soon", "d", "5x", "99999999999999999999d", "9999999999999w"] {
            assert_eq!(at(wrong), None, "{wrong}");
        }
    }
}
