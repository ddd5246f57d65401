//! Objects that were made from deltas, kept for a while: others are made from them.

use std::collections::{HashMap, VecDeque};

/// Bytes kept; a larger object is not.
const MOST: usize = 16 << 20;

/// The objects that were made last, by pack and number.
#[derive(Debug, Default)]
pub struct Bases {
    kept: HashMap<(usize, u32), Vec<u8>>,
    /// The oldest first.
    order: VecDeque<(usize, u32)>,
    bytes: usize,
}

impl Bases {
    /// Copies an object into `out`, if it is here.
    pub(super) fn copy(&self, entry: (usize, u32), out: &mut Vec<u8>) -> bool {
        let Some(content) = self.kept.get(&entry) else { return false };
        out.clear();
        out.extend_from_slice(content);
        true
    }

    /// Keeps an object, and gives up the oldest for it.
    pub(super) fn keep(&mut self, entry: (usize, u32), content: &[u8]) {
        if content.len() > MOST / 4 || self.kept.contains_key(&entry) {
            return;
        }
        self.bytes += content.len();
        self.kept.insert(entry, content.to_vec());
        self.order.push_back(entry);
        while self.bytes > MOST {
            let Some(oldest) = self.order.pop_front() else { break };
            self.bytes -= self.kept.remove(&oldest).map_or(0, |content| content.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_first() {
        let (mut bases, mut out) = (Bases::default(), Vec::new());
        let content = vec![7; MOST / 4];
        (0..5).for_each(|number| bases.keep((0, number), &content));
        assert!(!bases.copy((0, 0), &mut out) && bases.copy((0, 1), &mut out) && bases.copy((0, 4), &mut out));
        assert_eq!((out.len(), bases.bytes), (MOST / 4, MOST));
        bases.keep((1, 0), &vec![0; MOST / 4 + 1]);
        assert!(!bases.copy((1, 0), &mut out) && bases.bytes == MOST);
    }
}
