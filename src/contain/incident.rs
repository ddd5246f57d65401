//! An incident: nothing but what the events of its journal amount to.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::*;
use super::governing::{GOVERNING, Governing};
pub use super::moment::Moment;
use super::stage::{Fate, Progress, Stage};
use crate::journal::{Digest, Head, Recorded, State};
use crate::model::{Grade, Urgency};

/// Two failed probes count as one proof when they are at least this many milliseconds apart: stores of credentials agree late.
pub const APART_MS: u64 = 10_000;

/// A decision that was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// When.
    pub when: Moment,
    /// What.
    pub facts: Decided,
    /// Whether it was used up: an approval holds for one action, once.
    pub is_used: bool,
}

/// A step of the playbook.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// How far it is.
    pub progress: Progress,
    /// When that was written.
    pub when: Moment,
    /// What was about to be done, if anything was.
    pub intent: Option<Intent>,
    /// What came of it.
    pub done: Option<Done>,
    /// Why it did not end well.
    pub why: String,
}

/// A freeze, with its undo.
#[derive(Clone, Debug, PartialEq)]
pub struct Freeze {
    /// When it was applied.
    pub when: Moment,
    /// What is frozen and how that is undone.
    pub facts: Frozen,
    /// Whether it was undone, and seen to be.
    pub released: Option<bool>,
}

/// What the events of one incident amount to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Incident {
    /// Its id.
    pub id: String,
    /// How it began; none before its first event.
    pub opened: Option<(Moment, Opened)>,
    /// Whether it is a rehearsal.
    pub is_drill: bool,
    /// How far it is, and since when.
    pub(super) stage: Option<(Stage, Moment)>,
    /// When each stage began, the last time.
    pub stages: BTreeMap<Stage, Moment>,
    /// How bad it is.
    pub severity: Option<Urgency>,
    /// What has become of the credential.
    pub(super) fate: Option<(Fate, Moment)>,
    /// The line of the last change by us of the credential: a probe before it proves nothing.
    pub(super) changed: u64,
    /// Who has which roles.
    pub roles: BTreeMap<String, BTreeSet<String>>,
    /// Decisions that are waited for, by name.
    pub requested: BTreeMap<String, (Moment, Requested)>,
    /// Decisions that were made, in order.
    pub decisions: Vec<Decision>,
    /// Digests of the decision files, so that none counts twice.
    files: BTreeSet<Digest>,
    /// Steps by name.
    pub steps: BTreeMap<String, Step>,
    /// Probes in order.
    pub probes: Vec<(Moment, Asked)>,
    /// Freezes in order.
    pub freezes: Vec<Freeze>,
    /// The line at which something was last begun to be frozen.
    pub froze: u64,
    /// Refusals in order.
    pub refusals: Vec<(Moment, Refused)>,
    /// Evidence in order.
    pub evidence: Vec<(Moment, Added)>,
    /// Clocks that ran out.
    pub breached: Vec<(Moment, Breached)>,
    /// The places that are known.
    pub located: Option<Located>,
    /// The last plan.
    pub planned: Option<Planned>,
    /// How the bundle was sealed, if it was.
    pub sealed: Option<(Moment, Sealed)>,
    /// The line at which each manifest was made: a signature that comes later covers no more than that.
    pub(super) seals: BTreeMap<Digest, u64>,
    /// The last line that says more than that it was sealed or how far it is.
    pub(super) substance: u64,
    /// Under which authority things are done.
    pub governing: Option<Governing>,
    /// Where the journal ends.
    pub head: Option<Head>,
    /// The last event.
    pub last: Option<Moment>,
}

impl Incident {
    /// How it began.
    ///
    /// # Errors
    /// A journal without a first event is none.
    pub fn beginning(&self) -> Result<&Opened, String> {
        self.opened.as_ref().map(|(_, opened)| opened).ok_or_else(|| "the incident was never opened".to_owned())
    }

    /// How far it is.
    pub fn stage(&self) -> Stage {
        self.stage.map_or(Stage::Declared, |(stage, _)| stage)
    }

    /// What has become of the credential.
    pub fn fate(&self) -> Fate {
        self.fate.map_or(Fate::Live, |(fate, _)| fate)
    }

    /// When the fate was written.
    pub fn fate_at(&self) -> Option<Moment> {
        self.fate.map(|(_, at)| at)
    }

    /// Whether it is confirmed, by its grounds or by decision `d1`.
    pub fn is_confirmed(&self) -> bool {
        let by_grounds =
            self.opened.as_ref().is_some_and(|(_, opened)| matches!(opened.grade, Grade::Live | Grade::StoreMatched | Grade::Attested));
        self.decision("d1").map_or(by_grounds, |decision| decision.facts.choice == "confirmed")
    }

