//! Ids of objects, sorted, each once: what is kept of a repository is numbered by them.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::git::{ObjectId, ObjectStore};

/// Ids one behind the other. The place of an id is the number of its object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct IdList {
    /// Bytes of an id.
    length: usize,
    bytes: Vec<u8>,
}

impl IdList {
    /// The list of these, which are sorted and differ.
    pub(super) fn of_sorted<'i>(ids: impl IntoIterator<Item = &'i ObjectId>) -> Self {
        let mut list = Self::default();
        ids.into_iter().for_each(|id| list.push(id));
        list
    }

    /// The list of all objects of a store; with the place in it of each number that the store gives.
    pub(super) fn of_store(store: &ObjectStore) -> (Self, Vec<u32>) {
        let start = |id: &ObjectId| id.as_slice().first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        let narrow = |number: usize| u32::try_from(number).expect("objects are numbered in 32 bits");
        let mut order: Vec<(u64, u32)> = store.by_id().map(|number| (start(&store.id(number)), narrow(number))).collect();
        // A stable sort knows what is sorted already: nearly all.
        order.sort();
        // Those that begin alike: copies of one object, nearly always.
        for alike in order.chunk_by_mut(|one, other| one.0 == other.0).filter(|alike| alike.len() > 1) {
            alike.sort_by_key(|(_, number)| store.id(*number as usize));
        }
        let (mut list, mut places) = (Self::default(), vec![0; order.len()]);
        list.bytes.reserve_exact(order.len() * store.hash().len_in_bytes());
        let mut last = None;
        for (_, number) in order {
            let id = store.id(number as usize);
            if last != Some(id) {
                list.push(&id);
                last = Some(id);
            }
            places[number as usize] = u32::try_from(list.len() - 1).expect("no more than the store has");
        }
        (list, places)
    }

    fn push(&mut self, id: &ObjectId) {
        self.length = id.as_slice().len();
        self.bytes.extend_from_slice(id.as_slice());
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.bytes.len() / self.length.max(1)
    }

    /// Whether the bytes are such a list.
    pub(super) fn is_sound(&self) -> bool {
        let is_whole = self.length > 0 && self.bytes.len().is_multiple_of(self.length) && self.len() < u32::MAX as usize;
        self.bytes.is_empty() || is_whole && self.raw().is_sorted_by(|one, other| one < other)
    }

    fn raw(&self) -> std::slice::ChunksExact<'_, u8> {
        self.bytes.chunks_exact(self.length.max(1))
    }

    /// The ids, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = ObjectId> + use<'_> {
        self.raw().filter_map(|id| ObjectId::try_from(id).ok())
    }

    /// The id at that place.
    pub(super) fn id(&self, place: u32) -> Option<ObjectId> {
        let start = (place as usize).checked_mul(self.length)?;
        ObjectId::try_from(self.bytes.get(start..start + self.length)?).ok()
    }

    /// The place of an id.
    pub(super) fn place(&self, id: &ObjectId) -> Option<u32> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.bytes[middle * self.length..][..self.length].cmp(id.as_slice()) {
                std::cmp::Ordering::Equal => return u32::try_from(middle).ok(),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// Whether the id is in it.
    pub(super) fn has(&self, id: &ObjectId) -> bool {
        self.place(id).is_some()
    }

    /// For each id of this list its place in `other`, which may lack it.
    pub(super) fn places_in<'l>(&'l self, other: &'l Self) -> impl Iterator<Item = Option<u32>> + use<'l> {
        let mut theirs = other.raw().zip(0u32..).peekable();
        self.raw().map(move |id| {
            while theirs.next_if(|(their, _)| *their < id).is_some() {}
            theirs.next_if(|(their, _)| *their == id).map(|(_, place)| place)
        })
    }

    /// The ids that `other` lacks.
    pub(super) fn without(&self, other: &Self) -> Vec<ObjectId> {
        if self == other {
            return Vec::new();
        }
        let lacking = self.raw().zip(self.places_in(other)).filter(|(_, place)| place.is_none());
        lacking.filter_map(|(id, _)| ObjectId::try_from(id).ok()).collect()
    }

    /// A digest of all.
    pub(super) fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.bytes).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_compared_from_place_to_place() {
        let id = |digit: u8| ObjectId::from([digit; 20]);
        let list = |digits: &[u8]| IdList::of_sorted(&digits.iter().map(|&digit| id(digit)).collect::<Vec<_>>());
        let (one, other) = (list(&[1, 3, 5]), list(&[0, 1, 2, 5, 9]));
        assert_eq!(one.places_in(&other).collect::<Vec<_>>(), [Some(1), None, Some(3)]);
        assert_eq!(other.places_in(&one).collect::<Vec<_>>(), [None, Some(0), None, Some(2), None]);
        assert_eq!(IdList::default().places_in(&one).count() + one.places_in(&IdList::default()).flatten().count(), 0);
        assert_eq!((one.without(&other), other.without(&one).len(), one.without(&one).len()), (vec![id(3)], 3, 0));
        assert_eq!((one.place(&id(3)), one.place(&id(4)), one.id(1), one.id(3)), (Some(1), None, Some(id(3)), None));
        assert!(one.is_sound() && IdList::default().is_sound() && !list(&[3, 1]).is_sound() && !list(&[1, 1]).is_sound());
        assert!(!IdList { length: 20, bytes: vec![0; 30] }.is_sound() && !IdList { length: 0, bytes: vec![0; 20] }.is_sound());
    }
}
