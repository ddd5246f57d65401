//! Who acts on an incident now: a lock that ends with its process, so that a colleague at work is told from a crash.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

use super::act::{ActError, Responder};
use super::facts::{REFUSED, Refused};
use super::proof::self_entry;

/// Held while somebody acts on an incident; the system lets go when the process ends, however it does.
#[derive(Debug)]
pub struct Acting(File);

impl Acting {
    /// Takes the lock beside the incident's `journal`; none where somebody else has it.
    ///
    /// # Errors
    /// When the file cannot be made or the file system has no locks: then nobody can tell, and nothing may be done.
    pub fn take(journal: &Path) -> io::Result<Option<Self>> {
        let mut options = OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.read(true).append(true).create(true).open(journal.with_file_name("acting"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

impl Drop for Acting {
    fn drop(&mut self) {
        // The system unlocks when the file is closed, at the latest.
        let _ = self.0.unlock();
    }
}

impl Responder<'_> {
    /// Begins to act: alone, on the incident as it is now, under an authority that is kept. `what` is what somebody wants to do.
    ///
    /// # Errors
    /// When somebody else acts on it, which is put on record, or nobody can tell, or the authority cannot be kept.
    pub(super) fn begin(&mut self, what: &str) -> Result<Acting, ActError> {
        let Some(acting) = Acting::take(self.journal.path()).map_err(ActError::Lock)? else {
            let why = "another responder acts on it at this moment".to_owned();
            let refused = Refused { action: what.to_owned(), verb: String::new(), why, is_open: true };
            self.append(|incident| vec![self_entry(incident, REFUSED, &refused)])?;
            return Err(ActError::Busy(self.journal.state().id.clone()));
        };
        // What somebody else has done since the journal was opened is done.
        self.journal.refresh()?;
        self.keep_authority()?;
        Ok(acting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_acts_at_a_time_and_the_next_when_it_is_done() {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let journal = scratch.path().join("journal.jsonl");
        let first = Acting::take(&journal).expect("locks").expect("nobody has it");
        assert!(Acting::take(&journal).expect("locks").is_none());
        drop(first);
        assert!(Acting::take(&journal).expect("locks").is_some());
    }
}
