//! Looks at stretches of a text for spots.

use std::ops::Range;

use super::seen::Seen;
use crate::source::{Screen, Spot};

/// What looking needs.
#[derive(Clone, Copy)]
pub(super) struct Eye<'e> {
    pub(super) screen: &'e dyn Screen,
    pub(super) seen: &'e Seen,
}

impl Eye<'_> {
    /// The spots of all of a text, in order.
    pub(super) fn whole(self, classes: &[usize], text: &[u8]) -> Vec<Spot> {
        let mut spots = Vec::new();
        self.lines(classes, text, 0..text.len(), &mut spots);
        in_order(spots)
    }

    /// Adds the spots that begin in the given lines.
    pub(super) fn lines(self, classes: &[usize], text: &[u8], lines: Range<usize>, spots: &mut Vec<Spot>) {
        for &class in classes {
            let Some(pieces) = self.seen.unseen(class, text, lines.clone()) else {
                self.stretch(class, text, lines.clone(), spots);
                continue;
            };
            // Neighbours are looked at together.
            for run in pieces.chunk_by(|one, next| one.lines.end == next.lines.start) {
                let first = spots.len();
                let stretch = run[0].lines.start..run[run.len() - 1].lines.end;
                self.stretch(class, text, stretch, spots);
                let holds = |piece: &Range<usize>| spots[first..].iter().any(|spot| spot.start < piece.end && piece.start <= spot.end);
                run.iter().filter(|piece| !holds(&piece.lines)).for_each(|piece| self.seen.clean(piece));
            }
        }
    }

    fn stretch(self, class: usize, text: &[u8], lines: Range<usize>, spots: &mut Vec<Spot>) {
        let first = spots.len();
        self.screen.look(class, text, lines.clone(), spots);
        let mut kept = first;
        for place in first..spots.len() {
            if lines.contains(&spots[place].start) {
                spots.swap(kept, place);
                kept += 1;
            }
        }
        spots.truncate(kept);
    }
}

/// Sorted, each once.
pub(super) fn in_order(mut spots: Vec<Spot>) -> Vec<Spot> {
    spots.sort_unstable();
    spots.dedup();
    spots
}
