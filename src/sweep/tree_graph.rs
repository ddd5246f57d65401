//! Which trees hold what was found, followed upward from tree to tree.

use std::collections::{HashMap, HashSet};

use bstr::BString;

use super::folded::{Folded, pair};
use super::graph::Graph;
use super::lists::Lists;
use super::tree_names::{NOBODY, part};
use crate::git::{Kind, ObjectStore, TreeEntryBytes};

/// What is looked for in trees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sought {
    /// A content, by its place in the graph.
    Content(u32),
    /// A name, by its number.
    Name(u32),
}

/// The trees of a graph with what holds what.
#[derive(Debug)]
pub(super) struct TreeGraph<'g> {
    graph: &'g Graph,
    /// For each object the entries that name it.
    namers: Lists,
    /// For each entry the tree that has it.
    owners: Vec<u32>,
    /// For each tree those that were made from it.
    made: Lists,
    /// For each tree the names that it does not give to what its base gives them to.
    gone: Lists,
}

/// A path, as a name and the path of the rest, by their numbers.
#[derive(Debug, Default)]
pub(super) struct PathNames {
    numbers: HashMap<u64, u32, Folded>,
    parts: Vec<(u32, u32)>,
}

/// No rest: the name is the last of its path.
const LAST: u32 = u32::MAX;

impl PathNames {
    fn number(&mut self, name: u32, rest: u32) -> u32 {
        let parts = &mut self.parts;
        *self.numbers.entry(pair(name, rest)).or_insert_with(|| {
            parts.push((name, rest));
            u32::try_from(parts.len() - 1).expect("fewer paths than fit into memory")
        })
    }
}

impl<'g> TreeGraph<'g> {
    pub(super) fn of(graph: &'g Graph) -> Self {
        let (mut owners, mut namers, mut gone) = (vec![NOBODY; graph.entries.len()], Vec::new(), Vec::new());
        for tree in &graph.trees {
            for (place, entry) in tree.entries.clone().zip(part(&graph.entries, &tree.entries)) {
                owners[place as usize] = tree.number;
                namers.push((entry.object, place));
            }
            gone.extend(part(&graph.gone, &tree.gone).iter().map(|&name| (tree.number, name)));
        }
        let (objects, made) = (graph.ids().len(), graph.trees.iter().map(|tree| (tree.base, tree.number)).collect());
        Self { graph, namers: Lists::new(objects, namers), owners, made: Lists::new(objects, made), gone: Lists::new(objects, gone) }
    }

    /// Every tree that leads to what is sought, with its path from there. Calls `take` with the tree's place in the graph for each.
    pub(super) fn upward(&self, sought: Sought, paths: &mut PathNames, take: &mut dyn FnMut(u32, u32)) {
        let mut climb = Climb { trees: self, paths, seen: HashSet::default(), todo: Vec::new() };
        match sought {
            Sought::Content(object) => climb.holders(object, false, LAST),
            Sought::Name(name) => {
                let all = self.graph.entries.iter().zip(&self.owners);
                all.filter(|(entry, _)| entry.name() == name).for_each(|(_, &owner)| climb.holder(owner, name, LAST));
            }
        }
        while let Some((tree, path)) = climb.todo.pop() {
            take(tree, path);
            climb.holders(tree, true, path);
        }
    }

    /// The path of that number.
    pub(super) fn path(&self, store: &ObjectStore, paths: &PathNames, mut number: u32) -> BString {
        let mut path = BString::default();
        while number != LAST {
            let (name, rest) = paths.parts[number as usize];
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(&self.name(store, name));
            number = rest;
        }
        path
    }

    /// The text of a name: where it is not at hand, it is read where it stands.
    fn name(&self, store: &ObjectStore, number: u32) -> Vec<u8> {
        if let Some(names) = &self.graph.names {
            return names.name(number).to_vec();
        }
        let mut content = Vec::new();
        let mut read = || {
            let &(tree, at) = self.graph.samples.get(number as usize)?;
            let read = store.read(&self.graph.id(tree)?, &mut content)?.ok()?;
            let bytes = content.get(at as usize..).filter(|_| read == Kind::Tree)?;
            Some(TreeEntryBytes::parse(bytes, store.hash().len_in_bytes())?.0.name.to_vec())
        };
        // It was there when the graph was made, and the store has all that it had then.
        read().unwrap_or_else(|| b"?".to_vec())
    }
}

/// On the way from what is sought to the trees above it.
struct Climb<'c> {
    trees: &'c TreeGraph<'c>,
    paths: &'c mut PathNames,
    /// Trees with the path from each, in one number.
    seen: HashSet<u64, Folded>,
    /// Trees whose holders are still to be found, with the path from each.
    todo: Vec<(u32, u32)>,
}

impl Climb<'_> {
    /// Adds the trees that name an object, which is a tree or not, and whose rest of the path is known.
    fn holders(&mut self, object: u32, is_tree: bool, rest: u32) {
        let trees = self.trees;
        for &place in trees.namers.of(object) {
            let entry = trees.graph.entries[place as usize];
            if entry.is_tree() == is_tree {
                self.holder(trees.owners[place as usize], entry.name(), rest);
            }
        }
    }

    /// Adds a tree that gives something a name, and those made from it that still do.
    fn holder(&mut self, tree: u32, name: u32, rest: u32) {
        let path = self.paths.number(name, rest);
        let mut holders = vec![tree];
        while let Some(tree) = holders.pop() {
            if !self.seen.insert(pair(tree, path)) {
                continue;
            }
            self.todo.push((tree, path));
            let made = self.trees.made.of(tree).iter().copied();
            holders.extend(made.filter(|&made| !self.trees.gone.of(made).contains(&name)));
        }
    }
}
