//! What an incident may freeze, with whom the freeze lets through.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What can be frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FreezeKind {
    /// Pushes to a bare Git repository on this machine.
    Git,
    /// Changes of the refs of a repository at GitHub.
    GithubRuleset,
    /// Workflows of a repository at GitHub.
    GithubActions,
    /// All requests to a namespace of OpenBao or Vault.
    VaultNamespace,
}

impl FreezeKind {
    /// The name in configuration and journal.
    pub fn name(self) -> &'static str {
        match self {
            Self::Git => "git",
            Self::GithubRuleset => "github-ruleset",
            Self::GithubActions => "github-actions",
            Self::VaultNamespace => "vault-namespace",
        }
    }

    /// All of them.
    pub const ALL: [Self; 4] = [Self::Git, Self::GithubRuleset, Self::GithubActions, Self::VaultNamespace];
}

impl FromStr for FreezeKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let names: Vec<&str> = Self::ALL.iter().map(|kind| kind.name()).collect();
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| format!("there is nothing of that kind to freeze; there are {}", names.join(", ")))
    }
}

/// One thing that can be frozen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreezeTarget {
    /// Its name, by which it is released.
    pub name: String,
    /// What kind of thing it is.
    pub kind: FreezeKind,
    /// Which: a path, `owner/repository`, a namespace.
    pub what: String,
    /// Who may go on changing it all the same.
    pub except: Vec<Exception>,
    /// The address by which people push to it, where a push of ours shall prove the freeze.
    pub push: Option<String>,
}

/// Somebody whom a freeze lets through, so that what must change during an incident can: the role of whoever is suspected taken away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// Whom, in the words of the thing that is frozen: `user:alice`, `team:17`.
    pub who: String,
    /// The role of the authority file in which that is done.
    pub role: String,
    /// What for.
    pub reason: String,
}

impl Exception {
    /// For people.
    pub fn shown(&self) -> String {
        format!("{} as {}: {}", self.who, self.role, self.reason)
    }
}

impl FreezeTarget {
    /// For people.
    pub fn shown(&self) -> String {
        format!("{} {}", self.kind.name(), self.what)
    }

    /// What the journal keeps to undo it by, with the state before.
    pub(super) fn undo(&self, before: &Value) -> Value {
        let mut undo = json!({ "kind": self.kind.name(), "what": self.what, "before": before });
        if !self.except.is_empty() {
            undo["except"] = json!(self.except);
        }
        if let Some(push) = &self.push {
            undo["push"] = json!(push);
        }
        undo
    }

    /// The thing that a freeze in the journal is about, with the state before it.
    ///
    /// # Errors
    /// When the journal says something else than a freeze of ours does.
    pub fn of_undo(name: &str, undo: &Value) -> Result<(Self, Value), String> {
        let text = |field: &str| undo[field].as_str().ok_or_else(|| format!("the undo of {name} names no {field}"));
        let target = Self {
            name: name.to_owned(),
            kind: text("kind")?.parse()?,
            what: text("what")?.to_owned(),
            except: excepted(undo),
            push: undo["push"].as_str().map(str::to_owned),
        };
        Ok((target, undo["before"].clone()))
    }
}

/// Whom the undo of a freeze names as let through.
pub(super) fn excepted(undo: &Value) -> Vec<Exception> {
    serde_json::from_value(undo["except"].clone()).unwrap_or_default()
}
