//! Under which paths every object stood, worked out from what each tree has that its base has not.

use std::collections::{HashMap, HashSet};

use bstr::BString;

use super::tree_names::{Entry, Met, NOBODY, Names, TreeNames};
use crate::git::{Kind, ObjectId, ObjectStore, TreeEntryBytes};

/// Trees are looked through under so many paths in all, beyond four for each: what makes more of a few trees is no project.
const MOST_PLACES: usize = 1 << 20;

/// The path of a root tree.
const TOP: u32 = 0;

/// Under which paths every blob stood.
#[derive(Debug, Default)]
pub(super) struct Paths {
    names: Names,
    /// The folder and the name of each path; the first is the top itself.
    paths: Vec<(u32, u32)>,
    numbers: HashMap<(u32, u32), u32>,
    /// Number of a blob with one of its paths, sorted.
    blobs: Vec<(u32, u32)>,
    /// Whether there are more than were followed.
    pub(super) is_cut: bool,
}

/// What trees have, from all threads.
pub(super) struct Trees {
    names: Names,
    entries: Vec<Entry>,
    absent: HashMap<usize, ObjectId>,
    /// By the tree's number.
    met: HashMap<u32, Met>,
}

impl Trees {
    /// Puts together what the threads read.
    pub(super) fn join(parts: Vec<TreeNames<'_>>) -> Self {
        let mut trees = Self { names: Names::default(), entries: Vec::new(), absent: HashMap::new(), met: HashMap::new() };
        for part in parts {
            let first = trees.entries.len();
            let names: Vec<u32> = (0..part.names.len()).map(|name| trees.names.number(part.names.name(name as u32))).collect();
            trees.entries.extend(part.entries.iter().map(|entry| Entry { name: names[entry.name as usize], ..*entry }));
            trees.absent.extend(part.absent.into_iter().map(|(place, id)| (place + first, id)));
            for mut met in part.met {
                met.entries = met.entries.start + first..met.entries.end + first;
                trees.met.insert(met.number, met);
            }
        }
        trees
    }
}

/// Follows trees from the tops down.
struct Descent<'s> {
    store: &'s ObjectStore,
    trees: Trees,
    paths: Paths,
    /// Trees with a path under which they were looked through.
    seen: HashSet<(u32, u32)>,
    missing: Vec<(ObjectId, u32)>,
    /// Whether there were more paths than are followed.
    is_cut: bool,
    buffer: Vec<u8>,
}

impl Paths {
    /// Follows the trees from `tops`, and after them those that nothing leads to. Gives what was named and is not there, for the
    /// first kind of tops alone, with its path.
    pub(super) fn follow(store: &ObjectStore, trees: Trees, reachable: &[u32], others: &[u32]) -> (Self, Vec<(ObjectId, BString)>) {
        let paths = Self { paths: vec![(TOP, NOBODY)], ..Self::default() };
        let mut descent = Descent { store, trees, paths, seen: HashSet::new(), missing: Vec::new(), is_cut: false, buffer: Vec::new() };
        descent.levels(reachable);
        let missing = std::mem::take(&mut descent.missing);
        descent.levels(others);
        descent.levels(&descent.lone());
        let mut paths = descent.paths;
        paths.names = descent.trees.names;
        paths.numbers = HashMap::new();
        paths.is_cut = descent.is_cut;
        paths.blobs.sort_unstable();
        paths.blobs.dedup();
        let missing = missing.into_iter().map(|(id, path)| (id, paths.path(path))).collect();
        (paths, missing)
    }

    /// How many paths there are; they are numbered from 0, the empty one of what has no name.
    pub(super) fn len(&self) -> usize {
        self.paths.len()
    }

    /// The path of that number.
    pub(super) fn path(&self, mut number: u32) -> BString {
        let mut parts = Vec::new();
        while number != TOP {
            let (folder, name) = self.paths[number as usize];
            parts.push(self.names.name(name));
            number = folder;
        }
        parts.reverse();
        parts.join(&b'/').into()
    }

