//! Lets go what an incident has frozen: in reverse, by the undo that was kept, while the scan is clean, each seen to be gone.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::act::{ActError, Outcome, Responder};
use super::approval::Verdict;
use super::authority::Authority;
use super::driver::{Acted, Driver, World};
use super::facts::*;
use super::freeze_target::excepted;
use super::incident::{Incident, Moment};
use super::proof::self_entry;
use crate::journal::Digest;

/// A freeze that is to be released.
pub struct Release {
    /// Its name.
    pub freeze: String,
    /// What is frozen, for people.
    pub target: String,
    /// What the journal keeps to undo it by.
    pub undo: Value,
    /// Whether it is known to hold; else it was begun, and has no outcome.
    pub is_known: bool,
    /// Who undoes it.
    pub driver: Box<dyn Driver>,
}

/// Makes the driver that undoes a freeze, by its name and what the journal keeps of it, or says why there is none.
pub type Undoing<'a> = dyn Fn(&str, &Value) -> Result<Box<dyn Driver>, String> + 'a;

impl Release {
    /// What holds, or may hold, the last first; `driver` makes the driver of a freeze by its name and its undo.
    ///
    /// # Errors
    /// When there is no driver for one of them: then nothing is released.
    pub fn all(incident: &Incident, driver: &Undoing<'_>) -> Result<Vec<Self>, String> {
        let mut found: Vec<(Moment, Self)> = Vec::new();
        for freeze in incident.frozen() {
            let Frozen { freeze: name, target, undo, .. } = &freeze.facts;
            let release =
                Self { freeze: name.clone(), target: target.clone(), undo: undo.clone(), is_known: true, driver: driver(name, undo)? };
            found.push((freeze.when, release));
        }
        for (name, step) in incident.half_frozen() {
            let Some(intent) = step.intent.as_ref().filter(|_| !found.iter().any(|(_, one)| one.freeze == name)) else { continue };
            let undo = intent.undo.clone();
            let target = format!("{} {}", undo["kind"].as_str().unwrap_or("?"), undo["what"].as_str().unwrap_or("?"));
            let driver = driver(name, &undo)?;
            found.push((step.when, Self { freeze: name.to_owned(), target, undo, is_known: false, driver }));
        }
        found.sort_by_key(|(when, _)| std::cmp::Reverse(when.seq));
        Ok(found.into_iter().map(|(_, release)| release).collect())
    }

    fn before(&self) -> &Value {
        &self.undo["before"]
    }
}

/// Whether what is frozen may be released now: decision `d6`, of somebody who may undo a freeze, after the last one.
pub fn may_release(authority: &Authority, incident: &Incident, now: Timestamp) -> Verdict {
    let class = incident.opened.as_ref().map_or("personal", |(_, opened)| opened.credential.class.as_str());
    let undoers: Vec<&String> = authority.entries(FREEZE, class).flat_map(|allow| &allow.undo_by).collect();
    if undoers.is_empty() {
        return Verdict::Never(format!("release: no entry of the authority file allows `{FREEZE}` on class `{class}`"));
    }
    let deciders: Vec<String> = authority.deciders("d6", class).into_iter().filter(|role| undoers.contains(&role)).collect();
    if deciders.is_empty() {
        return Verdict::Never("release: authority.toml names nobody who may both decide `d6` and undo a freeze".to_owned());
    }
    let wait = |why: &str| Verdict::Waiting { why: format!("release: {why}"), roles: deciders.clone() };
    let Some(decision) = incident.decision("d6") else { return wait("waits for the decision d6") };
    let facts = &decision.facts;
    if facts.choice != "release" {
        return wait("decision d6 says to hold");
    }
    if decision.when.seq < incident.froze {
        return wait("decision d6 was made before the last freeze; decide again");
    }
    if facts.expires.is_some_and(|expires| expires <= now) {
        return wait("decision d6 has expired; decide again");
    }
    if facts.attestation != "sshsig" || !authority.roles_of(&facts.signer).iter().any(|role| undoers.contains(&role)) {
        return wait("decision d6 is not signed by somebody who may undo a freeze");
    }
    Verdict::Allowed(facts.signer.clone())
}

