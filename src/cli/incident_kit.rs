//! All that acting on an incident takes: the authority, the approvals, the credential read again, the drivers.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use keyfuse::config::{DatabaseTable, VaultTable};
use keyfuse::confirm::{Grouping, group};
use keyfuse::contain::{
    Asked, Authority, Database, DecisionFile, Driver, Errand, Exec, Heard, Held, HolderRevoke, Incident, KillSessions, NAMESPACE, Plan,
    PlayStep, Playbook, RotateLogin, Shelf, Standing, Vault, VaultAccessor, VaultKv, VaultLeases, Work, asked,
};
use keyfuse::journal::{Clock, SystemClock};
use keyfuse::keychain::Reference;
use keyfuse::model::{Confidence, Fingerprint, Secret, plain};
use keyfuse::net::{Host, Hosts, Https, Proxies};
use keyfuse::probe::{self, Prober};
use keyfuse::rules::RuleSet;

use super::app::say;
use super::args::Common;
use super::freezer::Freezer;
use super::incident_decide::{signers, with_sig};
use super::incident_notify::Notify;
use super::incident_search::masked;
use super::installation::{Installation, variable};
use super::look::Look;
use super::watch::Watch;
use super::which::{self, Where};
use super::{plan, scan};

/// All that acting needs.
pub(super) struct Kit<'a> {
    pub(super) authority: Authority,
    pub(super) standing: Vec<Standing>,
    pub(super) held: Option<Held>,
    rules: RuleSet,
    pub(super) options: probe::Options,
    hosts: Hosts,
    vault: Option<Vault>,
    pub(super) clock: SystemClock,
    freezer: Freezer,
    config: PathBuf,
    /// The responder's own logins; one that cannot be read matters to whoever needs it alone.
    databases: Vec<(DatabaseTable, Result<Secret, String>)>,
    rotated: PathBuf,
    installation: &'a Installation,
    shelf: &'a Shelf,
}

impl<'a> Kit<'a> {
    pub(super) fn new(
        installation: &'a Installation,
        shelf: &'a Shelf,
        incident: &Incident,
        at: &Where,
        common: &Common,
    ) -> anyhow::Result<Self> {
        let config = &installation.folders.config;
        let (authority, clock, rules) = (Authority::discover(config)?, SystemClock::new(), RuleSet::builtin());
        let standing = standing(installation, clock.now().wall)?;
        let options = super::probe::options(config)?;
        let mut hosts = probe::hosts(&rules, &options.endpoints)?;
        let vault = vault(installation, &mut hosts)?;
        let freezer = Freezer::new(installation, &authority)?;
        hosts.allow_all(&freezer.hosts);
        let sources = installation.sources();
        let own = |table: DatabaseTable| {
            let read = table.password.parse::<Reference>().and_then(|reference| reference.read(&sources));
            let password = read.map_err(|error| format!("[[database]] {}: password: {error}", table.endpoint));
            (table, password)
        };
        let databases = DatabaseTable::discover(config)?.into_iter().map(own).collect();
        let rotated = installation.folders.data.join("rotated");
        let fp = &incident.beginning().map_err(anyhow::Error::msg)?.credential.fp;
        let held = read_again(installation, shelf, &incident.id, fp, at, common)?;
        Ok(Self {
            authority,
            standing,
            held,
            rules,
            options,
            hosts,
            vault,
            clock,
            freezer,
            config: config.clone(),
            databases,
            rotated,
            installation,
            shelf,
        })
    }

