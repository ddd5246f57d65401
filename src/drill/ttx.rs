//! TTX-SEC-2026-01: an API key in a shell's start-up file, from the finding to the sealed evidence.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::people::People;
use super::questions::{Asking, QUESTIONS};
use super::rehearsal::{DrillError, Issued, Rehearsal};
use super::search::search;
use crate::confirm::{Confirmer, Grouping, Telling, Words, group, proofs};
use crate::contain::{
    ASSIGNED, AUDITOR, Asked, Authority, DECIDED, DecisionFile, Driver, Fate, Heard, Held, HolderRevoke, Incident, Marks, Moment,
    NAMESPACE, Outcome, Plan, Playbook, Responder, Shelf, Signers, Stage, Targets, Work, World, asked, measure, notice_of, opening, write,
};
use crate::journal::{Actor, Clock, Entry, Journal, JournalError, ManualClock};
use crate::model::{Finding, Fingerprint, Liveness, Notice, Veil};
use crate::probe::{self, Prober};

/// How long is waited, on the simulated clock, when somebody decides to wait.
const WAITING: Duration = Duration::from_secs(15 * 60);

/// One thing that must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// What.
    pub what: &'static str,
    /// Whether it held.
    pub holds: bool,
    /// What was seen.
    pub says: String,
}

/// What the rehearsal came to.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The incident.
    pub incident: String,
    /// The bundle.
    pub bundle: PathBuf,
    /// Who has signed its manifest.
    pub auditor: &'static str,
    /// All that was checked, in order.
    pub checks: Vec<Checked>,
}

/// Rehearses; the bundle lands below `out`, everything else in `scratch`. `asking` answers the tabletop's questions, `say` tells each check as
/// it is made.
///
/// # Errors
/// When it cannot go on; what does not hold is no error but a check that says so.
pub fn run(
    scratch: &Path,
    out: &Path,
    issued: &Issued,
    now: Timestamp,
    asking: &Asking<'_>,
    say: &dyn Fn(&Checked),
) -> Result<Finished, DrillError> {
    let rehearsal = Rehearsal::prepare(scratch, issued)?;
    let mut drill = Drill { people: People::new()?, clock: ManualClock::at(now), checks: Vec::new(), say, rehearsal };
    let (notice, held) = drill.find()?;
    let event = drill.hand_off(notice)?;
    let mut journal = drill.open(&event)?;
    drill.decide(&mut journal, asking)?;
    drill.revoke(&mut journal, &held)?;
    drill.recover(&mut journal, &held)?;
    drill.tell(&mut journal)?;
    let bundle = drill.seal(&mut journal, out)?;
    let auditor = drill.people.in_role(AUDITOR);
    Ok(Finished { incident: journal.state().id.clone(), bundle, auditor, checks: drill.checks })
}

pub(super) struct Drill<'a> {
    pub(super) rehearsal: Rehearsal<'a>,
    pub(super) people: People,
    pub(super) clock: ManualClock,
    checks: Vec<Checked>,
    say: &'a dyn Fn(&Checked),
}

