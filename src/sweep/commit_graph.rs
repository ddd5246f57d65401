//! All commits of a repository by number, parents before children.

use std::collections::{HashMap, HashSet};

use bstr::ByteSlice;

use super::jobs;
use super::loose::LooseObjects;
use crate::git::{Damage, Kind, Linked, ObjectId, ObjectStore, Packed, Step, Walker, parents_first};

/// What is needed of a commit.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) id: ObjectId,
    pub(super) tree: ObjectId,
    /// Numbers of the parents that are there.
    pub(super) parents: Vec<u32>,
    /// When it was committed, in seconds since 1970.
    pub(super) committed: i64,
}

/// All commits; their numbers are their places in a topological order, the oldest first among equals.
#[derive(Debug, Default)]
pub(super) struct CommitGraph {
    pub(super) nodes: Vec<Node>,
    numbers: HashMap<ObjectId, u32>,
}

struct Links {
    tree: ObjectId,
    parents: Vec<ObjectId>,
    committed: i64,
}

impl Linked for Links {
    fn parents(&self) -> &[ObjectId] {
        &self.parents
    }

    fn committed(&self) -> i64 {
        self.committed
    }
}

impl CommitGraph {
    /// Reads all commits, on so many threads; those of `cut` have no parents here (a shallow clone).
    pub(super) fn read(store: &ObjectStore, loose: &LooseObjects<'_>, cut: &HashSet<ObjectId>, threads: usize) -> Self {
        let worker = || Commits { store, cut, found: Vec::new() };
        let mut parts = jobs::walk(store, Kind::Commit, threads, worker);
        parts.extend(loose.each(store, Kind::Commit, threads, worker, |worker, object, content| {
            if let Ok(content) = content {
                worker.take(object.id, content);
            }
        }));
        let commits: HashMap<ObjectId, Links> = parts.into_iter().flat_map(|part| part.found).collect();
        let ordered = parents_first(&commits);
        let numbers: HashMap<ObjectId, u32> = ordered.iter().copied().zip(0..).collect();
        let node = |id: ObjectId| {
            let links = &commits[&id];
            let parents = links.parents.iter().filter_map(|parent| numbers.get(parent).copied()).collect();
            Node { id, tree: links.tree, parents, committed: links.committed }
        };
        Self { nodes: ordered.into_iter().map(node).collect(), numbers }
    }

    /// The number of a commit.
    pub(super) fn number(&self, id: &ObjectId) -> Option<u32> {
        self.numbers.get(id).copied()
    }

    /// Which commits the given ones reach.
    pub(super) fn reach(&self, from: impl IntoIterator<Item = u32>) -> Vec<bool> {
        let mut reached = vec![false; self.nodes.len()];
        from.into_iter().for_each(|number| reached[number as usize] = true);
        // Children have the higher numbers.
        for number in (0..self.nodes.len()).rev() {
            if reached[number] {
                self.nodes[number].parents.iter().for_each(|&parent| reached[parent as usize] = true);
            }
        }
        reached
    }

    /// Turns "holds" into "contains": marks every commit that reaches a marked one.
    pub(super) fn spread(&self, marked: &mut [bool]) {
        for (number, node) in self.nodes.iter().enumerate() {
            if !marked[number] {
                marked[number] = node.parents.iter().any(|&parent| marked[parent as usize]);
            }
        }
    }
}

/// Reads commits on one thread.
struct Commits<'s> {
    store: &'s ObjectStore,
    cut: &'s HashSet<ObjectId>,
    found: Vec<(ObjectId, Links)>,
}

impl Commits<'_> {
    fn take(&mut self, id: ObjectId, content: &[u8]) {
        if let Some(mut links) = links(content) {
            if self.cut.contains(&id) {
                links.parents.clear();
            }
            self.found.push((id, links));
        }
    }
}

impl Walker for Commits<'_> {
    type State = ();

    fn base(&mut self, object: Packed, content: &mut [u8]) {
        self.take(self.store.packs()[object.pack].0.id(object.number), content);
    }

    fn delta(&mut self, object: Packed, content: &mut [u8], _steps: &[Step], _base: &[u8], _state: &()) {
        self.base(object, content);
    }

    // What cannot be read is in the coverage of the sweep already.
    fn damaged(&mut self, _object: Packed, _damage: Damage) {}

    fn surplus(&mut self, _object: Packed) {}
}

/// The headers of a commit that lead to other objects, and its date; real histories hold malformed dates, which count as 0.
fn links(data: &[u8]) -> Option<Links> {
    let mut lines = data.lines();
    let tree = ObjectId::from_hex(lines.next()?.strip_prefix(b"tree ")?).ok()?;
    let (mut parents, mut committed) = (Vec::new(), 0);
    for line in lines.take_while(|line| !line.is_empty()) {
        if let Some(parent) = line.strip_prefix(b"parent ") {
            parents.push(ObjectId::from_hex(parent).ok()?);
        } else if let Some(who) = line.strip_prefix(b"committer ") {
            let end = who.rfind_byte(b'>').map_or(0, |at| at + 1);
            let mut words = who[end..].fields();
            committed = words.next().and_then(|word| word.to_str().ok()?.parse().ok()).unwrap_or(0);
        }
    }
    Some(Links { tree, parents, committed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_read_from_headers_alone() {
        let id = |digit: char| digit.to_string().repeat(40);
        let text = format!(
            "tree {}\nparent {}\nparent {}\nauthor A <a> 1 +0000\ncommitter B > <b> 17 +0100\nencoding x\n\nparent {}\n",
            id('1'),
            id('2'),
            id('3'),
            id('4')
        );
        let read = links(text.as_bytes()).expect("well formed");
        assert_eq!((read.parents.len(), read.committed), (2, 17));
        assert!(links(b"tree x").is_none() && links(b"").is_none());
    }
}
