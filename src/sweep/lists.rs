//! Lists of numbers, one for each number below a bound, in one piece of memory.

/// A list for each key.
#[derive(Debug, Default)]
pub(super) struct Lists {
    /// Where the list of each key begins; the list of the next begins where it ends.
    starts: Vec<u32>,
    items: Vec<u32>,
}

impl Lists {
    /// Sorts pairs of a key and an item of its list; keys that are not below `bound` have no list.
    pub(super) fn new(bound: usize, mut pairs: Vec<(u32, u32)>) -> Self {
        pairs.retain(|&(key, _)| (key as usize) < bound);
        pairs.sort_unstable();
        pairs.dedup();
        let mut starts = vec![0; bound + 1];
        pairs.iter().for_each(|&(key, _)| starts[key as usize + 1] += 1);
        for key in 0..bound {
            starts[key + 1] += starts[key];
        }
        Self { starts, items: pairs.into_iter().map(|(_, item)| item).collect() }
    }

    /// The list of a key, in order.
    pub(super) fn of(&self, key: u32) -> &[u32] {
        match self.starts.get(key as usize..).and_then(|rest| rest.first_chunk::<2>()) {
            Some(&[start, end]) => &self.items[start as usize..end as usize],
            None => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_own() {
        let lists = Lists::new(4, vec![(2, 7), (0, 1), (2, 5), (2, 7), (9, 9)]);
        assert_eq!([0, 1, 2, 3, 4, u32::MAX].map(|key| lists.of(key)), [&[1][..], &[], &[5, 7], &[], &[], &[]]);
        assert_eq!(Lists::default().of(0), [0; 0]);
    }
}
