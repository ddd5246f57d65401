//! `keyfuse incident evidence`: what people add, searched for secrets before it is kept.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use keyfuse::confirm::{Grouping, group};
use keyfuse::contain::{Added, EVIDENCE, FileFacts, Shelf, advance, redacted, write};
use keyfuse::journal::{Clock, Digest, Entry, JournalError, SystemClock};
use keyfuse::keychain::InstallKey;
use keyfuse::model::{Fingerprint, plain};
use keyfuse::source::Silent;

use super::args::Common;
use super::installation::Installation;
use super::look::Look;
use super::{app, exit, incident_search, output, plan, scan};

/// No file of evidence is longer, in bytes.
const MAX_FILE: u64 = 64 << 20;

/// `keyfuse incident evidence`
#[derive(Debug, clap::Args)]
pub(super) struct EvidenceArgs {
    /// The incident, or a beginning of its id
    pub(super) incident: String,
    /// What it is
    #[arg(long, value_name = "KIND")]
    pub(super) what: What,
    /// What it says, for kinds that are words
    #[arg(long, value_name = "TEXT", conflicts_with = "file")]
    pub(super) text: Option<String>,
    /// Who does it, for an action item
    #[arg(long, value_name = "PERSON")]
    pub(super) owner: Option<String>,
    /// By which day, for an action item
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(super) due: Option<jiff::civil::Date>,
    /// The file, for kinds that are files
    #[arg(value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
}

/// Kinds of evidence that people add.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum What {
    /// The root cause, in words
    Rca,
    /// An action item, with --owner and --due
    Action,
    /// What happened, in words
    Summary,
    /// What worked, in words
    Worked,
    /// What failed, in words
    Failed,
    /// The impact, in words
    Impact,
    /// Whose the risk is, who mends it, who reviews that, in words
    Ownership,
    /// A note, in words
    Note,
    /// A file from elsewhere: a screenshot, a vendor's message
    External,
    /// A configuration file, kept with its secrets masked
    Snapshot,
    /// A scan, done now, that finds nothing in a file or directory
    CleanScan,
}

impl What {
    fn name(self) -> &'static str {
        match self {
            Self::Rca => "rca",
            Self::Action => "action",
            Self::Summary => "summary",
            Self::Worked => "worked",
            Self::Failed => "failed",
            Self::Impact => "impact",
            Self::Ownership => "ownership",
            Self::Note => "note",
            Self::External => "external",
            Self::Snapshot => "snapshot",
            Self::CleanScan => "clean-scan",
        }
    }
}

/// Runs the command.
pub(super) fn run(command: &EvidenceArgs, installation: &Installation, shelf: &Shelf, common: &Common) -> anyhow::Result<u8> {
    let id = shelf.find(&command.incident)?;
    let mut journal = shelf.journal(&id)?;
    let fp = journal.state().beginning().map_err(anyhow::Error::msg)?.credential.fp.clone();
    let key = installation.key()?;
    let added = match (command.what, &command.text, &command.file) {
        (What::External, None, Some(file)) => {
            let bytes = read(file)?;
            if let [hit, ..] = incident_search::hits(file, Some((&key, &fp))).map_err(anyhow::Error::msg)?.as_slice() {
                bail!("{} holds a secret ({}), and evidence must not; redact it", file.display(), hit);
            }
            keep(&shelf.of(&id), "external", file, "", &bytes, command.what)?
        }
        (What::Snapshot, None, Some(file)) => {
            let bytes = read(file)?;
            let (outcome, _) = incident_search::findings(vec![file.clone()])?;
            let shown = redacted(&bytes, &facts(file)?, &key.label("snapshot", &bytes), &outcome.findings);
            let added = keep(&shelf.of(&id), "snapshots", file, ".redacted", &shown, command.what)?;
            // The masks are proved by the scanner itself.
            let kept = shelf.of(&id).join(&added.path);
            match incident_search::hits(&kept, Some((&key, &fp))) {
                Ok(hits) if hits.is_empty() => added,
                _ => {
                    fs::remove_file(&kept)?;
                    bail!("{} still shows a secret when it is masked; it is not kept", file.display());
                }
            }
        }
        (What::CleanScan, None, Some(path)) => match clean(path, (&key, &fp), common)? {
            Ok(says) => Added { what: command.what.name().to_owned(), path: String::new(), sha256: None, says },
            Err((code, why)) => {
                app::say(&format!("not recorded: {why}"));
                return Ok(code);
            }
        },
        (What::External | What::Snapshot | What::CleanScan, ..) => bail!("--what {} takes a FILE", command.what.name()),
        (_, Some(text), None) => {
            let mut says = plain(text.trim(), 2000);
            if says.is_empty() {
                bail!("--text is empty");
            }
            if let (What::Action, Some(owner), Some(due)) = (command.what, &command.owner, command.due) {
                says = format!("{}. Owner: {}. Due: {due}.", says.trim_end_matches('.'), plain(owner, 60));
            } else if command.what == What::Action {
                bail!("an action item has --owner and --due");
            }
            incident_search::refuse_secret(&says, Some((&key, &fp)))?;
            Added { what: command.what.name().to_owned(), path: String::new(), sha256: None, says }
        }
        _ => bail!("--what {} takes --text", command.what.name()),
    };
    let is_drill = journal.state().is_drill;
    let entry = Entry::new(EVIDENCE, installation.actor(), &added).of(&id).drill(is_drill);
    let stamp = SystemClock::new().now();
    journal.update(|writing| writing.append(entry, stamp).map(|_| ())).map_err(|error: JournalError| error)?;
    advance(&mut journal, stamp)?;
    let kept = if added.path.is_empty() { String::new() } else { format!(", kept as {}", added.path) };
    output::print(format!("{id}: {} is recorded{kept}\n", added.what).as_bytes())?;
    Ok(exit::COMPLETE)
}

