//! Which lines of an object its delta makes worth a look.

use std::ops::Range;

use super::lines;
use crate::git::Step;

/// Stretches that lie closer to each other than this, in bytes, become one.
const GAP: usize = 128;

/// The lines round every insert and every seam between copies that were no neighbours, in order.
///
/// None when a line is too long to be taken apart, or when they make up most of the text: then it is looked at as a whole.
pub(super) fn changed_lines(text: &[u8], base: &[u8], steps: &[Step]) -> Option<Vec<Range<usize>>> {
    let mut stretches: Vec<Range<usize>> = Vec::new();
    let mut bytes = 0;
    let mut changes = changes(text.len(), base.len(), steps).peekable();
    while let Some(mut change) = changes.next() {
        // What lies so close together is taken as one: finding its lines once costs less than the lines between.
        while let Some(next) = changes.next_if(|next| next.start <= change.end + GAP) {
            change.end = change.end.max(next.end);
        }
        let stretch = lines::around(text, change)?;
        match stretches.last_mut() {
            Some(last) if stretch.start <= last.end + GAP => {
                bytes += stretch.end.saturating_sub(last.end);
                last.end = last.end.max(stretch.end);
            }
            _ => {
                bytes += stretch.len();
                stretches.push(stretch);
            }
        }
        if bytes * 4 > text.len() * 3 {
            return None;
        }
    }
    Some(stretches)
}

/// Inserts as ranges, seams as empty ranges. Where the object begins or ends in the midst of its base, there is a seam too.
fn changes(length: usize, base: usize, steps: &[Step]) -> impl Iterator<Item = Range<usize>> + use<'_> {
    let copied_end = |step: &Step| step.from.map(|from| from + step.length);
    let begins_new = steps.first().is_none_or(|step| step.from != Some(0));
    let ends_new = steps.last().is_none_or(|step| copied_end(step) != Some(base));
    let inner = steps.iter().enumerate().filter_map(move |(place, step)| match step.from {
        None => Some(step.span()),
        // A seam; one beside an insert is part of that insert's surroundings.
        Some(_) if place > 0 && steps[place - 1].from.is_some() => Some(step.start..step.start),
        Some(_) => None,
    });
    begins_new.then_some(0..0).into_iter().chain(inner).chain(ends_new.then_some(length..length))
}
