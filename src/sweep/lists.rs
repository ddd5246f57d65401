//! Lists of numbers, one for each number below a bound, in one piece of memory.

/// A list for each key.
#[derive(Debug, Default)]
pub(super) struct Lists {
    /// Where the list of each key begins; the list of the next begins where it ends.
    starts: Vec<u32>,
    items: Vec<u32>,
}

impl Lists {
    /// Puts pairs of a key and an item into the list of that key; keys that are not below `bound` have no list.
    pub(super) fn new(bound: usize, pairs: Vec<(u32, u32)>) -> Self {
        let mut starts = vec![0u32; bound + 1];
        let pairs = || pairs.iter().map(|&(key, item)| (key as usize, item)).filter(|(key, _)| *key < bound);
        pairs().for_each(|(key, _)| starts[key] += 1);
        // First where each list ends; filling it from its end leaves where it begins.
        let mut end = 0;
        for start in &mut starts {
            end += *start;
            *start = end;
        }
        let mut items = vec![0; end as usize];
        for (key, item) in pairs().rev() {
            starts[key] -= 1;
            items[starts[key] as usize] = item;
        }
        Self { starts, items }
    }

    /// The list of a key, in the order in which its items came.
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
        assert_eq!([0, 1, 2, 3, 4, u32::MAX].map(|key| lists.of(key)), [&[1][..], &[], &[7, 5, 7], &[], &[], &[]]);
        assert_eq!(Lists::default().of(0), [0; 0]);
    }
}
