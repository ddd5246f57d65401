//! All that freezing and releasing need: what may be frozen, by which driver, by whose authority.

use std::path::{Path, PathBuf};

use keyfuse::config::{GithubTable, freeze_targets};
use keyfuse::contain::{
    ACCESS_FREEZE, Authority, Driver, FreezeKind, FreezeTarget, Github, GithubActions, GithubRuleset, Incident, Plan, Playbook, Push,
    Pushed, Release, Standing, Vault, VaultNamespace, Work, git_lock,
};
use keyfuse::journal::{Clock, SystemClock};
use keyfuse::keychain::Reference;
use keyfuse::net::{Host, Hosts, Https, Proxies};
use serde_json::Value;

use super::incident_kit::{standing, vault};
use super::installation::{Installation, variable};

/// All that freezing and releasing need.
pub(super) struct Cold {
    pub(super) authority: Authority,
    pub(super) standing: Vec<Standing>,
    pub(super) targets: Vec<FreezeTarget>,
    pub(super) clock: SystemClock,
    config: PathBuf,
    /// Where keys are kept that unlock something.
    keys: PathBuf,
    hosts: Hosts,
    /// Or why it cannot be used, for whoever needs it: a token that cannot be read keeps no repository from being frozen.
    vault: Option<Result<Vault, String>>,
    github: Option<Result<Github, String>>,
}

impl Cold {
    /// Reads the configuration.
    pub(super) fn new(installation: &Installation) -> anyhow::Result<Self> {
        let config = installation.folders.config.clone();
        let (authority, clock) = (Authority::discover(&config)?, SystemClock::new());
        let targets = freeze_targets(&config)?;
        let standing = standing(installation, clock.now().wall)?;
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
        Ok(Self { authority, standing, targets, clock, config, keys, hosts, vault, github })
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

    /// The plan: one step for each thing that the configuration names.
    pub(super) fn plan(&self, incident: &Incident) -> anyhow::Result<Plan> {
        // Nobody is let through in a role that there is none of.
        for (target, one) in self.targets.iter().flat_map(|target| target.except.iter().map(move |one| (target, one))) {
            if !self.authority.roles().any(|(role, _)| role == one.role) {
                anyhow::bail!("[[freeze]] {}: [[freeze.except]] role: authority.toml has no [roles.{}]", target.name, one.role);
            }
        }
        let names: Vec<String> = self.targets.iter().map(|target| target.name.clone()).collect();
        let playbook = Playbook::in_force(ACCESS_FREEZE, &self.config).map_err(anyhow::Error::msg)?.for_each(&names);
        let driver = |step: &keyfuse::contain::PlayStep| {
            let target = match &step.work {
                Work::Act(_) => self.targets.iter().find(|target| step.id.strip_prefix("freeze-") == Some(target.name.as_str())),
                _ => None,
            };
            self.driver(target.ok_or("nothing here can do it")?, &incident.id, false)
        };
        Plan::new(incident, &playbook, &driver).map_err(anyhow::Error::msg)
    }

    /// What holds, or may hold, the last first.
    pub(super) fn releases(&self, incident: &Incident) -> anyhow::Result<Vec<Release>> {
        let driver = |name: &str, undo: &Value| {
            let (target, _) = FreezeTarget::of_undo(name, undo)?;
            self.driver(&target, &incident.id, true)
        };
        Release::all(incident, &driver).map_err(anyhow::Error::msg)
    }

    /// The door to the hosts of the configuration.
    pub(super) fn transport(&self) -> Https {
        Https::new(self.hosts.clone(), Proxies::from_vars(variable))
    }
}
