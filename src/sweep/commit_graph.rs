//! All commits of a repository by number, parents before children.

use std::collections::HashSet;
use std::ops::Range;

use super::commits::Named;
use super::graph::{Graph, Link};
use super::id_list::IdList;
use super::jobs;
use super::loose::LooseObjects;
use super::tree_names::{NOBODY, length, part};
use crate::git::{CommitLinks, Damage, Kind, ObjectId, ObjectStore, Packed, Step, Walker, parents_first};
use crate::model::Coverage;

/// What is needed of a commit.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) id: ObjectId,
    /// Its tree, by its place in the graph of all objects; nobody when it is not there.
    pub(super) tree: u32,
    /// When it was committed, in seconds since 1970.
    pub(super) committed: i64,
    /// Where its parents stand among those of all.
    parents: Range<u32>,
}

/// All commits; their numbers are their places in a topological order, the oldest first among equals.
#[derive(Debug)]
pub(super) struct CommitGraph<'g> {
    pub(super) nodes: Vec<Node>,
    /// Numbers of the parents that are there.
    parents: Vec<u32>,
    ids: &'g IdList,
    /// The number of each object of the list that is a commit.
    numbers: Vec<u32>,
}

impl<'g> CommitGraph<'g> {
    /// The commits of a graph; those of `cut` have no parents here (a shallow clone).
    pub(super) fn of(graph: &'g Graph, cut: &HashSet<ObjectId>) -> Self {
        let is_cut = |object| !cut.is_empty() && graph.id(object).is_some_and(|id| cut.contains(&id));
        // Places are in the order of ids.
        let mut commits: Vec<&Link> = graph.commits.iter().collect();
        commits.sort_unstable_by_key(|commit| commit.object);
        commits.dedup_by_key(|commit| commit.object);
        let nobody = vec![NOBODY; graph.ids().len()];
        let mut places = nobody.clone();
        commits.iter().zip(0..).for_each(|(commit, place)| places[commit.object as usize] = place);
        let parents = |commit: &'g Link| if is_cut(commit.object) { &[][..] } else { &commit.parents };
        let mut links = Vec::with_capacity(commits.len());
        for (commit, child) in commits.iter().zip(0..) {
            links.extend(parents(commit).iter().filter_map(|&parent| Some((number_in(&places, parent)?, child))));
        }
        let committed: Vec<i64> = commits.iter().map(|commit| commit.committed).collect();
        // What was kept may be damaged: commits that are their own ancestors come nowhere.
        let (ordered, mut numbers) = (parents_first(&committed, links), nobody);
        for (&place, number) in ordered.iter().zip(0..) {
            numbers[commits[place as usize].object as usize] = number;
        }
        let (mut nodes, mut all) = (Vec::with_capacity(ordered.len()), Vec::with_capacity(ordered.len()));
        for place in ordered {
            let commit = commits[place as usize];
            let first = length(&all);
            all.extend(parents(commit).iter().filter_map(|&parent| number_in(&numbers, parent)));
            let id = graph.id(commit.object).expect("the graph was put together from its ids, or found sound");
            nodes.push(Node { id, tree: commit.tree, committed: commit.committed, parents: first..length(&all) });
        }
        Self { nodes, parents: all, ids: graph.ids(), numbers }
    }

    /// The number of a commit.
    pub(super) fn number(&self, id: &ObjectId) -> Option<u32> {
        number_in(&self.numbers, self.ids.place(id)?)
    }

    /// Numbers of the parents of a commit that are there, in their order.
    pub(super) fn parents(&self, number: u32) -> &[u32] {
        part(&self.parents, &self.nodes[number as usize].parents)
    }

    /// Which commits the given ones reach.
    pub(super) fn reach(&self, from: impl IntoIterator<Item = u32>) -> Vec<bool> {
        let mut reached = vec![false; self.nodes.len()];
        from.into_iter().for_each(|number| reached[number as usize] = true);
        // Children have the higher numbers.
        for number in (0..length(&self.nodes)).rev() {
            if reached[number as usize] {
                self.parents(number).iter().for_each(|&parent| reached[parent as usize] = true);
            }
        }
        reached
    }

    /// Turns "holds" into "contains": marks every commit that reaches a marked one.
    pub(super) fn spread(&self, marked: &mut [bool]) {
        for number in 0..length(&self.nodes) {
            if !marked[number as usize] {
                marked[number as usize] = self.parents(number).iter().any(|&parent| marked[parent as usize]);
            }
        }
    }
}

/// What stands at that place of a table of numbers, unless it is nobody.
fn number_in(numbers: &[u32], place: u32) -> Option<u32> {
    numbers.get(place as usize).copied().filter(|&number| number != NOBODY)
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
        let id = self.store.packs()[object.pack].id(object.number);
        self.take(self.store.number_of(object), &id, content);
    }

    fn delta(&mut self, object: Packed, content: &mut [u8], _steps: &[Step], _base: &[u8], _state: &()) {
        self.base(object, content);
    }

    fn damaged(&mut self, object: Packed, damage: Damage) {
        let id = self.store.packs()[object.pack].id(object.number);
        self.coverage.unread(format!("object {id}"), damage.to_string());
    }

    fn surplus(&mut self, _object: Packed) {}
}
