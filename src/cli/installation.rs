//! This person's keyfuse: folders, configuration, key, journal.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, bail};
use keyfuse::journal::{Actor, JournalError};
use keyfuse::keychain::{InstallKey, KeyError, Reference, Sources};
use keyfuse::model::plain;

use super::exit;
use super::folders::Folders;
use keyfuse::config::Person;

/// The variable that holds the key on throw-away machines.
pub(super) const KEY_VARIABLE: &str = "KEYFUSE_KEY";
/// The key's name in the keychain.
const KEY_ENTRY: &str = "fingerprint";

/// This person's keyfuse.
pub(super) struct Installation {
    pub(super) folders: Folders,
    pub(super) person: Person,
}

/// A variable of the environment.
pub(super) fn variable(name: &str) -> Option<String> {
    env::var(name).ok()
}

impl Installation {
    /// Reads the configuration.
    pub(super) fn open() -> anyhow::Result<Self> {
        let folders = Folders::find()?;
        let person = Person::discover(&folders.config)?;
        Ok(Self { folders, person })
    }

    /// Where keys are looked up.
    pub(super) fn sources(&self) -> Sources<'_> {
        Sources { variable: &variable, folder: self.person.folder() }
    }

    /// Where a key is kept when nothing else is said.
    pub(super) fn key_file(&self) -> PathBuf {
        self.folders.data.join("fingerprint.key")
    }

    /// The key and where it was found: as the configuration says, else the variable, the file, the keychain; none where there is none.
    pub(super) fn find_key(&self) -> anyhow::Result<Option<(InstallKey, Reference)>> {
        let read = |reference: &Reference| -> Result<InstallKey, KeyError> { InstallKey::parse(&reference.read(&self.sources())?) };
        if let Some(reference) = &self.person.fingerprint_key {
            let key = read(reference).with_context(|| format!("the fingerprint key ({reference})"))?;
            return Ok(Some((key, reference.clone())));
        }
        let places = [Reference::Env(KEY_VARIABLE.to_owned()), Reference::File(self.key_file()), Reference::Keychain(KEY_ENTRY.to_owned())];
        for reference in places {
            match read(&reference) {
                Ok(key) => return Ok(Some((key, reference))),
                Err(KeyError::NotSet(_) | KeyError::NoEntry(_) | KeyError::Keychain(_)) => {}
                Err(KeyError::File { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(error).with_context(|| format!("the fingerprint key ({reference})")),
            }
        }
        Ok(None)
    }

    /// The key, without which nothing can be named in the same way twice.
    pub(super) fn key(&self) -> anyhow::Result<InstallKey> {
        match self.find_key()? {
            Some((key, _)) => Ok(key),
            None => bail!(
                "there is no fingerprint key, so one credential would have another name in each run; `keyfuse key make` makes one, and a \
                 runner gets it in {KEY_VARIABLE}"
            ),
        }
    }

    /// The journal of this installation.
    pub(super) fn journal(&self) -> PathBuf {
        self.folders.state.join("handoff.jsonl")
    }

    /// What this machine is called.
    pub(super) fn host(&self) -> String {
        let name = || variable("HOSTNAME").or_else(|| variable("COMPUTERNAME")).filter(|name| !name.trim().is_empty());
        let file = || std::fs::read_to_string("/etc/hostname").ok().map(|text| text.trim().to_owned()).filter(|name| !name.is_empty());
        let name = self.person.host.clone().or_else(file).or_else(name).unwrap_or_else(|| "unnamed".to_owned());
        plain(&name, 100)
    }

    /// Who is at the command line, by a name that nobody has proved.
    pub(super) fn actor(&self) -> Actor {
        let name =
            variable("USER").or_else(|| variable("LOGNAME")).or_else(|| variable("USERNAME")).unwrap_or_else(|| "somebody".to_owned());
        Actor::person(format!("{}@{}", plain(&name, 60), self.host()))
    }
}

/// The exit code that a journal's error means: a broken one is evidence that does not verify, else something stays undelivered.
pub(super) fn journal_code(error: &JournalError) -> u8 {
    match error {
        JournalError::Broken { .. } | JournalError::Shortened { .. } => exit::EVIDENCE,
        _ => exit::UNDELIVERED,
    }
}