    /// The last decision of that name.
    pub fn decision(&self, name: &str) -> Option<&Decision> {
        self.decisions.iter().rev().find(|decision| decision.facts.decision == name)
    }

    /// The roles that a person takes by signing in them, and that are not on record yet.
    pub fn takes(&self, roles: &[String], person: &str) -> Vec<Assigned> {
        let is_new = |role: &&String| !self.roles.get(*role).is_some_and(|people| people.contains(person));
        roles.iter().filter(is_new).map(|role| Assigned { role: role.clone(), person: person.to_owned() }).collect()
    }

    /// Decisions that are still waited for.
    pub fn waiting(&self) -> impl Iterator<Item = &Requested> {
        self.requested.values().map(|(_, requested)| requested)
    }

    /// Steps that have not ended well.
    pub fn stalled(&self) -> impl Iterator<Item = (&str, &Step)> {
        self.steps.iter().filter(|(_, step)| step.progress != Progress::Done).map(|(name, step)| (name.as_str(), step))
    }

    /// Freezes that hold.
    pub fn frozen(&self) -> impl DoubleEndedIterator<Item = &Freeze> {
        self.freezes.iter().filter(|freeze| freeze.released != Some(true))
    }

    /// Freezes of which nobody knows whether they hold: begun, and without an outcome.
    pub fn half_frozen(&self) -> impl Iterator<Item = (&str, &Step)> {
        let is_open = |step: &&Step| matches!(step.progress, Progress::Begun | Progress::Unknown);
        self.steps.iter().filter_map(move |(id, step)| Some((id.strip_prefix(FREEZING)?, step))).filter(move |(_, step)| is_open(step))
    }

    /// Whether this decision file was handed in before.
    pub fn has_file(&self, digest: Digest) -> bool {
        self.files.contains(&digest)
    }

    /// Whether a step of that verb is done.
    pub fn is_done(&self, verb: &str) -> bool {
        self.steps.values().any(|step| step.progress == Progress::Done && step.done.as_ref().is_some_and(|done| done.verb == verb))
    }

    /// Whether evidence of that kind is there.
    pub fn has_evidence(&self, what: &str) -> bool {
        self.evidence.iter().any(|(_, added)| added.what == what)
    }

    fn step(&mut self, name: &str, progress: Progress, when: Moment) -> &mut Step {
        let fresh = || Step { progress, when, intent: None, done: None, why: String::new() };
        let step = self.steps.entry(name.to_owned()).or_insert_with(fresh);
        (step.progress, step.when) = (progress, when);
        step
    }

    /// Takes a step that was begun as done, where what it was for is seen: its own word may not have come to be written.
    fn settle(&mut self, name: &str, when: Moment) {
        if let Some(step) = self.steps.get_mut(name) {
            (step.progress, step.when) = (Progress::Done, when);
        }
    }

    fn open(&mut self, recorded: &Recorded, when: Moment) -> Result<(), String> {
        let opened: Opened = recorded.event.facts()?;
        let id = recorded.event.inc.clone().ok_or("an incident is opened without its id")?;
        if id != opened.credential.fp.incident(opened.generation) {
            return Err(format!("`{id}` is not the id of that credential's incident"));
        }
        self.id = id;
        self.severity = Some(opened.severity);
        self.is_drill = recorded.event.is_drill;
        self.stage = Some((Stage::Declared, when));
        self.stages.insert(Stage::Declared, when);
        self.opened = Some((when, opened));
        Ok(())
    }

    fn shift(&mut self, moved: Moved, when: Moment) -> Result<(), String> {
        if let Some(severity) = moved.severity {
            self.severity = Some(severity);
        }
        if let Some(stage) = moved.stage {
            let missing = self.missing(stage);
            if !missing.is_empty() {
                return Err(format!("the incident is not {}: {} missing", stage.name(), missing.join(", ")));
            }
            if stage == Stage::Declared || self.stage() == Stage::Closed {
                return Err(format!("the incident cannot go from {} to {}", self.stage().name(), stage.name()));
            }
            self.stage = Some((stage, when));
            self.stages.insert(stage, when);
        }
        Ok(())
    }

