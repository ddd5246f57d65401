//! Which spots of a base stand unchanged in what was made from it.

use super::lines;
use crate::git::Step;
use crate::source::{Spot, SpotKind};

/// Adds to `into` the spots of `base` that stand in the object with all they depend on; `None` when that cannot be told.
pub(super) fn inherit(base: &[u8], spots: &[Spot], steps: &[Step], into: &mut Vec<Spot>) -> Option<()> {
    for spot in spots {
        let needed = match spot.kind {
            SpotKind::Reported => lines::of_spot(base, spot.start..spot.end)?,
            // A mark of the place where something begins: a few bytes of it are enough to be told again.
            SpotKind::Far => spot.start..spot.start + 1,
        };
        // A base may be copied several times.
        for step in steps {
            if let Some(from) = step.from
                && from <= needed.start
                && needed.end <= from + step.length
            {
                let moved = |place: usize| place - from + step.start;
                into.push(Spot { start: moved(spot.start), end: moved(spot.end), kind: spot.kind });
            }
        }
    }
    Some(())
}
