//! All commits of a repository by number, parents before children.

use std::collections::{HashMap, HashSet};

use foldhash::quality::RandomState;

use super::commits::Named;
use super::graph::Graph;
use super::jobs;
use super::loose::LooseObjects;
use super::tree_names::NOBODY;
use crate::git::{CommitLinks, Damage, Kind, Linked, Links, ObjectId, ObjectStore, Packed, Step, Walker, parents_first};
use crate::model::Coverage;

/// What is needed of a commit.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) id: ObjectId,
    /// Its tree, by its place in the graph of all objects; nobody when it is not there.
    pub(super) tree: u32,
    /// Numbers of the parents that are there.
    pub(super) parents: Vec<u32>,
    /// When it was committed, in seconds since 1970.
    pub(super) committed: i64,
}

/// All commits; their numbers are their places in a topological order, the oldest first among equals.
#[derive(Debug, Default)]
pub(super) struct CommitGraph {
    pub(super) nodes: Vec<Node>,
    numbers: HashMap<ObjectId, u32, RandomState>,
}

impl CommitGraph {
    /// The commits of a graph; those of `cut` have no parents here (a shallow clone).
    pub(super) fn of(graph: &Graph, cut: &HashSet<ObjectId>) -> Self {
        let is_cut = |object| !cut.is_empty() && graph.id(object).is_some_and(|id| cut.contains(&id));
        let commits: Links<'_, u32> = graph
            .commits
            .iter()
            .map(|commit| {
                let parents = if is_cut(commit.object) { &[] } else { commit.parents.as_slice() };
                (commit.object, Linked { parents, committed: commit.committed })
            })
            .collect();
        // Places are in the order of ids.
        let ordered = parents_first(&commits);
        let (mut trees, mut numbers) = (vec![NOBODY; graph.ids().len()], vec![NOBODY; graph.ids().len()]);
        for commit in &graph.commits {
            trees[commit.object as usize] = commit.tree;
        }
        for (&object, number) in ordered.iter().zip(0..) {
            numbers[object as usize] = number;
        }
        let number = |object: &u32| numbers.get(*object as usize).copied().filter(|&number| number != NOBODY);
        let node = |object: u32| {
            let parents = commits[&object].parents.iter().filter_map(number).collect();
            Some(Node { id: graph.id(object)?, tree: trees[object as usize], parents, committed: commits[&object].committed })
        };
        let nodes: Vec<Node> = ordered.into_iter().filter_map(node).collect();
        let numbers = nodes.iter().zip(0..).map(|(node, number)| (node.id, number)).collect();
        Self { nodes, numbers }
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

/// Reads all commits, on so many threads.
pub(super) fn read(store: &ObjectStore, loose: &LooseObjects<'_>, threads: usize, coverage: &mut Coverage) -> Vec<Named> {
    let worker = || Commits { store, found: Vec::new(), coverage: Coverage::default() };
    let mut parts = jobs::walk(store, Kind::Commit, threads, worker);
    parts.extend(loose.each(store, Kind::Commit, threads, worker, |worker, object, content| match content {
        Ok(content) => worker.take(object.number, &object.id, content),
        Err(damage) => worker.coverage.unread(format!("object {}", object.id), damage.to_string()),
    }));
    let mut found = Vec::new();
    for mut part in parts {
        found.append(&mut part.found);
        coverage.merge(part.coverage);
    }
    found
}

/// Reads commits on one thread.
struct Commits<'s> {
    store: &'s ObjectStore,
    found: Vec<Named>,
    coverage: Coverage,
}

impl Commits<'_> {
    fn take(&mut self, number: usize, id: &ObjectId, content: &[u8]) {
        match CommitLinks::parse(content) {
            Some(links) => self.found.push(Named::of(self.store, number, &links)),
            None => self.coverage.unread(format!("object {id}"), "cannot be understood"),
        }
    }
}

impl Walker for Commits<'_> {
    type State = ();

    fn base(&mut self, object: Packed, content: &mut [u8]) {
        let id = self.store.packs()[object.pack].0.id(object.number);
        self.take(self.store.number_of(object), &id, content);
    }

    fn delta(&mut self, object: Packed, content: &mut [u8], _steps: &[Step], _base: &[u8], _state: &()) {
        self.base(object, content);
    }

    fn damaged(&mut self, object: Packed, damage: Damage) {
        let id = self.store.packs()[object.pack].0.id(object.number);
        self.coverage.unread(format!("object {id}"), damage.to_string());
    }

    fn surplus(&mut self, _object: Packed) {}
}
