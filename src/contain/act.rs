//! Acts on a plan: authority, then the look before, then the intent on disk, then the deed, then what came of it.

use std::path::Path;

use serde_json::Value;

use super::advance::advance;
use super::approval::{Standing, Verdict, Wanted, judge};
use super::authority::Authority;
use super::breaker;
use super::decision::choices;
use super::driver::{Acted, Driver, Stop, World};
use super::facts::*;
use super::incident::Incident;
use super::plan::{NOTHING_TO_FREEZE, Plan, PlanStep};
use super::play_step::Work;
use super::proof::self_entry;
use super::stage::{Fate, Progress};
use crate::journal::{Clock, Entry, Journal, JournalError};
use crate::model::Fingerprint;

/// Why acting stopped.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// The journal cannot be written, or somebody has broken it.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The incident is none.
    #[error("{0}")]
    Incident(String),
    /// Somebody else acts on it at this moment.
    #[error("another responder acts on {0} at this moment, so nothing was done; `keyfuse incident show {0}` tells how far it is")]
    Busy(String),
    /// Nobody can tell whether somebody else acts on it.
    #[error("the lock beside the incident's journal cannot be taken, so nothing was done: {0}")]
    Lock(std::io::Error),
    /// The authority cannot be kept for those who judge later.
    #[error("the authority in force cannot be kept beside the incident's journal, so nothing was done: {0}")]
    Kept(std::io::Error),
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done, now or before.
    Done,
    /// A decision or a person is waited for.
    Waiting(String),
    /// Nothing can allow it, or it must not be done.
    Refused(String),
    /// It has changed nothing.
    Failed(String),
    /// Nobody knows whether it has changed something.
    Unknown(String),
    /// It is not armed.
    Idle,
}

/// What may act, and on what.
pub struct Responder<'a> {
    /// The incident's journal.
    pub journal: &'a mut Journal<Incident>,
    /// The installation's journal, with the count of armed mutations.
    pub installation: &'a Path,
    /// Who may do what.
    pub authority: &'a Authority,
    /// Approvals ahead of time.
    pub standing: &'a [Standing],
    /// The time.
    pub clock: &'a dyn Clock,
}

