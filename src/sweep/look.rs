//! Looks at stretches of a text for spots, each in the surroundings that it can depend on.

use std::ops::Range;

use super::lines;
use crate::source::{AFTER, BEFORE, Screen, Spot};

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
            self.screen.look(class, text, &mut spots);
        }
        in_order(spots)
    }

    /// Adds the spots that begin in the lines of `interest`, each in the surroundings that it can depend on; none when a line is
    /// too long to be taken apart.
    pub(super) fn lines(self, classes: &[usize], text: &[u8], interest: Range<usize>, spots: &mut Vec<Spot>) -> Option<()> {
        let from = lines::start(text, interest.start.saturating_sub(BEFORE))?;
        let to = lines::end(text, text.len().min(interest.end + AFTER))?;
        for &class in classes {
            let first = spots.len();
            self.screen.look(class, &text[from..to], spots);
            let mut kept = first;
            for place in first..spots.len() {
                let spot = spots[place];
                let (start, end) = (spot.start + from, spot.end + from);
                if interest.contains(&start) {
                    spots[kept] = Spot { start, end, kind: spot.kind };
                    kept += 1;
                }
            }
            spots.truncate(kept);
        }
        Some(())
    }
}

/// Sorted, each once.
pub(super) fn in_order(mut spots: Vec<Spot>) -> Vec<Spot> {
    spots.sort_unstable();
    spots.dedup();
    spots
}
