//! Who is told first, after half an hour, after an hour: the escalation matrix of the key-management guide.

use super::incident::{Incident, Moment};
use super::stage::Stage;
use crate::model::Urgency;

/// Half an hour, in milliseconds.
pub(super) const HALF_HOUR: u64 = 30 * 60 * 1000;

/// Whom to tell at first, after 30 minutes, after an hour.
pub fn contacts(severity: Urgency) -> [&'static str; 3] {
    match severity {
        Urgency::Critical => ["Security Team", "CISO", "CEO, Board"],
        Urgency::High => ["Security Team", "Security Manager", "CISO"],
        Urgency::Medium => ["DevOps", "Security Team", "Security Manager"],
        Urgency::Low => ["Service Owner", "DevOps", "Security Team"],
    }
}

/// Whom the matrix wants told by `now`: fewer once the incident is contained, for then nothing escalates any more.
pub fn due(incident: &Incident, now: Moment) -> Vec<&'static str> {
    let (Some((opened, _)), Some(severity)) = (&incident.opened, incident.severity) else { return Vec::new() };
    let end = incident.stages.get(&Stage::Contained).filter(|_| incident.stage() >= Stage::Contained).copied().unwrap_or(now);
    let reached = match end.since(opened) {
        passed if passed >= 2 * HALF_HOUR => 3,
        passed if passed >= HALF_HOUR => 2,
        _ => 1,
    };
    contacts(severity)[..reached].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contain::tests::opened;
    use crate::model::Grade;

    fn at(minutes: u64) -> Moment {
        let begin: jiff::Timestamp = "2026-11-21T21:00:00Z".parse().expect("a time");
        let span = std::time::Duration::from_secs(60 * minutes);
        Moment { seq: 0, at: begin.checked_add(span).expect("in range"), mono_ms: 60_000 * minutes }
    }

    #[test]
    fn each_half_hour_one_more_is_told_until_it_is_contained() {
        let mut incident = Incident { severity: Some(Urgency::Critical), ..Incident::default() };
        assert!(due(&incident, at(0)).is_empty(), "nothing is declared");
        incident.opened = Some((at(0), opened(Grade::Live, "exchange")));
        for (minutes, count) in [(0, 1), (29, 1), (30, 2), (59, 2), (60, 3), (600, 3)] {
            assert_eq!(due(&incident, at(minutes)).len(), count, "{minutes}");
        }
        assert_eq!(due(&incident, at(60)), ["Security Team", "CISO", "CEO, Board"]);
        // A wall clock that jumps by a day makes nobody be told sooner.
        assert_eq!(due(&incident, Moment { mono_ms: 60_000, ..at(24 * 60) }).len(), 1);
    }
}
