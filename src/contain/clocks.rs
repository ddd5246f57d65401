//! What took how long, by the journal, held against the documents' targets.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::facts::{Breached, COMMS, DECIDED, INTENT};
use super::incident::{Incident, Moment};
use super::stage::{Fate, Stage};
use super::when::When;
use crate::journal::Recorded;

/// A minute in milliseconds.
const MINUTE: u64 = 60_000;

/// A span that has a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Span {
    /// From the exposure to the detection.
    Detection,
    /// From the detection until somebody is told.
    Escalation,
    /// From the declaration to the first decision or action.
    Assessment,
    /// From the declaration until the credential opens nothing.
    Containment,
    /// From the declaration until what stood on it is replaced.
    Eradication,
    /// From the declaration until all is put back.
    Recovery,
    /// From the declaration to the report.
    Report,
}

impl Span {
    /// All of them, in the order in which they run out.
    pub const ALL: [Self; 7] =
        [Self::Detection, Self::Escalation, Self::Assessment, Self::Containment, Self::Eradication, Self::Recovery, Self::Report];

    /// The name in reports and in `clocks.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Detection => "detection",
            Self::Escalation => "escalation",
            Self::Assessment => "assessment",
            Self::Containment => "containment",
            Self::Eradication => "eradication",
            Self::Recovery => "recovery",
            Self::Report => "report",
        }
    }

    /// The documents' target, in minutes: the after-action report for the first two, the response phases of the key-management guide, the
    /// runbook's 48 hours for the report.
    fn usual(self) -> u64 {
        match self {
            Self::Detection => 3,
            Self::Escalation => 6,
            Self::Assessment => 15,
            Self::Containment => 30,
            Self::Eradication => 120,
            Self::Recovery => 24 * 60,
            Self::Report => 48 * 60,
        }
    }
}

/// The clock of a freeze in `clocks.toml`,
const FREEZE: &str = "freeze";
/// and how long one may hold, in minutes: what is held still for the audit is let go in the recovery phase of the key-management guide.
const FREEZE_USUAL: u64 = 24 * 60;

/// The targets, in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Targets {
    spans: BTreeMap<Span, u64>,
    freeze: u64,
}

impl Default for Targets {
    fn default() -> Self {
        Self { spans: Span::ALL.into_iter().map(|span| (span, span.usual() * MINUTE)).collect(), freeze: FREEZE_USUAL * MINUTE }
    }
}

impl Targets {
    /// Reads `clocks.toml`: names of spans with minutes (`containment = 30`); the others keep the documents' targets.
    ///
    /// # Errors
    /// Which name is none, or which value is no number of minutes.
    pub fn parse(text: &str) -> Result<Self, String> {
        let table: BTreeMap<String, u64> =
            toml::from_str(text).map_err(|error| format!("write lines like `containment = 30`, in minutes: {}", error.message()))?;
        let mut targets = Self::default();
        for (name, minutes) in table {
            let millis = minutes.checked_mul(MINUTE).filter(|millis| *millis > 0);
            let millis = millis.ok_or_else(|| format!("`{}` is no number of minutes", crate::model::plain(&name, 40)))?;
            match Span::ALL.into_iter().find(|span| span.name() == name) {
                Some(span) => {
                    targets.spans.insert(span, millis);
                }
                None if name == FREEZE => targets.freeze = millis,
                None => return Err(format!("there is no clock `{}`", crate::model::plain(&name, 40))),
            }
        }
        Ok(targets)
    }

    /// The target of a span, in milliseconds.
    pub fn of(&self, span: Span) -> u64 {
        self.spans[&span]
    }

    /// How long a freeze may hold, in milliseconds.
    pub fn freeze(&self) -> u64 {
        self.freeze
    }
}

/// A span as measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Measured {
    /// Which.
    pub clock: Span,
    /// Its target, in milliseconds.
    pub target_ms: u64,
    /// When it began, where the journal tells.
    pub from: Option<When>,
    /// When it ended, where it did.
    pub to: Option<When>,
    /// How long it took, or has taken by now; none where the journal does not tell when it began.
    pub ms: Option<u64>,
    /// Where `from` is only told, not recorded, by whom.
    pub stated: bool,
}

impl Measured {
    /// Whether the target was met; none while it can still be, and where nothing was measured.
    pub fn is_met(&self) -> Option<bool> {
        let ms = self.ms?;
        match (ms <= self.target_ms, self.to.is_some()) {
            (false, _) => Some(false),
            (true, true) => Some(true),
            (true, false) => None,
        }
    }

    /// For people: `4 min of 6 min, met`.
    pub fn told(&self) -> String {
        let target = spell(self.target_ms);
        match (self.ms, self.to, self.is_met()) {
            (None, ..) => format!("*unknown (not measured)*, target {target}"),
            (Some(ms), Some(_), Some(true)) => format!("{}, target {target}, met", spell(ms)),
            (Some(ms), Some(_), _) => format!("{}, target {target}, **missed**", spell(ms)),
            (Some(ms), None, Some(false)) => format!("not ended after {}, target {target}, **missed**", spell(ms)),
            (Some(ms), None, _) => format!("running for {}, target {target}", spell(ms)),
        }
    }
}

