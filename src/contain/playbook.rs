//! Playbooks: what is to be done about one kind of credential, as data, in an order that a person can review.

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use super::authority::VERBS;
use super::decision::choices;
use super::errand::Errand;
use super::facts::{Credential, FREEZE, FREEZING, RELEASING};
use super::incident::Incident;
use crate::model::Verb;

/// The playbook of `keyfuse incident freeze`.
pub const ACCESS_FREEZE: &str = "access-freeze";
/// No playbook is longer, in bytes.
const MAX_FILE: usize = 64 << 10;

/// The built-in playbooks as written, by name.
pub const PLAYBOOKS: [(&str, &str); 7] = [
    ("bearer-token", include_str!("../../playbooks/bearer-token.toml")),
    ("cloud-key", include_str!("../../playbooks/cloud-key.toml")),
    ("vault-lease-or-kv", include_str!("../../playbooks/vault-lease-or-kv.toml")),
    ("static-login", include_str!("../../playbooks/static-login.toml")),
    ("signing-or-encryption-key", include_str!("../../playbooks/signing-or-encryption-key.toml")),
    ("trading-key", include_str!("../../playbooks/trading-key.toml")),
    (ACCESS_FREEZE, include_str!("../../playbooks/access-freeze.toml")),
];

/// Phases in their order (the key-management guide's).
const PHASES: [&str; 5] = ["assess", "contain", "eradicate", "recover", "post"];
/// What a step can do.
const WORKS: [&str; 8] = ["revoke", "rotate", "vault", "sessions", "freeze", "exec", "notify", "manual"];
/// What each of them may ask authority for: a playbook cannot do one thing under the name of another.
const NEEDS: [(&str, &[&str]); 6] = [
    ("revoke", &["revoke", "disable", "delete"]),
    ("rotate", &["rotate"]),
    ("vault", &["revoke"]),
    ("sessions", &["kill"]),
    ("freeze", &["freeze"]),
    ("exec", &["exec"]),
];
/// What a manual step can stand for.
const MEANINGS: [&str; 8] = ["replace", "absent", "watch", "rekey", "halt", "sessions.kill", "revoke", "pause"];
/// What every playbook but that of freezing must come to, or its incidents could never be closed.
const ENDS: [&str; 3] = ["replace", "absent", "watch"];
/// When a step applies.
const CONDITIONS: [&str; 3] = ["precautionary", "confirmed", "sessions"];

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaybookFile {
    id: String,
    title: String,
    from: Vec<String>,
    #[serde(default)]
    step: Vec<StepTable>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StepTable {
    id: String,
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

/// A playbook as meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Playbook {
    /// Its name.
    pub id: String,
    /// For people.
    pub title: String,
    /// The documents it follows.
    pub from: Vec<String>,
    /// Its steps in order.
    pub steps: Vec<PlayStep>,
}

impl Playbook {
    /// Reads the text; `name` is the file as complaints name it.
    ///
    /// # Errors
    /// File, step and what is wrong with it.
    pub fn parse(name: &str, text: &str) -> Result<Self, String> {
        if text.len() > MAX_FILE {
            return Err(format!("{name}: it is longer than {MAX_FILE} bytes"));
        }
        let file: PlaybookFile = toml::from_str(text).map_err(|error| format!("{name}: {}", error.to_string().trim_end()))?;
        for (field, is_empty) in [("title", file.title.trim().is_empty()), ("from", file.from.is_empty()), ("step", file.step.is_empty())] {
            if is_empty {
                return Err(format!("{name}: `{field}`: is empty; a playbook has a title, the documents it is from, and steps"));
            }
        }
        if !is_name(&file.id) {
            return Err(format!("{name}: `id`: write 1 to 40 lower-case letters, digits or `-`"));
        }
        let mut steps: Vec<PlayStep> = Vec::new();
        let mut phase = 0;
        for table in &file.step {
            let step = PlayStep::new(table).map_err(|why| format!("{name}: step `{}`: {why}", table.id))?;
            let wrong = |why: &str| Err(format!("{name}: step `{}`: {why}", step.id));
            if !is_name(&step.id) {
                return wrong("`id`: write 1 to 40 lower-case letters, digits or `-`");
            }
            if [FREEZING, RELEASING].iter().any(|begin| step.id.starts_with(begin)) {
                return wrong("`id`: `freeze-…` and `release-…` are what is frozen and released");
            }
            if steps.iter().any(|other| other.id == step.id) {
                return wrong("`id`: another step has it");
            }
            let at = PHASES.iter().position(|name| *name == step.phase).expect("it has been looked up");
            if at < phase {
                return wrong("`phase`: it comes before that of the step before it");
            }
            phase = at;
            steps.push(step);
        }
        let freezes = |step: &PlayStep| step.work == Work::Act(FREEZE.to_owned());
        if file.id == ACCESS_FREEZE {
            if !steps.iter().any(freezes) {
                return Err(format!("{name}: `step`: none of them has `do = \"freeze\"`"));
            }
        } else if let Some(step) = steps.iter().find(|step| freezes(step)) {
            return Err(format!("{name}: step `{}`: `do`: only the playbook {ACCESS_FREEZE} freezes", step.id));
        } else if let Some(end) = ENDS.iter().find(|end| !steps.iter().any(|step| step.does == **end)) {
            return Err(format!("{name}: `step`: none of them `does` {end}, and without that no incident can be closed"));
        }
        Ok(Self { id: file.id, title: file.title, from: file.from, steps })
    }

    /// The built-in one of that name.
    ///
    /// # Panics
    /// Never: a test reads all of them.
    pub fn builtin(name: &str) -> Option<Self> {
        let (name, text) = PLAYBOOKS.iter().find(|(id, _)| *id == name)?;
        Some(Self::parse(name, text).expect("a test reads the built-in playbooks"))
    }

    /// The name of the one for a credential, by what must be done with it.
    pub fn name_for(credential: &Credential) -> &'static str {
        let is_vault = credential.resources.iter().any(|name| name.starts_with("vault"));
        match (credential.verb, credential.class.as_str()) {
            _ if is_vault => "vault-lease-or-kv",
            (_, "exchange" | "broker") => "trading-key",
            (Verb::Rekey, _) => "signing-or-encryption-key",
            (Verb::Rotate, _) => "static-login",
            (Verb::Revoke, "cloud") => "cloud-key",
            (Verb::Revoke, _) => "bearer-token",
        }
    }

    /// The built-in one for a credential.
    pub fn of(credential: &Credential) -> Self {
        Self::builtin(Self::name_for(credential)).expect("all of these are built in")
    }

    /// The one that is in force: `playbooks/NAME.toml` of the configuration folder `config` where that stands there, else the built-in one.
    ///
    /// # Errors
    /// When it cannot be read, others can write it, or it says what cannot be.
    pub fn in_force(name: &str, config: &Path) -> Result<Self, String> {
        let path = config.join("playbooks").join(format!("{name}.toml"));
        if path.symlink_metadata().is_err() {
            return Self::builtin(name).ok_or_else(|| format!("there is no playbook `{name}`"));
        }
        let shown = path.display().to_string();
        #[cfg(unix)]
        {
            let metadata = std::fs::metadata(&path).map_err(|error| format!("{shown}: {error}"))?;
            let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions());
            if mode & 0o022 != 0 {
                return Err(format!("{shown}: others can write it (mode {:04o}); chmod go-w it", mode & 0o7777));
            }
        }
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{shown}: {error}"))?;
        let playbook = Self::parse(&shown, &text)?;
        if playbook.id != name {
            return Err(format!("{shown}: `id`: is `{}`, and the file's name says `{name}`", playbook.id));
        }
        Ok(playbook)
    }

    /// The same with a step for each of these things in the place of the one that freezes.
    #[must_use]
    pub fn for_each(mut self, names: &[String]) -> Self {
        let each = |step: PlayStep| match &step.work {
            Work::Act(work) if work == FREEZE => {
                names.iter().map(|name| PlayStep { id: format!("{FREEZING}{name}"), ..step.clone() }).collect()
            }
            _ => vec![step],
        };
        self.steps = self.steps.into_iter().flat_map(each).collect();
        self
    }
}

