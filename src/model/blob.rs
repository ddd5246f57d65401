//! Content on its way from a source to the detector.

use std::io::Read;

use super::Origin;

/// One content with the place it came from.
pub struct Blob<'a> {
    /// Where it came from.
    pub origin: &'a Origin,
    /// The content.
    pub content: Content<'a>,
}

/// Content that is in memory, or still to be read.
pub enum Content<'a> {
    /// All of it, in memory.
    Bytes(&'a [u8]),
    /// A stream, read in bounded pieces.
    Stream(&'a mut dyn Read),
}
