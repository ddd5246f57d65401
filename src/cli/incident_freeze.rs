//! `keyfuse incident freeze`: holds still what the configuration names, with the undo on disk before the change.

use std::fmt::Write as _;

use anyhow::bail;
use keyfuse::contain::{Incident, Outcome, Responder, Shelf, World};
use keyfuse::journal::Clock;

use super::freezing::Cold;
use super::incident_outcomes::Came;
use super::installation::Installation;
use super::output;

/// `keyfuse incident freeze`
#[derive(Debug, clap::Args)]
pub(super) struct FreezeArgs {
    /// The incident, or a beginning of its id
    pub(super) incident: String,
    /// Do whatever is approved; without it the plan is printed and nothing is done
    #[arg(long)]
    pub(super) armed: bool,
}

/// Runs the command.
pub(super) fn run(command: &FreezeArgs, installation: &Installation, shelf: &Shelf) -> anyhow::Result<u8> {
    let mut journal = shelf.journal(&shelf.find(&command.incident)?)?;
    let cold = Cold::new(installation)?;
    if cold.freezer.targets.is_empty() {
        let path = installation.folders.config.join("config.toml");
        bail!("nothing is named that could be frozen: {} has no [[freeze]] (docs/containment.md)", path.display());
    }
    let plan = cold.plan(journal.state())?;
    if !command.armed {
        return output::print(plan.text(journal.state(), &cold.authority, &cold.standing, cold.clock.now().wall).as_bytes());
    }
    let (transport, installation_journal) = (cold.transport(), installation.journal());
    let world = World { transport: &transport, clock: &cold.clock, endpoints: &[], held: None };
    let mut responder = Responder {
        journal: &mut journal,
        installation: &installation_journal,
        authority: &cold.authority,
        standing: &cold.standing,
        clock: &cold.clock,
    };
    let outcomes = responder.freeze(&plan, &world, true)?;
    let is_ours = |step: &str| step.starts_with("freeze-");
    told(journal.state(), &outcomes, &is_ours)
}

/// Says what came of each step, and gives the code; a decision that is waited for counts for the steps that `is_asked` names.
pub(super) fn told(incident: &Incident, outcomes: &[(String, Outcome)], is_asked: &dyn Fn(&str) -> bool) -> anyhow::Result<u8> {
    let mut came = Came::of(outcomes, is_asked)?;
    let frozen: Vec<&str> = incident.frozen().map(|freeze| freeze.facts.freeze.as_str()).collect();
    let frozen = if frozen.is_empty() { "nothing is frozen".to_owned() } else { format!("frozen: {}", frozen.join(", ")) };
    writeln!(came.text, "{}: {frozen}", incident.id)?;
    output::print(came.text.as_bytes())?;
    Ok(came.code(false))
}
