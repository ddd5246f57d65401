//! Tells what a journal on disk proves, without changing it.

use std::path::Path;

use super::chain::{Digest, Head};
use super::error::JournalError;
use super::lines::{Line, Lines};
use super::store::Store;

/// A line that is not what was written there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub what: String,
}

/// What an interrupted write left at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tear {
    /// Its length in bytes.
    pub bytes: u64,
    /// Its digest.
    pub digest: Digest,
}

/// What a journal proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Where it ends.
    pub head: Head,
    /// Lines that are not what was written there, in order; none in a sound journal.
    pub breaches: Vec<Breach>,
    /// What an interrupted write left at the end, if anything: no sign of tampering in a journal that is in use.
    pub tear: Option<Tear>,
    digests: Vec<Digest>,
}

impl Verified {
    /// Whether every line follows the one before it.
    pub fn is_sound(&self) -> bool {
        self.breaches.is_empty()
    }

    /// Whether the journal that a witness was shown is a beginning of this one: the chain alone cannot tell that its end was cut off.
    pub fn holds(&self, witness: Head) -> bool {
        match usize::try_from(witness.seq) {
            Ok(0) => witness == Head::START,
            Ok(seq) => self.digests.get(seq - 1) == Some(&witness.digest),
            Err(_) => false,
        }
    }
}

/// Reads the journal at `path` from its first line to its last.
///
/// # Errors
/// When it cannot be read; what is wrong with its lines is no error but a [`Breach`].
pub fn verify(path: &Path) -> Result<Verified, JournalError> {
    let store = Store::open_to_read(path)?;
    // An interrupted write and one that is under way look alike, so nobody may write now; a copy on a file system without locks is read
    // all the same.
    let guard = store.lock(false);
    if let Err(locked @ JournalError::Locked { .. }) = guard {
        return Err(locked);
    }
    let mut lines = Lines::new(&store.file, Head::START);
    let mut verified = Verified { head: Head::START, breaches: Vec::new(), tear: None, digests: Vec::new() };
    loop {
        match lines.next().map_err(|source| store.fail("read", source))? {
            Line::Sound(_) => {}
            Line::Broken(what) => verified.breaches.push(Breach { line: lines.head.seq, what }),
            Line::Torn(bytes) => {
                verified.tear = Some(Tear { bytes: bytes.len() as u64, digest: Digest::of(&bytes) });
                return Ok(verified);
            }
            Line::End => return Ok(verified),
        }
        verified.head = lines.head;
        verified.digests.push(lines.head.digest);
    }
}