    /// For each name one of the paths that end with it.
    pub(super) fn of_each_name(&self) -> impl Iterator<Item = BString> + use<'_> {
        let mut seen = HashSet::new();
        let last = self.paths.iter().zip(0..).skip(1).filter(move |((_, name), _)| seen.insert(*name));
        last.map(|(_, number)| self.path(number))
    }

    /// The paths of a blob; none when no tree names it.
    pub(super) fn of(&self, blob: usize) -> impl Iterator<Item = u32> + use<'_> {
        let blob = u32::try_from(blob).unwrap_or(NOBODY);
        let first = self.blobs.partition_point(|&(known, _)| known < blob);
        self.blobs[first..].iter().take_while(move |(known, _)| *known == blob).map(|&(_, path)| path)
    }

    fn number(&mut self, folder: u32, name: u32) -> u32 {
        let paths = &mut self.paths;
        *self.numbers.entry((folder, name)).or_insert_with(|| {
            paths.push((folder, name));
            u32::try_from(paths.len() - 1).expect("fewer paths than fit into memory")
        })
    }
}

impl Descent<'_> {
    /// Looks through the trees level by level: so a tree is known to stand under a path before those made from it are looked through.
    fn levels(&mut self, tops: &[u32]) {
        let mut level: Vec<(u32, u32)> = tops.iter().map(|&tree| (tree, TOP)).filter(|&place| self.seen.insert(place)).collect();
        while !level.is_empty() {
            let mut next = Vec::new();
            for (tree, path) in level {
                self.tree(tree, path, &mut next);
            }
            level = next;
        }
    }

    fn tree(&mut self, tree: u32, path: u32, next: &mut Vec<(u32, u32)>) {
        let Some(met) = self.trees.met.get(&tree).cloned() else { return };
        if met.base == NOBODY || self.seen.contains(&(met.base, path)) {
            for place in met.entries {
                let entry = self.trees.entries[place];
                let absent = || self.trees.absent.get(&place).copied();
                if entry.object == NOBODY {
                    let id = absent();
                    let number = self.paths.number(path, entry.name);
                    self.missing.extend(id.map(|id| (id, number)));
                } else {
                    self.entry(entry, path, next);
                }
            }
            return;
        }
        // Its base never stood here: all that it has counts.
        let mut content = std::mem::take(&mut self.buffer);
        if let Some(Ok(Kind::Tree)) = self.store.read(&self.store.id(tree as usize), &mut content) {
            let mut rest = content.as_slice();
            while let Some((entry, length)) = TreeEntryBytes::parse(rest, self.store.hash().len_in_bytes()) {
                rest = &rest[length..];
                let name = self.trees.names.number(entry.name);
                if entry.is_submodule {
                    self.paths.number(path, name);
                    continue;
                }
                match self.store.number(&entry.id) {
                    Some(object) => {
                        let object = u32::try_from(object).unwrap_or(NOBODY);
                        self.entry(Entry { name, object, is_tree: entry.is_tree }, path, next);
                    }
                    None => {
                        let number = self.paths.number(path, name);
                        self.missing.push((entry.id, number));
                    }
                }
            }
        }
        self.buffer = content;
    }

    fn entry(&mut self, entry: Entry, folder: u32, next: &mut Vec<(u32, u32)>) {
        let path = self.paths.number(folder, entry.name);
        if entry.is_tree && self.seen.len() > MOST_PLACES + 4 * self.trees.met.len() {
            self.is_cut = true;
        } else if !entry.is_tree {
            self.paths.blobs.push((entry.object, path));
        } else if self.seen.insert((entry.object, path)) {
            next.push((entry.object, path));
        }
    }

    /// Trees that stand under no path yet and that no such tree names: each is a top of its own.
    fn lone(&self) -> Vec<u32> {
        let reached: HashSet<u32> = self.seen.iter().map(|&(tree, _)| tree).collect();
        let lost: Vec<&Met> = self.trees.met.values().filter(|met| !reached.contains(&met.number)).collect();
        let named: HashSet<u32> = lost
            .iter()
            .flat_map(|met| &self.trees.entries[met.entries.clone()])
            .filter(|entry| entry.is_tree)
            .map(|entry| entry.object)
            .collect();
        let mut lone: Vec<u32> = lost.iter().map(|met| met.number).filter(|number| !named.contains(number)).collect();
        lone.sort_unstable();
        lone
    }
}
