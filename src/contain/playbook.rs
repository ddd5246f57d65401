//! Playbooks: what is to be done about one kind of credential, as data, in an order that a person can review.

use std::path::Path;

use serde::Deserialize;

use super::facts::{Credential, FREEZE, FREEZING, RELEASING};
use super::play_step::{PHASES, PlayStep, StepTable, Work};
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

/// What every playbook but that of freezing must come to, or its incidents could never be closed.
const ENDS: [&str; 3] = ["replace", "absent", "watch"];

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaybookFile {
    id: String,
    title: String,
    from: Vec<String>,
    #[serde(default)]
    step: Vec<StepTable>,
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
            if let Some(step) = steps.iter().find(|step| step.work == Work::Offer) {
                return Err(format!("{name}: step `{}`: `do`: this is the playbook that it would offer", step.id));
            }
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

    /// The same with what `freezing` does about the things of these names in the place of the step that offers it: each of them frozen, and
    /// what a person does besides. It stays as it is where there is nothing of that kind.
    #[must_use]
    pub fn offering(mut self, freezing: Self, names: &[String]) -> Self {
        if names.is_empty() {
            return self;
        }
        let offered: Vec<PlayStep> =
            freezing.for_each(names).steps.into_iter().filter(|step| matches!(step.work, Work::Act(_) | Work::Manual(_))).collect();
        let each = |step: PlayStep| match step.work {
            Work::Offer => {
                offered.iter().map(|one| PlayStep { phase: step.phase.clone(), when: step.when.clone(), ..one.clone() }).collect()
            }
            _ => vec![step],
        };
        self.steps = self.steps.into_iter().flat_map(each).collect();
        self
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
