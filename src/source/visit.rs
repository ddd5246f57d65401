//! The two sides of a source: who takes the blobs, and who is told how far it is.

use std::io;

use crate::model::Blob;

/// Takes the blobs of a source, on as many threads as the source uses.
pub trait Visitor: Sync {
    /// A worker for one thread.
    fn worker(&self) -> Box<dyn Worker + '_>;
}

/// Takes blobs on one thread, one after the other.
pub trait Worker: Send {
    /// Takes one blob. An error means that its stream failed: the source notes what was not read and goes on.
    fn blob(&mut self, blob: Blob<'_>) -> io::Result<()>;
}

/// Is told how far a source is.
pub trait Progress: Sync {
    /// How much there will be, as soon as that is known; some sources never know.
    fn total(&self, bytes: u64, items: u64);
    /// How much was read since the last call.
    fn advance(&self, bytes: u64, items: u64);
}

/// Progress that nobody watches.
pub struct Silent;

impl Progress for Silent {
    fn total(&self, _bytes: u64, _items: u64) {}
    fn advance(&self, _bytes: u64, _items: u64) {}
}
