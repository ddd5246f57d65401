//! Which credential a person means: by its fingerprint, by the finding's, or by file and line.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use keyfuse::confirm::{Confirmation, Found, Grouping, Telling, group};
use keyfuse::journal::Clock as _;
use keyfuse::model::{Confidence, Fingerprint, Grade, Notice, Outcome, Secret, Veil};
use keyfuse::rules::RuleSet;

use super::args::Common;
#[cfg(feature = "git")]
use super::git::{self, Part};
use super::installation::Installation;
use super::look::Look;
use super::watch::Watch;
use super::{plan, scan};
use keyfuse::scan::run;

/// The shortest beginning of a finding's fingerprint that is taken.
const SHORTEST: usize = 8;

/// Where to look for the finding.
#[derive(Debug, Default, clap::Args)]
pub(super) struct Where {
    /// Files and directories to look in; the current directory if none is named
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Look in the history of this repository
    #[cfg(feature = "git")]
    #[arg(long, value_name = "REPO", conflicts_with = "paths")]
    pub(super) git: Option<PathBuf>,
    /// Look in the dotfiles of this home directory
    #[arg(long, value_name = "DIR", conflicts_with = "paths")]
    pub(super) home: Option<PathBuf>,
}

impl Where {
    /// Whether any place is named.
    pub(super) fn is_named(&self) -> bool {
        #[cfg(feature = "git")]
        if self.git.is_some() {
            return true;
        }
        !self.paths.is_empty() || self.home.is_some()
    }
}

/// The scan of the places that are named.
pub(super) fn elsewhere_or_home(at: &Where, look: &Look, common: &Common) -> anyhow::Result<super::job::Job> {
    match &at.home {
        Some(home) => super::home::job(&super::args::Home { directory: Some(home.clone()), look: Look::default() }, common),
        None => elsewhere(at, look, common),
    }
}

/// The credential that is meant.
pub(super) struct Meant {
    pub(super) fingerprint: Fingerprint,
    /// Where it was seen, for people; empty where it was named by fingerprint.
    pub(super) place: String,
    /// What is known of it, as a notice would tell it; none where it was named by fingerprint.
    pub(super) notice: Option<Notice>,
    /// What stands in the places that were named.
    values: Vec<Secret>,
}

impl Meant {
    /// What the value of a store is held against.
    pub(super) fn found(&self) -> Found {
        if self.values.is_empty() { Found::Named(self.fingerprint.clone()) } else { Found::Values(self.values.clone()) }
    }
}

/// Finds the credential that `name` means.
pub(super) fn find(name: &str, at: &Where, installation: &Installation, common: &Common) -> anyhow::Result<Meant> {
    if let Ok(fingerprint) = name.parse::<Fingerprint>() {
        if !fingerprint.is_stable() {
            bail!("`{name}` was made with a key that ended with its run; name the finding by FILE:LINE");
        }
        return Ok(Meant { fingerprint, place: String::new(), notice: None, values: Vec::new() });
    }
    let key = installation.key()?;
    let line = file_and_line(name);
    let is_start = name.len() >= SHORTEST && name.split(':').next().is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if line.is_none() && !is_start {
        bail!("`{name}` names no finding: write FILE:LINE, the `fingerprint` of a report (its first {SHORTEST} digits at least), or fp1_…");
    }
    // Asked for by name, even the doubtful count.
    let look = Look { confidence: Some(Confidence::Low), ..Look::default() };
    let job = match (&line, &at.home) {
        (Some((file, _)), _) => scan::tree(vec![file.clone()], true, &look, common)?,
        (None, Some(home)) => super::home::job(&super::args::Home { directory: Some(home.clone()), look: Look::default() }, common)?,
        (None, None) => elsewhere(at, &look, common)?,
    };
    let (root, plan) = (job.root.clone(), plan::plan(job.target, &job.settings, &look)?);
    let watch = Watch::new(common);
    let mut outcome = run(&plan, &watch)?;
    watch.finish();
    // The whole name goes before names that begin with it.
    let is_whole = outcome.findings.iter().any(|finding| finding.fingerprint == name);
    outcome.findings.retain(|finding| match &line {
        Some((_, line)) => finding.region.start.line == *line,
        None if is_whole => finding.fingerprint == name,
        None => finding.fingerprint.starts_with(name),
    });
    if let Some(suppressed) =
        outcome.findings.iter().find_map(|finding| finding.suppression.as_ref()).filter(|_| outcome.open().next().is_none())
    {
        bail!("that finding is suppressed by {}; take that away first", suppressed.by);
    }
    one(name, &outcome, &plan.rules, installation, &key, root.as_deref())
}

