//! A file of the object database as bytes in memory.

#![expect(unsafe_code, reason = "mapping a file; the proof stands at its use")]

use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::Path;

/// A file as bytes; its pages are read when they are looked at.
#[derive(Debug)]
pub(super) enum Mapped {
    /// The pages of a file.
    File(memmap2::Mmap),
    /// Bytes that somebody else read, or none.
    Owned(Vec<u8>),
}

impl Mapped {
    /// Maps the regular file at `path`.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let found = file.metadata()?;
        if !found.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        if found.len() == 0 {
            return Ok(Self::Owned(Vec::new()));
        }
        // SAFETY: the map is private and read-only, and git never writes into a pack or an index once it has its name: they are
        // written under another name, renamed, and deleted as a whole, which leaves the pages of a map alone. Nothing is concluded
        // from reading a byte twice: every offset and size is checked against the map's length and the bytes are copied out by
        // decompression. A program that cuts the file short meanwhile makes the system end ours (SIGBUS), which no caller can take
        // for a clean scan.
        let map = unsafe { memmap2::Mmap::map(&file)? };
        Ok(Self::File(map))
    }
}

impl Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::File(map) => map,
            Self::Owned(bytes) => bytes,
        }
    }
}

impl From<Vec<u8>> for Mapped {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Owned(bytes)
    }
}
