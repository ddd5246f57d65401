//! Which names trees give to which objects: of a tree made from another, only what is new is read.

use std::collections::HashMap;

use bstr::BString;

use crate::git::{Copied, Damage, ObjectId, ObjectStore, Packed, Reads, Starts, Step, TreeEntryBytes, Walker};
use crate::model::Coverage;
use crate::source::Progress;

/// No number: the object is not there, or there is no base.
pub(super) const NOBODY: u32 = u32::MAX;

/// A name that a tree gives to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Entry {
    /// The name, by its number in [`Names`].
    pub(super) name: u32,
    /// The object's number in the store; nobody when it is not there, or belongs to another repository.
    pub(super) object: u32,
    /// Whether that is a tree.
    pub(super) is_tree: bool,
}

/// Names, each once.
#[derive(Debug, Default)]
pub(super) struct Names {
    numbers: HashMap<BString, u32>,
    names: Vec<BString>,
}

impl Names {
    pub(super) fn number(&mut self, name: &[u8]) -> u32 {
        if let Some(&number) = self.numbers.get(bstr::BStr::new(name)) {
            return number;
        }
        let number = u32::try_from(self.names.len()).expect("fewer names than fit into memory");
        self.numbers.insert(name.into(), number);
        self.names.push(name.into());
        number
    }

    pub(super) fn name(&self, number: u32) -> &[u8] {
        &self.names[number as usize]
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }
}

/// A tree as it was met.
#[derive(Clone, Debug)]
pub(super) struct Met {
    /// Its number.
    pub(super) number: u32,
    /// The tree that it was made from: what is not new stands in that.
    pub(super) base: u32,
    /// Its new entries, by their place in [`TreeNames::entries`].
    pub(super) entries: std::ops::Range<usize>,
}

/// Reads trees on one thread.
pub(super) struct TreeNames<'s> {
    store: &'s ObjectStore,
    progress: &'s dyn Progress,
    pub(super) names: Names,
    pub(super) met: Vec<Met>,
    pub(super) entries: Vec<Entry>,
    /// Objects that a tree names and that are not there, by the entry's place.
    pub(super) absent: HashMap<usize, ObjectId>,
    pub(super) coverage: Coverage,
}

/// What is carried from a tree to those made from it: its number, and where each of its entries begins.
pub(super) struct Known {
    number: u32,
    starts: Starts,
}

impl<'s> TreeNames<'s> {
    pub(super) fn new(store: &'s ObjectStore, progress: &'s dyn Progress) -> Self {
        let (names, coverage) = (Names::default(), Coverage::default());
        Self { store, progress, names, met: Vec::new(), entries: Vec::new(), absent: HashMap::new(), coverage }
    }

    /// Takes a tree, all of whose entries are new.
    pub(super) fn whole(&mut self, number: u32, id: impl Fn() -> ObjectId, content: &[u8]) -> Known {
        self.take(number, NOBODY, id, content, None)
    }

    fn take(&mut self, number: u32, base: u32, id: impl Fn() -> ObjectId, content: &[u8], made: Option<Copied<'_>>) -> Known {
        let first = self.entries.len();
        let (starts, is_whole) = Starts::of(content, self.store.hash().len_in_bytes(), made, self);
        if !is_whole {
            self.coverage.unread(format!("object {}", id()), "a tree that cannot be understood");
        }
        self.met.push(Met { number, base, entries: first..self.entries.len() });
        Known { number, starts }
    }

    fn told(&self, object: Packed) {
        self.progress.advance(self.store.packs()[object.pack].0.packed_size(object.number), 1);
    }

    fn number(&self, object: Packed) -> u32 {
        u32::try_from(self.store.number_of(object)).unwrap_or(NOBODY)
    }
}

impl Reads for TreeNames<'_> {
    fn fresh(&mut self, entry: &TreeEntryBytes<'_>) {
        let name = self.names.number(entry.name);
        if entry.is_submodule {
            // What it names belongs to another repository; its name is one of this.
            return self.entries.push(Entry { name, object: NOBODY, is_tree: false });
        }
        let object = self.store.number(&entry.id).map_or(NOBODY, |number| u32::try_from(number).unwrap_or(NOBODY));
        if object == NOBODY {
            self.absent.insert(self.entries.len(), entry.id);
        }
        self.entries.push(Entry { name, object, is_tree: entry.is_tree });
    }
}

impl Walker for TreeNames<'_> {
    type State = Known;

    fn base(&mut self, object: Packed, content: &mut [u8]) -> Known {
        self.told(object);
        let store = self.store;
        self.whole(self.number(object), || store.packs()[object.pack].0.id(object.number), content)
    }

    fn delta(&mut self, object: Packed, content: &mut [u8], steps: &[Step], base: &[u8], state: &Known) -> Known {
        self.told(object);
        let store = self.store;
        let made = Copied { base, starts: &state.starts, steps };
        self.take(self.number(object), state.number, || store.packs()[object.pack].0.id(object.number), content, Some(made))
    }

    fn damaged(&mut self, object: Packed, damage: Damage) {
        let id = self.store.packs()[object.pack].0.id(object.number);
        self.coverage.unread(format!("object {id}"), damage.to_string());
    }

    fn surplus(&mut self, object: Packed) {
        super::history::tell_surplus(self.store, object, &mut self.coverage);
    }
}
