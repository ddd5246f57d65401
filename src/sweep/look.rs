//! Looks at stretches of a text for spots.

use std::ops::Range;

use crate::source::{Screen, Spot};

/// What looking needs.
#[derive(Clone, Copy)]
pub(super) struct Eye<'e> {
    pub(super) screen: &'e dyn Screen,
}

impl Eye<'_> {
    /// The spots of all of a text, in order.
    pub(super) fn whole(self, classes: &[usize], text: &[u8]) -> Vec<Spot> {
        let mut spots = Vec::new();
        for &class in classes {
            self.screen.look(class, text, 0..text.len(), &mut spots);
        }
        in_order(spots)
    }

    /// Adds the spots that begin in the given lines.
    pub(super) fn lines(self, classes: &[usize], text: &[u8], lines: Range<usize>, spots: &mut Vec<Spot>) {
        let first = spots.len();
        for &class in classes {
            self.screen.look(class, text, lines.clone(), spots);
        }
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
