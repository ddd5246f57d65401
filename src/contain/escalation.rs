//! Who is told first, after half an hour, after an hour: the escalation matrix of the key-management guide.

use super::incident::{Incident, Moment};
use super::stage::Stage;
use crate::model::Urgency;

/// Half an hour, in milliseconds.
const HALF_HOUR: u64 = 30 * 60 * 1000;

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
