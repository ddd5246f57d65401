//! What each tree holds of the trees below it, with what is wanted: of a tree made from another, only what is new or gone.

use std::ops::Range;

use super::tree_names::{NOBODY, Names};
use super::wanted::Wanted;
use crate::git::{Copied, Damage, ObjectStore, Packed, Reads, Starts, Step, TreeEntryBytes, Walker};

/// Something with a tree that holds it, which those made from that tree hold too until it is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Link {
    /// The number of the tree below, or the number under which something is wanted.
    pub(super) below: u32,
    /// The place of the tree in its store: every copy has its own.
    pub(super) place: u32,
    /// What the tree calls it.
    pub(super) name: u32,
}

/// Reads trees on one thread.
pub(super) struct TreeLinks<'s> {
    store: &'s ObjectStore,
    wanted: &'s Wanted,
    /// The tree that is being read.
    place: u32,
    /// What was copied of its base.
    kept: Vec<Range<usize>>,
    pub(super) names: Names,
    /// Trees in trees.
    pub(super) trees: Vec<Link>,
    /// What is wanted, in trees.
    pub(super) hits: Vec<Link>,
    /// Names that a tree's base gives to something that could be linked, and the tree itself does not give to the same.
    pub(super) gone: Vec<(u32, u32)>,
}

impl<'s> TreeLinks<'s> {
    pub(super) fn new(store: &'s ObjectStore, wanted: &'s Wanted) -> Self {
        let (names, trees, hits, gone) = (Names::default(), Vec::new(), Vec::new(), Vec::new());
        Self { store, wanted, place: NOBODY, kept: Vec::new(), names, trees, hits, gone }
    }

    /// Takes a tree, all of whose entries are new.
    pub(super) fn whole(&mut self, place: usize, content: &[u8]) -> Starts {
        self.take(place, content, None)
    }

    fn take(&mut self, place: usize, content: &[u8], made: Option<Copied<'_>>) -> Starts {
        self.place = u32::try_from(place).unwrap_or(NOBODY);
        self.kept.clear();
        // One that cannot be understood to its end is told of where it is read first.
        let (starts, _) = Starts::of(content, self.store.hash().len_in_bytes(), made, self);
        if let Some(made) = made {
            self.note_gone(&made);
        }
        starts
    }

    /// Notes the entries of the base that were not copied.
    fn note_gone(&mut self, made: &Copied<'_>) {
        self.kept.sort_unstable_by_key(|kept| kept.start);
        let mut next = 0;
        for number in 0..=self.kept.len() {
            let kept = self.kept.get(number).cloned().unwrap_or(made.starts.len()..made.starts.len());
            for place in next..kept.start {
                let parsed = TreeEntryBytes::parse(made.starts.entry(made.base, place), self.store.hash().len_in_bytes());
                let Some((entry, _)) = parsed else { continue };
                if entry.is_tree || self.wanted.hits(&entry).iter().any(Option::is_some) {
                    self.gone.push((self.place, self.names.number(entry.name)));
                }
            }
            next = next.max(kept.end);
        }
    }
}

impl Reads for TreeLinks<'_> {
    fn fresh(&mut self, entry: &TreeEntryBytes<'_>) {
        for below in self.wanted.hits(entry).into_iter().flatten() {
            let name = self.names.number(entry.name);
            self.hits.push(Link { below, place: self.place, name });
        }
        if entry.is_tree
            && let Some(below) = self.store.number(&entry.id).and_then(|number| u32::try_from(number).ok())
        {
            let name = self.names.number(entry.name);
            self.trees.push(Link { below, place: self.place, name });
        }
    }

    fn kept(&mut self, places: Range<usize>) {
        self.kept.push(places);
    }
}

impl Walker for TreeLinks<'_> {
    type State = Starts;

    fn base(&mut self, object: Packed, content: &mut [u8]) -> Starts {
        self.whole(self.store.position(object), content)
    }

    fn delta(&mut self, object: Packed, content: &mut [u8], steps: &[Step], base: &[u8], state: &Starts) -> Starts {
        self.take(self.store.position(object), content, Some(Copied { base, starts: state, steps }))
    }

    // What cannot be read is in the coverage of the sweep already.
    fn damaged(&mut self, _object: Packed, _damage: Damage) {}

    fn surplus(&mut self, _object: Packed) {}
}
