//! Looks at texts for spots, where leads say that there may be any.

use std::ops::Range;

use super::changes::Changed;
use super::lines;
use super::seen::Seen;
use crate::source::{LEAD_STRIDE, Screen, Spot};

/// What is known of a text.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Where a worker would report something, and where something begins that reaches further than lines tell; in order.
    pub(super) spots: Vec<Spot>,
    /// The places without which there is no spot, in order.
    pub(super) leads: Vec<usize>,
}

/// Looks at texts for paths of some classes.
#[derive(Clone, Copy)]
pub(super) struct Eye<'e> {
    pub(super) screen: &'e dyn Screen,
    pub(super) classes: &'e [usize],
    pub(super) seen: &'e Seen,
}

impl Eye<'_> {
    /// What there is to know of a text.
    pub(super) fn whole(self, text: &[u8]) -> Known {
        let mut known = Known::default();
        self.seen.leads(self.screen, text, 0..text.len(), &mut known.leads);
        let mut stretches = Stretches::default();
        match known.leads.iter().try_for_each(|&lead| stretches.add(text, lead)) {
            Some(()) => self.look(text, &stretches, &mut known.spots),
            // A line is too long to be taken apart.
            None => self.look(text, &Stretches(std::iter::once(0..text.len()).collect()), &mut known.spots),
        }
        known
    }

    /// Completes what is known of a text in which the given lines changed; `base` has the leads of what it was made from. None when it
    /// cannot be told.
    pub(super) fn changes(self, text: &[u8], changed: &[Changed], base: &[usize], known: &mut Known) -> Option<()> {
        if !base.is_empty() {
            carry(base, changed, text.len(), &mut known.leads);
        }
        for Changed { lines, .. } in changed {
            self.seen.leads(self.screen, text, lines.clone(), &mut known.leads);
        }
        known.leads.sort_unstable();
        known.leads.dedup();
        if known.leads.is_empty() {
            return Some(());
        }
        let (mut stretches, mut next) = (Stretches::default(), 0);
        for lines in changed.iter().map(|changed| &changed.lines).filter(|lines| is_near(text, lines, &known.leads)) {
            let around = lines::around(text, lines.clone())?;
            // The same lead may stand around several changes.
            let first = known.leads.partition_point(|&lead| lead + LEAD_STRIDE < around.start);
            next = next.max(first);
            while let Some(&lead) = known.leads.get(next).filter(|&&lead| lead <= around.end + LEAD_STRIDE) {
                stretches.add(text, lead)?;
                next += 1;
            }
        }
        self.look(text, &stretches, &mut known.spots);
        Some(())
    }

    fn look(self, text: &[u8], stretches: &Stretches, spots: &mut Vec<Spot>) {
        for stretch in &stretches.0 {
            for &class in self.classes {
                self.seen.spots(self.screen, class, text, stretch.clone(), spots);
            }
        }
        spots.sort_unstable();
        spots.dedup();
    }
}

/// Lines that are worth a look, in order.
#[derive(Debug, Default)]
struct Stretches(Vec<Range<usize>>);

impl Stretches {
    /// Adds the lines of a lead that stands behind all others; none when they are too long.
    fn add(&mut self, text: &[u8], lead: usize) -> Option<()> {
        let near = lead.saturating_sub(LEAD_STRIDE)..text.len().min(lead + LEAD_STRIDE);
        match self.0.last_mut() {
            Some(last) if near.end <= last.end => {}
            Some(last) if near.start <= last.end => last.end = lines::end(text, near.end)?,
            _ => self.0.push(lines::of(text, near)?),
        }
        Some(())
    }
}

/// Adds the leads of the base that stand in lines of the text that did not change, in order.
fn carry(base: &[usize], changed: &[Changed], length: usize, leads: &mut Vec<usize>) {
    let (mut start, mut from, mut next) = (0, Some(0), 0);
    for at in 0..=changed.len() {
        let end = changed.get(at).map_or(length, |changed| changed.lines.start);
        if let Some(from) = from {
            // Mostly the next lead is the one behind those of the last copy.
            let is_next = |place: usize| (place == 0 || base[place - 1] < from) && base.get(place).is_none_or(|&lead| lead >= from);
            if !is_next(next) {
                next = base.partition_point(|&lead| lead < from);
            }
            while let Some(&lead) = base.get(next).filter(|&&lead| lead < from + (end - start)) {
                leads.push(lead - from + start);
                next += 1;
            }
        }
        if let Some(changed) = changed.get(at) {
            (start, from) = (changed.lines.end, changed.next);
        }
    }
}

/// Whether one of the leads may stand in the lines or in those around them.
fn is_near(text: &[u8], lines: &Range<usize>, leads: &[usize]) -> bool {
    let behind = leads.partition_point(|&lead| lead + LEAD_STRIDE < lines.start);
    let reaches = |place: usize| lines::may_reach(text, lines, place);
    leads.get(behind).is_some_and(|lead| reaches(lead.saturating_sub(LEAD_STRIDE)))
        || behind.checked_sub(1).is_some_and(|before| reaches(leads[before] + LEAD_STRIDE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leads_are_carried_to_where_their_lines_went() {
        let changed = |lines: Range<usize>, next| Changed { lines, next };
        let carried = |base: &[usize], changed: &[Changed], length| {
            let mut leads = Vec::new();
            carry(base, changed, length, &mut leads);
            leads
        };
        let base = [0, 10, 20, 30, 40];
        assert_eq!(carried(&base, &[], 50), base);
        // Ten bytes came in at 15, for which the line at 20 gave way.
        assert_eq!(carried(&base, &[changed(15..35, Some(25))], 60), [0, 10, 40, 50]);
        // The end was cut off, and the beginning stands twice.
        assert_eq!(carried(&base, &[changed(25..25, Some(0)), changed(45..50, None)], 50), [0, 10, 20, 25, 35]);
        assert_eq!(carried(&base, &[changed(0..5, Some(35)), changed(12..12, Some(5))], 30), [10, 17, 27]);
    }
}