/// A span for people, in the largest units that matter.
pub fn spell(ms: u64) -> String {
    let seconds = ms / 1000;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0) => format!("{ms} ms"),
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// Measures every span from the events of an incident; those that have not ended run until `now`, where that is given.
///
/// Spans between two events are taken from both clocks, the smaller counts; those from a moment that is only told (`exposed_at`,
/// `detected_at`) have the wall's alone.
pub fn measure(incident: &Incident, events: &[Recorded], targets: &Targets, now: Option<Moment>) -> Vec<Measured> {
    let Some((declared, opened)) = &incident.opened else { return Vec::new() };
    let first = |is_it: &dyn Fn(&Recorded) -> bool| events.iter().find(|one| is_it(one)).map(|one| Moment::of(&one.event));
    let told = first(&|one| {
        let kind = one.event.kind.as_str();
        kind == "notice.delivered" || (kind == COMMS && one.event.data["kind"] == "escalation")
    });
    let assigned = first(&|one| one.event.kind == super::facts::ASSIGNED && one.event.data["role"] == "incident-commander");
    let assessed = first(&|one| matches!(one.event.kind.as_str(), DECIDED | INTENT));
    let is_contained = incident.stage() >= Stage::Contained;
    let stage = |stage: Stage| incident.stages.get(&stage).filter(|_| incident.stage() >= stage).copied();
    let dead = incident.fate_at().filter(|_| incident.fate().is_settled() && incident.fate() != Fate::Unknown);
    let reported = first(&|one| one.event.kind == super::facts::EVIDENCE && one.event.data["what"] == "report");
    Span::ALL
        .into_iter()
        .map(|span| {
            let since_told = |from: Option<Timestamp>, to: Option<Moment>| by_wall(from, to, now);
            let since_declared = |to: Option<Moment>| {
                let end = to.or(now);
                (Some(When(declared.at)), to, end.map(|end| end.since(declared)), false)
            };
            let (from, to, ms, stated) = match span {
                // Whoever was told of the exposure long after it happened did not detect it late: only what both times are known for counts.
                Span::Detection => {
                    let to = opened.detected_at.map(When);
                    let ms = opened.exposed_at.zip(opened.detected_at).map(|(from, to)| wall(from, to));
                    (opened.exposed_at.map(When), to.map(|to| Moment { seq: 0, at: to.0, mono_ms: 0 }), ms, true)
                }
                Span::Escalation => since_told(opened.detected_at, told.or(assigned)),
                Span::Assessment => since_declared(assessed),
                Span::Containment => since_declared(stage(Stage::Contained).or(dead.filter(|_| is_contained))),
                Span::Eradication => since_declared(stage(Stage::Recovering)),
                Span::Recovery => since_declared(stage(Stage::Closed)),
                Span::Report => since_declared(reported),
            };
            Measured { clock: span, target_ms: targets.of(span), from, to: to.map(|to| When(to.at)), ms, stated }
        })
        .collect()
}

fn wall(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.as_millisecond().saturating_sub(from.as_millisecond())).unwrap_or(0)
}

fn by_wall(from: Option<Timestamp>, to: Option<Moment>, now: Option<Moment>) -> (Option<When>, Option<Moment>, Option<u64>, bool) {
    let ms = from.zip(to.or(now)).map(|(from, end)| wall(from, end.at));
    (from.map(When), to, ms, true)
}

/// Clocks that have run out and that the journal does not say so of.
pub fn breaches(incident: &Incident, measured: &[Measured]) -> Vec<Breached> {
    measured
        .iter()
        .filter(|one| one.is_met() == Some(false))
        .filter(|one| !incident.breached.iter().any(|(_, noted)| noted.clock == one.clock.name()))
        .filter_map(|one| Some(Breached { clock: one.clock.name().to_owned(), target_ms: one.target_ms, measured_ms: one.ms? }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_the_documents_and_can_be_set() {
        let targets = Targets::parse("containment = 10\n").expect("sound");
        assert_eq!((targets.of(Span::Containment), targets.of(Span::Report)), (600_000, 48 * 3_600_000));
        assert_eq!((targets.freeze(), Targets::parse("freeze = 5").expect("sound").freeze()), (24 * 3_600_000, 300_000));
        for wrong in ["contain = 10", "containment = 0", "containment = 'soon'", "[containment]"] {
            assert!(Targets::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_ran_out_is_noted_once_and_by_the_smaller_clock() {
        use crate::contain::tests::{Desk, opened};
        use crate::journal::Clock;
        let mut desk = Desk::new(&opened(crate::model::Grade::Live, "personal"));
        let measured = |desk: &Desk, minutes: u64, jump: u64| {
            let stamp = desk.clock.now();
            let wall = stamp.wall.checked_add(std::time::Duration::from_secs(60 * (minutes + jump))).expect("in range");
            let now = Moment { seq: 0, at: wall, mono_ms: stamp.mono_ms + minutes * MINUTE };
            measure(desk.journal.state(), &[], &Targets::default(), Some(now))
        };
        let names = |desk: &Desk, measured: &[Measured]| -> Vec<String> {
            breaches(desk.journal.state(), measured).into_iter().map(|breached| breached.clock).collect()
        };
        assert!(names(&desk, &measured(&desk, 10, 0)).is_empty());
        assert!(names(&desk, &measured(&desk, 10, 5000)).is_empty(), "the wall's clock alone jumped");
        let late = measured(&desk, 31, 0);
        assert_eq!(names(&desk, &late), ["assessment", "containment"]);
        for breached in breaches(desk.journal.state(), &late) {
            desk.put(crate::contain::BREACHED, &breached).expect("written");
        }
        assert!(names(&desk, &late).is_empty(), "it is noted already");
    }

    #[test]
    fn spans_are_spelled() {
        for (ms, text) in [(0, "0 ms"), (1500, "1 s"), (240_000, "4 min"), (61_000, "1 min 1 s"), (90 * MINUTE, "1 h 30 min")] {
            assert_eq!(spell(ms), text);
        }
    }
}
