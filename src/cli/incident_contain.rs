//! `keyfuse incident plan`, `contain`, `probe` and `done`: what would be done, is done, is proved, was done by a person.

use std::fmt::Write as _;

use anyhow::{Context, bail};
use keyfuse::contain::{
    ACCESS_FREEZE, Authority, Driver, Heard, Incident, Outcome, Plan, PlanStep, PlayStep, Playbook, Responder, Shelf, Stage, Work, World,
};
use keyfuse::journal::{Clock, Digest, Journal, SystemClock};
use keyfuse::model::plain;

use super::app::say;
use super::args::Common;
use super::incident_kit::{Kit, standing};
use super::incident_notify::page_again;
use super::incident_outcomes::Came;
use super::installation::Installation;
use super::which::{self, Where};
use super::{exit, output};

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

/// `keyfuse incident plan`
pub(super) fn plan_only(command: &Ask, installation: &Installation, shelf: &Shelf, common: &Common) -> anyhow::Result<u8> {
    let journal = shelf.journal(&shelf.find(&command.incident)?)?;
    let kit = Kit::new(installation, shelf, journal.state(), &command.at, common)?;
    print_plan(&kit, journal.state())
}

fn print_plan(kit: &Kit<'_>, incident: &Incident) -> anyhow::Result<u8> {
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
    if let Some(verb) = command.arm.iter().find(|verb| *verb != "notify" && !keyfuse::contain::VERBS.contains(&verb.as_str())) {
        bail!("--arm {}: there is no such verb; there are {}, notify", plain(verb, 40), keyfuse::contain::VERBS.join(", "));
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
    // What comes after containment is not what this run was asked for.
    let is_now = |step: &str| {
        let is_early = |phase: &str| matches!(phase, "assess" | "contain");
        let is_frozen_by = |one: &PlanStep| one.target.is_none() || incident.decision("d5").is_some_and(|one| one.facts.choice == "freeze");
        plan.steps.iter().any(|one| one.step.id == step && is_early(&one.step.phase) && one.driver.is_some() && is_frozen_by(one))
    };
    let mut came = Came::of(outcomes, is_now)?;
    writeln!(came.text, "{} is {}; the credential is {}", incident.id, incident.stage().name(), incident.fate().name())?;
    output::print(came.text.as_bytes())?;
    Ok(came.code(incident.stage() < Stage::Contained))
}

/// `keyfuse incident probe`
pub(super) fn probe(command: &Ask, installation: &Installation, shelf: &Shelf, common: &Common) -> anyhow::Result<u8> {
    let id = shelf.find(&command.incident)?;
    let answer = ask(&id, &command.at, installation, shelf, common)?;
    let journal = shelf.journal(&id)?;
    let last = journal.state().probes.last().map(|(_, asked)| asked.clone());
    let why = last.map_or_else(String::new, |asked| if asked.why.is_empty() { asked.asked } else { asked.why });
    output::print(format!("{}: {}\n", answer.name(), plain(&why, 400)).as_bytes())?;
    Ok(if answer == Heard::Dead { exit::COMPLETE } else { exit::CONTAINMENT })
}

/// Asks once more, from wherever the credential was found.
pub(super) fn ask_again(id: &str, installation: &Installation, shelf: &Shelf, common: &Common) -> anyhow::Result<Heard> {
    ask(id, &Where::default(), installation, shelf, common)
}

/// Asks once, and tells those on duty when it lives on.
fn ask(id: &str, at: &Where, installation: &Installation, shelf: &Shelf, common: &Common) -> anyhow::Result<Heard> {
    let mut journal = shelf.journal(id)?;
    let kit = Kit::new(installation, shelf, journal.state(), at, common)?;
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
    page_again(installation, shelf, journal.state(), kit.clock.now().wall)?;
    Ok(answer)
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
