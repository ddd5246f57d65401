//! A step of a playbook: what is done, under whose authority, by when, under which condition.

use std::time::Duration;

use serde::Deserialize;

use super::authority::VERBS;
use super::decision::choices;
use super::errand::Errand;
use super::incident::Incident;
use crate::model::Urgency;

/// Phases in their order (the key-management guide's).
pub(super) const PHASES: [&str; 5] = ["assess", "contain", "eradicate", "recover", "post"];
/// What a step can do.
const WORKS: [&str; 9] = ["revoke", "rotate", "vault", "sessions", "freeze", "exec", "notify", "manual", OFFER];
/// What offers the steps of the playbook that freezes.
const OFFER: &str = "playbook:access-freeze";
/// What each of them may ask authority for: a playbook cannot do one thing under the name of another.
const NEEDS: [(&str, &[&str]); 7] = [
    ("revoke", &["revoke", "disable", "delete"]),
    ("rotate", &["rotate"]),
    ("vault", &["revoke"]),
    ("sessions", &["kill"]),
    ("freeze", &["freeze"]),
    (OFFER, &["freeze"]),
    ("exec", &["exec"]),
];
/// What a manual step can stand for.
const MEANINGS: [&str; 8] = ["replace", "absent", "watch", "rekey", "halt", "sessions.kill", "revoke", "pause"];
/// When a step applies.
const CONDITIONS: [&str; 5] = ["precautionary", "confirmed", "sessions", "severe", "frozen"];

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepTable {
    pub(super) id: String,
    phase: String,
    within: String,
    decide: Option<String>,
    #[serde(rename = "do")]
    work: Option<String>,
    does: Option<String>,
    verb: Option<String>,
    verify: Option<String>,
    when: Option<String>,
    text: Option<String>,
    #[serde(default)]
    run: Vec<String>,
    stdin: Option<String>,
    limit: Option<String>,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// Somebody decides.
    Decide(String),
    /// A driver acts.
    Act(String),
    /// A program of the responder's own runs.
    Run(Errand),
    /// The endpoints of the configuration are told, in these words.
    Tell(String),
    /// The steps of the playbook that freezes stand here, once decision `d5` says so.
    Offer,
    /// A person acts, as the text says.
    Manual(String),
}

/// A step as meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlayStep {
    /// Its name within the playbook.
    pub id: String,
    /// Its phase.
    pub phase: String,
    /// From the declaration on, how long it may take.
    pub within: Duration,
    /// What it does.
    pub work: Work,
    /// What it needs authority for; none where nothing is changed.
    pub verb: Option<String>,
    /// What it stands for when it is done.
    pub does: String,
    /// Whether the credential must be proved dead after it.
    pub proves_death: bool,
    /// When it applies; always where none is named.
    pub when: Option<String>,
}

impl PlayStep {
    /// From what is written.
    ///
    /// # Errors
    /// The field and what is wrong with it.
    pub(super) fn new(table: &StepTable) -> Result<Self, String> {
        let known = |field: &str, word: &str, all: &[&str]| {
            if all.contains(&word) { Ok(()) } else { Err(format!("`{field}`: there is no `{word}`; there are {}", all.join(", "))) }
        };
        known("phase", &table.phase, &PHASES)?;
        if let Some(verb) = &table.verb {
            known("verb", verb, &VERBS)?;
        }
        if let Some(when) = &table.when {
            known("when", when, &CONDITIONS)?;
        }
        if let Some(does) = &table.does {
            known("does", does, &MEANINGS)?;
        }
        if table.verify.as_deref().is_some_and(|verify| verify != "dead") {
            return Err("`verify`: there is nothing but \"dead\"".to_owned());
        }
        let work = match (&table.decide, table.work.as_deref(), &table.text) {
            (Some(decision), None, None) => {
                choices(decision).filter(|_| decision.starts_with('d')).ok_or_else(|| format!("`decide`: there is no `{decision}`"))?;
                Work::Decide(decision.clone())
            }
            (None, Some("manual"), Some(text)) => {
                if table.does.is_none() {
                    return Err("`does`: say what it stands for when it is done".to_owned());
                }
                Work::Manual(text.clone())
            }
            (None, Some("manual"), None) => return Err("`text`: say what a person is to do".to_owned()),
            (None, Some("notify"), Some(text)) => {
                if table.verb.is_some() || table.does.is_some() || table.verify.is_some() {
                    return Err("`do`: to notify changes nothing; leave `verb`, `does` and `verify` out".to_owned());
                }
                Work::Tell(text.clone())
            }
            (None, Some("notify"), None) => return Err("`text`: say what the endpoints are told".to_owned()),
            (None, Some(work), None) => {
                known("do", work, &WORKS)?;
                let verb = table.verb.as_deref().ok_or("`verb`: say what it needs authority for")?;
                if let Some((_, verbs)) = NEEDS.iter().find(|(name, _)| *name == work) {
                    known("verb", verb, verbs)?;
                }
                if work == OFFER {
                    Work::Offer
                } else if work == "exec" {
                    let limit = table.limit.as_deref().map(|text| span(text).ok_or("`limit`: it reads like 30s, 5m")).transpose()?;
                    Work::Run(Errand::new(&table.run, table.stdin.as_deref(), limit)?)
                } else {
                    Work::Act(work.to_owned())
                }
            }
            _ => return Err("`do`: give one of `decide`, `do` with a driver, `do = \"manual\"` with `text`".to_owned()),
        };
        let is_errand = matches!(work, Work::Run(_));
        if !is_errand && (!table.run.is_empty() || table.stdin.is_some() || table.limit.is_some()) {
            return Err("`run`, `stdin` and `limit` belong to `do = \"exec\"`".to_owned());
        }
        Ok(Self {
            id: table.id.clone(),
            phase: table.phase.clone(),
            within: span(&table.within).ok_or("`within`: it reads like 15m, 120m, 24h")?,
            does: table
                .does
                .clone()
                .or_else(|| table.verb.clone())
                .unwrap_or_else(|| if matches!(work, Work::Tell(_)) { "notify" } else { "decide" }.to_owned()),
            verb: table.verb.clone(),
            proves_death: table.verify.is_some(),
            when: table.when.clone(),
            work,
        })
    }

    /// Whether it applies to the incident as it is.
    pub fn applies(&self, incident: &Incident) -> bool {
        match self.when.as_deref() {
            Some("precautionary") => !incident
                .opened
                .as_ref()
                .is_some_and(|(_, opened)| crate::model::Grounds::of(opened.grade).is_some_and(crate::model::Grounds::is_confirmed)),
            Some("confirmed") => incident.is_confirmed(),
            Some("severe") => incident.severity >= Some(Urgency::High),
            Some("frozen") => !incident.freezes.is_empty() || incident.half_frozen().next().is_some(),
            Some("sessions") => incident.opened.as_ref().is_some_and(|(_, opened)| opened.credential.has_sessions),
            _ => true,
        }
    }
}

fn span(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return None,
    };
    digits.parse::<u64>().ok().filter(|number| (1..=1000).contains(number)).map(|number| Duration::from_secs(number * seconds))
}
