//! Which trees hold what was found, followed upward from tree to tree.

use std::collections::{HashMap, HashSet};

use bstr::BString;

use super::folded::Folded;
use super::jobs;
use super::lists::Lists;
use super::loose::LooseObjects;
use super::tree_links::{Link, TreeLinks};
use super::tree_names::Names;
use super::wanted::Wanted;
use crate::git::{Kind, ObjectStore, Packed};

/// Trees with what they hold of each other, and of what is wanted.
#[derive(Debug, Default)]
pub(super) struct TreeGraph {
    names: Names,
    /// Trees in trees, sorted.
    trees: Vec<Link>,
    /// What is wanted in trees, sorted.
    hits: Vec<Link>,
    /// For the place of each tree the names that it does not give to what its base gives them to.
    gone: Lists,
}

/// A path, as a name and the path of the rest, by their numbers.
#[derive(Debug, Default)]
pub(super) struct PathNames {
    numbers: HashMap<(u32, u32), u32>,
    parts: Vec<(u32, u32)>,
}

/// No rest: the name is the last of its path.
const LAST: u32 = u32::MAX;

impl PathNames {
    fn number(&mut self, name: u32, rest: u32) -> u32 {
        let parts = &mut self.parts;
        *self.numbers.entry((name, rest)).or_insert_with(|| {
            parts.push((name, rest));
            u32::try_from(parts.len() - 1).expect("fewer paths than fit into memory")
        })
    }
}

impl TreeGraph {
    /// Reads all trees, on so many threads.
    pub(super) fn read(store: &ObjectStore, loose: &LooseObjects<'_>, wanted: &Wanted, threads: usize) -> Self {
        let (mut graph, mut gone) = (Self::default(), Vec::new());
        if wanted.is_empty() {
            return graph;
        }
        let worker = || TreeLinks::new(store, wanted);
        let mut parts = jobs::walk(store, Kind::Tree, threads, worker);
        parts.extend(loose.each(store, Kind::Tree, threads, worker, |worker, object, content| {
            if let Ok(content) = content {
                worker.whole(object.number, content);
            }
        }));
        for part in parts {
            let names: Vec<u32> = (0..part.names.len()).map(|name| graph.names.number(part.names.name(name as u32))).collect();
            let renamed = |link: &Link| Link { name: names[link.name as usize], ..*link };
            graph.trees.extend(part.trees.iter().map(renamed));
            graph.hits.extend(part.hits.iter().map(renamed));
            gone.extend(part.gone.iter().map(|&(place, name)| (place, names[name as usize])));
        }
        graph.gone = Lists::new(store.len(), gone);
        graph.trees.sort_unstable();
        graph.hits.sort_unstable();
        graph
    }

    /// Every tree that leads to what was wanted under that number, with its path from there. Calls `take` with the tree's number in
    /// the store for each.
    pub(super) fn upward(&self, store: &ObjectStore, wanted: u32, paths: &mut PathNames, take: &mut dyn FnMut(u32, u32)) {
        let mut climb = Climb { graph: self, store, paths, seen: HashSet::default(), todo: Vec::new() };
        climb.holders(&self.hits, wanted, LAST);
        while let Some((tree, path)) = climb.todo.pop() {
            take(tree, path);
            climb.holders(&self.trees, tree, path);
        }
    }

    /// The path of that number.
    pub(super) fn path(&self, paths: &PathNames, mut number: u32) -> BString {
        let mut path = BString::default();
        while number != LAST {
            let (name, rest) = paths.parts[number as usize];
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(self.names.name(name));
            number = rest;
        }
        path
    }
}

/// On the way from what was wanted to the trees above it.
struct Climb<'c> {
    graph: &'c TreeGraph,
    store: &'c ObjectStore,
    paths: &'c mut PathNames,
    /// Trees with the path from each, in one number.
    seen: HashSet<u64, Folded>,
    /// Trees whose holders are still to be found, with the path from each.
    todo: Vec<(u32, u32)>,
}

impl Climb<'_> {
    /// Adds the trees that hold what `links` say lies below them.
    fn holders(&mut self, links: &[Link], below: u32, rest: u32) {
        let first = links.partition_point(|link| link.below < below);
        let mut places = Vec::new();
        for link in links[first..].iter().take_while(|link| link.below == below) {
            let path = self.paths.number(link.name, rest);
            // A tree's entries go on in those that were made from it.
            places.push(link.place);
            while let Some(place) = places.pop() {
                let object = self.store.at_position(place as usize);
                let number = object.and_then(|object| u32::try_from(self.store.number_of(object)).ok()).unwrap_or(place);
                if self.seen.insert(u64::from(number) << 32 | u64::from(path)) {
                    self.todo.push((number, path));
                }
                let Some(object) = object else { continue };
                let (_, forest) = &self.store.packs()[object.pack];
                let made = forest.children(object.number).map(|number| self.store.position(Packed { number, ..object }));
                let made = made.filter_map(|place| u32::try_from(place).ok());
                places.extend(made.filter(|&place| !self.graph.gone.of(place).contains(&link.name)));
            }
        }
    }
}
