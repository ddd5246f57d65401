//! Which names trees give to which objects: of a tree made from another, only what is new or gone is read.

use std::collections::HashMap;
use std::ops::Range;

use bstr::BString;
use foldhash::quality::RandomState;
use serde::{Deserialize, Serialize};

use crate::git::{Copied, Damage, ObjectId, ObjectStore, Packed, Reads, Starts, Step, TreeEntryBytes, Walker};
use crate::model::Coverage;
use crate::source::Progress;

/// No number: the object is not there, or there is no base.
pub(super) const NOBODY: u32 = u32::MAX;

/// A name that a tree gives to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// The name, by its number in [`Names`]; twice that, and one more for a tree: there are very many entries.
    name: u32,
    /// The object's number in the store; nobody when it is not there, or belongs to another repository.
    pub(super) object: u32,
}

impl Entry {
    pub(super) fn new(name: u32, object: u32, is_tree: bool) -> Self {
        Self { name: name << 1 | u32::from(is_tree), object }
    }

    /// The number of the name.
    pub(super) fn name(self) -> u32 {
        self.name >> 1
    }

    /// Whether the object is a tree.
    pub(super) fn is_tree(self) -> bool {
        self.name & 1 == 1
    }
}

/// Names, each once.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    numbers: HashMap<BString, u32, RandomState>,
    names: Vec<BString>,
}

impl Names {
    /// The number of a name that was met.
    pub(super) fn find(&self, name: &[u8]) -> Option<u32> {
        self.numbers.get(bstr::BStr::new(name)).copied()
    }

    pub(super) fn number(&mut self, name: &[u8]) -> u32 {
        if let Some(number) = self.find(name) {
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
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Met {
    /// Its number.
    pub(super) number: u32,
    /// The tree that it was made from: what is not new stands in that.
    pub(super) base: u32,
    /// Its new entries, by their place in [`TreeNames::entries`].
    pub(super) entries: Range<u32>,
    /// The names that its base gives to something and it does not give to the same, by their place in [`TreeNames::gone`].
    pub(super) gone: Range<u32>,
}

/// The part of a list that a range of it names.
pub(super) fn part<'l, T>(list: &'l [T], range: &Range<u32>) -> &'l [T] {
    list.get(range.start as usize..range.end as usize).unwrap_or_default()
}

/// A range, so far behind.
pub(super) fn behind(range: &Range<u32>, first: u32) -> Range<u32> {
    range.start + first..range.end + first
}

/// The length of a list of numbers, names or entries.
pub(super) fn length<T>(list: &[T]) -> u32 {
    u32::try_from(list.len()).expect("no more than fits into memory: each has several bytes")
}

/// Where a name stands: in the tree of that number, in the entry that begins at that byte.
pub(super) type Sample = (u32, u32);

/// Reads trees on one thread.
pub(super) struct TreeNames<'s> {
    store: &'s ObjectStore,
    progress: &'s dyn Progress,
    pub(super) names: Names,
    /// Where each name was met first.
    pub(super) samples: Vec<Sample>,
    pub(super) met: Vec<Met>,
    /// Second copies of trees, in other packs: they may be made from other trees.
    pub(super) copies: Vec<u32>,
    pub(super) entries: Vec<Entry>,
    pub(super) gone: Vec<u32>,
    /// Objects that a tree names and that are not there, by the entry's place.
    pub(super) absent: HashMap<usize, ObjectId>,
    pub(super) coverage: Coverage,
    /// For each name what it stood for last.
    last: Vec<(ObjectId, u32)>,
    /// The tree that is being read,
    number: u32,
    /// and what was copied of its base.
    kept: Vec<Range<usize>>,
}

/// What is carried from a tree to those made from it: its number, and where each of its entries begins.
pub(super) struct Known {
    number: u32,
    starts: Starts,
}

impl<'s> TreeNames<'s> {
    pub(super) fn new(store: &'s ObjectStore, progress: &'s dyn Progress) -> Self {
        Self {
            store,
            progress,
            names: Names::default(),
            samples: Vec::new(),
            met: Vec::new(),
            copies: Vec::new(),
            entries: Vec::new(),
            gone: Vec::new(),
            absent: HashMap::new(),
            coverage: Coverage::default(),
            last: Vec::new(),
            number: NOBODY,
            kept: Vec::new(),
        }
    }