fn elsewhere(at: &Where, look: &Look, common: &Common) -> anyhow::Result<super::job::Job> {
    #[cfg(feature = "git")]
    if let Some(repository) = &at.git {
        return git::repository(repository, Part::History, git::Scope::default(), look, common);
    }
    let paths = if at.paths.is_empty() { vec![PathBuf::from(".")] } else { at.paths.clone() };
    scan::tree(paths, false, look, common)
}

/// The only credential of the outcome.
fn one(
    name: &str,
    outcome: &Outcome,
    rules: &Arc<RuleSet>,
    installation: &Installation,
    key: &keyfuse::keychain::InstallKey,
    root: Option<&Path>,
) -> anyhow::Result<Meant> {
    let host = installation.host();
    let root = root.map(|root| root.as_os_str().as_encoded_bytes().to_vec()).unwrap_or_default();
    let credentials = group(outcome, Grouping { key, rules, host: &host, root: &root });
    let place = |finding: &keyfuse::model::Finding| {
        format!("{}:{}:{}", finding.origin.display(), finding.region.start.line, finding.region.start.column)
    };
    match credentials.as_slice() {
        [] => bail!("`{name}` is no finding here (any more); `keyfuse scan --confidence low -v` shows all with their fingerprints"),
        [one] => {
            let lead = one.lead();
            let (veil, now) = (Veil::new(outcome), keyfuse::journal::SystemClock::new().now().wall);
            let telling = Telling { rules, veil: &veil, now, is_drill: false, remotes: &[], mode: &|_| None };
            let attested = Confirmation { grade: Grade::Attested, evidence: Vec::new(), dismissed: None };
            Ok(Meant {
                notice: telling.notice(one, &attested, 1),
                values: one.findings.iter().map(|finding| finding.secret.clone()).collect(),
                fingerprint: one.fingerprint.clone(),
                place: keyfuse::model::plain(&format!("{} {}", lead.rule_id, place(lead)), 400),
            })
        }
        several => {
            let all: Vec<String> =
                several.iter().map(|one| format!("  {} {} {}", one.fingerprint, one.lead().rule_id, place(one.lead()))).collect();
            bail!("`{name}` means {} credentials; name one:\n{}", several.len(), all.join("\n"))
        }
    }
}

/// `FILE:LINE` or `FILE:LINE:COLUMN`, where there is such a file.
fn file_and_line(name: &str) -> Option<(PathBuf, u32)> {
    let split = |text: &str| {
        let (file, line) = text.rsplit_once(':')?;
        Some((PathBuf::from(file), line.parse::<u32>().ok().filter(|&line| line > 0)?))
    };
    let is_there = |found: &(PathBuf, u32)| found.0.is_file();
    split(name).filter(is_there).or_else(|| split(name.rsplit_once(':')?.0).filter(is_there))
}

/// A reason that says something.
pub(super) fn reason(text: &str) -> anyhow::Result<String> {
    let text = keyfuse::model::plain(text.trim(), 300);
    if text.is_empty() {
        bail!("--reason is empty; say why, for whoever reads it later");
    }
    Ok(text)
}

/// Writes an event into the installation's journal.
pub(super) fn record(installation: &Installation, entry: keyfuse::journal::Entry) -> anyhow::Result<()> {
    use keyfuse::journal::{Clock, Journal, JournalError, SystemClock};
    let mut journal = Journal::<keyfuse::confirm::Words>::open(&installation.journal())?;
    journal
        .update(|writing| writing.append(entry, SystemClock::new().now()).map(|_| ()))
        .map_err(|error: JournalError| error)
        .context("not recorded")
}
