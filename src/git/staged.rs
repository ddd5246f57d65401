//! What is staged: the entries of the index that differ from the tree of HEAD.

use std::collections::HashMap;
use std::ops::Range;

use bstr::{BStr, BString, ByteSlice};
use gix::ObjectId;

use super::cached_tree::{CachedTree, DEEPEST};
use super::odb::join;
use super::{Index, Objects, TreeEntry};

/// One difference between HEAD and the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A new or modified file (or link).
    Blob {
        /// From the top of the work tree.
        path: BString,
        /// Merge stage.
        stage: u8,
        /// What is staged.
        id: ObjectId,
    },
    /// Only the intention to add the file was staged.
    IntentToAdd(BString),
    /// Another repository's commit.
    Submodule(BString),
    /// The directory could not be compared.
    Unread {
        /// The directory.
        path: BString,
        /// Why.
        why: String,
    },
}

/// Compares the index with `head` (none before the first commit), skipping the subtrees that its cache-tree proves unchanged.
pub fn staged(index: &Index, objects: &Objects, head: Option<ObjectId>) -> Vec<Change> {
    if index.len() == 0 {
        return Vec::new();
    }
    let mut comparison = Comparison { index, objects, buffer: Vec::new(), changes: Vec::new() };
    comparison.directory(BStr::new(b""), 0..index.len(), index.tree(), head, 0);
    comparison.changes
}

struct Comparison<'a> {
    index: &'a Index,
    objects: &'a Objects,
    buffer: Vec<u8>,
    changes: Vec<Change>,
}

impl Comparison<'_> {
    /// Compares the entries of `range`, all of which lie under `prefix` (empty, or ending with a slash), with the tree `head`.
    fn directory(&mut self, prefix: &BStr, range: Range<usize>, cached: Option<&CachedTree>, head: Option<ObjectId>, depth: u32) {
        if let (Some(cached), Some(head)) = (cached, head)
            && cached.id == Some(head)
        {
            return;
        }
        let Some(names) = self.names(prefix, head, depth) else { return };
        let index = self.index;
        let mut at = range.start;
        while at < range.end {
            let entry = index.entry(at);
            let rest = &entry.path[prefix.len()..];
            let Some(slash) = rest.find_byte(b'/') else {
                self.file_entry(&entry, names.get(rest).map(|found| found.id));
                at += 1;
                continue;
            };
            let name = &rest[..slash];
            let below = names.get(name).filter(|found| found.is_tree).map(|found| found.id);
            if entry.is_directory && slash + 1 == rest.len() {
                if below != Some(entry.id) {
                    self.folded(entry.path, entry.id, below, depth + 1);
                }
                at += 1;
                continue;
            }
            let inner = &entry.path[..prefix.len() + slash + 1];
            let end = index.end_of(at, range.end, inner);
            let child = cached.and_then(|cached| cached.children.iter().find(|child| child.name == name));
            self.directory(inner.as_bstr(), at..end, child, below, depth + 1);
            at = end;
        }
    }

    fn file_entry(&mut self, entry: &super::Entry<'_>, in_head: Option<ObjectId>) {
        let path = entry.path.to_owned();
        if entry.is_intent_to_add {
            self.changes.push(Change::IntentToAdd(path));
        } else if in_head == Some(entry.id) {
            // The same content at the same path was committed before.
        } else if entry.is_submodule {
            self.changes.push(Change::Submodule(path));
        } else {
            self.changes.push(Change::Blob { path, stage: entry.stage, id: entry.id });
        }
    }

    /// Compares a directory that a sparse index keeps as one entry: its tree stands for the entries it would have.
    fn folded(&mut self, path: &BStr, staged: ObjectId, head: Option<ObjectId>, depth: u32) {
        let Some(in_head) = self.names(path, head, depth) else { return };
        let entries = match self.objects.tree(&staged, &mut self.buffer) {
            Ok(entries) => entries,
            Err(error) => return self.changes.push(Change::Unread { path: path.to_owned(), why: error.to_string() }),
        };
        for entry in entries {
            let before = in_head.get(&entry.name).filter(|found| found.is_tree == entry.is_tree).map(|found| found.id);
            if before == Some(entry.id) {
                continue;
            }
            let mut inner = join(path, entry.name.as_bstr());
            if entry.is_tree {
                inner.push(b'/');
                self.folded(inner.as_bstr(), entry.id, before, depth + 1);
            } else if entry.is_submodule {
                self.changes.push(Change::Submodule(inner));
            } else {
                self.changes.push(Change::Blob { path: inner, stage: 0, id: entry.id });
            }
        }
    }

    /// The names in a tree of HEAD; none (and a note) where it cannot be read.
    fn names(&mut self, path: &BStr, tree: Option<ObjectId>, depth: u32) -> Option<HashMap<BString, TreeEntry>> {
        let why = match tree {
            _ if depth > DEEPEST => format!("more than {DEEPEST} directories deep"),
            None => return Some(HashMap::new()),
            Some(tree) => match self.objects.tree(&tree, &mut self.buffer) {
                Ok(entries) => return Some(entries.into_iter().map(|entry| (entry.name.clone(), entry)).collect()),
                Err(error) => format!("its tree in HEAD cannot be compared: {error}"),
            },
        };
        self.changes.push(Change::Unread { path: path.to_owned(), why });
        None
    }
}
