//! An incident: nothing but what the events of its journal amount to.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::*;
use super::governing::Governing;
pub use super::moment::Moment;
use super::stage::{Fate, Progress, Stage};
use crate::journal::{Digest, Head};
use crate::model::{Grade, Stakes, Urgency};

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
    /// What makes it as bad as it can be, as far as anybody has said.
    pub stakes: Stakes,
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
    pub(super) files: BTreeSet<Digest>,
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
    /// Whom the escalation has reached.
    pub told: BTreeSet<String>,
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
}
