//! Walks a tree of deltas from its base: each object once, with what the caller knows of the one that it builds on.

use super::damage::Damage;
use super::delta::{self, Step};
use super::inflate::Inflater;
use super::{Forest, ObjectStore, Pack};

/// Buffers that are kept for the next object; larger ones are given back.
const KEPT_BUFFER: usize = 4 << 20;

/// An entry of a pack of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Packed {
    /// The pack's place in the store.
    pub pack: usize,
    /// The entry's number in the pack, counted in the order of their offsets.
    pub number: u32,
}

/// Is led through a tree of deltas.
pub trait Walker {
    /// What is carried from an object to those that build on it.
    type State;

    /// An object that does not build on another one of the pack.
    fn base(&mut self, object: Packed, content: &mut [u8]) -> Self::State;

    /// An object that was made from `base`: `steps` say how, in the object's order.
    fn delta(&mut self, object: Packed, content: &mut [u8], steps: &[Step], base: &[u8], state: &Self::State) -> Self::State;

    /// An object that cannot be read, and why.
    fn damaged(&mut self, object: Packed, damage: Damage);

    /// Bytes that stand behind an entry and belong to none.
    fn surplus(&mut self, object: Packed);
}

/// An object on the way from the base to where the walk is.
struct Ancestor<S> {
    content: Vec<u8>,
    state: S,
    /// What builds on it and is still to be visited: the heaviest first, for the last is taken first.
    children: Vec<u32>,
}

/// Walks trees of deltas on one thread; its buffers are used again.
pub struct Walk<'s> {
    store: &'s ObjectStore,
    inflater: Inflater,
    packed: Vec<u8>,
    steps: Vec<Step>,
    spare: Vec<Vec<u8>>,
}

impl<'s> Walk<'s> {
    /// A walk through the packs of `store`.
    pub fn new(store: &'s ObjectStore) -> Self {
        Self { store, inflater: Inflater::new(), packed: Vec::new(), steps: Vec::new(), spare: Vec::new() }
    }

    /// Walks the tree that grows from `root`, depth first, the light branches before the heavy one.
    ///
    /// An object stays in memory until the last that builds on it is made. As that is the heaviest branch, at most as many ancestors
    /// wait as the number of objects can be halved; along a chain it is the one before.
    pub fn tree<W: Walker>(&mut self, root: Packed, walker: &mut W) {
        let (pack, forest) = (&self.store.packs()[root.pack], self.store.forest(root.pack));
        let place = |number| Packed { pack: root.pack, number };
        let mut content = self.spare.pop().unwrap_or_default();
        match self.root((pack, forest), root.number, &mut content) {
            Ok(true) => {}
            Ok(false) => walker.surplus(root),
            Err(damage) => {
                walker.damaged(root, damage);
                return lose(forest, root, walker);
            }
        }
        let state = walker.base(root, &mut content);
        let mut ancestors = vec![Ancestor { content, state, children: children(forest, root.number) }];
        while let Some(ancestor) = ancestors.last_mut() {
            let Some(number) = ancestor.children.pop() else {
                let done = ancestors.pop().expect("it was the last a moment ago");
                self.give_back(done.content);
                continue;
            };
            let (object, mut content) = (place(number), self.spare.pop().unwrap_or_default());
            match self.step(pack, number, &ancestor.content, &mut content) {
                Ok(true) => {}
                Ok(false) => walker.surplus(object),
                Err(damage) => {
                    walker.damaged(object, damage);
                    lose(forest, object, walker);
                    self.give_back(content);
                    continue;
                }
            }
            let state = walker.delta(object, &mut content, &self.steps, &ancestor.content, &ancestor.state);
            if ancestor.children.is_empty() {
                let done = ancestors.pop().expect("it was the last a moment ago");
                self.give_back(done.content);
            }
            match children(forest, number) {
                children if children.is_empty() => self.give_back(content),
                children => ancestors.push(Ancestor { content, state, children }),
            }
        }
    }

    fn root(&mut self, (pack, forest): (&Pack, &Forest), root: u32, content: &mut Vec<u8>) -> Result<bool, Damage> {
        let Some(id) = forest.external(root) else {
            return pack.inflate(root, &mut self.inflater, content);
        };
        let mut base = self.spare.pop().unwrap_or_default();
        match self.store.read(&id, &mut base) {
            Some(Ok(_)) => self.step(pack, root, &base, content),
            Some(Err(_)) => Err(Damage::Base),
            None => Err(Damage::NoBase(id)),
        }
    }

    /// Makes the object `number` from its base.
    fn step(&mut self, pack: &Pack, number: u32, base: &[u8], content: &mut Vec<u8>) -> Result<bool, Damage> {
        let is_tight = pack.inflate(number, &mut self.inflater, &mut self.packed)?;
        delta::apply(base, &self.packed, content, &mut self.steps)?;
        Ok(is_tight)
    }

    fn give_back(&mut self, buffer: Vec<u8>) {
        if buffer.capacity() <= KEPT_BUFFER && self.spare.len() < 8 {
            self.spare.push(buffer);
        }
        if self.packed.capacity() > KEPT_BUFFER {
            self.packed = Vec::new();
        }
    }
}

fn children(forest: &Forest, number: u32) -> Vec<u32> {
    let mut children: Vec<u32> = forest.children(number).collect();
    children.sort_by_key(|&child| std::cmp::Reverse((forest.weight(child), child)));
    children
}

/// All that builds on a damaged object is lost with it.
fn lose<W: Walker>(forest: &Forest, object: Packed, walker: &mut W) {
    let mut lost = vec![object.number];
    while let Some(number) = lost.pop() {
        for child in forest.children(number) {
            walker.damaged(Packed { pack: object.pack, number: child }, Damage::Base);
            lost.push(child);
        }
    }
}
