//! `keyfuse incident plan`, `contain`, `probe` and `done`: what would be done, is done, is proved, was done by a person.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};
use keyfuse::config::{DatabaseTable, VaultTable};
use keyfuse::confirm::{Grouping, group};
use keyfuse::contain::{
    ACCESS_FREEZE, Asked, Authority, Database, DecisionFile, Driver, Errand, Exec, Heard, Held, HolderRevoke, Incident, KillSessions,
    NAMESPACE, Outcome, Plan, PlayStep, Playbook, Responder, RotateLogin, Shelf, Stage, Standing, Vault, VaultAccessor, VaultKv,
    VaultLeases, Work, World, asked,
};
use keyfuse::journal::{Clock, Digest, Journal, SystemClock};
use keyfuse::keychain::Reference;
use keyfuse::model::{Confidence, Fingerprint, Secret, plain};
use keyfuse::net::{Host, Hosts, Https, Proxies};
use keyfuse::probe::{self, Prober};
use keyfuse::rules::RuleSet;

use super::app::say;
use super::args::Common;
use super::incident_decide::{signers, with_sig};
use super::incident_search::masked;
use super::installation::{Installation, variable};
use super::look::Look;
use super::page_again::page_again;
use super::terminal::Watch;
use super::which::{self, Where};
use super::{exit, output, plan, scan};

/// `keyfuse incident contain`
#[derive(Debug, clap::Args)]
pub(super) struct Contain {
    /// The incident, or a beginning of its id
    pub(super) incident: String,
    /// Do whatever is approved; without it the plan is printed and nothing is done
    #[arg(long)]
    pub(super) armed: bool,
    /// Do what is approved of these verbs alone, like revoke,kill
    #[arg(long, value_name = "VERB", value_delimiter = ',', conflicts_with = "armed")]
    pub(super) arm: Vec<String>,
    #[command(flatten)]
    pub(super) at: Where,
}

/// `keyfuse incident plan` and `probe`
#[derive(Debug, clap::Args)]
pub(super) struct Ask {
    /// The incident, or a beginning of its id
    pub(super) incident: String,
    #[command(flatten)]
    pub(super) at: Where,
}

/// `keyfuse incident done`
#[derive(Debug, clap::Args)]
pub(super) struct DoneArgs {
    /// The incident, or a beginning of its id
    pub(super) incident: String,
    /// The step of the plan that a person has done
    pub(super) step: String,
    /// What was done, for whoever reads it later
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: String,
}

/// All that acting needs.
struct Kit {
    authority: Authority,
    standing: Vec<Standing>,
    held: Option<Held>,
    rules: RuleSet,
    options: probe::Options,
    hosts: Hosts,
    vault: Option<Vault>,
    clock: SystemClock,
    config: PathBuf,
    /// The responder's own logins; one that cannot be read matters to whoever needs it alone.
    databases: Vec<(DatabaseTable, Result<Secret, String>)>,
    rotated: PathBuf,
    shelf: Shelf,
}

