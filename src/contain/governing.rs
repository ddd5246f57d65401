//! Under which authority something was done: kept beside the journal, so that anybody can judge it again.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::act::{ActError, Responder};
use super::approval::Standing;
use super::authority::Authority;
use super::bundle::write;
use super::decision::{DecisionFile, NAMESPACE};
use super::proof::self_entry;
use super::signers::Signers;
use crate::journal::Digest;

/// What is done from here on is done under [`Governing`].
pub const GOVERNING: &str = "authority.in-force";
/// Where the files are kept, within the incident and its bundle.
pub const IN_FORCE: &str = "in-force";

/// The facts of [`GOVERNING`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Governing {
    /// The digest of the authority file.
    pub authority: Digest,
    /// Those of the standing approvals for the incident's class.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub standing: Vec<Digest>,
}

fn authority_file(digest: Digest) -> String {
    format!("{IN_FORCE}/authority-{digest}.toml")
}

fn approval_file(digest: Digest) -> String {
    format!("{IN_FORCE}/approval-{digest}.txt")
}

/// Writes a file that its name says the content of; one that a crash left half written is written again.
fn keep(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let path = folder.join(name);
    match fs::read(&path) {
        Ok(found) if found == bytes => return Ok(()),
        Ok(_) => fs::remove_file(&path)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    write(&path, bytes)
}

impl Responder<'_> {
    /// Keeps the authority and the standing approvals under which it acts, and says so in the journal, where that is news.
    ///
    /// # Errors
    /// When it cannot be kept: then nobody could judge what follows, and nothing may be done.
    pub(super) fn keep_authority(&mut self) -> Result<(), ActError> {
        let class = self.journal.state().beginning().map_err(ActError::Incident)?.credential.class.clone();
        let standing: Vec<&Standing> = self.standing.iter().filter(|one| one.class == class).collect();
        let mut governing = Governing {
            authority: Digest::of(self.authority.text.as_bytes()),
            standing: standing.iter().map(|one| one.file_sha256).collect(),
        };
        governing.standing.sort_unstable();
        if self.journal.state().governing.as_ref() == Some(&governing) {
            return Ok(());
        }
        let folder = self.journal.path().parent().unwrap_or(Path::new(".")).to_owned();
        let kept = keep(&folder, &authority_file(governing.authority), self.authority.text.as_bytes()).and_then(|()| {
            standing.iter().try_for_each(|one| {
                let name = approval_file(one.file_sha256);
                keep(&folder, &name, &one.text)?;
                keep(&folder, &format!("{name}.sig"), &one.armored)
            })
        });
        kept.map_err(ActError::Kept)?;
        self.append(|incident| vec![self_entry(incident, GOVERNING, &governing)])
    }
}

/// The authority that was kept under this digest.
///
/// # Errors
/// When it is not there, is another one, or says what cannot be.
pub(super) fn kept_authority(folder: &Path, digest: Digest) -> Result<Authority, String> {
    let name = authority_file(digest);
    let bytes = fs::read(folder.join(&name)).map_err(|error| format!("{name}: {error}"))?;
    if Digest::of(&bytes) != digest {
        return Err(format!("{name} was changed"));
    }
    let text = String::from_utf8(bytes).map_err(|_| format!("{name} is not UTF-8"))?;
    Authority::parse(&name, &text).map_err(|error| error.to_string())
}

/// The standing approval that was kept under this digest, as it held at `now`.
///
/// # Errors
/// When it is not there, is another one, is not signed by whom it names, or did not hold then.
pub(super) fn kept_standing(folder: &Path, digest: Digest, signers: Option<&Signers>, now: jiff::Timestamp) -> Result<Standing, String> {
    let name = approval_file(digest);
    let read = |name: &str| fs::read(folder.join(name)).map_err(|error| format!("{name}: {error}"));
    let (bytes, armored) = (read(&name)?, read(&format!("{name}.sig"))?);
    if Digest::of(&bytes) != digest {
        return Err(format!("{name} was changed"));
    }
    let file = DecisionFile::parse(&bytes).map_err(|error| format!("{name}: {error}"))?;
    let signers = signers.ok_or_else(|| format!("{name}: there is no allowed_signers to hold it against"))?;
    signers.verify(NAMESPACE, &file.signer, &bytes, &armored).map_err(|error| format!("{name}: {error}"))?;
    Standing::new(&file, &bytes, &armored, now).map_err(|error| format!("{name}: {error}"))
}
