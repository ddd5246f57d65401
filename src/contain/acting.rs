//! Who acts on an incident now: a lock that ends with its process, so that a colleague at work is told from a crash.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

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