impl Kit {
    fn new(installation: &Installation, shelf: &Shelf, incident: &Incident, at: &Where, common: &Common) -> anyhow::Result<Self> {
        let config = &installation.folders.config;
        let (authority, clock, rules) = (Authority::discover(config)?, SystemClock::new(), RuleSet::builtin());
        let standing = standing(installation, clock.now().wall)?;
        let options = super::probe::options(config)?;
        let mut hosts = probe::hosts(&rules, &options.endpoints)?;
        let vault = vault(installation, &mut hosts)?;
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
            config: config.clone(),
            databases,
            rotated,
            shelf: shelf.clone(),
        })
    }

    /// The driver of a step, or why there is none.
    fn driver(&self, incident: &Incident, step: &PlayStep) -> Result<Box<dyn Driver>, String> {
        let credential = &incident.beginning()?.credential;
        let work = match &step.work {
            Work::Act(work) => work,
            Work::Run(errand) => return self.exec(incident, step, errand),
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

    fn plan(&self, incident: &Incident) -> anyhow::Result<Plan> {
        let name = Playbook::name_for(&incident.beginning().map_err(anyhow::Error::msg)?.credential);
        let playbook = Playbook::in_force(name, &self.config).map_err(anyhow::Error::msg)?;
        Plan::new(incident, &playbook, &|step| self.driver(incident, step)).map_err(anyhow::Error::msg)
    }

    fn ask(&self, fp: &Fingerprint, transport: &Https) -> Asked {
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

    fn transport(&self) -> Https {
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

/// `keyfuse incident plan`
pub(super) fn plan_only(command: &Ask, installation: &Installation, shelf: &Shelf, common: &Common) -> anyhow::Result<u8> {
    let journal = shelf.journal(&shelf.find(&command.incident)?)?;
    let kit = Kit::new(installation, shelf, journal.state(), &command.at, common)?;
    print_plan(&kit, journal.state())
}

fn print_plan(kit: &Kit, incident: &Incident) -> anyhow::Result<u8> {
    let plan = kit.plan(incident)?;
    output::print(plan.text(incident, &kit.authority, &kit.standing, kit.clock.now().wall).as_bytes())
}

/// `keyfuse incident contain`
pub(super) fn contain(command: &Contain, installation: &Installation, shelf: &Shelf, common: &Common) -> anyhow::Result<u8> {
    let mut journal = shelf.journal(&shelf.find(&command.incident)?)?;
    let kit = Kit::new(installation, shelf, journal.state(), &command.at, common)?;
    if !command.armed && command.arm.is_empty() {
        return print_plan(&kit, journal.state());
    }
    if let Some(verb) = command.arm.iter().find(|verb| !keyfuse::contain::VERBS.contains(&verb.as_str())) {
        bail!("--arm {}: there is no such verb; there are {}", plain(verb, 40), keyfuse::contain::VERBS.join(", "));
    }
    let (plan, transport) = (kit.plan(journal.state())?, kit.transport());
    let fp = journal.state().beginning().map_err(anyhow::Error::msg)?.credential.fp.clone();
    let world = World { transport: &transport, clock: &kit.clock, endpoints: &kit.options.endpoints, held: kit.held.as_ref() };
    let installation_journal = installation.journal();
    let mut responder = Responder {
        journal: &mut journal,
        installation: &installation_journal,
        authority: &kit.authority,
        standing: &kit.standing,
        clock: &kit.clock,
    };
    let armed = |verb: &str| command.armed || command.arm.iter().any(|one| one == verb);
    let outcomes = responder.run(&plan, &world, &armed, &|| kit.ask(&fp, &transport))?;
    let code = told(journal.state(), &plan, &outcomes)?;
    page_again(installation, shelf, journal.state(), kit.clock.now().wall)?;
    Ok(code)
}

/// Says what came of each step, and gives the code.
fn told(incident: &Incident, plan: &Plan, outcomes: &[(String, Outcome)]) -> anyhow::Result<u8> {
    let (mut text, mut is_broken, mut is_waiting) = (String::new(), false, false);
    for (step, outcome) in outcomes {
        let (word, why) = match outcome {
            Outcome::Done => ("done", ""),
            Outcome::Waiting(why) => ("waiting", why.as_str()),
            Outcome::Refused(why) => ("refused", why.as_str()),
            Outcome::Failed(why) => ("failed", why.as_str()),
            Outcome::Unknown(why) => ("unknown", why.as_str()),
            Outcome::Idle => ("not armed", ""),
        };
        writeln!(text, "{step:10} {word}{}{}", if why.is_empty() { "" } else { ": " }, plain(why, 600))?;
        is_broken |= matches!(outcome, Outcome::Refused(_) | Outcome::Failed(_) | Outcome::Unknown(_));
        // What comes after containment is not what this run was asked for.
        let is_now = plan
            .steps
            .iter()
            .any(|one| one.step.id == *step && matches!(one.step.phase.as_str(), "assess" | "contain") && one.driver.is_some());
        is_waiting |= is_now && matches!(outcome, Outcome::Waiting(_));
    }
    writeln!(text, "{} is {}; the credential is {}", incident.id, incident.stage().name(), incident.fate().name())?;
    output::print(text.as_bytes())?;
    Ok(match (is_broken, is_waiting) {
        (true, _) => exit::CONTAINMENT,
        (_, true) => exit::WAITING,
        _ if incident.stage() < Stage::Contained => exit::WAITING,
        _ => exit::COMPLETE,
    })
}

/// `keyfuse incident probe`
pub(super) fn probe(command: &Ask, installation: &Installation, shelf: &Shelf, common: &Common) -> anyhow::Result<u8> {
    let mut journal = shelf.journal(&shelf.find(&command.incident)?)?;
    let kit = Kit::new(installation, shelf, journal.state(), &command.at, common)?;
    let (plan, transport) = (kit.plan(journal.state())?, kit.transport());
    let fp = journal.state().beginning().map_err(anyhow::Error::msg)?.credential.fp.clone();
    let world = World { transport: &transport, clock: &kit.clock, endpoints: &kit.options.endpoints, held: kit.held.as_ref() };
    let installation_journal = installation.journal();
    let mut responder = Responder {
        journal: &mut journal,
        installation: &installation_journal,
        authority: &kit.authority,
        standing: &kit.standing,
        clock: &kit.clock,
    };
    let own = plan.steps.iter().filter(|one| one.step.proves_death).find_map(|one| one.driver.as_ref());
    let ask = || own.and_then(|driver| driver.probe(&world, &fp)).unwrap_or_else(|| kit.ask(&fp, &transport));
    let answer = responder.probe(&ask)?;
    let last = journal.state().probes.last().map(|(_, asked)| asked.clone());
    let why = last.map_or_else(String::new, |asked| if asked.why.is_empty() { asked.asked } else { asked.why });
    let word = match answer {
        Heard::Alive => "alive",
        Heard::Dead => "dead",
        Heard::Unknown => "unknown",
    };
    output::print(format!("{word}: {}\n", plain(&why, 400)).as_bytes())?;
    page_again(installation, shelf, journal.state(), kit.clock.now().wall)?;
    Ok(if answer == Heard::Dead { exit::COMPLETE } else { exit::CONTAINMENT })
}

/// `keyfuse incident done`
pub(super) fn done(command: &DoneArgs, installation: &Installation, shelf: &Shelf) -> anyhow::Result<u8> {
    let reason = which::reason(&command.reason)?;
    let mut journal: Journal<Incident> = shelf.journal(&shelf.find(&command.incident)?)?;
    let config = &installation.folders.config;
    let name = Playbook::name_for(&journal.state().beginning().map_err(anyhow::Error::msg)?.credential);
    let playbook = Playbook::in_force(name, config).map_err(anyhow::Error::msg)?;
    let freezing = Playbook::in_force(ACCESS_FREEZE, config).map_err(anyhow::Error::msg)?;
    // A freeze is no person's word: it is seen to hold.
    let by_hand = freezing.steps.iter().filter(|step| matches!(step.work, Work::Manual(_)));
    let step = playbook.steps.iter().chain(by_hand).find(|step| step.id == command.step);
    let step = step.with_context(|| format!("the playbook {} has no step `{}`", playbook.id, plain(&command.step, 40)))?;
    if !matches!(step.work, Work::Manual(_) | Work::Act(_) | Work::Run(_)) || step.proves_death {
        bail!("`{}` is not for a person's word: a decision is signed, a death is proved by probes or attested by two roles", step.id);
    }
    let unable = |_: &PlayStep| Err::<Box<dyn Driver>, _>("a person has done it".to_owned());
    let plan = Plan::new(journal.state(), &playbook, &unable).map_err(anyhow::Error::msg)?;
    let digest = plan.steps.iter().find(|one| one.step.id == step.id).map_or(Digest::ZERO, |one| one.digest);
    let (authority, installation_journal, clock) =
        (Authority::discover(&installation.folders.config)?, installation.journal(), SystemClock::new());
    let standing = standing(installation, clock.now().wall)?;
    let mut responder =
        Responder { journal: &mut journal, installation: &installation_journal, authority: &authority, standing: &standing, clock: &clock };
    let outcome = responder.take_word(step, digest, installation.actor(), &reason)?;
    let (why, code) = match outcome {
        Outcome::Refused(why) => (why, exit::CONTAINMENT),
        Outcome::Waiting(why) => (why, exit::WAITING),
        _ => {
            let text = format!("{}: {} is done; {}\n", journal.state().id, step.id, journal.state().stage().name());
            return output::print(text.as_bytes());
        }
    };
    say(&format!("refused: {why}"));
    Ok(code)
}