    /// Takes a tree, all of whose entries are new.
    pub(super) fn whole(&mut self, number: u32, id: impl Fn() -> ObjectId, content: &[u8]) -> Known {
        self.take((number, NOBODY), id, content, None)
    }

    fn take(&mut self, (number, base): (u32, u32), id: impl Fn() -> ObjectId, content: &[u8], made: Option<Copied<'_>>) -> Known {
        let (entry, gone) = (length(&self.entries), length(&self.gone));
        self.number = number;
        self.kept.clear();
        let (starts, is_whole) = Starts::of(content, self.store.hash().len_in_bytes(), made, self);
        if !is_whole {
            self.coverage.unread(format!("object {}", id()), "a tree that cannot be understood");
        }
        if let Some(made) = made {
            self.note_gone(&made);
        }
        self.met.push(Met { number, base, entries: entry..length(&self.entries), gone: gone..length(&self.gone) });
        Known { number, starts }
    }

    /// Notes the entries of the base that were not copied.
    fn note_gone(&mut self, made: &Copied<'_>) {
        self.kept.sort_unstable_by_key(|kept| kept.start);
        let mut next = 0;
        for number in 0..=self.kept.len() {
            let kept = self.kept.get(number).cloned().unwrap_or(made.starts.len()..made.starts.len());
            for place in next..kept.start {
                let parsed = TreeEntryBytes::parse(made.starts.entry(made.base, place), self.store.hash().len_in_bytes());
                if let Some(name) = parsed.and_then(|(entry, _)| self.names.find(entry.name)) {
                    self.gone.push(name);
                }
            }
            next = next.max(kept.end);
        }
    }

    /// Takes a tree of a pack, unless it was or will be taken from another one.
    fn packed(&mut self, object: Packed, base: u32, content: &[u8], made: Option<Copied<'_>>) -> Known {
        self.told(object);
        let (store, number) = (self.store, self.number(object));
        let before = (self.entries.len(), self.gone.len());
        let known = self.take((number, base), || store.packs()[object.pack].id(object.number), content, made);
        if number as usize != store.position(object) {
            self.met.pop();
            for place in before.0..self.entries.len() {
                self.absent.remove(&place);
            }
            self.entries.truncate(before.0);
            self.gone.truncate(before.1);
            self.copies.push(number);
        }
        known
    }

    fn told(&self, object: Packed) {
        self.progress.advance(self.store.packs()[object.pack].packed_size(object.number), 1);
    }

    fn number(&self, object: Packed) -> u32 {
        u32::try_from(self.store.number_of(object)).unwrap_or(NOBODY)
    }
}

impl Reads for TreeNames<'_> {
    fn fresh(&mut self, entry: &TreeEntryBytes<'_>, at: u32) {
        let name = self.names.number(entry.name);
        if name as usize == self.samples.len() {
            self.samples.push((self.number, at));
        }
        if entry.is_submodule {
            // What it names belongs to another repository; its name is one of this.
            return self.entries.push(Entry::new(name, NOBODY, false));
        }
        // Most names stand for the same object from tree to tree.
        let place = name as usize;
        if self.last.len() <= place {
            self.last.resize(place + 1, (ObjectId::null(self.store.hash()), NOBODY));
        }
        if self.last[place].0 != entry.id {
            let number = self.store.number(&entry.id).and_then(|number| u32::try_from(number).ok());
            self.last[place] = (entry.id, number.unwrap_or(NOBODY));
        }
        let object = self.last[place].1;
        if object == NOBODY {
            self.absent.insert(self.entries.len(), entry.id);
        }
        self.entries.push(Entry::new(name, object, entry.is_tree));
    }

    fn kept(&mut self, places: Range<usize>) {
        self.kept.push(places);
    }
}

impl Walker for TreeNames<'_> {
    type State = Known;

    fn base(&mut self, object: Packed, content: &mut [u8]) -> Known {
        self.packed(object, NOBODY, content, None)
    }

    fn delta(&mut self, object: Packed, content: &mut [u8], steps: &[Step], base: &[u8], state: &Known) -> Known {
        self.packed(object, state.number, content, Some(Copied { base, starts: &state.starts, steps }))
    }

    fn damaged(&mut self, object: Packed, damage: Damage) {
        let id = self.store.packs()[object.pack].id(object.number);
        self.coverage.unread(format!("object {id}"), damage.to_string());
    }

    fn surplus(&mut self, object: Packed) {
        super::history::tell_surplus(self.store, object, &mut self.coverage);
    }
}
