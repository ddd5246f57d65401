//! What a stage or a fate takes: computed from the events, never claimed by one.

use std::collections::BTreeMap;

use super::facts::*;
use super::incident::{APART_MS, Decision, Incident, Moment, Step};
use super::stage::{Progress, Stage};

impl Incident {
    /// Whether the probes prove that it is dead: refused twice since the last change and since it was last seen alive, each time with a
    /// control, [`APART_MS`] apart.
    pub fn is_proved_dead(&self) -> bool {
        let since = self.probes.iter().rev().take_while(|(when, asked)| asked.answer != Heard::Alive && when.seq > self.changed);
        let dead: Vec<&Moment> = since.filter(|(_, asked)| asked.answer == Heard::Dead && asked.control).map(|(when, _)| when).collect();
        // The last is the earliest.
        matches!((dead.first(), dead.last()), (Some(last), Some(first)) if last.since(first) >= APART_MS)
    }

    /// Whether the sessions of the credential have ended, or it has none.
    pub fn has_no_sessions(&self) -> bool {
        // Sessions that were ended before the last change of the credential could be opened again.
        let ended = |step: &Step| {
            step.progress == Progress::Done
                && step.when.seq > self.changed
                && step.done.as_ref().is_some_and(|done| done.verb == "sessions.kill")
        };
        !self.opened.as_ref().is_some_and(|(_, opened)| opened.credential.has_sessions) || self.steps.values().any(ended)
    }

    /// Whether the audit authority has sealed all that there is: nothing but the stage has changed since the bundle was made.
    pub fn is_sealed(&self) -> bool {
        self.sealed.as_ref().is_some_and(|(_, sealed)| {
            sealed.signer.is_some() && self.seals.get(&sealed.manifest_sha256).is_some_and(|made| *made > self.substance)
        })
    }

    /// Who attests, in which role, that the credential is gone: as many as have a role that no other of them needs.
    pub fn attesters(&self) -> BTreeMap<String, String> {
        let mut found: BTreeMap<String, String> = BTreeMap::new();
        // What was said before it was seen alive is worth nothing.
        let alive = self.probes.iter().rev().find(|(_, asked)| asked.answer == Heard::Alive).map_or(0, |(when, _)| when.seq);
        let since = self.changed.max(alive);
        let says_so = |one: &&Decision| one.facts.decision == "attest" && one.facts.choice == "gone" && one.when.seq > since;
        for decision in self.decisions.iter().filter(says_so) {
            let is_new = !found.values().any(|person| *person == decision.facts.signer);
            let role = decision.facts.roles.iter().find(|role| !found.contains_key(*role));
            if let Some(role) = role.filter(|_| is_new) {
                found.insert(role.clone(), decision.facts.signer.clone());
            }
        }
        found
    }

    /// What is missing for a stage; empty when it is earned.
    pub fn missing(&self, stage: Stage) -> Vec<String> {
        let mut missing = Vec::new();
        let mut need = |is_there: bool, what: &str| {
            if !is_there {
                missing.push(what.to_owned());
            }
        };
        match stage {
            Stage::Declared | Stage::Containing => {}
            Stage::Contained => {
                need(self.fate().is_settled(), "the credential dead, re-keyed, or attested by two roles");
                need(self.has_no_sessions(), "its sessions ended");
            }
            Stage::Eradicating => return self.missing(Stage::Contained),
            Stage::Recovering => {
                missing = self.missing(Stage::Contained);
                let mut need = |is_there: bool, what: &str| {
                    if !is_there {
                        missing.push(what.to_owned())
                    }
                };
                need(self.is_done("replace"), "a replacement in an approved store");
                need(self.is_done("absent"), "a scan that finds no copy of it");
                need(self.has_evidence("rca"), "the root cause, in words");
            }
            Stage::Closed => {
                missing = self.missing(Stage::Recovering);
                let mut need = |is_there: bool, what: &str| {
                    if !is_there {
                        missing.push(what.to_owned())
                    }
                };
                need(self.is_done("watch"), "a look at its uses since it died");
                let is_free = self.frozen().next().is_none() && self.half_frozen().next().is_none();
                need(is_free, "every freeze released, and seen to be");
                need(self.has_evidence("clean-scan"), "a clean scan");
                need(self.is_sealed(), "the bundle sealed by the audit authority, after everything else");
            }
        }
        missing
    }

    /// The stage that the events so far have earned, if it is another one.
    pub fn advance(&self) -> Option<Stage> {
        let now = self.stage();
        let is_begun = self.steps.values().any(|step| step.intent.is_some()) || self.fate.is_some();
        if now > Stage::Contained && now < Stage::Closed && !self.missing(Stage::Contained).is_empty()
            || now == Stage::Contained && !self.missing(now).is_empty()
        {
            return Some(Stage::Containing);
        }
        let next = match now {
            Stage::Declared if is_begun => Stage::Containing,
            Stage::Declared | Stage::Closed => return None,
            Stage::Containing => Stage::Contained,
            Stage::Contained if self.is_done("replace") || self.is_done("absent") => Stage::Eradicating,
            Stage::Contained => return None,
            Stage::Eradicating => Stage::Recovering,
            Stage::Recovering => Stage::Closed,
        };
        self.missing(next).is_empty().then_some(next)
    }
}
