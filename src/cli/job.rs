//! One scan from its target to its reports.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use anyhow::bail;
use keyfuse::model::Outcome;
use keyfuse::report::ReportOptions;

use super::app::say;
use super::args::Common;
use super::look::Look;
use super::output::Outputs;
use super::terminal;
use super::watch::Watch;
use super::{exit, plan};
use keyfuse::config::Settings;
use keyfuse::{scan, source};

/// What is to be scanned, and where.
pub(super) struct Job {
    /// What.
    pub(super) target: source::Target,
    /// The command's name, the default category of its SARIF.
    pub(super) name: &'static str,
    /// The configuration in force.
    pub(super) settings: Settings,
    /// The repository, if all that it holds is scanned: then it is told where each finding comes from.
    #[cfg(feature = "git")]
    pub(super) repository: Option<(keyfuse::git::Repository, std::sync::Arc<keyfuse::sweep::Shelf>)>,
    /// The directory that reported paths are relative to, if they are files on disk.
    pub(super) root: Option<PathBuf>,
}

/// Scans, reports, and gives the exit code.
pub(super) fn run(job: Job, look: &Look, common: &Common) -> anyhow::Result<u8> {
    refuse(look)?;
    let mut outputs = Outputs::new(&look.format, look.report_path.as_deref(), common.quiet)?;
    let facts = terminal::facts(common);
    if look.reveal && !(facts.is_terminal && outputs.is_human_on_stdout()) {
        bail!("--reveal shows secrets only in the human report and only on a terminal; leave it out");
    }
    let (plan, category) = (plan::plan(job.target, &job.settings, look)?, format!("keyfuse-{}/", job.name));
    #[cfg(feature = "respond")]
    let probing = look.probe.map(|probe| super::probe::Probing::prepare(mode(probe), &plan.rules)).transpose()?;
    // Before the work, so that no scan is in vain.
    #[cfg(feature = "respond")]
    let handing = super::handoff::Handing::prepare(look)?;
    outputs.check()?;
    let watch = Watch::new(common);
    let work = || -> Result<Outcome, source::SourceError> {
        #[cfg_attr(not(feature = "git"), expect(unused_mut, reason = "only a repository adds to it"))]
        let mut outcome = scan::run(&plan, &watch)?;
        #[cfg(feature = "git")]
        if let Some((repository, shelf)) = &job.repository {
            keyfuse::sweep::attribute(repository, &mut outcome, shelf, common.threads);
        }
        Ok(outcome)
    };
    let mut outcome = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(outcome) => outcome?,
        Err(_) => broken(),
    };
    watch.finish();
    outcome.warnings.extend(job.settings.warnings);
    #[cfg(feature = "respond")]
    if let Some(probing) = &probing {
        probing.run(&mut outcome, &plan.rules);
    }
    #[cfg_attr(not(feature = "respond"), expect(unused_mut, reason = "nothing that follows a scan changes it"))]
    let mut verdict = exit::verdict(&outcome, look.exit_code);
    #[cfg(feature = "respond")]
    if probing.as_ref().is_some_and(|probing| probing.is_open(&outcome)) {
        verdict.conditions.push("unconfirmed");
    }
    #[cfg(feature = "respond")]
    if let Some(handing) = &handing {
        #[cfg(feature = "git")]
        let remotes = job.repository.as_ref().map(|(repository, _)| repository.remotes()).unwrap_or_default();
        #[cfg(not(feature = "git"))]
        let remotes = Vec::new();
        handing.run(&outcome, &plan.rules, job.root.as_deref(), &remotes).add_to(&mut verdict);
    }
    let options = ReportOptions {
        colour: facts.colour,
        width: facts.width,
        reveal: look.reveal,
        verbose: common.verbose,
        quiet: common.quiet,
        list_suppressed: look.list_suppressed,
        confidence: Some(plan.confidence),
        verdict,
        root: job.root,
        line_hash: look.sarif_line_hash,
        // A category is what stands before the last slash.
        category: Some(look.sarif_category.as_ref().map_or(category, |name| format!("{}/", name.trim_end_matches('/')))),
        revision: plan::revision(),
    };
    Ok(if outputs.write(&outcome, &plan.rules, &options) { options.verdict.exit_code } else { exit::USAGE })
}

/// What is to be done with what was found.
#[cfg(feature = "respond")]
fn mode(probe: super::look::Probe) -> scan::Mode {
    match probe {
        super::look::Probe::Ask => scan::Mode::Ask,
        super::look::Probe::Plan => scan::Mode::Plan,
    }
}

/// The outcome of a scan that panicked as a whole: nothing is known, and that is said.
fn broken() -> Outcome {
    let mut outcome = Outcome::default();
    outcome.coverage.unread("the scan", "an internal error stopped it");
    outcome
}

/// Flags of other scanners that cannot be honoured, with the way out.
fn refuse(look: &Look) -> anyhow::Result<()> {
    if look.baseline_path.is_some() {
        bail!("--baseline-path is not read yet; allow known values with a reason in keyfuse.toml");
    }
    if look.gitleaks_ignore_path.is_some() {
        bail!("--gitleaks-ignore-path is not read yet; allow known values with a reason in keyfuse.toml");
    }
    if look.redact.is_some_and(|percent| percent < 100) {
        say("secrets are always redacted in full: --redact with less than 100 changes nothing");
    }
    Ok(())
}
