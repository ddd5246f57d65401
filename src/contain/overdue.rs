//! What has run out in an incident, as notices for those on duty: clocks, freezes that nobody has released, half hours without an end.

use jiff::Timestamp;

use super::alive::notice_about;
use super::clocks::{Span, Targets, spell};
use super::escalation::{HALF_HOUR, due};
use super::facts::Breached;
use super::incident::{Incident, Moment};
use super::stage::Stage;
use crate::model::{Location, Notice, plain};

/// What the clock of a freeze is called, before the freeze's name.
const OF_FREEZE: &str = "freeze ";

/// Freezes that hold, or may hold, for longer than they should; again for every time that the target passes anew.
///
/// No freeze ends by itself: what keeps everybody out also keeps out whoever mends things, and only a person can weigh that.
pub fn overdue_freezes(incident: &Incident, targets: &Targets, now: Moment) -> Vec<Breached> {
    let known = incident.frozen().map(|freeze| (freeze.facts.freeze.as_str(), freeze.when));
    let all = known.chain(incident.half_frozen().map(|(name, step)| (name, step.when)));
    let target_ms = targets.freeze();
    all.filter_map(|(name, since)| {
        let (clock, measured_ms) = (format!("{OF_FREEZE}{name}"), now.since(&since));
        let noted = incident.breached.iter().filter(|(when, noted)| noted.clock == clock && when.seq > since.seq);
        let noted = noted.map(|(_, noted)| noted.measured_ms / target_ms).max().unwrap_or(0);
        (measured_ms / target_ms > noted).then_some(Breached { clock, target_ms, measured_ms })
    })
    .collect()
}

/// A notice for each clock that is on record as run out, with its cause, which is that line; none of an incident that is over, of a
/// rehearsal, of a freeze that is gone. `places` are those that are known.
pub fn ran_out(incident: &Incident, places: &[Location], now: Timestamp) -> Vec<(Notice, String)> {
    if incident.is_drill || incident.stage() == Stage::Closed {
        return Vec::new();
    }
    let told = |(when, breached): &(Moment, Breached)| {
        let took = format!("{}, target {}", spell(breached.measured_ms), spell(breached.target_ms));
        let says = match breached.clock.strip_prefix(OF_FREEZE) {
            Some(name) => {
                let mut held = incident.frozen().map(|freeze| freeze.facts.freeze.as_str());
                if !held.any(|one| one == name) && !incident.half_frozen().any(|(one, _)| one == name) {
                    return None;
                }
                format!("the freeze {name} is overdue: it holds for {took}; `keyfuse incident release {}` lets it go", incident.id)
            }
            None if is_over(incident, &breached.clock) => return None,
            None => format!("the clock of {} ran out: {took}; the incident is {}", plain(&breached.clock, 40), incident.stage().name()),
        };
        Some((notice_about(incident, places.to_vec(), says, now)?, format!("{}#{}", incident.id, when.seq)))
    };
    incident.breached.iter().filter_map(told).collect()
}

/// Whether what a clock measures has come about since it ran out: then nobody need hurry.
fn is_over(incident: &Incident, clock: &str) -> bool {
    let stage = incident.stage();
    match Span::ALL.into_iter().find(|span| span.name() == clock) {
        Some(Span::Containment) => stage >= Stage::Contained,
        Some(Span::Eradication) => stage >= Stage::Recovering,
        Some(Span::Assessment) => !incident.decisions.is_empty() || incident.steps.values().any(|step| step.intent.is_some()),
        // Whoever is told of the others late is told that they were late, which is what they are for.
        _ => false,
    }
}

/// A reminder.
pub struct Reminder {
    /// The notice.
    pub notice: Notice,
    /// Its cause: one for each half hour.
    pub cause: String,
    /// Who is to be told now and is not on record as told.
    pub contacts: Vec<&'static str>,
}

