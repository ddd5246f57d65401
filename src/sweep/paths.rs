//! Under which paths every object stood, worked out from what each tree has that its base has not.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bstr::{BString, ByteSlice};

use super::folded::{Folded, pair};
use super::tree_names::{Entry, Met, NOBODY, Names, part};
use super::trees::Trees;
use crate::git::{Kind, ObjectId, ObjectStore, TreeEntryBytes};

/// Trees are looked through under so many paths in all, beyond four for each: what makes more of a few trees is no project.
const MOST_PLACES: usize = 1 << 20;

/// The path of a root tree.
const TOP: u32 = 0;

/// Under which paths every blob stood.
#[derive(Debug, Default)]
pub(super) struct Paths {
    names: Arc<Names>,
    /// The folder and the name of each path; the first is the top itself.
    paths: Vec<(u32, u32)>,
    numbers: HashMap<u64, u32, Folded>,
    /// Number of a blob with one of its paths, sorted.
    blobs: Vec<(u32, u32)>,
    /// Whether there are more than were followed.
    pub(super) is_cut: bool,
}

/// Follows trees from the tops down.
struct Descent<'s> {
    store: &'s ObjectStore,
    trees: &'s mut Trees,
    paths: Paths,
    /// Trees with a path under which they were looked through.
    seen: HashSet<u64, Folded>,
    missing: Vec<(ObjectId, u32)>,
    /// Whether there were more paths than are followed.
    is_cut: bool,
    buffer: Vec<u8>,
}

impl Paths {
    /// Follows the trees from `tops`, and after them those that nothing leads to. Gives what was named and is not there, for the
    /// first kind of tops alone, with its path.
    pub(super) fn follow(store: &ObjectStore, trees: &mut Trees, reachable: &[u32], others: &[u32]) -> (Self, Vec<(ObjectId, BString)>) {
        let paths = Self { paths: vec![(TOP, NOBODY)], ..Self::default() };
        let mut descent = Descent { store, trees, paths, seen: HashSet::default(), missing: Vec::new(), is_cut: false, buffer: Vec::new() };
        descent.levels(reachable);
        let missing = std::mem::take(&mut descent.missing);
        descent.levels(others);
        descent.levels(&descent.lone());
        let mut paths = descent.paths;
        paths.names = Arc::clone(&descent.trees.names);
        paths.numbers = HashMap::default();
        paths.is_cut = descent.is_cut;
        paths.blobs.sort_unstable();
        paths.blobs.dedup();
        let missing = missing.into_iter().map(|(id, path)| (id, paths.path(path))).collect();
        (paths, missing)
    }

    /// The paths that are listed, each with the number of a blob.
    pub(super) fn listed<'p>(places: impl Iterator<Item = (usize, &'p BString)>) -> Self {
        let (mut paths, mut names) = (Self { paths: vec![(TOP, NOBODY)], ..Self::default() }, Names::default());
        for (blob, path) in places {
            let number = path.split_str("/").fold(TOP, |folder, name| paths.number(folder, names.number(name)));
            paths.blobs.push((u32::try_from(blob).unwrap_or(NOBODY), number));
        }
        paths.names = Arc::new(names);
        paths.blobs.sort_unstable();
        paths.blobs.dedup();
        paths
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
        *self.numbers.entry(pair(folder, name)).or_insert_with(|| {
            paths.push((folder, name));
            u32::try_from(paths.len() - 1).expect("fewer paths than fit into memory")
        })
    }
}

impl Descent<'_> {
    /// Looks through the trees level by level: so a tree is known to stand under a path before those made from it are looked through.
    fn levels(&mut self, tops: &[u32]) {
        let mut level: Vec<(u32, u32)> =
            tops.iter().map(|&tree| (tree, TOP)).filter(|&(tree, path)| self.seen.insert(pair(tree, path))).collect();
        while !level.is_empty() {
            let mut next = Vec::new();
            for (tree, path) in level {
                self.tree(tree, path, &mut next);
            }
            level = next;
        }
    }

    fn tree(&mut self, tree: u32, path: u32, next: &mut Vec<(u32, u32)>) {
        let Some(met) = self.trees.met(tree).cloned() else { return };
        if met.base == NOBODY || self.seen.contains(&pair(met.base, path)) {
            for place in met.entries.start as usize..met.entries.end as usize {
                let entry = self.trees.entries[place];
                if entry.object == NOBODY {
                    let id = self.trees.absent.get(&place).copied();
                    let number = self.paths.number(path, entry.name());
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
                let name = Arc::make_mut(&mut self.trees.names).number(entry.name);
                if entry.is_submodule {
                    self.paths.number(path, name);
                    continue;
                }
                match self.store.number(&entry.id) {
                    Some(object) => {
                        let object = u32::try_from(object).unwrap_or(NOBODY);
                        self.entry(Entry::new(name, object, entry.is_tree), path, next);
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
        let path = self.paths.number(folder, entry.name());
        if entry.is_tree() && self.seen.len() > MOST_PLACES + 4 * self.trees.len() {
            self.is_cut = true;
        } else if !entry.is_tree() {
            self.paths.blobs.push((entry.object, path));
        } else if self.seen.insert(pair(entry.object, path)) {
            next.push((entry.object, path));
        }
    }

    /// Trees that stand under no path yet and that no such tree names: each is a top of its own.
    fn lone(&self) -> Vec<u32> {
        let reached: HashSet<u32> = self.seen.iter().map(|&place| (place >> 32) as u32).collect();
        let lost: Vec<&Met> = self.trees.all().filter(|met| !reached.contains(&met.number)).collect();
        let named: HashSet<u32> = lost
            .iter()
            .flat_map(|met| part(&self.trees.entries, &met.entries))
            .filter(|entry| entry.is_tree())
            .map(|entry| entry.object)
            .collect();
        let mut lone: Vec<u32> = lost.iter().map(|met| met.number).filter(|number| !named.contains(number)).collect();
        lone.sort_unstable();
        lone
    }
}