impl Responder<'_> {
    /// Releases all of it; `scan` is what a scan of now says, or why it is not clean. The scan is made where it is wanted, not before.
    ///
    /// # Errors
    /// When somebody else acts on the incident, or the journal cannot be written: nothing more is done then.
    pub fn release(
        &mut self,
        releases: &[Release],
        world: &World<'_>,
        scan: &dyn Fn() -> Result<String, String>,
    ) -> Result<Vec<(String, Outcome)>, ActError> {
        let whole = |outcome| Ok(vec![("release".to_owned(), outcome)]);
        if releases.is_empty() {
            return whole(Outcome::Done);
        }
        let _acting = self.begin("release")?;
        match may_release(self.authority, self.journal.state(), self.clock.now().wall) {
            Verdict::Never(why) => {
                self.refuse_release(&why, false)?;
                return whole(Outcome::Refused(why));
            }
            Verdict::Waiting { why, .. } => {
                self.refuse_release(&why, true)?;
                return whole(Outcome::Waiting(why));
            }
            Verdict::Allowed(_) => {}
        }
        if self.journal.state().probes.last().is_some_and(|(_, asked)| asked.answer == Heard::Alive) {
            let why = "the last probe says that the credential lives; nothing is released to it".to_owned();
            self.refuse_release(&why, false)?;
            return whole(Outcome::Refused(why));
        }
        let says = match scan() {
            Ok(says) => says,
            Err(why) => {
                let why = format!("the scan is not clean: {why}");
                self.refuse_release(&why, false)?;
                return whole(Outcome::Refused(why));
            }
        };
        let clean = Added { what: "clean-scan".to_owned(), path: String::new(), sha256: None, says };
        self.append(|incident| vec![self_entry(incident, EVIDENCE, &clean)])?;
        let mut outcomes = Vec::new();
        for one in releases {
            let outcome = self.release_one(one, world)?;
            let must_stop = !matches!(outcome, Outcome::Done);
            outcomes.push((format!("{RELEASING}{}", one.freeze), outcome));
            if must_stop {
                break;
            }
        }
        self.advance()?;
        Ok(outcomes)
    }

    fn release_one(&mut self, one: &Release, world: &World<'_>) -> Result<Outcome, ActError> {
        let incident = self.journal.state();
        let is_frozen = incident.frozen().any(|freeze| freeze.facts.freeze == one.freeze);
        if !is_frozen && !incident.half_frozen().any(|(name, _)| name == one.freeze) {
            // Another responder has released it since it was listed.
            return Ok(Outcome::Done);
        }
        let (step, action) = (format!("{RELEASING}{}", one.freeze), one.driver.action().to_owned());
        match one.driver.is_in_force(world, one.before()) {
            Ok(true) => {}
            Ok(false) if one.is_known => return self.let_go(one, step, action, &json!({ "found": "it did not hold any more" })),
            Ok(false) => {
                let failed = Failed { step: format!("{FREEZING}{}", one.freeze), action, why: "it never came to hold".to_owned() };
                self.append(|incident| vec![self_entry(incident, FAILED, &failed)])?;
                return Ok(Outcome::Done);
            }
            Err(why) => return Ok(Outcome::Unknown(why)),
        }
        if !one.is_known {
            let except = excepted(&one.undo);
            let frozen = Frozen { freeze: one.freeze.clone(), target: one.target.clone(), undo: one.undo.clone(), except };
            let done = done_of(format!("{FREEZING}{}", one.freeze), &action, &json!({ "found": "it holds" }));
            self.append(|incident| vec![self_entry(incident, FROZEN, &frozen), self_entry(incident, DONE, &done)])?;
        }
        let exact = json!({ "incident": self.journal.state().id, "step": step, "verb": FREEZE, "undo": one.undo });
        let intent = Intent {
            step: step.clone(),
            action: action.clone(),
            verb: FREEZE.to_owned(),
            action_sha256: Digest::of(exact.to_string().as_bytes()),
            key: format!("{}/{step}", self.journal.state().id),
            is_reversible: true,
            undo: Value::Null,
        };
        self.append(|incident| vec![self_entry(incident, INTENT, &intent)])?;
        match one.driver.undo(world, one.before()) {
            Acted::Done { result, .. } => match one.driver.is_in_force(world, one.before()) {
                Ok(false) => self.let_go(one, step, action, &result),
                Ok(true) => self.doubt(step, action, "it was taken, and the freeze still holds".to_owned()),
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

    /// Writes down that a freeze is gone, and was seen to be.
    fn let_go(&mut self, one: &Release, step: String, action: String, result: &Value) -> Result<Outcome, ActError> {
        let done = done_of(step, &action, result);
        let thawed = Thawed { freeze: one.freeze.clone(), is_verified: true };
        self.append(|incident| vec![self_entry(incident, THAWED, &thawed), self_entry(incident, DONE, &done)])?;
        Ok(Outcome::Done)
    }

    fn refuse_release(&mut self, why: &str, is_open: bool) -> Result<(), ActError> {
        let refused = Refused { action: "release".to_owned(), verb: FREEZE.to_owned(), why: why.to_owned(), is_open };
        if self.journal.state().refusals.last().is_some_and(|(_, last)| *last == refused) {
            return Ok(());
        }
        self.append(|incident| vec![self_entry(incident, REFUSED, &refused)])
    }
}

fn done_of(step: String, action: &str, result: &Value) -> Done {
    Done { step, action: action.to_owned(), verb: FREEZE.to_owned(), result: result.clone(), cli: None, cli_sha256: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contain::tests::{Desk, opened};
    use crate::contain::{DECIDED, Decided, INTENT};
    use crate::model::Grade;

    const AUTHORITY: &str = "
[roles.incident-commander]
people = ['alice']
[roles.audit-authority]
people = ['gov']
[roles.key-authority]
people = ['owner']
[[allow]]
verb = 'freeze'
by = ['incident-commander']
undo_by = ['audit-authority']
[[allow]]
verb = 'd6'
by = ['incident-commander', 'audit-authority']
";

    fn decide(desk: &mut Desk, choice: &str, signer: &str, attestation: &str, expires: &str) {
        let decided = Decided {
            decision: "d6".to_owned(),
            choice: choice.to_owned(),
            action_sha256: None,
            expires: Some(expires.parse().expect("a time")),
            review: None,
            signer: signer.to_owned(),
            roles: Vec::new(),
            attestation: attestation.to_owned(),
            file_sha256: Digest::of(format!("{choice} {signer} {attestation} {expires}").as_bytes()),
            reason: String::new(),
        };
        desk.put(DECIDED, &decided).expect("written");
    }

    #[test]
    fn only_a_fresh_and_signed_decision_of_who_may_undo_releases() {
        let authority = Authority::parse("authority.toml", AUTHORITY).expect("sound");
        let now: Timestamp = "2026-11-21T21:00:00Z".parse().expect("a time");
        let later = "2026-11-21T22:00:00Z";
        let mut desk = Desk::new(&opened(Grade::Live, "ci"));
        let why = |desk: &Desk| match may_release(&authority, desk.journal.state(), now) {
            Verdict::Waiting { why, roles } => {
                assert_eq!(roles, ["audit-authority"], "who may decide, and undo");
                why
            }
            Verdict::Allowed(by) => by,
            Verdict::Never(why) => panic!("{why}"),
        };
        assert!(why(&desk).contains("waits for the decision"));
        for (choice, signer, attestation, expires, says) in [
            ("hold", "gov", "sshsig", later, "says to hold"),
            ("release", "gov", "sshsig", "2026-11-21T21:00:00Z", "has expired"),
            ("release", "gov", "unsigned", later, "is not signed"),
            // Who may decide it and not undo it; who may do neither.
            ("release", "alice", "sshsig", later, "is not signed by somebody who may undo"),
            ("release", "owner", "sshsig", later, "is not signed by somebody who may undo"),
        ] {
            decide(&mut desk, choice, signer, attestation, expires);
            assert!(why(&desk).contains(says), "{choice} {signer}: {}", why(&desk));
        }
        decide(&mut desk, "release", "gov", "sshsig", later);
        assert_eq!(why(&desk), "gov");
        // What is frozen after it takes another decision.
        let intent = Intent {
            step: format!("{FREEZING}repo"),
            action: "x".to_owned(),
            verb: FREEZE.to_owned(),
            action_sha256: Digest::ZERO,
            key: "k".to_owned(),
            is_reversible: true,
            undo: Value::Null,
        };
        desk.put(INTENT, &intent).expect("written");
        assert!(why(&desk).contains("before the last freeze"));
        // Nobody may: the built-in authority names no people.
        let nobody = Authority::parse("built-in", crate::contain::BUILTIN).expect("sound");
        assert!(matches!(may_release(&nobody, desk.journal.state(), now), Verdict::Never(_)));
    }
}
