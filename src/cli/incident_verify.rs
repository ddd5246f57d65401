//! `keyfuse incident verify`: a bundle, or an open incident, recomputed.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use keyfuse::contain::{Against, BUILTIN, Holds, Shelf, verify_folder};
use keyfuse::journal::Head;
use keyfuse::model::plain;

use super::args::Listing;
use super::installation::Installation;
use super::{exit, output};

/// `keyfuse incident verify`
#[derive(Debug, clap::Args)]
pub(super) struct VerifyArgs {
    /// A bundle's directory, or an incident
    #[arg(value_name = "DIR|INCIDENT")]
    pub(super) what: String,
    /// A head of the journal that somebody was shown, as notices and pages carry it; may be given several times
    #[arg(long, value_name = "SEQ:SHA256")]
    pub(super) witness: Vec<String>,
    /// Keys of people from elsewhere than the bundle itself
    #[arg(long, value_name = "FILE")]
    pub(super) signers: Option<PathBuf>,
    /// An authority file from elsewhere than the bundle itself
    #[arg(long, value_name = "FILE")]
    pub(super) authority: Option<PathBuf>,
    /// A manifest that nobody signed will do
    #[arg(long)]
    pub(super) allow_unsigned: bool,
    /// As a table or as JSON
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub(super) format: Listing,
}

/// Runs the command.
pub(super) fn run(command: &VerifyArgs, installation: &Installation, shelf: &Shelf) -> anyhow::Result<u8> {
    let config = &installation.folders.config;
    let read = |path: &Path| std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()));
    let optional = |path: &Option<PathBuf>, usual: Option<PathBuf>| -> anyhow::Result<Option<String>> {
        match (path, usual) {
            (Some(path), _) => read(path).map(Some),
            (None, Some(usual)) if usual.exists() => read(&usual).map(Some),
            _ => Ok(None),
        }
    };
    // A bundle is held against what it holds; an open incident against what is in force here.
    let is_bundle = Path::new(&command.what).is_dir();
    let folder = if is_bundle { PathBuf::from(&command.what) } else { shelf.of(&shelf.find(&command.what)?) };
    let usual = |name: &str| (!is_bundle).then(|| config.join(name));
    let signers = optional(&command.signers, usual("allowed_signers"))?;
    let authority = optional(&command.authority, usual("authority.toml"))?;
    // Where nobody has written one, the built-in authority is in force.
    let authority = authority.or_else(|| (!is_bundle).then(|| BUILTIN.to_owned()));
    let against = Against {
        witnesses: command.witness.iter().map(|text| head(text)).collect::<anyhow::Result<_>>()?,
        signers: signers.as_deref(),
        authority: authority.as_deref(),
        authority_alone: command.authority.is_some(),
        allow_unsigned: command.allow_unsigned,
    };
    let checks = verify_folder(&folder, &against)?;
    let worst = checks.iter().map(|check| check.holds).max().unwrap_or(Holds::No);
    let word = |holds: Holds| match holds {
        Holds::Yes => "ok",
        Holds::Warning => "warning",
        Holds::No => "FAILED",
    };
    let text = if command.format == Listing::Json {
        let all: Vec<_> = checks
            .iter()
            .map(|check| serde_json::json!({ "check": check.what, "result": word(check.holds), "says": check.says }))
            .collect();
        format!("{}\n", serde_json::to_string_pretty(&all)?)
    } else {
        checks.iter().map(|check| format!("{:8} {:10} {}\n", word(check.holds), check.what, plain(&check.says, 500))).collect()
    };
    output::print(text.as_bytes())?;
    Ok(if worst == Holds::No { exit::EVIDENCE } else { exit::COMPLETE })
}

/// `SEQ:SHA256`
fn head(text: &str) -> anyhow::Result<Head> {
    let parsed = text.split_once(':').and_then(|(seq, digest)| Some(Head { seq: seq.parse().ok()?, digest: digest.parse().ok()? }));
    match parsed {
        Some(head) => Ok(head),
        None => bail!("--witness {}: write SEQ:SHA256, as `journal` in a notice has them", plain(text, 80)),
    }
}
