//! Where the lines begin and end that a place depends on.

use std::ops::Range;

use crate::source::{AFTER, BEFORE, Reach};

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

/// The start of the lines above `line`, itself the start of one, that make up the reach.
fn above(text: &[u8], line: usize, reach: Reach) -> Option<usize> {
    let (mut from, mut lines) = (line, 0);
    while from > 0 && !is_enough(reach, lines, line - from) {
        let before = start(text, from - 1)?;
        lines += usize::from(!is_blank(&text[before..from]));
        from = before;
    }
    Some(from)
}

/// The end of the lines below `line`, itself the end of one, that make up the reach.
fn below(text: &[u8], line: usize, reach: Reach) -> Option<usize> {
    let (mut to, mut lines) = (line, 0);
    while to < text.len() && !is_enough(reach, lines, to - line) {
        let after = end(text, to)?;
        lines += usize::from(!is_blank(&text[to..after]));
        to = after;
    }
    Some(to)
}

fn is_enough(reach: Reach, lines: usize, bytes: usize) -> bool {
    bytes >= reach.bytes || lines >= reach.lines && bytes >= reach.least
}

fn is_blank(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}

/// The lines that a spot at `span` depends on.
pub(super) fn of_spot(text: &[u8], span: Range<usize>) -> Option<Range<usize>> {
    Some(above(text, start(text, span.start)?, BEFORE)?..below(text, end(text, span.end)?, AFTER)?)
}

/// The lines that hold `change`; an empty change is a place between two bytes.
pub(super) fn of(text: &[u8], change: Range<usize>) -> Option<Range<usize>> {
    Some(start(text, change.start)?..end(text, change.end)?)
}

/// The lines in which a spot can stand that depends on a byte of the given lines.
pub(super) fn around(text: &[u8], lines: Range<usize>) -> Option<Range<usize>> {
    Some(above(text, lines.start, AFTER)?..below(text, lines.end, BEFORE)?)
}

/// Whether a place may lie in the lines [`around`] `lines`: `false` only when it does not.
pub(super) fn may_reach(text: &[u8], lines: &Range<usize>, place: usize) -> bool {
    // The last line that is taken in begins, or ends, at most the reach away from the lines: another one between is too much.
    let (near, far) = match place < lines.start {
        true => (place, lines.start.saturating_sub(AFTER.bytes)),
        false => (lines.end + BEFORE.bytes, place),
    };
    near >= far || far - near <= LONGEST_LINE && memchr::memchr_iter(b'\n', &text[near..far]).all(|at| is_continued(text, near + at))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
            /// What a spot depends on is exactly what a change is looked for around: else a change could be missed.
            #[test]
            fn the_reach_is_the_same_from_both_ends(text in "([a-z =\\\\]{0,60}\n|\n| \t\n){0,40}[a-z]{0,9}", at in any::<prop::sample::Index>(), far in any::<prop::sample::Index>()) {
                let text = text.as_bytes();
                let (spot, change) = (at.index(text.len() + 1), far.index(text.len() + 1));
                let line = |place: usize| of(text, place..place).expect("short lines");
                prop_assume!(!is_blank(&text[line(spot)]) && line(spot) != line(change));
                let depends = of_spot(text, spot..spot).expect("short lines");
                let looked = around(text, line(change)).expect("short lines");
                prop_assert!(!looked.contains(&spot) || may_reach(text, &line(change), spot));
    // The end of the text belongs to its last line.
                let holds = |lines: &Range<usize>, place: usize| lines.contains(&place) || lines.end == text.len() && place == text.len();
                prop_assert_eq!(holds(&depends, change), holds(&looked, spot));
            }
        }
}