impl Responder<'_> {
    /// The credential.
    pub(super) fn fp(&self) -> Result<Fingerprint, ActError> {
        Ok(self.journal.state().beginning().map_err(ActError::Incident)?.credential.fp.clone())
    }

    /// Appends what `entries` makes of the incident as it is under the lock.
    pub(super) fn append(&mut self, entries: impl FnOnce(&Incident) -> Vec<Entry>) -> Result<(), ActError> {
        let stamp = self.clock.now();
        self.journal.update(|writing| {
            let entries = entries(writing.state());
            writing.append_all(entries, stamp).map(|_| ())
        })?;
        Ok(())
    }

    /// Takes every stage that the events have earned.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn advance(&mut self) -> Result<(), ActError> {
        advance(self.journal, self.clock.now())?;
        Ok(())
    }

    /// Goes through the plan; `armed` says which verbs may be done, `ask` asks whether the credential lives.
    ///
    /// # Errors
    /// When somebody else acts on the incident, or the journal cannot be written: nothing more is done then.
    pub fn run(
        &mut self,
        plan: &Plan,
        world: &World<'_>,
        armed: &dyn Fn(&str) -> bool,
        ask: &dyn Fn() -> Asked,
    ) -> Result<Vec<(String, Outcome)>, ActError> {
        let _acting = self.begin("contain")?;
        let planned =
            Planned { plan_sha256: plan.digest(), steps: plan.steps.iter().map(|one| (one.step.id.clone(), one.digest)).collect() };
        if self.journal.state().planned.as_ref() != Some(&planned) {
            self.append(|incident| vec![self_entry(incident, PLANNED, &planned)])?;
        }
        let (mut outcomes, mut is_unknown) = (Vec::new(), false);
        for one in &plan.steps {
            // What nobody knows of the credential holds back what is done to it, and no freeze: that can be undone.
            if is_unknown && one.target.is_none() {
                continue;
            }
            let outcome = match &one.step.work {
                Work::Decide(name) => self.request(one, name)?,
                Work::Manual(text) => self.person(one, text),
                Work::Offer => Outcome::Waiting(format!("a person: {NOTHING_TO_FREEZE}")),
                Work::Act(_) if one.target.is_some() => self.offered(one, world, armed)?,
                Work::Act(_) | Work::Run(_) => self.step(one, world, armed, ask)?,
                Work::Tell(_) => self.tell(one, world, armed("notify"))?,
            };
            is_unknown |= one.target.is_none() && matches!(outcome, Outcome::Unknown(_));
            outcomes.push((one.step.id.clone(), outcome));
        }
        self.advance()?;
        Ok(outcomes)
    }

    /// Asks for a decision, once.
    pub(super) fn request(&mut self, one: &PlanStep, name: &str) -> Result<Outcome, ActError> {
        let incident = self.journal.state();
        if let Some(decision) = incident.decision(name) {
            let _ = decision;
            return Ok(Outcome::Done);
        }
        let class = incident.beginning().map_err(ActError::Incident)?.credential.class.clone();
        let roles = self.authority.deciders(name, &class);
        if !incident.requested.contains_key(name) {
            let choices = choices(name).unwrap_or_default().iter().map(|&choice| choice.to_owned()).collect();
            let requested = Requested { decision: name.to_owned(), choices, roles: roles.clone(), by: Some(one.deadline) };
            self.append(|incident| vec![self_entry(incident, REQUESTED, &requested)])?;
        }
        Ok(Outcome::Waiting(format!(
            "the decision {name} of {}",
            if roles.is_empty() { "nobody yet: authority.toml names no person".to_owned() } else { roles.join(" or ") }
        )))
    }

    pub(super) fn person(&self, one: &PlanStep, text: &str) -> Outcome {
        match self.journal.state().steps.get(&one.step.id) {
            Some(step) if step.progress == Progress::Done => Outcome::Done,
            _ => Outcome::Waiting(format!("a person: {text}")),
        }
    }

    pub(super) fn refuse(&mut self, one: &PlanStep, why: &str, is_open: bool) -> Result<(), ActError> {
        let refused =
            Refused { action: one.step.id.clone(), verb: one.step.verb.clone().unwrap_or_default(), why: why.to_owned(), is_open };
        // The same refusal again says nothing new.
        if self.journal.state().refusals.last().is_some_and(|(_, last)| *last == refused) {
            return Ok(());
        }
        self.append(|incident| vec![self_entry(incident, REFUSED, &refused)])
    }

    fn step(
        &mut self,
        one: &PlanStep,
        world: &World<'_>,
        armed: &dyn Fn(&str) -> bool,
        ask: &dyn Fn() -> Asked,
    ) -> Result<Outcome, ActError> {
        let Some(driver) = &one.driver else {
            return Ok(Outcome::Waiting(format!("a person: {}", one.gap.as_deref().unwrap_or("nothing here can do it"))));
        };
        let own = |ask: &dyn Fn() -> Asked, fp: &Fingerprint| driver.probe(world, fp).unwrap_or_else(ask);
        let fp = self.fp()?;
        match self.journal.state().steps.get(&one.step.id).map(|step| step.progress) {
            Some(Progress::Done) => {
                if one.step.proves_death && !self.journal.state().fate().is_settled() {
                    return self.prove_step(&|| own(ask, &fp));
                }
                return Ok(Outcome::Done);
            }
            // The death of a credential says nothing of what another step was to do: that is looked at itself.
            Some(Progress::Begun | Progress::Unknown) if !one.step.proves_death => match driver.is_in_force(world, &Value::Null) {
                Ok(true) => {
                    let result = serde_json::json!({ "found": "it was done before the answer was lost" });
                    self.record(one, driver.action(), &fp, &Acted::Done { result, fate: None })?;
                    return Ok(Outcome::Done);
                }
                Ok(false) => {}
                Err(why) => {
                    return Ok(Outcome::Unknown(format!("{} was begun, and nobody can say whether it was done: {why}", one.step.id)));
                }
            },
            // Begun without an outcome, or lost: asked first, never blindly repeated.
            Some(Progress::Begun | Progress::Unknown) => match self.probe(&|| own(ask, &fp))? {
                Heard::Dead => {
                    let result = serde_json::json!({ "found": "a probe says that it was done" });
                    let done = Done {
                        step: one.step.id.clone(),
                        action: driver.action().to_owned(),
                        verb: one.step.does.clone(),
                        result,
                        cli: None,
                        cli_sha256: None,
                    };
                    self.append(|incident| vec![self_entry(incident, DONE, &done)])?;
                    return self.prove_step(&|| own(ask, &fp));
                }
                Heard::Alive => {}
                Heard::Declined | Heard::Unknown => {
                    return Ok(Outcome::Unknown(format!(
                        "{} was begun, and nobody can say whether it was done; it is not repeated",
                        one.step.id
                    )));
                }
            },
            Some(Progress::Failed) | None => {}
        }
        if one.step.does == "sessions.kill" && !self.journal.state().fate().is_settled() {
            return Ok(Outcome::Waiting("sessions are ended when the login is dead: until then they can be opened again".to_owned()));
        }
        let before = match self.look(one, driver.as_ref(), world, armed)? {
            Ok(before) => before,
            Err(outcome) => return Ok(outcome),
        };
        if one.step.proves_death && driver.asks_before() {
            self.note_alive(ask)?;
        }
        let requested = Turned { fp: fp.clone(), state: Fate::Requested, why: String::new() };
        let also = |incident: &Incident| one.step.proves_death.then(|| self_entry(incident, CREDENTIAL, &requested));
        if !self.intend(one, driver.as_ref(), &before, &also)? {
            return Ok(Outcome::Waiting(format!("{} is being done by another responder", one.step.id)));
        }
        let acted = driver.act(world, &before);
        self.record(one, driver.action(), &fp, &acted)?;
        match acted {
            Acted::Failed(why) => Ok(Outcome::Failed(why)),
            Acted::Unknown(why) => Ok(Outcome::Unknown(why)),
            Acted::Done { .. } if one.step.proves_death => self.prove_step(&|| own(ask, &fp)),
            Acted::Done { .. } => Ok(Outcome::Done),
        }
    }

    /// Everything that comes before the deed: authority, whether it is armed, the state before, one of the hour's mutations.
    pub(super) fn look(
        &mut self,
        one: &PlanStep,
        driver: &dyn Driver,
        world: &World<'_>,
        armed: &dyn Fn(&str) -> bool,
    ) -> Result<Result<Value, Outcome>, ActError> {
        let verb = one.step.verb.clone().unwrap_or_default();
        let incident = self.journal.state();
        let class = incident.beginning().map_err(ActError::Incident)?.credential.class.clone();
        let wanted = Wanted { action: &one.step.id, verb: &verb, class: &class, digest: one.digest };
        match judge(self.authority, incident, self.standing, &wanted, self.clock.now().wall) {
            Verdict::Never(why) => {
                self.refuse(one, &why, false)?;
                return Ok(Err(Outcome::Refused(why)));
            }
            Verdict::Waiting { why, .. } => {
                if armed(&verb) {
                    self.refuse(one, &why, true)?;
                }
                return Ok(Err(Outcome::Waiting(why)));
            }
            Verdict::Allowed(_) => {}
        }
        if !armed(&verb) {
            return Ok(Err(Outcome::Idle));
        }
        let before = match driver.before(world) {
            Ok(before) => before,
            Err(Stop::Refused(why)) => {
                self.refuse(one, &why, false)?;
                return Ok(Err(Outcome::Refused(why)));
            }
            Err(Stop::Failed(why)) => return Ok(Err(Outcome::Failed(why))),
        };
        let (id, is_drill) = (incident.id.clone(), incident.is_drill);
        if !breaker::arm(self.installation, self.authority.per_hour, &id, &one.step.id, is_drill, self.clock.now())? {
            let why = format!(
                "{}: {} mutations were armed within the hour; the rest waits for a person to look",
                one.step.id, self.authority.per_hour
            );
            self.refuse(one, &why, true)?;
            return Ok(Err(Outcome::Waiting(why)));
        }
        Ok(Ok(before))
    }

    /// Writes down what is about to be done, with its undo; false where another responder was faster.
    pub(super) fn intend(
        &mut self,
        one: &PlanStep,
        driver: &dyn Driver,
        before: &Value,
        also: &dyn Fn(&Incident) -> Option<Entry>,
    ) -> Result<bool, ActError> {
        let id = self.journal.state().id.clone();
        let intent = Intent {
            step: one.step.id.clone(),
            action: driver.action().to_owned(),
            verb: one.step.verb.clone().unwrap_or_default(),
            action_sha256: one.digest,
            key: format!("{id}/{}", one.step.id),
            is_reversible: driver.is_reversible(),
            undo: if driver.is_reversible() { before.clone() } else { Value::Null },
        };
        // Two responders at once: under the lock only one of them finds the step as it was looked at.
        let seen = self.journal.state().steps.get(&one.step.id).map(|step| step.when.seq);
        let mut is_ours = false;
        let is_ours_now = &mut is_ours;
        self.append(|incident| {
            if incident.steps.get(&one.step.id).map(|step| step.when.seq) != seen {
                return Vec::new();
            }
            *is_ours_now = true;
            let mut entries = vec![self_entry(incident, INTENT, &intent)];
            entries.extend(also(incident));
            entries
        })?;
        Ok(is_ours)
    }

    fn prove_step(&mut self, ask: &dyn Fn() -> Asked) -> Result<Outcome, ActError> {
        Ok(match self.prove(ask)? {
            Fate::Dead => Outcome::Done,
            Fate::Live => Outcome::Failed("it was asked for, and the credential still opens what it opened".to_owned()),
            _ => Outcome::Unknown("it was asked for, and whether the credential is dead cannot be said".to_owned()),
        })
    }
}
