//! What is looked for in trees: ids of blobs, with names.

use std::collections::{HashMap, HashSet};

use bstr::BString;

use crate::git::{ObjectId, TreeEntryBytes};

/// What is looked for in trees.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    ids: HashMap<ObjectId, u32>,
    names: HashMap<BString, u32>,
    /// Whether an id that begins with these two bytes is wanted: almost every entry of a tree ends here.
    starts: Vec<bool>,
    /// Lengths of the names.
    lengths: HashSet<usize>,
}

impl Wanted {
    /// Looks for that object; hits bear the number.
    pub(super) fn id(&mut self, id: ObjectId, number: u32) {
        self.starts.resize(1 << 16, false);
        self.starts[start(&id)] = true;
        self.ids.insert(id, number);
    }

    /// Looks for that name; hits bear the number.
    pub(super) fn name(&mut self, name: &[u8], number: u32) {
        self.lengths.insert(name.len());
        self.names.insert(name.into(), number);
    }

    /// Whether nothing is.
    pub(super) fn is_empty(&self) -> bool {
        self.ids.is_empty() && self.names.is_empty()
    }

    /// The numbers under which an entry of a tree is wanted: for its content, and for its name.
    pub(super) fn hits(&self, entry: &TreeEntryBytes<'_>) -> [Option<u32>; 2] {
        let is_start = !entry.is_tree && !entry.is_submodule && self.starts.get(start(&entry.id)).is_some_and(|&is_start| is_start);
        let content = is_start.then(|| self.ids.get(&entry.id).copied()).flatten();
        let is_length = !self.lengths.is_empty() && self.lengths.contains(&entry.name.len());
        let name = is_length.then(|| self.names.get(bstr::BStr::new(entry.name)).copied()).flatten();
        [content, name]
    }
}

fn start(id: &ObjectId) -> usize {
    usize::from(id.as_slice()[0]) << 8 | usize::from(id.as_slice()[1])
}
