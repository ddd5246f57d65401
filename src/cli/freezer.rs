//! What the configuration names to freeze, with the drivers that freeze and release it.

use std::path::{Path, PathBuf};

use anyhow::bail;
use keyfuse::config::{GithubTable, freeze_targets};
use keyfuse::contain::{
    ACCESS_FREEZE, Authority, Driver, FreezeKind, FreezeTarget, Github, GithubActions, GithubRuleset, Incident, PlayStep, Playbook, Push,
    Pushed, Release, Vault, VaultNamespace, git_lock,
};
use keyfuse::keychain::Reference;
use keyfuse::net::{Host, Hosts};
use serde_json::Value;

use super::incident_kit::vault;
use super::installation::Installation;

/// What may be frozen, and by which driver.
pub(super) struct Freezer {
    pub(super) targets: Vec<FreezeTarget>,
    pub(super) hosts: Hosts,
    authority: Authority,
    config: PathBuf,
    /// Where keys are kept that unlock something.
    keys: PathBuf,
    /// Or why it cannot be used, for whoever needs it: a token that cannot be read keeps no repository from being frozen.
    vault: Option<Result<Vault, String>>,
    github: Option<Result<Github, String>>,
}

impl Freezer {
    /// Reads the configuration.
    pub(super) fn new(installation: &Installation, authority: &Authority) -> anyhow::Result<Self> {
        let config = installation.folders.config.clone();
        let targets = freeze_targets(&config)?;
        let mut hosts = Hosts::default();
        let vault = vault(installation, &mut hosts).map_err(|error| format!("{error:#}")).transpose();
        let github = match GithubTable::discover(&config)? {
            Some(table) => {
                let (name, port, plain) = table.place().map_err(|why| anyhow::anyhow!("[github] api: {why}"))?;
                hosts.allow(Host { name, port, private: table.allow_private, plain, roots: Vec::new() });
                let read = table.token.parse::<Reference>().and_then(|reference| reference.read(&installation.sources()));
                Some(read.map(|token| Github::new(&table.api, token)).map_err(|error| format!("[github] token: {error}")))
            }
            None => None,
        };
        let keys = installation.folders.data.join("unlock");
        Ok(Self { targets, hosts, authority: authority.clone(), config, keys, vault, github })
    }

    /// The playbook that freezes, a step for each thing.
    pub(super) fn playbook(&self) -> anyhow::Result<Playbook> {
        Ok(self.as_written()?.for_each(&self.names()))
    }

    /// The same playbook with what it offers, where it offers a freeze.
    pub(super) fn offered_by(&self, playbook: Playbook) -> anyhow::Result<Playbook> {
        Ok(playbook.offering(self.as_written()?, &self.names()))
    }

    fn as_written(&self) -> anyhow::Result<Playbook> {
        // Nobody is let through in a role that there is none of.
        for (target, one) in self.targets.iter().flat_map(|target| target.except.iter().map(move |one| (target, one))) {
            if !self.authority.roles().any(|(role, _)| role == one.role) {
                bail!("[[freeze]] {}: [[freeze.except]] role: authority.toml has no [roles.{}]", target.name, one.role);
            }
        }
        Playbook::in_force(ACCESS_FREEZE, &self.config).map_err(anyhow::Error::msg)
    }

    fn names(&self) -> Vec<String> {
        self.targets.iter().map(|target| target.name.clone()).collect()
    }

    /// The thing that a step freezes.
    pub(super) fn target(&self, step: &PlayStep) -> Option<&FreezeTarget> {
        let name = step.id.strip_prefix("freeze-")?;
        self.targets.iter().find(|target| target.name == name)
    }

    /// The driver of a step that freezes.
    pub(super) fn freezing(&self, step: &PlayStep, incident: &str) -> Result<Box<dyn Driver>, String> {
        self.driver(self.target(step).ok_or("nothing here can do it")?, incident, false)
    }

    /// What holds, or may hold, the last first.
    pub(super) fn releases(&self, incident: &Incident) -> anyhow::Result<Vec<Release>> {
        let driver = |name: &str, undo: &Value| {
            let (target, _) = FreezeTarget::of_undo(name, undo)?;
            self.driver(&target, &incident.id, true)
        };
        Release::all(incident, &driver).map_err(anyhow::Error::msg)
    }

    /// Who can freeze that thing, and release it.
    fn driver(&self, target: &FreezeTarget, incident: &str, is_release: bool) -> Result<Box<dyn Driver>, String> {
        match target.kind {
            FreezeKind::Git => self.git(target, incident, is_release),
            FreezeKind::GithubRuleset => Ok(Box::new(GithubRuleset::new(self.github()?, &target.what, incident, &target.except))),
            FreezeKind::GithubActions => Ok(Box::new(GithubActions::new(self.github()?, &target.what))),
            FreezeKind::VaultNamespace => {
                let vault = self.vault.clone().ok_or("config.toml has no [vault]: address and token (docs/containment.md)")??;
                Ok(Box::new(VaultNamespace::new(vault, &target.what, self.keys.join(format!("{incident}-{}", target.name)))))
            }
        }
    }

    /// The lock of a repository, with pushes around it where the configuration names an address for them.
    fn git(&self, target: &FreezeTarget, incident: &str, is_release: bool) -> Result<Box<dyn Driver>, String> {
        let repository = Path::new(&target.what);
        let lock = git_lock(repository, incident, &target.except)?;
        let Some(url) = &target.push else { return Ok(lock) };
        let git = match self.authority.git() {
            Some(git) => git,
            // What is frozen must be let go, tried or not.
            None if is_release => return Ok(lock),
            None => {
                let why = "authority.toml has no [[program]] whose path ends in /git, and what it does not name is not run";
                return Err(format!("{why}: name it, or leave `push` out"));
            }
        };
        let push = Push::new((Path::new(&git.path), git.sha256), url, repository, incident, std::env::vars_os());
        Ok(Box::new(Pushed::new(lock, push, incident)))
    }

    fn github(&self) -> Result<Github, String> {
        self.github.clone().ok_or("config.toml has no [github] with a token (docs/containment.md)")?
    }
}
