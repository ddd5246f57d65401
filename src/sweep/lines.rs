//! Where the lines begin and end that a place depends on.

use std::ops::Range;

use crate::source::{AFTER, BEFORE};

/// Lines that are longer than this are not taken apart: the content is looked at as a whole.
pub(super) const LONGEST_LINE: usize = 8 << 10;

/// The start of the line that holds `place`, which may be the end of the text. A line end behind a backslash ends no line, for a
/// value may go on behind it. None when the line is too long.
pub(super) fn start(text: &[u8], place: usize) -> Option<usize> {
    let floor = place.saturating_sub(LONGEST_LINE);
    let mut end = place;
    loop {
        match memchr::memrchr(b'\n', &text[floor..end]) {
            Some(found) if is_continued(text, floor + found) => end = floor + found,
            Some(found) => return Some(floor + found + 1),
            None => return (floor == 0).then_some(0),
        }
    }
}

/// The end of the line that holds `place`, its line end included. None when the line is too long.
pub(super) fn end(text: &[u8], place: usize) -> Option<usize> {
    let ceiling = text.len().min(place.saturating_add(LONGEST_LINE));
    let mut from = place.min(ceiling);
    loop {
        match memchr::memchr(b'\n', &text[from..ceiling]) {
            Some(found) if is_continued(text, from + found) => from += found + 1,
            Some(found) => return Some(from + found + 1),
            None => return (ceiling == text.len()).then_some(ceiling),
        }
    }
}

/// Whether a backslash stands before the line end at `place`.
#[inline]
pub(super) fn is_continued(text: &[u8], place: usize) -> bool {
    match text[..place] {
        [.., b'\\'] => true,
        [.., before, b'\r'] => before == b'\\',
        _ => false,
    }
}

/// The lines that a spot at `span` depends on.
pub(super) fn of_spot(text: &[u8], span: Range<usize>) -> Option<Range<usize>> {
    Some(start(text, span.start.saturating_sub(BEFORE))?..end(text, text.len().min(span.end + AFTER))?)
}

/// The lines in which a spot can stand that depends on a byte of `change`; an empty change is a place between two bytes.
pub(super) fn around(text: &[u8], change: Range<usize>) -> Option<Range<usize>> {
    let first = start(text, start(text, change.start)?.saturating_sub(AFTER))?;
    let last = end(text, text.len().min(end(text, change.end)? + BEFORE))?;
    Some(first..last)
}