    /// The driver of a step, or why there is none.
    fn driver(&self, incident: &Incident, step: &PlayStep) -> Result<Box<dyn Driver>, String> {
        let credential = &incident.beginning()?.credential;
        let work = match &step.work {
            Work::Act(work) => work,
            Work::Run(errand) => return self.exec(incident, step, errand),
            Work::Tell(words) => {
                let now = self.clock.now().wall;
                return Ok(Box::new(Notify::new(self.installation, self.shelf, incident, (&step.id, words), now)?));
            }
            _ => return Err("no driver acts here".to_owned()),
        };
        let vault = || self.vault.clone().ok_or_else(|| "config.toml has no [vault]: address and token (docs/containment.md)".to_owned());
        match work.as_str() {
            "vault" => {
                let named = |kind: &str| credential.resources.iter().find_map(|name| name.strip_prefix(kind));
                if let Some(prefix) = named("vault-lease:") {
                    return Ok(Box::new(VaultLeases::new(vault()?, prefix)));
                }
                if let Some(accessor) = named("vault-accessor:") {
                    return Ok(Box::new(VaultAccessor::new(vault()?, accessor)));
                }
                let path = named("vault:").ok_or("the incident names no resource of Vault")?;
                let kv = VaultKv::new(vault()?, path);
                match kv {
                    Some(kv) => Ok(Box::new(kv)),
                    None => Ok(Box::new(VaultLeases::new(vault()?, path))),
                }
            }
            "revoke" => {
                let (_, rule) = self
                    .rules
                    .find(&credential.rule)
                    .ok_or("no rule found it, so none says how to revoke it: do it where it was issued")?;
                let contain = rule
                    .contain
                    .as_ref()
                    .ok_or_else(|| format!("nobody can revoke a {} by holding it: do it where it was issued", credential.title))?;
                let base = self.options.endpoints.iter().find(|one| one.service == contain.request.service).map(|one| one.url.clone());
                if base.is_none() && contain.request.needs_endpoint() {
                    return Err(format!("config.toml has no [[probe.endpoint]] for `{}`", contain.request.service));
                }
                Ok(Box::new(HolderRevoke::new(credential.fp.clone(), contain.clone(), base)))
            }
            "rotate" => Ok(Box::new(RotateLogin::new(self.database()?, &self.rotated, &incident.id))),
            "sessions" => Ok(Box::new(KillSessions::new(self.database()?))),
            other => Err(format!(
                "no driver here can `{other}`: do it at its server, then say so with `keyfuse incident done {} {}`",
                incident.id, step.id
            )),
        }
    }

    /// The program of a step, where the authority file names it.
    fn exec(&self, incident: &Incident, step: &PlayStep, errand: &Errand) -> Result<Box<dyn Driver>, String> {
        let program = self.authority.program(&errand.program).ok_or_else(|| {
            format!("authority.toml has no [[program]] with the path {}, and what it does not name is not run", plain(&errand.program, 200))
        })?;
        let fp = &incident.beginning()?.credential.fp;
        let folder = self.shelf.of(&incident.id);
        Ok(Box::new(Exec::new(errand, program.sha256, (&incident.id, &step.id, fp), &folder, Box::new(masked))))
    }

    /// The database whose login was found, with the responder's own login there.
    fn database(&self) -> Result<Database, String> {
        let held = self.held.as_ref().ok_or("the login could not be read again from where it stood; name where it stands")?;
        let admin = |address: &str| {
            let found = self.databases.iter().find(|(table, _)| table.is_at(address));
            let (table, password) = found.ok_or_else(|| format!("config.toml has no [[database]] for {address} (docs/containment.md)"))?;
            Ok((table.user.clone(), password.clone()?))
        };
        Database::of_login(&self.hosts, &self.options.endpoints, &held.parts, &admin)
    }

    pub(super) fn plan(&self, incident: &Incident) -> anyhow::Result<Plan> {
        let name = Playbook::name_for(&incident.beginning().map_err(anyhow::Error::msg)?.credential);
        let playbook = self.freezer.offered_by(Playbook::in_force(name, &self.config).map_err(anyhow::Error::msg)?)?;
        let driver = |step: &PlayStep| match self.freezer.target(step) {
            Some(_) => self.freezer.freezing(step, &incident.id),
            None => self.driver(incident, step),
        };
        Ok(Plan::new(incident, &playbook, &driver).map_err(anyhow::Error::msg)?.freezing(&self.freezer.targets))
    }

