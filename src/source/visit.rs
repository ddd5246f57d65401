//! The two sides of a source: who takes the blobs, and who is told how far it is.

use std::io;
use std::ops::Range;

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

    /// Adds the leads in the given lines, in order: places without which nothing is found. Where [`Screen::look`] adds a spot, one of
    /// them stands in the same lines or at most [`LEAD_STRIDE`] bytes away. They depend on the lines that are given, and on no path.
    fn leads(&self, text: &[u8], lines: Range<usize>, leads: &mut Vec<usize>);

    /// Adds the spots that begin in the given lines of a content of that class; a few may begin outside them.
    fn look(&self, class: usize, text: &[u8], lines: Range<usize>, spots: &mut Vec<Spot>);
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
    /// A worker would report something here. It depends on nothing but the lines around it: those that [`BEFORE`] and [`AFTER`] span.
    Reported,
    /// What begins here reaches further than lines can tell: a content that holds such a spot is looked at as a whole.
    Far,
}

/// How far a spot depends on what stands beside it: on whole lines, until there are enough of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Bytes that are enough in any case.
    pub bytes: usize,
    /// Lines that are enough, blank ones not counted,
    pub lines: usize,
    /// once they have so many bytes.
    pub least: usize,
}

/// What a spot depends on before its own line. A value may stand below its operator, that below the call it is given to, that below
/// the name, that below a pair that holds the real name; attributes and accessors are looked for in fewer than 100 bytes.
pub const BEFORE: Reach = Reach { bytes: 384, lines: 4, least: 128 };
/// What a spot depends on behind its own line: the line below, and a few bytes of what follows a value.
pub const AFTER: Reach = Reach { bytes: 128, lines: 2, least: 32 };

/// How far from the lines of a spot its lead may stand, in bytes.
pub const LEAD_STRIDE: usize = 32;

/// Takes blobs on one thread, one after the other.
pub trait Worker: Send {
    /// Takes one blob. An error means that its stream failed: the source notes what was not read and goes on.
    fn blob(&mut self, blob: Blob<'_>) -> io::Result<()>;

    /// How much it had to say so far: grows with every finding and every gap. None when it does not count.
    fn reported(&self) -> Option<usize> {
        None
    }
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
