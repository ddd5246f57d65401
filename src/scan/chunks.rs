//! Cuts a stream into overlapping pieces, so that memory stays flat and no match is cut.

use std::io::{self, Read};
use std::ops::Range;

/// New bytes in a piece.
const CHUNK: usize = 1 << 20;
/// Bytes before the part that counts: context for names, words and lines.
const BEFORE: usize = 4 << 10;
/// Bytes after it: the longest thing that is found whole, a key block.
const AFTER: usize = 40 << 10;

/// One piece of a stream.
pub(crate) struct Chunk<'b> {
    /// The bytes, context included.
    pub(crate) text: &'b [u8],
    /// Offset of the first of them in the stream.
    pub(crate) base: u64,
    /// The bytes of `text` in which a match must begin to count here and not in a neighbour.
    pub(crate) counts: Range<usize>,
}

/// Reads the stream to its end; returns its length in bytes.
///
/// # Errors
/// Those of the stream; the pieces read until then were given.
pub(crate) fn each(stream: &mut dyn Read, buffer: &mut Vec<u8>, mut take: impl FnMut(&Chunk<'_>)) -> io::Result<u64> {
    buffer.clear();
    let (mut base, mut counted) = (0u64, 0usize);
    loop {
        let held = buffer.len();
        let read = stream.take((CHUNK - CHUNK.min(held.saturating_sub(BEFORE + AFTER))) as u64).read_to_end(buffer);
        let done = !matches!(read, Ok(count) if count > 0);
        // An even cut keeps the byte order of UTF-16 text.
        let cut = if done { buffer.len() } else { buffer.len().saturating_sub(AFTER) & !1 };
        if cut > counted || done && held == 0 {
            take(&Chunk { text: buffer, base, counts: counted..cut });
        }
        if done {
            let total = base + buffer.len() as u64;
            return read.map(|_| total);
        }
        if cut > counted {
            let drop = cut.saturating_sub(BEFORE) & !1;
            buffer.drain(..drop);
            base += drop as u64;
            counted = cut - drop;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_counts_once() {
        for length in [0, 1, AFTER, CHUNK, CHUNK + 1, 3 * CHUNK + 17] {
            let data: Vec<u8> = (0..length).map(|number| (number % 251) as u8).collect();
            let (mut seen, mut buffer) = (Vec::new(), Vec::new());
            let total = each(&mut data.as_slice(), &mut buffer, |chunk| {
                assert_eq!(chunk.base as usize + chunk.counts.start, seen.len());
                seen.extend_from_slice(&chunk.text[chunk.counts.clone()]);
                assert!(chunk.text.len() <= CHUNK + BEFORE + AFTER + 2);
            })
            .expect("memory does not fail");
            assert_eq!((total as usize, seen == data), (length, true), "{length}");
        }
    }
}
