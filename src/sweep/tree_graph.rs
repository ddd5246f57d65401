//! Which trees hold what was found, followed upward from tree to tree.

use std::collections::{HashMap, HashSet};

use bstr::BString;

use super::jobs;
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
    /// Places of trees with names that they do not give to what their bases give them to.
    gone: HashSet<(u32, u32)>,
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
        let mut graph = Self::default();
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
            graph.gone.extend(part.gone.iter().map(|&(place, name)| (place, names[name as usize])));
        }
        graph.trees.sort_unstable();
        graph.hits.sort_unstable();
        graph
    }

    /// Every tree that leads to what was wanted under that number, with its path from there. Calls `take` with the tree's number in
    /// the store for each.
    pub(super) fn upward(&self, store: &ObjectStore, wanted: u32, paths: &mut PathNames, take: &mut dyn FnMut(u32, u32)) {
        let (mut todo, mut seen) = (Vec::new(), HashSet::new());
        self.holders(store, &self.hits, wanted, LAST, paths, &mut |above| {
            if seen.insert(above) {
                todo.push(above);
            }
        });
        while let Some((tree, path)) = todo.pop() {
            take(tree, path);
            self.holders(store, &self.trees, tree, path, paths, &mut |above| {
                if seen.insert(above) {
                    todo.push(above);
                }
            });
        }
    }

    /// The trees that hold what `links` say lies below them, each with the path from there.
    fn holders(&self, store: &ObjectStore, links: &[Link], below: u32, rest: u32, paths: &mut PathNames, take: &mut dyn FnMut((u32, u32))) {
        let first = links.partition_point(|link| link.below < below);
        let mut todo = Vec::new();
        for link in links[first..].iter().take_while(|link| link.below == below) {
            let path = paths.number(link.name, rest);
            // A tree's entries go on in those that were made from it.
            todo.push(link.place);
            while let Some(place) = todo.pop() {
                let Some(object) = store.at_position(place as usize) else {
                    take((place, path));
                    continue;
                };
                take((u32::try_from(store.number_of(object)).unwrap_or(place), path));
                let (_, forest) = &store.packs()[object.pack];
                let made = forest.children(object.number).map(|number| store.position(Packed { number, ..object }));
                let made = made.filter_map(|place| u32::try_from(place).ok());
                todo.extend(made.filter(|&place| !self.gone.contains(&(place, link.name))));
            }
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
