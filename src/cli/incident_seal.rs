//! `keyfuse incident seal`: the bundle, searched for secrets, listed, signed.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use keyfuse::contain::{
    AUDITOR, Authority, InForce, Incident, MANIFEST, NAMESPACE_MANIFEST, SEALED, SIGNATURE, SealError, Sealed, Sealing, Shelf, Signer,
    Signers, advance, manifest_signer, replay, seal,
};
use keyfuse::journal::{Clock, Digest, Entry, Journal, JournalError, SystemClock};
use keyfuse::keychain::read_private;
use keyfuse::model::plain;

use super::installation::Installation;
use super::{app, exit, incident_report, incident_search, output};

/// `keyfuse incident seal`
#[derive(Debug, clap::Args)]
pub(super) struct SealArgs {
    /// The incident, or a beginning of its id
    pub(super) incident: String,
    /// Where; reports/security/incidents/INCIDENT here unless given. It must not be there yet
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// The audit authority's private key in OpenSSH's format, without passphrase; others sign with ssh-keygen
    #[arg(long, value_name = "FILE", requires = "signer")]
    pub(super) key: Option<PathBuf>,
    /// Whose key it is, as allowed_signers names them
    #[arg(long, value_name = "PERSON", requires = "key")]
    pub(super) signer: Option<String>,
    /// Nothing is sealed: the audit authority has signed this bundle with ssh-keygen, and the journal is to say so
    #[arg(long, value_name = "DIR", conflicts_with_all = ["out", "key"])]
    pub(super) signed: Option<PathBuf>,
}

/// Runs the command.
pub(super) fn run(command: &SealArgs, installation: &Installation, shelf: &Shelf) -> anyhow::Result<u8> {
    let id = shelf.find(&command.incident)?;
    let config = &installation.folders.config;
    let authority = Authority::discover(config)?;
    let signers = std::fs::read_to_string(config.join("allowed_signers")).ok();
    let (targets, clocks) = incident_report::targets(installation)?;
    let signer = match (&command.key, &command.signer) {
        (Some(key), Some(person)) => {
            if !authority.roles_of(person).iter().any(|role| role == AUDITOR) {
                app::say(&format!("refused: {} is not {AUDITOR} (authority.toml), who alone seals", plain(person, 60)));
                return Ok(exit::CONTAINMENT);
            }
            Some(Signer::new(person, read_private(key)?.expose())?)
        }
        _ => None,
    };
    let mut journal = shelf.journal(&id)?;
    if let Some(folder) = &command.signed {
        return signed(folder, &mut journal, &authority, signers.as_deref(), installation);
    }
    let fp = journal.state().beginning().map_err(anyhow::Error::msg)?.credential.fp.clone();
    let key = installation.key()?;
    let out = command.out.clone().unwrap_or_else(|| Path::new("reports/security/incidents").join(&id));
    let sealing = Sealing {
        folder: &shelf.of(&id),
        out: &out,
        in_force: InForce { authority: &authority.text, signers: signers.as_deref(), clocks: clocks.as_deref() },
        targets: &targets,
        signer: signer.as_ref(),
        search: &|folder| incident_search::hits(folder, Some((&key, &fp))),
        actor: installation.actor(),
    };
    match seal(&mut journal, &sealing, SystemClock::new().now()) {
        Ok(sealed) => {
            advance(&mut journal, SystemClock::new().now())?;
            output::print(
                format!("{id}: {} files sealed in {}\nmanifest {}\n", sealed.files, sealed.path.display(), sealed.manifest).as_bytes(),
            )?;
            if signer.is_none() {
                app::say(&format!(
                    "unsigned; the {AUDITOR} signs it: ssh-keygen -Y sign -n {NAMESPACE_MANIFEST} -f KEY {}",
                    sealed.path.join(MANIFEST).display()
                ));
            }
            Ok(exit::COMPLETE)
        }
        Err(SealError::Journal(error)) => Err(error.into()),
        Err(error @ (SealError::Secret(_) | SealError::Scan(_) | SealError::Evidence(_))) => {
            app::say(&format!("error: {error}"));
            Ok(exit::EVIDENCE)
        }
        Err(error) => bail!("{error}"),
    }
}

/// Records that a bundle which was sealed unsigned is signed by now.
fn signed(
    folder: &Path,
    journal: &mut Journal<Incident>,
    authority: &Authority,
    signers: Option<&str>,
    installation: &Installation,
) -> anyhow::Result<u8> {
    let read = |name: &str| std::fs::read(folder.join(name)).with_context(|| format!("{} cannot be read", folder.join(name).display()));
    let (list, armored) = (read(MANIFEST)?, read(SIGNATURE)?);
    let signers = Signers::parse(signers.context("allowed_signers is not in the configuration folder")?).map_err(anyhow::Error::msg)?;
    let manifest = Digest::of(&list);
    let replay = replay(journal.path())?;
    let is_ours = replay.events.iter().any(|one| one.event.kind == SEALED && one.event.data["manifest_sha256"] == manifest.to_string());
    let why = match manifest_signer(&list, &armored, authority, &signers) {
        _ if !is_ours => "this incident was not sealed with that manifest".to_owned(),
        Some(person) => {
            let files = list.iter().filter(|byte| **byte == b'\n').count();
            let facts = Sealed { signer: Some(person.clone()), manifest_sha256: manifest, files };
            let (id, is_drill) = (journal.state().id.clone(), journal.state().is_drill);
            let entry = Entry::new(SEALED, installation.actor(), &facts).of(&id).drill(is_drill);
            let stamp = SystemClock::new().now();
            journal.update(|writing| writing.append(entry, stamp).map(|_| ())).map_err(|error: JournalError| error)?;
            advance(journal, stamp)?;
            return output::print(format!("{id}: the bundle is signed by {}\n", plain(&person, 60)).as_bytes());
        }
        None => format!("the signature is made by nobody who is {AUDITOR}"),
    };
    app::say(&format!("error: {why}"));
    Ok(exit::EVIDENCE)
}
