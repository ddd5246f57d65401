//! Seals the evidence: assembled, searched for secrets, listed, signed by the audit authority.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ssh_key::{HashAlg, LineEnding, PrivateKey};

use super::bundle::{InForce, JOURNAL, SCOPE, assemble, derived, write};
use super::clocks::Targets;
use super::facts::{SEALED, Sealed};
use super::incident::Incident;
use super::manifest::{MANIFEST, Manifest, NAMESPACE_MANIFEST, SIGNATURE};
use super::replay::replay;
use crate::journal::{Actor, Digest, Entry, Journal, JournalError, Stamp};

/// The role that seals.
pub const AUDITOR: &str = "audit-authority";

/// Why a bundle is not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The file system.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A secret stands in what would be sealed.
    #[error("the bundle would hold a secret, so it is not sealed: {}; take it out of the incident's folder or have it redacted", .0.join(", "))]
    Secret(Vec<String>),
    /// The search for secrets did not end well.
    #[error("the bundle could not be searched for secrets, so it is not sealed: {0}")]
    Scan(String),
    /// The key.
    #[error("{0}")]
    Key(String),
    /// What was read before is not what is there now.
    #[error("{0}")]
    Evidence(String),
}

/// Who signs, with which key.
pub struct Signer {
    /// As `allowed_signers` and the authority file name them.
    pub person: String,
    /// Their key.
    key: PrivateKey,
}

impl Signer {
    /// From a key file in OpenSSH's format without a passphrase.
    ///
    /// # Errors
    /// When it is none; keys with a passphrase, agents and hardware sign with `ssh-keygen -Y sign`.
    pub fn new(person: &str, openssh: &[u8]) -> Result<Self, SealError> {
        let key =
            PrivateKey::from_openssh(openssh).map_err(|_| SealError::Key("the key file holds no key in OpenSSH's format".to_owned()))?;
        if key.is_encrypted() {
            let way = format!("seal without --key, then: ssh-keygen -Y sign -n {NAMESPACE_MANIFEST} -f KEY DIR/{MANIFEST}");
            return Err(SealError::Key(format!("the key has a passphrase, which keyfuse does not ask for; {way}")));
        }
        Ok(Self { person: person.to_owned(), key })
    }

    /// An armored SSH signature (PROTOCOL.sshsig).
    ///
    /// # Errors
    /// When the key's kind cannot sign.
    pub fn sign(&self, namespace: &str, message: &[u8]) -> Result<String, SealError> {
        let signed = self.key.sign(namespace, HashAlg::Sha512, message).and_then(|signature| signature.to_pem(LineEnding::LF));
        signed.map_err(|error| SealError::Key(format!("the key does not sign: {error}")))
    }
}

/// Searches a folder for secrets; gives the places that hold one.
pub type Search<'a> = dyn Fn(&Path) -> Result<Vec<String>, String> + 'a;

/// What is needed to seal.
pub struct Sealing<'a> {
    /// The incident's folder.
    pub folder: &'a Path,
    /// Where the bundle is to be; must not be there.
    pub out: &'a Path,
    /// The configuration.
    pub in_force: InForce<'a>,
    /// The targets of its clocks.
    pub targets: &'a Targets,
    /// Who signs, if somebody does now.
    pub signer: Option<&'a Signer>,
    /// The scanner.
    pub search: &'a Search<'a>,
    /// Who runs it.
    pub actor: Actor,
}

/// A bundle on disk.
#[derive(Clone, Debug, PartialEq)]
pub struct SealedAt {
    /// Where.
    pub path: PathBuf,
    /// The digest of its manifest.
    pub manifest: Digest,
    /// How many files it lists.
    pub files: usize,
}

/// Seals the incident as it stands; nothing is left behind when it cannot.
///
/// # Errors
/// [`SealError`].
pub fn seal(journal: &mut Journal<Incident>, sealing: &Sealing<'_>, stamp: Stamp) -> Result<SealedAt, SealError> {
    if sealing.out.symlink_metadata().is_ok() {
        return Err(SealError::Evidence(format!("{} is there already; seal with --out elsewhere", sealing.out.display())));
    }
    let path = journal.path().to_owned();
    let parent = sealing.out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent)?;
    let scratch = tempfile::Builder::new().prefix(".sealing-").tempdir_in(parent)?;
    let bundle = scratch.path().join("bundle");
    // Nobody appends while the bundle is made, so that the seal follows what it seals.
    journal.update(|writing| {
        let text = fs::read(&path)?;
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let held = scratch.path().join(JOURNAL);
        write(&held, &text[..whole])?;
        let replay = replay(&held)?;
        if replay.chain.head != writing.head() || !replay.chain.is_sound() || replay.refused.is_some() {
            return Err(SealError::Evidence("the journal does not verify; `keyfuse incident verify` tells where".to_owned()));
        }
        let scope = match fs::read(sealing.folder.join(SCOPE)) {
            Ok(text) => Some(serde_json::from_slice(&text).map_err(|error| SealError::Evidence(format!("{SCOPE}: {error}")))?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error.into()),
        };
        let follows = derived(&replay.incident, &replay.events, scope.as_ref(), sealing.targets);
        assemble(sealing.folder, &bundle, &text[..whole], sealing.in_force, &follows)?;
        let hits = (sealing.search)(&bundle).map_err(SealError::Scan)?;
        if !hits.is_empty() {
            return Err(SealError::Secret(hits));
        }
        let manifest = Manifest::of(&bundle)?;
        let list = manifest.text();
        write(&bundle.join(MANIFEST), list.as_bytes())?;
        if let Some(signer) = sealing.signer {
            write(&bundle.join(SIGNATURE), signer.sign(NAMESPACE_MANIFEST, list.as_bytes())?.as_bytes())?;
        }
        let signer = sealing.signer.map(|signer| signer.person.clone());
        let facts = Sealed { signer, manifest_sha256: Digest::of(list.as_bytes()), files: manifest.len() };
        fs::rename(&bundle, sealing.out)?;
        let (id, is_drill) = (writing.state().id.clone(), writing.state().is_drill);
        writing.append(Entry::new(SEALED, sealing.actor.clone(), &facts).of(id).drill(is_drill), stamp)?;
        Ok(SealedAt { path: sealing.out.to_owned(), manifest: facts.manifest_sha256, files: facts.files })
    })
}
