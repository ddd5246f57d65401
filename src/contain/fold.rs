//! Folds the events of a journal into an incident: no event takes it where the events before have not earned it.

use super::facts::*;
use super::governing::GOVERNING;
use super::incident::{Decision, Freeze, Incident, Moment, Step};
use super::stage::{Fate, Progress, Stage};
use crate::journal::{Head, Recorded, State};

impl Incident {
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
        self.stakes = opened.stakes.clone();
        self.is_drill = recorded.event.is_drill;
        self.stage = Some((Stage::Declared, when));
        self.stages.insert(Stage::Declared, when);
        self.opened = Some((when, opened));
        Ok(())
    }

    fn shift(&mut self, moved: Moved, when: Moment) -> Result<(), String> {
        self.stakes.learn(&moved.stakes);
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
            COMMS if event.data["kind"] == "escalation" => {
                self.told.extend(event.data["to"].as_str().map(str::to_owned));
            }
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
