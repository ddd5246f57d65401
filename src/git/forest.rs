//! Which entries of a pack build on which: the trees of deltas, each growing from an object that is stored whole.

use gix::ObjectId;
use gix::objs::Kind;

use super::Pack;
use super::damage::Damage;
use super::pack_entry::Holds;

const NONE: u32 = u32::MAX;

/// The trees of deltas of one pack.
#[derive(Debug, Default)]
pub struct Forest {
    /// Entries that do not build on another one of the pack, in its order.
    roots: Vec<u32>,
    /// The kind of each entry, once the object that it builds on in the end is known.
    kinds: Vec<Option<Kind>>,
    first_child: Vec<u32>,
    next_sibling: Vec<u32>,
    /// Bytes in the pack of an entry and all that build on it.
    weights: Vec<u64>,
    /// Roots that build on an object outside the pack, in its order.
    external: Vec<(u32, ObjectId)>,
    /// Entries that cannot be read, and why.
    damaged: Vec<(u32, Damage)>,
}

impl Forest {
    /// Reads the headers of all entries. `outside` gives the kind of an object that the pack does not hold.
    pub(super) fn grow(pack: &Pack, outside: impl Fn(&ObjectId) -> Option<Kind>) -> Self {
        let count = pack.len();
        let mut forest = Self {
            roots: Vec::new(),
            kinds: vec![None; count],
            first_child: vec![NONE; count],
            next_sibling: vec![NONE; count],
            weights: vec![0; count],
            external: Vec::new(),
            damaged: Vec::new(),
        };
        // From the last to the first, so that the children of each stand in the order of the pack.
        for number in (0..u32::try_from(count).expect("a pack states its count in 32 bits")).rev() {
            if let Err(damage) = forest.plant(pack, number, &outside) {
                forest.damaged.push((number, damage));
            }
        }
        forest.roots.reverse();
        forest.external.reverse();
        forest.weigh(pack);
        forest
    }

    fn plant(&mut self, pack: &Pack, number: u32, outside: &impl Fn(&ObjectId) -> Option<Kind>) -> Result<(), Damage> {
        let base = match pack.entry(number)?.0.holds {
            Holds::Object(kind) => {
                self.kinds[number as usize] = Some(kind);
                self.roots.push(number);
                return Ok(());
            }
            Holds::OffsetDelta(distance) => {
                let offset = pack.offset(number).checked_sub(distance).filter(|_| distance > 0);
                offset.and_then(|offset| pack.at_offset(offset)).ok_or(Damage::NoEntry)?
            }
            Holds::RefDelta(id) => match pack.find(&id) {
                Some(base) if base == number => return Err(Damage::Cycle),
                Some(base) => base,
                None => {
                    let kind = outside(&id).ok_or(Damage::NoBase(id))?;
                    self.kinds[number as usize] = Some(kind);
                    self.roots.push(number);
                    self.external.push((number, id));
                    return Ok(());
                }
            },
        };
        self.next_sibling[number as usize] = self.first_child[base as usize];
        self.first_child[base as usize] = number;
        Ok(())
    }

    /// Hands kinds down from the roots and weights up to them; what no root leads to builds on itself or on something damaged.
    fn weigh(&mut self, pack: &Pack) {
        let mut order = Vec::with_capacity(pack.len());
        let mut parents = vec![NONE; pack.len()];
        order.extend_from_slice(&self.roots);
        let mut next = 0;
        while let Some(&number) = order.get(next) {
            next += 1;
            self.weights[number as usize] = pack.packed_size(number);
            let kind = self.kinds[number as usize];
            let mut child = self.first_child[number as usize];
            while child != NONE {
                self.kinds[child as usize] = kind;
                parents[child as usize] = number;
                order.push(child);
                child = self.next_sibling[child as usize];
            }
        }
        for &number in order.iter().rev() {
            let parent = parents[number as usize];
            if parent != NONE {
                self.weights[parent as usize] = self.weights[parent as usize].saturating_add(self.weights[number as usize]);
            }
        }
        if order.len() + self.damaged.len() == pack.len() {
            return;
        }
        let mut on_damaged: Vec<u32> = self.damaged.iter().map(|&(number, _)| number).collect();
        let mut is_told = vec![false; pack.len()];
        on_damaged.iter().for_each(|&number| is_told[number as usize] = true);
        while let Some(number) = on_damaged.pop() {
            let children: Vec<u32> = self.children(number).filter(|&child| !is_told[child as usize]).collect();
            for child in children {
                is_told[child as usize] = true;
                self.damaged.push((child, Damage::Base));
                on_damaged.push(child);
            }
        }
        for (number, (kind, is_told)) in (0..).zip(self.kinds.iter().zip(is_told)) {
            if kind.is_none() && !is_told {
                self.damaged.push((number, Damage::Cycle));
            }
        }
    }

    /// The entries that build directly on entry `number`, in the order of the pack.
    pub fn children(&self, number: u32) -> impl Iterator<Item = u32> + use<'_> {
        let mut next = self.first_child[number as usize];
        std::iter::from_fn(move || {
            let child = next;
            next = *self.next_sibling.get(child as usize)?;
            Some(child)
        })
    }

    /// Entries of that kind that do not build on another one of the pack, in its order.
    pub fn roots(&self, kind: Kind) -> impl Iterator<Item = u32> + use<'_> {
        self.roots.iter().copied().filter(move |&root| self.kinds[root as usize] == Some(kind))
    }

    /// The kind of entry `number`, unless it is damaged.
    pub fn kind(&self, number: u32) -> Option<Kind> {
        self.kinds[number as usize]
    }

    /// Bytes in the pack of entry `number` and all that build on it.
    pub fn weight(&self, number: u32) -> u64 {
        self.weights[number as usize]
    }

    /// The object outside the pack that root `number` builds on.
    pub(super) fn external(&self, number: u32) -> Option<ObjectId> {
        self.external.binary_search_by_key(&number, |(known, _)| *known).ok().map(|place| self.external[place].1)
    }

    /// Entries that cannot be read, and why.
    pub fn damaged(&self) -> &[(u32, Damage)] {
        &self.damaged
    }
}