    fn turn(&mut self, turned: &Turned, when: Moment) -> Result<(), String> {
        let fp = &self.beginning()?.credential.fp;
        if turned.fp != *fp {
            return Err(format!("{} is not this incident's credential", turned.fp));
        }
        match turned.state {
            Fate::Dead if !self.is_proved_dead() => {
                return Err("a credential is dead when it was refused twice, seconds apart, while a control was answered".to_owned());
            }
            Fate::ReKeyed if !self.is_done("rekey") && !self.is_done("rotate") => {
                return Err("a credential is re-keyed when a step that makes it anew is done".to_owned());
            }
            Fate::ManualAttested if self.attesters().len() < 2 => {
                return Err("what no machine can prove takes the word of two people in two roles".to_owned());
            }
            _ => {}
        }
        self.fate = Some((turned.state, when));
        Ok(())
    }

    fn decide(&mut self, facts: Decided, when: Moment) -> Result<(), String> {
        if !self.files.insert(facts.file_sha256) {
            return Err("this decision file was handed in before".to_owned());
        }
        self.requested.remove(&facts.decision);
        self.decisions.push(Decision { when, facts, is_used: false });
        Ok(())
    }

    fn intend(&mut self, intent: Intent, when: Moment) {
        for decision in &mut self.decisions {
            if decision.facts.action_sha256 == Some(intent.action_sha256) {
                decision.is_used = true;
            }
        }
        // A freeze changes what others can do, the end of a session what was opened; neither changes the credential.
        if intent.verb != FREEZE && intent.verb != "kill" {
            self.changed = when.seq;
        }
        if intent.verb == FREEZE && intent.step.starts_with(FREEZING) {
            self.froze = when.seq;
        }
        let name = intent.step.clone();
        let step = self.step(&name, Progress::Begun, when);
        step.intent = Some(intent);
        step.why.clear();
    }
}

impl State for Incident {
    fn apply(&mut self, recorded: &Recorded) -> Result<(), String> {
        let event = &recorded.event;
        let when = Moment::of(event);
        if self.opened.is_none() && event.kind.as_str() != OPENED && event.kind != crate::journal::TORN {
            return Err("an incident begins with `incident.opened`".to_owned());
        }
        match event.kind.as_str() {
            OPENED if self.opened.is_some() => return Err("an incident is opened once".to_owned()),
            OPENED => self.open(recorded, when)?,
            STATE => self.shift(event.facts()?, when)?,
            LOCATED => self.located = Some(event.facts()?),
            ASSIGNED => {
                let Assigned { role, person } = event.facts()?;
                self.roles.entry(role).or_default().insert(person);
            }
            REQUESTED => {
                let requested: Requested = event.facts()?;
                self.requested.insert(requested.decision.clone(), (when, requested));
            }
            DECIDED => self.decide(event.facts()?, when)?,
            REFUSED => self.refusals.push((when, event.facts()?)),
            PLANNED => self.planned = Some(event.facts()?),
            INTENT => self.intend(event.facts()?, when),
            DONE => {
                let done: Done = event.facts()?;
                let name = done.step.clone();
                self.step(&name, Progress::Done, when).done = Some(done);
            }
            FAILED | UNKNOWN => {
                let failed: Failed = event.facts()?;
                let progress = if event.kind == FAILED { Progress::Failed } else { Progress::Unknown };
                self.step(&failed.step, progress, when).why = failed.why;
            }
            PROBED => self.probes.push((when, event.facts()?)),
            CREDENTIAL => self.turn(&event.facts()?, when)?,
            FROZEN => {
                let facts: Frozen = event.facts()?;
                self.settle(&format!("{FREEZING}{}", facts.freeze), when);
                self.freezes.push(Freeze { when, facts, released: None });
            }
            THAWED => {
                let thawed: Thawed = event.facts()?;
                if thawed.is_verified {
                    self.settle(&format!("{RELEASING}{}", thawed.freeze), when);
                }
                let freeze = self.freezes.iter_mut().rev().find(|freeze| freeze.facts.freeze == thawed.freeze);
                freeze.ok_or("a freeze is released that was never applied")?.released = Some(thawed.is_verified);
            }
            EVIDENCE => self.evidence.push((when, event.facts()?)),
            BREACHED => self.breached.push((when, event.facts()?)),
            SEALED => {
                let sealed: Sealed = event.facts()?;
                self.seals.entry(sealed.manifest_sha256).or_insert(when.seq);
                self.sealed = Some((when, sealed));
            }
            GOVERNING => self.governing = Some(event.facts()?),
            _ => {}
        }
        let is_stage_alone = event.kind == STATE && event.data.get("stage").is_some() && event.data.get("severity").is_none();
        if event.kind != SEALED && !is_stage_alone {
            self.substance = when.seq;
        }
        self.head = Some(Head { seq: event.seq, digest: recorded.digest });
        self.last = Some(when);
        Ok(())
    }
}
