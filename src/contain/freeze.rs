//! Freezes what an incident must hold still: the undo on disk before the change, the freeze seen to hold before it is said to.

use serde_json::{Value, json};

use super::act::{ActError, Outcome, Responder};
use super::driver::{Acted, Driver, Proven, World};
use super::facts::*;
use super::freeze_target::FreezeTarget;
use super::plan::{Plan, PlanStep};
use super::play_step::Work;
use super::proof::self_entry;
use super::stage::Progress;

/// A driver that keeps with the state before what it is the state of, so that a release needs the journal alone.
struct Named<'a> {
    target: &'a FreezeTarget,
    driver: &'a dyn Driver,
}

impl Driver for Named<'_> {
    fn action(&self) -> &'static str {
        self.driver.action()
    }

    fn requests(&self) -> Vec<String> {
        self.driver.requests()
    }

    fn is_reversible(&self) -> bool {
        true
    }

    fn before(&self, world: &World<'_>) -> Result<Value, super::driver::Stop> {
        self.driver.before(world).map(|before| self.target.undo(&before))
    }

    fn act(&self, world: &World<'_>, undo: &Value) -> Acted {
        self.driver.act(world, &undo["before"])
    }

    fn is_in_force(&self, world: &World<'_>, undo: &Value) -> Result<bool, String> {
        self.driver.is_in_force(world, &undo["before"])
    }

    fn prove(&self, world: &World<'_>, undo: &Value, result: Option<&Value>) -> Option<Proven> {
        self.driver.prove(world, &undo["before"], result)
    }
}