    pub(super) fn ask(&self, fp: &Fingerprint, transport: &Https) -> Asked {
        let Some(held) = &self.held else {
            let why = "the credential could not be read again from where it stood; name where it stands";
            return Asked {
                fp: fp.clone(),
                answer: Heard::Unknown,
                control: false,
                asked: String::new(),
                status: None,
                control_status: None,
                why: why.to_owned(),
            };
        };
        let clock = probe::SystemClock::start();
        let prober = Prober::new(transport, &self.hosts, &self.options, &clock);
        asked(fp, &prober.ask(&held.rule, &held.secret, &held.parts))
    }

    pub(super) fn transport(&self) -> Https {
        Https::new(self.hosts.clone(), Proxies::from_vars(variable))
    }
}

/// The server of `[vault]`, put on the list of hosts; none where the configuration names none.
pub(super) fn vault(installation: &Installation, hosts: &mut Hosts) -> anyhow::Result<Option<Vault>> {
    let Some(table) = VaultTable::discover(&installation.folders.config)? else { return Ok(None) };
    let (name, port, plain) = table.place().map_err(|why| anyhow::anyhow!("[vault] address: {why}"))?;
    hosts.allow(Host { name, port, private: table.allow_private, plain, roots: Vec::new() });
    let reference: Reference = table.token.parse().context("[vault] token")?;
    Ok(Some(Vault::new(&table.address, reference.read(&installation.sources()).context("[vault] token")?)))
}

/// Approvals ahead of time, from `approvals/*.txt` of the configuration folder, each signed.
pub(super) fn standing(installation: &Installation, now: jiff::Timestamp) -> anyhow::Result<Vec<Standing>> {
    let folder = installation.folders.config.join("approvals");
    let Ok(entries) = fs::read_dir(&folder) else { return Ok(Vec::new()) };
    let mut paths: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.extension().is_some_and(|end| end == "txt")).collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
        let taken = DecisionFile::parse(&bytes).and_then(|file| {
            let armored = fs::read(with_sig(&path))
                .map_err(|_| keyfuse::contain::DecisionError::Signature("there is no .sig beside it".to_owned()))?;
            let signers = signers(&installation.folders.config).map_err(keyfuse::contain::DecisionError::Signature)?;
            signers.verify(NAMESPACE, &file.signer, &bytes, &armored)?;
            Standing::new(&file, &bytes, &armored, now)
        });
        match taken {
            Ok(standing) => found.push(standing),
            Err(why) => say(&format!("{} approves nothing: {why}", path.display())),
        }
    }
    Ok(found)
}

/// Reads the credential again from where it stands, and checks that it is the one.
fn read_again(
    installation: &Installation,
    shelf: &Shelf,
    id: &str,
    fp: &Fingerprint,
    at: &Where,
    common: &Common,
) -> anyhow::Result<Option<Held>> {
    let look = Look { confidence: Some(Confidence::Low), ..Look::default() };
    let job = if at.is_named() {
        which::elsewhere_or_home(at, &look, common)?
    } else {
        let pointers = fs::read_to_string(shelf.of(id).join("pointers")).unwrap_or_default();
        let paths: Vec<PathBuf> = pointers.lines().map(PathBuf::from).filter(|path| path.is_file()).collect();
        if paths.is_empty() {
            return Ok(None);
        }
        scan::tree(paths, true, &look, common)?
    };
    let plan = plan::plan(job.target, &job.settings, &look)?;
    let rules = Arc::clone(&plan.rules);
    let watch = Watch::new(common);
    let outcome = keyfuse::scan::run(&plan, &watch)?;
    watch.finish();
    let (key, host) = (installation.key()?, installation.host());
    let credentials = group(&outcome, Grouping { key: &key, rules: &rules, host: &host, root: b"" });
    let found = credentials.iter().find(|one| one.fingerprint == *fp);
    Ok(found.map(|one| {
        // Of several rules that found it the one that knows how to end it.
        let lead = one.findings.iter().find(|finding| rules.get(finding.rule).contain.is_some()).copied().unwrap_or_else(|| one.lead());
        Held { secret: lead.secret.clone(), parts: lead.parts.clone(), rule: rules.get(lead.rule).clone() }
    }))
}
