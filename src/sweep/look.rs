//! Looks at stretches of a text for spots, passing by the lines that were looked at before in the same surroundings.

use std::ops::Range;

use super::lines;
use super::memo::{Memo, Neighbourhood};
use crate::source::{Screen, Spot, SpotKind};

/// Bytes of a text that are looked at in one go.
const PIECE: usize = 256 << 10;

/// What looking needs.
#[derive(Clone, Copy)]
pub(super) struct Eye<'e> {
    pub(super) screen: &'e dyn Screen,
    pub(super) memo: &'e Memo,
}

impl Eye<'_> {
    /// The spots of all of a text, in order.
    pub(super) fn whole(self, classes: &[usize], text: &[u8]) -> Vec<Spot> {
        let mut spots = Vec::new();
        if self.pieces(classes, text, &mut spots).is_none() || spots.iter().any(|spot| spot.kind == SpotKind::Far) {
            spots.clear();
            for &class in classes {
                self.screen.look(class, text, &mut spots);
            }
        }
        in_order(spots)
    }

    /// Adds the spots of all of a text, piece by piece: what is kept of the lines of a large text would be larger than the text.
    fn pieces(self, classes: &[usize], text: &[u8], spots: &mut Vec<Spot>) -> Option<()> {
        let mut start = 0;
        while start < text.len() {
            let end = lines::end(text, text.len().min(start + PIECE))?;
            self.lines(classes, text, start..end, spots)?;
            start = end;
        }
        Some(())
    }

    /// Adds the spots that begin in the lines of `interest`, each in the surroundings that it can depend on; none when a line is
    /// too long to be taken apart.
    pub(super) fn lines(self, classes: &[usize], text: &[u8], interest: Range<usize>, spots: &mut Vec<Spot>) -> Option<()> {
        for &class in classes {
            let mut unseen = Vec::new();
            self.memo.neighbourhoods(class, text, interest.clone(), |one| {
                if !one.key.is_some_and(|key| self.memo.holds_nothing(key)) {
                    unseen.push(one);
                }
            })?;
            let mut rest = unseen.as_slice();
            while let Some((stretch, count)) = joined(rest) {
                let (here, others) = rest.split_at(count);
                self.unseen(class, text, stretch, here, spots);
                rest = others;
            }
        }
        Some(())
    }

    /// Looks at `stretch`, of which the lines of `unseen` count.
    fn unseen(self, class: usize, text: &[u8], stretch: Range<usize>, unseen: &[Neighbourhood], spots: &mut Vec<Spot>) {
        let first = spots.len();
        self.screen.look(class, &text[stretch.clone()], spots);
        let mut found = spots.split_off(first);
        for spot in &mut found {
            (spot.start, spot.end) = (spot.start + stretch.start, spot.end + stretch.start);
        }
        // Other lines of the stretch are there for their neighbours' sake: what they need themselves may lie outside.
        found.retain(|spot| {
            let place = unseen.partition_point(|one| one.line.end <= spot.start);
            unseen.get(place).is_some_and(|one| one.line.start <= spot.start)
        });
        found.sort_unstable();
        for one in unseen {
            let place = found.partition_point(|spot| spot.start < one.line.start);
            let holds_nothing = found.get(place).is_none_or(|spot| spot.start >= one.line.end);
            if let Some(key) = one.key.filter(|_| holds_nothing) {
                self.memo.remember(key);
            }
        }
        spots.append(&mut found);
    }
}

/// The stretch that the first of the lines need together, as long as what they need overlaps, and how many they are.
fn joined(lines: &[Neighbourhood]) -> Option<(Range<usize>, usize)> {
    let mut stretch = lines.first()?.needed.clone();
    let more = lines[1..].iter().take_while(|one| {
        let joins = one.needed.start <= stretch.end;
        if joins {
            stretch.end = one.needed.end;
        }
        joins
    });
    let count = 1 + more.count();
    Some((stretch, count))
}

/// Sorted, each once.
pub(super) fn in_order(mut spots: Vec<Spot>) -> Vec<Spot> {
    spots.sort_unstable();
    spots.dedup();
    spots
}
