//! The notice that a credential lives on after its end was asked for, told once for each proof of it.

use jiff::{SignedDuration, Timestamp};

use super::facts::Heard;
use super::incident::Incident;
use super::stage::Fate;
use crate::model::{Asked, Exposure, Grade, Grounds, Location, Notice, Subject, Urgency};

/// By when somebody must have looked: the containment phase of the key-management guide, in minutes.
const WITHIN: i64 = 30;

/// The notice, with its cause, which is the line of the journal that put the credential back to live; none where nothing says that it lives
/// on. `places` are those that are known.
pub fn alive_again(incident: &Incident, places: Vec<Location>, now: Timestamp) -> Option<(Notice, String)> {
    let (_, opened) = incident.opened.as_ref()?;
    let turned = incident.fate_at().filter(|_| incident.fate() == Fate::Live)?;
    // A probe that says alive takes back what was claimed, in the line after it.
    let took_back = incident.probes.iter().any(|(when, asked)| asked.answer == Heard::Alive && when.seq + 1 == turned.seq);
    let (_, last) = incident.probes.last()?;
    if !took_back || last.answer != Heard::Alive {
        return None;
    }
    let says = format!("it still opens what it opened after its end was asked for: {}", last.asked);
    let severity = incident.severity.unwrap_or(opened.severity).max(Urgency::High);
    let notice = Notice { severity, grounds: Grounds::of(Grade::Live)?, ..notice_about(incident, places, says, now)? };
    Some((notice, format!("{}#{}", incident.id, turned.seq)))
}

/// What others are told about an incident as it is, in `says`; none before it was opened. `places` are those that are known.
pub fn notice_about(incident: &Incident, places: Vec<Location>, says: String, now: Timestamp) -> Option<Notice> {
    let (_, opened) = incident.opened.as_ref()?;
    let subject = &opened.credential;
    let kind = match (subject.resources.is_empty(), subject.ids.contains_key("login")) {
        (false, _) => "resource",
        (true, true) => "login",
        (true, false) => "secret",
    };
    Some(Notice {
        grounds: Grounds::of(opened.grade)?,
        incident: incident.id.clone(),
        case: opened.case.clone(),
        generation: opened.generation,
        severity: incident.severity.unwrap_or(opened.severity),
        drill: incident.is_drill,
        credential: Subject {
            fp: subject.fp.clone(),
            kind: kind.to_owned(),
            rule: subject.rule.clone(),
            title: subject.title.clone(),
            provider: subject.provider.clone(),
            verb: subject.verb,
            preview: subject.preview.clone(),
            ids: subject.ids.clone(),
            evidence: vec![says],
        },
        exposure: Exposure {
            first_seen: opened.exposed_at.map(|time| format!("{time:.0}")),
            commit: None,
            pushed: opened.pushed,
            remotes: Vec::new(),
            stakes: incident.stakes.clone(),
            file_mode: None,
            locations_total: incident.located.as_ref().map_or(places.len(), |located| located.total),
            locations: places,
        },
        asked: Asked {
            actions: vec![subject.verb],
            deadline: format!("{:.0}", now.saturating_add(SignedDuration::from_mins(WITHIN)).unwrap_or(now)),
        },
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::contain::tests::{Desk, fp, opened};
    use crate::contain::{CREDENTIAL, Turned};

    #[test]
    fn each_proof_that_it_lives_on_is_told_once() {
        let mut desk = Desk::new(&opened(Grade::Live, "personal"));
        let now = "2026-11-21T21:00:00Z".parse().expect("a time");
        let turn = |desk: &mut Desk, state| {
            desk.put(CREDENTIAL, &Turned { fp: fp(1), state, why: String::new() }).expect("written");
        };
        let cause = |desk: &Desk| alive_again(desk.journal.state(), Vec::new(), now).map(|(_, cause)| cause);
        desk.probe(Heard::Alive, true);
        assert_eq!(cause(&desk), None, "nobody has asked for its end");
        turn(&mut desk, Fate::Accepted);
        assert_eq!(cause(&desk), None, "not looked at yet");
        desk.probe(Heard::Alive, true);
        turn(&mut desk, Fate::Live);
        let first = cause(&desk).expect("it lives on");
        desk.probe(Heard::Alive, true);
        assert_eq!(cause(&desk), Some(first.clone()), "the same proof");
        // Proved dead, and seen alive again.
        desk.probe(Heard::Dead, true);
        desk.clock.advance(Duration::from_secs(10));
        desk.probe(Heard::Dead, true);
        turn(&mut desk, Fate::Dead);
        assert_eq!(cause(&desk), None);
        desk.probe(Heard::Alive, true);
        turn(&mut desk, Fate::Live);
        let (notice, second) = alive_again(desk.journal.state(), Vec::new(), now).expect("again");
        assert_ne!(first, second);
        assert!(notice.severity >= Urgency::High && notice.grounds.is_confirmed(), "{notice:?}");
        // What changed nothing is no proof.
        turn(&mut desk, Fate::Requested);
        turn(&mut desk, Fate::Live);
        assert_eq!(cause(&desk), None);
    }
}
