//! Which lines of an object its delta changed.

use std::ops::Range;

use super::lines;
use crate::git::Step;

/// Changes that lie closer to each other than this, in bytes, are taken as one.
const GAP: usize = 64;

/// Lines of an object that its base does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Changed {
    /// The lines; none, as a place between two lines, where the base has others there.
    pub(super) lines: Range<usize>,
    /// Where in the base that stands which follows them, up to the next changed lines; none at the end.
    pub(super) next: Option<usize>,
}

/// An insert, or a seam between two copies, as an empty one.
#[derive(Clone, Debug)]
struct Change {
    span: Range<usize>,
    /// Where in the base the copy behind it begins.
    next: Option<usize>,
}

/// The lines that hold an insert or a seam between copies that were no neighbours, in order. All others stand in the base as they are.
///
/// None when a line is too long to be taken apart, or when they make up most of the text: then it is looked at as a whole.
pub(super) fn changed_lines(text: &[u8], base: &[u8], steps: &[Step]) -> Option<Vec<Changed>> {
    let mut changed: Vec<Changed> = Vec::new();
    let mut bytes = 0;
    let mut changes = changes(text.len(), base.len(), steps).peekable();
    while let Some(mut change) = changes.next() {
        // What lies so close together is taken as one: finding its lines once costs less than the lines between.
        while let Some(next) = changes.next_if(|next| next.span.start <= change.span.end + GAP) {
            change = Change { span: change.span.start..change.span.end.max(next.span.end), next: next.next };
        }
        let first = lines::start(text, change.span.start)?;
        let (lines, next) = match unchanged(text, base, &change)? {
            Some((line, from)) => (first..line, Some(from)),
            None => {
                let mut end = lines::end(text, change.span.end)?;
                let place = |end: usize| change.next.map(|next| next + end - change.span.end);
                // What begins a line now may have gone on from one before.
                while end < text.len() && place(end).is_some_and(|place| place <= base.len() && lines::is_continued(base, place - 1)) {
                    end = lines::end(text, end)?;
                }
                (first..end, place(end))
            }
        };
        match changed.last_mut() {
            Some(last) if lines.start <= last.lines.end + GAP => {
                bytes += lines.end.saturating_sub(last.lines.end);
                let end = lines.end.max(last.lines.end);
                let next = next.map(|next| next + (end - lines.end));
                *last = Changed { lines: last.lines.start..end, next };
            }
            _ => {
                bytes += lines.len();
                changed.push(Changed { lines, next });
            }
        }
        if bytes * 4 > text.len() * 3 {
            return None;
        }
    }
    Some(changed)
}

/// The line in which the change ends, and where it stands in the base, if that has the same bytes before the next copy from the
/// beginning of a line on: then it is no new one, though the delta brings its beginning. None at all when it is too long.
fn unchanged(text: &[u8], base: &[u8], change: &Change) -> Option<Option<(usize, usize)>> {
    let end = change.span.end;
    let line = lines::start(text, end)?;
    let same = change.next.and_then(|next| {
        let from = next.checked_sub(end - line)?;
        let begins = from == 0 || base[from - 1] == b'\n' && !lines::is_continued(base, from - 1);
        (begins && base[from..next] == text[line..end]).then_some((line, from))
    });
    Some(same)
}

/// Inserts and seams. Where the object begins or ends in the midst of its base, there is a seam too.
fn changes(length: usize, base: usize, steps: &[Step]) -> impl Iterator<Item = Change> + use<'_> {
    let copied_end = |step: &Step| step.from.map(|from| from + step.length);
    let from = |place: usize| steps.get(place).and_then(|step| step.from);
    let begins_new = steps.first().is_none_or(|step| step.from != Some(0));
    let ends_new = steps.last().is_none_or(|step| copied_end(step) != Some(base));
    let inner = steps.iter().enumerate().filter_map(move |(place, step)| match step.from {
        None => Some(Change { span: step.span(), next: from(place + 1) }),
        // A seam; one beside an insert is part of that insert's surroundings.
        Some(from) if place > 0 && steps[place - 1].from.is_some() => Some(Change { span: step.start..step.start, next: Some(from) }),
        Some(_) => None,
    });
    let seam = |at: usize, next| Change { span: at..at, next };
    begins_new.then(|| seam(0, from(0))).into_iter().chain(inner).chain(ends_new.then(|| seam(length, None)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The steps that lead from one text to another, cut at any byte.
    fn steps(base: &str, text: &str) -> Vec<Step> {
        let prefix = base.bytes().zip(text.bytes()).take_while(|(one, other)| one == other).count();
        let most = base.len().min(text.len()) - prefix;
        let suffix = base.bytes().rev().zip(text.bytes().rev()).take(most).take_while(|(one, other)| one == other).count();
        let all = [
            Step { start: 0, length: prefix, from: Some(0) },
            Step { start: prefix, length: text.len() - prefix - suffix, from: None },
            Step { start: text.len() - suffix, length: suffix, from: Some(base.len() - suffix) },
        ];
        all.into_iter().filter(|step| step.length > 0).collect()
    }

    proptest! {
        #[test]
        fn what_did_not_change_stands_in_the_base(base in "([ab]{0,3}\n|[ab]{0,2}\\\\\n){0,8}[ab]{0,3}", from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(), with in "([ab]{0,3}\n){0,2}[ab]{0,2}") {
            let (from, to) = (from.index(base.len() + 1), to.index(base.len() + 1));
            let (from, to) = (from.min(to), from.max(to));
            let text = format!("{}{with}{}{}", &base[..from], &base[to..], "filler filler filler\n".repeat(20));
            let base = format!("{base}{}", "filler filler filler\n".repeat(20));
            let changed = changed_lines(text.as_bytes(), base.as_bytes(), &steps(&base, &text)).expect("few lines");
            let logical = |text: &str| -> Vec<String> { text.replace("\\\n", "\\+").split_inclusive('\n').map(|line| line.replace('+', "\n")).collect() };
            let known = logical(&base);
            let mut start = 0;
            for line in logical(&text) {
                let before = changed.iter().rev().find(|changed| changed.lines.start <= start);
                let is_changed = before.is_some_and(|changed| changed.lines.contains(&start));
                let from = || before.map_or(Some(start), |changed| Some(changed.next? + start - changed.lines.end));
                let stands = || from().is_some_and(|from| base.get(from..).is_some_and(|rest| rest.starts_with(&line)));
                prop_assert!(is_changed || stands() && known.contains(&line), "{line:?} at {start} of {text:?} from {base:?}: {changed:?}");
                start += line.len();
            }
        }
    }
}
