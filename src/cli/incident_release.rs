//! `keyfuse incident release`: lets go what was frozen, while a scan of now is clean and somebody who may has decided so.

use std::fmt::Write as _;
use std::path::PathBuf;

use keyfuse::contain::{Responder, Shelf, Verdict, World, may_release};
use keyfuse::journal::Clock;

use super::args::Common;
use super::freezing::Cold;
use super::incident_evidence::clean;
use super::incident_freeze::told;
use super::installation::Installation;
use super::output;

/// `keyfuse incident release`
#[derive(Debug, clap::Args)]
pub(super) struct ReleaseArgs {
    /// The incident, or a beginning of its id
    pub(super) incident: String,
    /// Do it; without it what would be undone is printed and nothing is done
    #[arg(long, requires = "scan")]
    pub(super) armed: bool,
    /// A file or directory that must be clean, scanned now; may be given several times
    #[arg(long, value_name = "PATH")]
    pub(super) scan: Vec<PathBuf>,
}

/// Runs the command.
pub(super) fn run(command: &ReleaseArgs, installation: &Installation, shelf: &Shelf, common: &Common) -> anyhow::Result<u8> {
    let mut journal = shelf.journal(&shelf.find(&command.incident)?)?;
    let cold = Cold::new(installation)?;
    let releases = cold.freezer.releases(journal.state())?;
    if !command.armed {
        let mut text = String::new();
        for one in &releases {
            let doubt = if one.is_known { "" } else { " (begun; whether it holds is looked at first)" };
            writeln!(text, "release-{}: {}{doubt}", one.freeze, one.target)?;
            writeln!(text, "  undo        {}", one.driver.undo_shown().unwrap_or_default())?;
        }
        let who = match may_release(&cold.authority, journal.state(), cold.clock.now().wall) {
            _ if releases.is_empty() => "nothing is frozen".to_owned(),
            Verdict::Allowed(by) => format!("{by} has decided so"),
            Verdict::Waiting { why, roles } => format!("{} ({why})", roles.join(" or ")),
            Verdict::Never(why) => format!("nobody: {why}"),
        };
        writeln!(text, "{}: {who}", journal.state().id)?;
        return output::print(text.as_bytes());
    }
    let (key, fp) = (installation.key()?, journal.state().beginning().map_err(anyhow::Error::msg)?.credential.fp.clone());
    let scan = || {
        let mut says = Vec::new();
        for path in &command.scan {
            match clean(path, (&key, &fp), common) {
                Ok(Ok(said)) => says.push(said),
                Ok(Err((_, why))) => return Err(format!("{}: {why}", path.display())),
                Err(error) => return Err(format!("{}: {error:#}", path.display())),
            }
        }
        Ok(says.join("; "))
    };
    let (transport, installation_journal) = (cold.transport(), installation.journal());
    let world = World { transport: &transport, clock: &cold.clock, endpoints: &[], held: None };
    let mut responder = Responder {
        journal: &mut journal,
        installation: &installation_journal,
        authority: &cold.authority,
        standing: &cold.standing,
        clock: &cold.clock,
    };
    let outcomes = responder.release(&releases, &world, &scan)?;
    told(journal.state(), &outcomes, &|_| true)
}
