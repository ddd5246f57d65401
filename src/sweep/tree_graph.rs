//! Which trees hold what was found, and which trees hold those: read once, then followed upward.

use std::collections::{HashMap, HashSet};

use bstr::{BStr, BString};

use crate::git::{ObjectId, TreeLines};

/// What is looked for in trees: ids of blobs, and names.
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
        self.starts[start(id.as_slice())] = true;
        self.ids.insert(id, number);
    }

    /// Looks for that name; hits bear the number.
    pub(super) fn name(&mut self, name: &[u8], number: u32) {
        self.lengths.insert(name.len());
        self.names.insert(name.into(), number);
    }
}

fn start(id: &[u8]) -> usize {
    usize::from(id[0]) << 8 | usize::from(id[1])
}

/// A name that a tree gives to something, by its number.
type Name = u32;

/// Trees, numbered, with what they hold.
#[derive(Debug, Default)]
pub(super) struct TreeGraph {
    numbers: HashMap<ObjectId, u32>,
    names: HashMap<BString, Name>,
    spelled: Vec<BString>,
    /// Child, parent, and the child's name there; sorted by child when all is read.
    edges: Vec<(u32, u32, Name)>,
    /// Number of what was wanted, the tree that holds it, and its name there; sorted.
    hits: Vec<(u32, u32, Name)>,
}

/// A path, as a name and the path of the rest, by their numbers.
#[derive(Debug, Default)]
pub(super) struct PathNames {
    numbers: HashMap<(Name, u32), u32>,
    parts: Vec<(Name, u32)>,
}

/// No rest: the name is the last of its path.
const LAST: u32 = u32::MAX;

impl PathNames {
    fn number(&mut self, name: Name, rest: u32) -> u32 {
        let parts = &mut self.parts;
        *self.numbers.entry((name, rest)).or_insert_with(|| {
            parts.push((name, rest));
            u32::try_from(parts.len() - 1).expect("fewer paths than fit into memory")
        })
    }
}

impl TreeGraph {
    /// Reads a tree.
    pub(super) fn take(&mut self, id: ObjectId, data: &[u8], wanted: &Wanted) {
        let tree = self.number_or_new(id);
        let hash = id.kind();
        for line in TreeLines::new(data, hash) {
            if line.is_tree() {
                let (child, name) = (self.number_or_new(line.object()), self.name(line.name));
                self.edges.push((child, tree, name));
            } else if wanted.starts.get(start(line.id)).is_some_and(|&is_start| is_start)
                && let Some(&number) = wanted.ids.get(&line.object())
            {
                let name = self.name(line.name);
                self.hits.push((number, tree, name));
            }
            if wanted.lengths.contains(&line.name.len())
                && let Some(&number) = wanted.names.get(line.name)
            {
                let name = self.name(line.name);
                self.hits.push((number, tree, name));
            }
        }
    }

    /// All trees were read.
    pub(super) fn complete(&mut self) {
        self.edges.sort_unstable();
        self.hits.sort_unstable();
    }

    /// The number of a tree that was read or named.
    pub(super) fn number(&self, id: &ObjectId) -> Option<u32> {
        self.numbers.get(id).copied()
    }

    /// Every tree that leads to what was wanted under that number, with its path from there. Calls `take` for each.
    pub(super) fn upward(&self, wanted: u32, paths: &mut PathNames, take: &mut dyn FnMut(u32, u32)) {
        let first = self.hits.partition_point(|&(number, _, _)| number < wanted);
        let hits = self.hits[first..].iter().take_while(|&&(number, _, _)| number == wanted);
        let mut todo: Vec<(u32, u32)> = hits.map(|&(_, tree, name)| (tree, paths.number(name, LAST))).collect();
        let mut seen: HashSet<(u32, u32)> = todo.iter().copied().collect();
        while let Some((tree, path)) = todo.pop() {
            take(tree, path);
            let first = self.edges.partition_point(|&(child, _, _)| child < tree);
            for &(_, parent, name) in self.edges[first..].iter().take_while(|&&(child, _, _)| child == tree) {
                let above = (parent, paths.number(name, path));
                if seen.insert(above) {
                    todo.push(above);
                }
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
            path.extend_from_slice(&self.spelled[name as usize]);
            number = rest;
        }
        path
    }

    fn number_or_new(&mut self, id: ObjectId) -> u32 {
        let next = u32::try_from(self.numbers.len()).expect("fewer trees than fit into memory");
        *self.numbers.entry(id).or_insert(next)
    }

    fn name(&mut self, name: &BStr) -> Name {
        if let Some(&number) = self.names.get(name) {
            return number;
        }
        let number = u32::try_from(self.spelled.len()).expect("fewer names than fit into memory");
        self.names.insert(name.to_owned(), number);
        self.spelled.push(name.to_owned());
        number
    }
}
