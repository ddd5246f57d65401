//! Why a journal cannot be read or written, with the way out.

use std::io;
use std::path::PathBuf;

/// Why a journal cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file system refused.
    #[error("the journal {} cannot be {doing}: {source}", path.display())]
    Io {
        /// The journal.
        path: PathBuf,
        /// What was tried, as a participle.
        doing: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// It is a device, a FIFO, a link or a folder.
    #[error("the journal {} is not a regular file; move it away", path.display())]
    NotAFile {
        /// The journal.
        path: PathBuf,
    },
    /// Another process has held the lock too long.
    #[error("the journal {} is locked by another process since {seconds} s; end that process or wait for it", path.display())]
    Locked {
        /// The journal.
        path: PathBuf,
        /// How long was waited, in seconds.
        seconds: u64,
    },
    /// A line is not what was written there.
    #[error("the journal {} is broken at line {line}: {what}; keep it as evidence, move it away", path.display())]
    Broken {
        /// The journal.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
    /// The file holds less than what was read from it before.
    #[error("the journal {} was shortened while it was in use; keep it as evidence, move it away", path.display())]
    Shortened {
        /// The journal.
        path: PathBuf,
    },
    /// The event would not fit a line.
    #[error("an event of {bytes} bytes is longer than a line of the journal {} may be", path.display())]
    TooLong {
        /// The journal.
        path: PathBuf,
        /// Length of the line in bytes.
        bytes: usize,
    },
}
