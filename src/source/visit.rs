//! The two sides of a source: who takes the blobs, and who is told how far it is.

use std::io;

use crate::model::Blob;

/// Takes the blobs of a source, on as many threads as the source uses.
pub trait Visitor: Sync {
    /// A worker for one thread.
    fn worker(&self) -> Box<dyn Worker + '_>;

    /// What tells where in a text a worker would find something, if it can be told without reading the whole text.
    fn screen(&self) -> Option<&dyn Screen> {
        None
    }
}

/// Tells where in a text a worker would find something, path by path; for sources that meet the same bytes again and again.
pub trait Screen: Sync {
    /// The number of the class that the path belongs to: contents at paths of one class are looked at alike. Small numbers.
    fn class(&self, path: &[u8]) -> usize;

    /// Whether a content at paths of that class can only be looked at as a whole, by a worker.
    fn is_opaque(&self, class: usize, content: &[u8]) -> bool;

    /// Adds the spots of `text`, which is a content or whole lines of one, as a content of that class.
    fn look(&self, class: usize, text: &[u8], spots: &mut Vec<Spot>);
}

/// A place in a text that a worker would report, or on which other places depend. Offsets count from the text's first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spot {
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// What it means.
    pub kind: SpotKind,
}

/// What a spot means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SpotKind {
    /// A worker would report something here. It depends on nothing but the lines around it: those that [`BEFORE`] bytes before its
    /// start and [`AFTER`] bytes after its end belong to.
    Reported,
    /// What begins here reaches further than lines can tell: a content that holds such a spot is looked at as a whole.
    Far,
}

/// How far before a spot the bytes begin that it depends on, but for the rest of the first of their lines.
pub const BEFORE: usize = 384;
/// How far behind a spot they end, but for the rest of the last of their lines.
pub const AFTER: usize = 128;

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