/// A short name.
fn is_name(name: &str) -> bool {
    (1..=40).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

impl PlayStep {
    fn new(table: &StepTable) -> Result<Self, String> {
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
                if work == "exec" {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_playbooks_are_sound() {
        for (name, text) in PLAYBOOKS {
            let playbook = Playbook::parse(name, text).unwrap_or_else(|why| panic!("{why}"));
            assert_eq!(playbook.id, name);
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let of =
            |step: &str| Playbook::parse("p.toml", &format!("id='p'\ntitle='P'\nfrom=['x']\n[[step]]\nid='s'\n{step}")).expect_err(step);
        assert!(of("phase='asses'\nwithin='1m'\ndecide='d1'").contains("step `s`: `phase`: there is no `asses`"));
        assert!(of("phase='assess'\nwithin='soon'\ndecide='d1'").contains("within"));
        assert!(of("phase='assess'\nwithin='1m'\ndecide='d7'").contains("`decide`: there is no `d7`"));
        assert!(of("phase='contain'\nwithin='1m'\ndo='revoke'").contains("verb"));
        assert!(of("phase='contain'\nwithin='1m'\ndo='revoke'\nverb='freeze'").contains("`verb`: there is no `freeze`"));
        assert!(of("phase='contain'\nwithin='1m'\ndo='shell'\nverb='revoke'").contains("`do`: there is no `shell`"));
        assert!(of("phase='contain'\nwithin='1m'\ndo='manual'\ntext='x'").contains("does"));
        assert!(of("phase='contain'\nwithin='1m'\ndo='revoke'\nverb='revoke'").contains("none of them `does` replace"));
        assert!(of("phase='contain'\nwithin='1m'\ndo='freeze'\nverb='freeze'").contains("only the playbook access-freeze"));
        assert!(of("phase='contain'\nwithin='1m'\ndo='revoke'\nverb='revoke'\nwhen='tuesday'").contains("`when`"));
    }
}