impl Drill<'_> {
    pub(super) fn check(&mut self, what: &'static str, holds: bool, says: impl Into<String>) {
        let checked = Checked { what, holds, says: says.into() };
        (self.say)(&checked);
        self.checks.push(checked);
    }

    pub(super) fn authority(&self) -> Result<Authority, DrillError> {
        Authority::parse("the drill's authority", &self.people.authority).map_err(DrillError::of)
    }

    pub(super) fn shelf(&self) -> Shelf {
        Shelf::new(&self.rehearsal.scratch.join("state/incidents"))
    }

    pub(super) fn put(
        &self,
        journal: &mut Journal<Incident>,
        kind: &str,
        actor: Actor,
        facts: &impl serde::Serialize,
    ) -> Result<(), DrillError> {
        let stamp = self.clock.now();
        let put = journal.update(|writing| {
            let id = writing.state().id.clone();
            writing.append(Entry::new(kind, actor, facts).of(id).drill(true), stamp).map(|_| ())
        });
        put.map_err(|error: JournalError| DrillError::of(error))
    }

    /// The real scanner on the scratch home, the real question to the issuer.
    fn find(&mut self) -> Result<(Notice, Held), DrillError> {
        let rules = self.rehearsal.rules.clone();
        let outcome = search(&self.rehearsal.home(), &rules).map_err(DrillError::Other)?;
        let root = self.rehearsal.home().as_os_str().as_encoded_bytes().to_vec();
        let credentials = group(&outcome, Grouping { key: &self.rehearsal.key, rules: &rules, host: "drill", root: &root });
        let planted = credentials.iter().find(|one| one.lead().secret == self.rehearsal.issued.token);
        let place = planted.map(|one| format!("{} in .zshrc:{}", one.lead().rule_id, one.lead().region.start.line));
        self.check("the scanner finds the planted key", planted.is_some(), place.unwrap_or_else(|| "nothing was found".to_owned()));
        let planted = planted.ok_or_else(|| DrillError::Other("without a finding there is nothing to rehearse".to_owned()))?;
        let lead =
            planted.findings.iter().copied().find(|finding| rules.get(finding.rule).contain.is_some()).unwrap_or_else(|| planted.lead());
        let held = Held { secret: lead.secret.clone(), parts: lead.parts.clone(), rule: rules.get(lead.rule).clone() };
        let (transport, clock) = (self.rehearsal.transport(), probe::SystemClock::start());
        let probed =
            Prober::new(&transport, &self.rehearsal.hosts, &self.rehearsal.options, &clock).ask(&held.rule, &held.secret, &held.parts);
        self.check("its issuer accepts it, and refuses a random one", probed.liveness == Liveness::Alive, probed.asked.clone());
        let liveness: HashMap<Fingerprint, Liveness> = [(planted.fingerprint.clone(), probed.liveness)].into();
        let (words, now, veil) = (Words::default(), self.clock.now().wall, Veil::new(&outcome));
        let proofs = proofs(&credentials, &rules, &|_: &Finding| None);
        let confirmer = Confirmer { words: &words, liveness: &liveness, proofs: &proofs, policies: &[], root: &root, now };
        let telling = Telling { rules: &rules, veil: &veil, now, is_drill: true, remotes: &[], mode: &|_| None };
        let notice = telling.notice(planted, &confirmer.confirm(planted), 1);
        let notice = notice.ok_or_else(|| DrillError::Other("nothing speaks for the finding, so nobody is told".to_owned()))?;
        Ok((notice, held))
    }

    fn hand_off(&mut self, notice: Notice) -> Result<Value, DrillError> {
        let (event, receipt) = self.rehearsal.hand_off(notice)?;
        self.check("a signed notice reaches the receiver", true, format!("{}, receipt {receipt}", event["id"].as_str().unwrap_or("-")));
        Ok(event)
    }

    /// What the receiver verified opens the incident.
    fn open(&mut self, event: &Value) -> Result<Journal<Incident>, DrillError> {
        let notice = notice_of(event).map_err(DrillError::Other)?;
        let stamp = self.clock.now();
        let (opened, places, actor) = opening(&notice, "receive", &self.rehearsal.rules, (&[], &Marks::default()), stamp);
        let taken = self.shelf().open(&opened, &places, actor, notice.drill, stamp).map_err(DrillError::of)?;
        let state = taken.journal.state();
        let holds = taken.is_new && state.id == notice.incident && state.is_drill;
        let says = format!("{} ({}, class {})", state.id, opened.severity.name(), opened.credential.class);
        self.check("the notice opens the incident that it names", holds, says);
        Ok(taken.journal)
    }

    /// Signs a decision as a person would, verifies it, keeps it, records it.
    fn sign(&self, journal: &mut Journal<Incident>, person: &str, file: DecisionFile) -> Result<(), DrillError> {
        let (id, head) = (journal.state().id.clone(), journal.head());
        let now = self.clock.now().wall;
        let expires = now.saturating_add(SignedDuration::from_hours(1)).map_err(DrillError::of)?;
        let head = format!("{} {}", head.seq, head.digest);
        let file = DecisionFile { incident: Some(id.clone()), signer: person.to_owned(), expires: Some(expires), head, ..file };
        let text = file.text();
        let signer = self.people.signer(person).ok_or_else(|| DrillError::Other(format!("{person} has no key")))?;
        let armored = signer.sign(NAMESPACE, text.as_bytes()).map_err(DrillError::of)?;
        let file = DecisionFile::parse(text.as_bytes()).map_err(DrillError::of)?;
        file.fits(&id, now).map_err(DrillError::of)?;
        let signers = Signers::parse(&self.people.allowed).map_err(DrillError::Other)?;
        signers.verify(NAMESPACE, person, text.as_bytes(), armored.as_bytes()).map_err(DrillError::of)?;
        let roles = self.authority()?.roles_of(person);
        let facts = file.facts(text.as_bytes(), roles.clone(), "sshsig");
        let name = format!("decisions/{}-{:03}.txt", file.decision, journal.head().seq);
        let path = self.shelf().of(&id).join(&name);
        let io = |source| DrillError::Io { path: path.clone(), source };
        write(&path, text.as_bytes()).map_err(io)?;
        write(&path.with_extension("txt.sig"), armored.as_bytes()).map_err(io)?;
        let actor = Actor { id: person.to_owned(), roles, via: "sshsig".to_owned() };
        for taken in journal.state().takes(&facts.roles, person) {
            self.put(journal, ASSIGNED, actor.clone(), &taken)?;
        }
        self.put(journal, DECIDED, actor, &facts)
    }

    /// The tabletop's four decisions.
    fn decide(&mut self, journal: &mut Journal<Incident>, asking: &Asking<'_>) -> Result<(), DrillError> {
        let commander = self.people.in_role("incident-commander");
        let mut choices = Vec::new();
        for question in &QUESTIONS {
            loop {
                self.clock.advance(Duration::from_secs(60));
                let answer = asking(question, &self.clocks(journal.state()))?;
                let is_wait = answer.choice == "wait";
                let later = self.clock.now().wall.saturating_add(SignedDuration::from_hours(4)).map_err(DrillError::of)?;
                let file = DecisionFile {
                    decision: question.decision.to_owned(),
                    choice: answer.choice.to_owned(),
                    reason: answer.reason,
                    review: (answer.choice == "not-yet").then_some(later),
                    ..DecisionFile::default()
                };
                self.sign(journal, commander, file)?;
                if !is_wait {
                    choices.push(format!("{} {}", question.decision, answer.choice));
                    break;
                }
                // The clocks run while nobody acts; then it is asked again.
                self.clock.advance(WAITING);
            }
        }
        let holds = QUESTIONS.iter().all(|question| journal.state().decision(question.decision).is_some());
        self.check("four decisions are signed by the incident commander", holds, choices.join(", "));
        // The playbook asks for it too, and a rehearsal changes nothing that somebody else works with.
        let file = DecisionFile {
            decision: "d5".to_owned(),
            choice: "no-freeze".to_owned(),
            reason: "a rehearsal holds nobody's repository or namespace still".to_owned(),
            ..DecisionFile::default()
        };
        self.sign(journal, commander, file)
    }

    /// The clocks that run, for whoever decides.
    fn clocks(&self, incident: &Incident) -> String {
        let stamp = self.clock.now();
        let now = Moment { seq: 0, at: stamp.wall, mono_ms: stamp.mono_ms };
        let told = measure(incident, &[], &Targets::default(), Some(now));
        let running = told.iter().filter(|one| one.ms.is_some() && one.to.is_none());
        running.map(|one| format!("{}: {}", one.clock.name(), one.told().replace('*', ""))).collect::<Vec<_>>().join("; ")
    }

    fn plan(&self, incident: &Incident, held: &Held) -> Result<Plan, DrillError> {
        let credential = &incident.beginning().map_err(DrillError::Other)?.credential;
        let (fp, url) = (credential.fp.clone(), self.rehearsal.issued.url.clone());
        let driver = |_: &_| -> Result<Box<dyn Driver>, String> {
            let contain = held.rule.contain.clone().ok_or("the rule declares no revocation")?;
            Ok(Box::new(HolderRevoke::new(fp.clone(), contain, Some(url.clone()))))
        };
        Plan::new(incident, &Playbook::of(credential), &driver).map_err(DrillError::Other)
    }

    fn act(&self, journal: &mut Journal<Incident>, held: &Held) -> Result<Vec<(String, Outcome)>, DrillError> {
        let (plan, authority, transport) = (self.plan(journal.state(), held)?, self.authority()?, self.rehearsal.transport());
        let fp = journal.state().beginning().map_err(DrillError::Other)?.credential.fp.clone();
        let world = World { transport: &transport, clock: &self.clock, endpoints: &self.rehearsal.options.endpoints, held: Some(held) };
        let installation = self.rehearsal.installation();
        let mut responder = Responder { journal, installation: &installation, authority: &authority, standing: &[], clock: &self.clock };
        responder.run(&plan, &world, &|_| true, &|| self.ask(&fp, held)).map_err(DrillError::of)
    }

    pub(super) fn ask(&self, fp: &Fingerprint, held: &Held) -> Asked {
        let (transport, clock) = (self.rehearsal.transport(), probe::SystemClock::start());
        let prober = Prober::new(&transport, &self.rehearsal.hosts, &self.rehearsal.options, &clock);
        asked(fp, &prober.ask(&held.rule, &held.secret, &held.parts))
    }

    /// Refused to the observer, allowed to the key authority, done once, proved.
    fn revoke(&mut self, journal: &mut Journal<Incident>, held: &Held) -> Result<(), DrillError> {
        let plan = self.plan(journal.state(), held)?;
        let step = plan.steps.iter().find(|one| matches!(one.step.work, Work::Act(_)));
        let digest = step.ok_or_else(|| DrillError::Other("the playbook has no step that revokes".to_owned()))?.digest;
        let approval = || DecisionFile {
            decision: "approve".to_owned(),
            choice: "yes".to_owned(),
            action_sha256: Some(digest),
            reason: "the plan was read".to_owned(),
            ..DecisionFile::default()
        };
        // The observer's signature is sound, and worth nothing here.
        self.sign(journal, self.people.in_role("observer"), approval())?;
        let outcomes = self.act(journal, held)?;
        let is_waiting = outcomes.iter().any(|(step, outcome)| step == "revoke" && matches!(outcome, Outcome::Waiting(_)));
        let untouched = self.rehearsal.issued.provider.as_ref().is_none_or(|provider| provider.revocations() == 0);
        let is_recorded = !journal.state().refusals.is_empty();
        let holds = is_recorded && is_waiting && untouched;
        self.check("nothing is revoked on the observer's signature", holds, "it waits for who may, and the refusal is on record");
        self.clock.advance(Duration::from_secs(60));
        self.sign(journal, self.people.in_role("key-authority"), approval())?;
        self.act(journal, held)?;
        let state = journal.state();
        let probes = state.probes.iter().filter(|(_, asked)| asked.answer == Heard::Dead && asked.control).count();
        let holds = state.fate() == Fate::Dead && state.stage() >= Stage::Contained && probes >= 2;
        self.check(
            "the key is dead: refused twice, seconds apart, with a control",
            holds,
            format!("{}, {}", state.stage().name(), state.fate().name()),
        );
        self.act(journal, held)?;
        let once = self.rehearsal.issued.provider.as_ref().is_none_or(|provider| provider.revocations() == 1);
        let intents = journal.state().steps.values().filter(|step| step.intent.is_some()).count();
        self.check("acting again repeats nothing", once && intents == 1, "one intent, one revocation");
        Ok(())
    }
}