/// The reminder of this half hour, while the incident is not contained: whom the escalation matrix names by now, and that an update is due.
pub fn reminder(incident: &Incident, places: &[Location], now: Moment) -> Option<Reminder> {
    let (declared, _) = incident.opened.as_ref()?;
    if incident.is_drill || incident.stage() >= Stage::Contained {
        return None;
    }
    let halves = now.since(declared) / HALF_HOUR;
    let contacts: Vec<&'static str> = due(incident, now).into_iter().filter(|contact| !incident.told.contains(*contact)).collect();
    if halves == 0 && contacts.is_empty() {
        return None;
    }
    let whom = if contacts.is_empty() { String::new() } else { format!("; to be told now: {}", contacts.join(", ")) };
    let update = if halves == 0 { "" } else { "; an update is due (`keyfuse incident comms`)" };
    let says = format!("{} since it was declared, and it is not contained{whom}{update}", spell(now.since(declared)));
    let notice = notice_about(incident, places.to_vec(), says, now.at)?;
    Some(Reminder { notice, cause: format!("{}/half-hour-{halves}", incident.id), contacts })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::Value;

    use super::*;
    use crate::contain::tests::{Desk, opened};
    use crate::contain::{BREACHED, COMMS, FROZEN, Frozen, Sent, THAWED, Thawed, breaches, measure};
    use crate::journal::Clock;
    use crate::model::Grade;

    const HOUR: Duration = Duration::from_secs(3600);

    fn now(desk: &Desk) -> Moment {
        let stamp = desk.clock.now();
        Moment { seq: 0, at: stamp.wall, mono_ms: stamp.mono_ms }
    }

    fn note(desk: &mut Desk) -> Vec<String> {
        let found = overdue_freezes(desk.journal.state(), &Targets::default(), now(desk));
        for one in &found {
            desk.put(BREACHED, one).expect("written");
        }
        found.into_iter().map(|one| one.clock).collect()
    }

    fn causes(desk: &Desk) -> Vec<String> {
        ran_out(desk.journal.state(), &[], now(desk).at).into_iter().map(|(_, cause)| cause).collect()
    }

    #[test]
    fn a_freeze_that_nobody_releases_is_told_again_each_time_its_target_passes() {
        let mut desk = Desk::new(&opened(Grade::Live, "ci"));
        let freeze = |desk: &mut Desk| {
            let frozen = Frozen { freeze: "app".to_owned(), target: "git /x".to_owned(), undo: Value::Null, except: Vec::new() };
            desk.put(FROZEN, &frozen).expect("written");
        };
        freeze(&mut desk);
        desk.clock.advance(23 * HOUR);
        assert!(note(&mut desk).is_empty());
        desk.clock.advance(HOUR);
        assert_eq!((note(&mut desk), note(&mut desk)), (vec!["freeze app".to_owned()], Vec::new()), "once");
        let first = causes(&desk);
        assert_eq!(first.len(), 1);
        let (notice, _) = ran_out(desk.journal.state(), &[], now(&desk).at).remove(0);
        assert!(notice.credential.evidence[0].contains("the freeze app is overdue: it holds for 24 h, target 24 h"), "{notice:?}");
        desk.clock.advance(23 * HOUR);
        assert!(note(&mut desk).is_empty());
        desk.clock.advance(HOUR);
        assert_eq!(note(&mut desk).len(), 1, "a day later");
        assert_eq!(causes(&desk).len(), 2);
        // Nobody is told of a freeze that is gone, and the next one begins anew.
        desk.put(THAWED, &Thawed { freeze: "app".to_owned(), is_verified: true }).expect("written");
        assert!(causes(&desk).is_empty() && note(&mut desk).is_empty());
        freeze(&mut desk);
        assert!(note(&mut desk).is_empty());
        desk.clock.advance(24 * HOUR);
        assert_eq!(note(&mut desk).len(), 1);
    }

    #[test]
    fn clocks_that_ran_out_are_told_once_each_until_it_has_come_about() {
        let mut desk = Desk::new(&opened(Grade::Live, "ci"));
        desk.clock.advance(HOUR);
        let measured = measure(desk.journal.state(), &[], &Targets::default(), Some(now(&desk)));
        for one in breaches(desk.journal.state(), &measured) {
            desk.put(BREACHED, &one).expect("written");
        }
        let told: Vec<String> = ran_out(desk.journal.state(), &[], now(&desk).at)
            .into_iter()
            .map(|(notice, _)| notice.credential.evidence[0].clone())
            .collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[1].starts_with("the clock of containment ran out: 1 h, target 30 min"), "{told:?}");
    }

    #[test]
    fn each_half_hour_reminds_of_whom_to_tell_and_of_the_update() {
        let mut desk = Desk::new(&opened(Grade::Live, "ci"));
        let of = |desk: &Desk| reminder(desk.journal.state(), &[], now(desk)).map(|one| (one.cause, one.contacts));
        let first = of(&desk).expect("the first contact");
        assert_eq!(first.1, ["Security Team"]);
        let sent =
            Sent { kind: "escalation".to_owned(), to: "Security Team".to_owned(), path: String::new(), sha256: None, says: String::new() };
        desk.put(COMMS, &sent).expect("written");
        assert!(of(&desk).is_none(), "they are told, and no half hour has passed");
        desk.clock.advance(HOUR / 2);
        let second = of(&desk).expect("half an hour");
        assert!(second.0 != first.0 && second.1 == ["Security Manager"], "{second:?}");
        desk.clock.advance(4 * HOUR);
        assert_eq!(of(&desk).expect("an update is due").1, ["Security Manager", "CISO"]);
    }
}