/// Scans as the path's own configuration says, and for the incident's credential in whatever doubtful shape; what was scanned, or the exit
/// code and why it is not clean.
pub(super) fn clean(path: &Path, own: (&InstallKey, &Fingerprint), common: &Common) -> anyhow::Result<Result<String, (u8, String)>> {
    let look = Look::default();
    let job = scan::tree(vec![path.to_owned()], true, &look, common)?;
    let outcome = keyfuse::scan::run(&plan::plan(job.target, &job.settings, &look)?, &Silent)?;
    if !outcome.coverage.is_complete() {
        return Ok(Err((exit::INCOMPLETE, "the scan is incomplete (`keyfuse scan --no-ignore` tells what was not read)".to_owned())));
    }
    let open = outcome.open().count();
    let (all, rules) = incident_search::findings(vec![path.to_owned()])?;
    let credentials = group(&all, Grouping { key: own.0, rules: &rules, host: "", root: b"" });
    if credentials.iter().any(|credential| credential.fingerprint == *own.1) {
        return Ok(Err((exit::FINDINGS, "the credential of this incident still stands there".to_owned())));
    }
    if open > 0 {
        return Ok(Err((exit::FINDINGS, format!("the scan has {open} open findings"))));
    }
    Ok(Ok(format!("a scan of {} read {} contents and found nothing", plain(&path.display().to_string(), 200), outcome.coverage.blobs)))
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let metadata = fs::metadata(path).with_context(|| format!("{} cannot be read", path.display()))?;
    if !metadata.is_file() || metadata.len() > MAX_FILE {
        bail!("{} is no regular file of at most {} MB", path.display(), MAX_FILE >> 20);
    }
    Ok(fs::read(path)?)
}

/// Keeps bytes in the incident's folder under the file's own name, made harmless; nothing is replaced.
fn keep(folder: &Path, below: &str, file: &Path, ending: &str, bytes: &[u8], what: What) -> anyhow::Result<Added> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let name: String =
        name.chars().map(|sign| if sign.is_ascii_alphanumeric() || "._-".contains(sign) { sign } else { '-' }).take(100).collect();
    for number in 1..1000 {
        let path = format!("{below}/{number:03}-{name}{ending}");
        match write(&folder.join(&path), bytes) {
            Ok(()) => {
                let says = format!("{} of {} bytes", what.name(), bytes.len());
                return Ok(Added { what: what.name().to_owned(), path, sha256: Some(Digest::of(bytes)), says });
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.into()),
        }
    }
    bail!("there are a thousand such files already")
}

fn facts(path: &Path) -> anyhow::Result<FileFacts> {
    let metadata = fs::metadata(path)?;
    let changed = metadata.modified().ok().and_then(|time| jiff::Timestamp::try_from(time).ok()).map(|time| format!("{time:.0}"));
    #[cfg(unix)]
    let (mode, owner) = {
        use std::os::unix::fs::MetadataExt;
        (Some(format!("{:04o}", metadata.mode() & 0o7777)), Some(metadata.uid()))
    };
    #[cfg(not(unix))]
    let (mode, owner) = (None, None);
    Ok(FileFacts { path: path.display().to_string(), mode, owner, changed })
}
