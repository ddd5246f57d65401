//! Which names trees give to which objects: of a tree made from another, only what is new is read.

use std::collections::HashMap;

use bstr::BString;

use crate::git::{Damage, ObjectId, ObjectStore, Packed, Step, Walker};
use crate::model::Coverage;
use crate::source::Progress;

/// No number: the object is not there, or there is no base.
pub(super) const NOBODY: u32 = u32::MAX;

/// A name that a tree gives to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Entry {
    /// The name, by its number in [`Names`].
    pub(super) name: u32,
    /// The object's number in the store; nobody when it is not there.
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
pub(super) struct Starts {
    number: u32,
    starts: Vec<u32>,
}

impl<'s> TreeNames<'s> {
    pub(super) fn new(store: &'s ObjectStore, progress: &'s dyn Progress) -> Self {
        let (names, coverage) = (Names::default(), Coverage::default());
        Self { store, progress, names, met: Vec::new(), entries: Vec::new(), absent: HashMap::new(), coverage }
    }

    /// Takes a tree, all of whose entries are new.
    pub(super) fn whole(&mut self, number: u32, id: impl Fn() -> ObjectId, content: &[u8]) -> Starts {
        self.take(number, NOBODY, id, content, |_| None)
    }

    /// Takes a tree. `known` gives the starts of the known entries that stand at a place one after another, and where the last ends.
    fn take<'k>(
        &mut self,
        number: u32,
        base: u32,
        id: impl Fn() -> ObjectId,
        content: &[u8],
        known: impl Fn(usize) -> Option<(&'k [u32], usize, usize)>,
    ) -> Starts {
        let (first, mut starts, mut at) = (self.entries.len(), Vec::new(), 0);
        while at < content.len() {
            if let Some((run, from, end)) = known(at) {
                starts.extend(run.iter().map(|&start| (start as usize - from + at) as u32));
                at = end;
                continue;
            }
            let Some((entry, end)) = TreeEntryBytes::parse(&content[at..], self.store.hash().len_in_bytes()) else {
                self.coverage.unread(format!("object {}", id()), "a tree that cannot be understood");
                break;
            };
            starts.push(u32::try_from(at).unwrap_or(u32::MAX));
            self.entry(&entry);
            at += end;
        }
        self.met.push(Met { number, base, entries: first..self.entries.len() });
        Starts { number, starts }
    }

    fn entry(&mut self, entry: &TreeEntryBytes<'_>) {
        if entry.is_submodule {
            return;
        }
        let name = self.names.number(entry.name);
        let object = self.store.number(&entry.id).map_or(NOBODY, |number| u32::try_from(number).unwrap_or(NOBODY));
        if object == NOBODY {
            self.absent.insert(self.entries.len(), entry.id);
        }
        self.entries.push(Entry { name, object, is_tree: entry.is_tree });
    }

    fn told(&self, object: Packed) {
        self.progress.advance(self.store.packs()[object.pack].0.packed_size(object.number), 1);
    }

    fn number(&self, object: Packed) -> u32 {
        u32::try_from(self.store.number_of(object)).unwrap_or(NOBODY)
    }
}

impl Walker for TreeNames<'_> {
    type State = Starts;

    fn base(&mut self, object: Packed, content: &mut [u8]) -> Starts {
        self.told(object);
        let store = self.store;
        self.whole(self.number(object), || store.packs()[object.pack].0.id(object.number), content)
    }

    fn delta(&mut self, object: Packed, content: &mut [u8], steps: &[Step], base: &[u8], state: &Starts) -> Starts {
        self.told(object);
        let store = self.store;
        let starts = &state.starts;
        let known = |at: usize| {
            let step = steps.get(steps.partition_point(|step| step.start + step.length <= at))?;
            let from = at - step.start + step.from?;
            let copied_end = step.from? + step.length;
            let first = starts.binary_search(&u32::try_from(from).ok()?).ok()?;
            // Those whose end, which is the start of the next, was copied too.
            let end_of = |place: usize| starts.get(place + 1).map_or(base.len(), |&next| next as usize);
            let last = first + starts[first..].partition_point(|&start| start as usize <= copied_end);
            let last = if last == starts.len() && end_of(last - 1) <= copied_end { last } else { last - 1 };
            (last > first).then(|| (&starts[first..last], from, at + end_of(last - 1) - from))
        };
        self.take(self.number(object), state.number, || store.packs()[object.pack].0.id(object.number), content, known)
    }

    fn damaged(&mut self, object: Packed, damage: Damage) {
        let id = self.store.packs()[object.pack].0.id(object.number);
        self.coverage.unread(format!("object {id}"), damage.to_string());
    }

    fn surplus(&mut self, object: Packed) {
        super::history::tell_surplus(self.store, object, &mut self.coverage);
    }
}

/// One entry of a tree: mode, space, name, NUL, id.
pub(super) struct TreeEntryBytes<'t> {
    pub(super) name: &'t [u8],
    pub(super) id: ObjectId,
    pub(super) is_tree: bool,
    pub(super) is_submodule: bool,
}

impl<'t> TreeEntryBytes<'t> {
    /// The entry that `bytes` begin with, and its length.
    pub(super) fn parse(bytes: &'t [u8], hash_len: usize) -> Option<(Self, usize)> {
        let space = bytes.iter().take(8).position(|&byte| byte == b' ')?;
        let mode =
            bytes[..space].iter().try_fold(0u32, |mode, byte| (b'0'..=b'7').contains(byte).then(|| mode << 3 | u32::from(byte - b'0')))?;
        let rest = &bytes[space + 1..];
        let nul = memchr::memchr(0, rest)?;
        let id = ObjectId::try_from(rest.get(nul + 1..nul + 1 + hash_len)?).ok()?;
        let kind = mode & 0o170_000;
        let entry = Self { name: &rest[..nul], id, is_tree: kind == 0o040_000, is_submodule: kind == 0o160_000 };
        Some((entry, space + 1 + nul + 1 + hash_len))
    }
}