impl Responder<'_> {
    /// Freezes what another playbook offers to freeze, once the decision `d5` says so.
    pub(super) fn offered(&mut self, one: &PlanStep, world: &World<'_>, armed: &dyn Fn(&str) -> bool) -> Result<Outcome, ActError> {
        let decision = self.journal.state().decision("d5").map(|decision| &decision.facts);
        let is_wanted = decision.is_some_and(|facts| facts.choice == "freeze");
        let why = decision.map_or_else(
            || "the decision d5, which says whether to freeze".to_owned(),
            |facts| format!("decision d5 of {} says that nothing is frozen", facts.signer),
        );
        let is_begun = self.journal.state().steps.contains_key(&one.step.id);
        match (&one.driver, &one.target) {
            (Some(_), Some(_)) if !is_wanted && !is_begun => Ok(Outcome::Waiting(why)),
            (Some(driver), Some(target)) => self.freeze_one(one, &Named { target, driver: driver.as_ref() }, world, armed(FREEZE)),
            _ => Ok(Outcome::Waiting(one.gap.clone().unwrap_or_else(|| "nothing here can do it".to_owned()))),
        }
    }

    /// Goes through a plan of freezes.
    ///
    /// # Errors
    /// When somebody else acts on the incident, or the journal cannot be written: nothing more is done then.
    pub fn freeze(&mut self, plan: &Plan, world: &World<'_>, is_armed: bool) -> Result<Vec<(String, Outcome)>, ActError> {
        let _acting = self.begin("freeze")?;
        let mut outcomes = Vec::new();
        for one in &plan.steps {
            let outcome = match (&one.step.work, &one.driver, &one.target) {
                (Work::Decide(name), ..) => self.request(one, name)?,
                (Work::Manual(text), ..) => self.person(one, text),
                (Work::Act(_), Some(driver), Some(target)) => {
                    self.freeze_one(one, &Named { target, driver: driver.as_ref() }, world, is_armed)?
                }
                (Work::Act(_) | Work::Run(_) | Work::Tell(_) | Work::Offer, ..) => {
                    Outcome::Waiting(one.gap.clone().unwrap_or_else(|| "nothing here can do it".to_owned()))
                }
            };
            let must_stop = matches!(outcome, Outcome::Unknown(_));
            outcomes.push((one.step.id.clone(), outcome));
            if must_stop {
                break;
            }
        }
        self.advance()?;
        Ok(outcomes)
    }

    fn freeze_one(&mut self, one: &PlanStep, driver: &Named<'_>, world: &World<'_>, is_armed: bool) -> Result<Outcome, ActError> {
        let incident = self.journal.state();
        let held = incident.frozen().any(|freeze| freeze.facts.freeze == driver.target.name);
        let open = incident.steps.get(&one.step.id).filter(|step| matches!(step.progress, Progress::Begun | Progress::Unknown));
        if held {
            let undo = incident.frozen().find(|freeze| freeze.facts.freeze == driver.target.name).map(|freeze| freeze.facts.undo.clone());
            let undo = undo.unwrap_or_default();
            return Ok(match driver.is_in_force(world, &undo) {
                Ok(true) => match driver.prove(world, &undo, None) {
                    Some(Proven::Open(why)) => Outcome::Failed(why),
                    _ => Outcome::Done,
                },
                Ok(false) => Outcome::Failed(
                    "it was frozen, and somebody has undone it; release it, which records that, then freeze again".to_owned(),
                ),
                Err(why) => Outcome::Unknown(why),
            });
        }
        // Begun without an outcome: looked at first, and the state before stays the one that was kept then.
        if let Some(undo) = open.and_then(|step| step.intent.as_ref()).map(|intent| intent.undo.clone()) {
            match driver.is_in_force(world, &undo) {
                Ok(true) => {
                    let found = json!({ "found": "it was done before the answer was lost" });
                    return match driver.prove(world, &undo, None) {
                        Some(Proven::Open(why)) => Ok(Outcome::Unknown(why)),
                        proven => self.hold(one, driver, &undo, &with_proof(&found, proven.as_ref())),
                    };
                }
                Ok(false) => {}
                Err(why) => return Ok(Outcome::Unknown(format!("{} was begun, and whether it holds cannot be said: {why}", one.step.id))),
            }
        }
        if let Some(decision) = self.journal.state().decision("d5").filter(|decision| decision.facts.choice == "no-freeze") {
            let why = format!("decision d5 of {} says that nothing is frozen", decision.facts.signer);
            if is_armed {
                self.refuse(one, &why, true)?;
            }
            return Ok(Outcome::Waiting(why));
        }
        let undo = match self.look(one, driver, world, &|_| is_armed)? {
            Ok(undo) => undo,
            Err(outcome) => return Ok(outcome),
        };
        if !self.intend(one, driver, &undo, &|_| None)? {
            return Ok(Outcome::Waiting(format!("{} is being done by another responder", one.step.id)));
        }
        let (step, action) = (one.step.id.clone(), driver.action().to_owned());
        match driver.act(world, &undo) {
            Acted::Done { result, .. } => match driver.is_in_force(world, &undo) {
                Ok(true) => match driver.prove(world, &undo, Some(&result)) {
                    Some(Proven::Open(why)) => self.doubt(step, action, why),
                    proven => self.hold(one, driver, &undo, &with_proof(&result, proven.as_ref())),
                },
                Ok(false) => self.doubt(step, action, "it was taken, and does not hold".to_owned()),
                Err(why) => self.doubt(step, action, why),
            },
            Acted::Unknown(why) => self.doubt(step, action, why),
            Acted::Failed(why) => {
                let facts = Failed { step, action, why: why.clone() };
                self.append(|incident| vec![self_entry(incident, FAILED, &facts)])?;
                Ok(Outcome::Failed(why))
            }
        }
    }

    /// Writes down that a freeze holds.
    fn hold(&mut self, one: &PlanStep, driver: &Named<'_>, undo: &Value, result: &Value) -> Result<Outcome, ActError> {
        let done = Done {
            step: one.step.id.clone(),
            action: driver.action().to_owned(),
            verb: FREEZE.to_owned(),
            result: result.clone(),
            cli: None,
            cli_sha256: None,
        };
        let frozen = Frozen {
            freeze: driver.target.name.clone(),
            target: driver.target.shown(),
            undo: undo.clone(),
            except: driver.target.except.clone(),
        };
        // The freeze first: cut off between the two it is known, and its step with it.
        self.append(|incident| vec![self_entry(incident, FROZEN, &frozen), self_entry(incident, DONE, &done)])?;
        Ok(Outcome::Done)
    }

    /// Writes down that nobody knows.
    pub(super) fn doubt(&mut self, step: String, action: String, why: String) -> Result<Outcome, ActError> {
        let facts = Failed { step, action, why: why.clone() };
        self.append(|incident| vec![self_entry(incident, UNKNOWN, &facts)])?;
        Ok(Outcome::Unknown(why))
    }
}

/// The result with how it is known that the freeze holds.
fn with_proof(result: &Value, proven: Option<&Proven>) -> Value {
    let mut result = result.clone();
    if let Value::Object(facts) = &mut result {
        let says = match proven {
            Some(Proven::Holds) => "a push of ours is refused, which was taken before".to_owned(),
            Some(Proven::Unknown(why) | Proven::Open(why)) => format!("unknown from outside, read back: {why}"),
            None => "read back".to_owned(),
        };
        facts.insert("proof".to_owned(), says.into());
    }
    result
}
