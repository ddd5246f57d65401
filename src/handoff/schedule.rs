//! When a notice is tried again: often at first, for a pager's clock runs in minutes.

use std::time::Duration;

use crate::journal::Digest;

/// How long an endpoint has before its fallback is told too.
pub const FALLBACK_AFTER: Duration = Duration::from_secs(180);

const MINUTE: u64 = 60;
const HOUR: u64 = 3600;
/// Seconds after the first attempt at which the next ones are made, without jitter.
const HEAD: [u64; 6] = [2, 10, 30, MINUTE, 2 * MINUTE, 4 * MINUTE];
/// The last ones that are stated, in the same way.
const TAIL: [u64; 5] = [5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];

/// The pause after the failed attempt number `attempt` (from 1) of the notice `id` at `endpoint`: 2, 8, 20, 30 s, 1, 2 min, then every
/// 5 minutes for an hour, every half hour for another, 5, 10, 14, 20 and 24 hours after the start, then once a day; each ± 20 %.
///
/// The jitter comes from the names, so that a crash does not change it and a thousand hosts do not knock at once.
pub fn delay(attempt: u32, id: &str, endpoint: &str) -> Duration {
    let planned = planned(attempt.saturating_add(1)).saturating_sub(planned(attempt)).max(1);
    let digest = Digest::of(format!("{id}\n{endpoint}\n{attempt}").as_bytes());
    let chance = u64::from(u16::from_be_bytes([digest.bytes()[0], digest.bytes()[1]]));
    // From 800 to 1200 thousandths.
    Duration::from_millis(planned * (800 + chance * 401 / 65_536))
}

/// Seconds between the first attempt and the attempt number `attempt`.
fn planned(attempt: u32) -> u64 {
    let attempt = u64::from(attempt);
    let of = |list: &[u64], first: u64| list[usize::try_from(attempt - first).expect("the range says so")];
    match attempt {
        0 | 1 => 0,
        2..=7 => of(&HEAD, 2),
        // From 9 to 59 minutes in steps of 5, then to 120 in steps of 30.
        8..=18 => 4 * MINUTE + (attempt - 7) * 5 * MINUTE,
        19 | 20 => (attempt - 16) * 30 * MINUTE,
        21..=25 => of(&TAIL, 21),
        _ => 24 * HOUR * (attempt - 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_is_dense_and_the_tail_ends_in_days() {
        let planned: Vec<u64> = (1..=30).map(planned).collect();
        assert_eq!(planned[..7], [0, 2, 10, 30, 60, 120, 240]);
        assert_eq!(planned[7..10], [540, 840, 1140]);
        assert!(planned.windows(2).all(|pair| pair[0] < pair[1]), "{planned:?}");
        assert_eq!(planned[17..22], [3540, 5400, 7200, 18_000, 36_000]);
        assert_eq!(planned[24..26], [24 * HOUR, 48 * HOUR], "the last stated one, then once a day");
        // Before the fallback fires the endpoint has had six tries.
        assert_eq!(planned.iter().filter(|&&at| at < FALLBACK_AFTER.as_secs()).count(), 6);
    }

    #[test]
    fn jitter_stays_within_a_fifth_and_is_the_same_each_time() {
        let mut seen = std::collections::BTreeSet::new();
        for number in 0..200 {
            let pause = delay(3, &format!("evt_{number}"), "hook");
            assert!((16_000..=24_000).contains(&pause.as_millis()), "{pause:?}");
            assert_eq!(pause, delay(3, &format!("evt_{number}"), "hook"));
            seen.insert(pause);
        }
        assert!(seen.len() > 50);
    }
}
