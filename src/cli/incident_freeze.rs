//! `keyfuse incident freeze`: holds still what the configuration names, with the undo on disk before the change.

use std::fmt::Write as _;

use anyhow::bail;
use keyfuse::contain::{Incident, Outcome, Responder, Shelf, World};
use keyfuse::journal::Clock;
use keyfuse::model::plain;

use super::freezing::Cold;
use super::installation::Installation;
use super::{exit, output};

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
    if cold.targets.is_empty() {
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
    let outcomes = responder.freeze(&plan, &cold.targets, &world, true)?;
    let is_ours = |step: &str| step.starts_with("freeze-");
    told(journal.state(), &outcomes, &is_ours)
}

/// Says what came of each step, and gives the code; a decision that is waited for counts for the steps that `is_asked` names.
pub(super) fn told(incident: &Incident, outcomes: &[(String, Outcome)], is_asked: &dyn Fn(&str) -> bool) -> anyhow::Result<u8> {
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
        writeln!(text, "{step:20} {word}{}{}", if why.is_empty() { "" } else { ": " }, plain(why, 600))?;
        is_broken |= matches!(outcome, Outcome::Refused(_) | Outcome::Failed(_) | Outcome::Unknown(_));
        is_waiting |= is_asked(step) && matches!(outcome, Outcome::Waiting(_));
    }
    let frozen: Vec<&str> = incident.frozen().map(|freeze| freeze.facts.freeze.as_str()).collect();
    let frozen = if frozen.is_empty() { "nothing is frozen".to_owned() } else { format!("frozen: {}", frozen.join(", ")) };
    writeln!(text, "{}: {frozen}", incident.id)?;
    output::print(text.as_bytes())?;
    Ok(match (is_broken, is_waiting) {
        (true, _) => exit::CONTAINMENT,
        (_, true) => exit::WAITING,
        _ => exit::COMPLETE,
    })
}
