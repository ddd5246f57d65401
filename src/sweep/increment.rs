//! Finds out what came into a repository since it was swept, and where it stands.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use bstr::{BStr, BString, ByteSlice};

use super::id_list::IdList;
use super::learned::Learned;
use crate::git::{CommitText, Kind, ObjectId, ObjectStore, Repository, TreeLines, heads, references, shallow};

/// Directories nested deeper than this are not followed.
const DEEPEST: usize = 1024;
/// Trees that are kept while others are compared with them.
const KEPT_TREES: usize = 1 << 14;

/// What is to be looked at, besides what something was said of before.
#[derive(Debug, Default)]
pub(super) struct Increment {
    /// New commits and tags.
    pub(super) messages: Vec<(Kind, ObjectId)>,
    /// New contents, and old ones that stand where they did not stand before, with the new paths.
    pub(super) contents: BTreeMap<ObjectId, BTreeSet<BString>>,
    /// For each name that is new where it stands one of its paths.
    pub(super) names: Vec<BString>,
}

impl Increment {
    /// What came since; none when it cannot be told from what is new alone, or when that is so much that all can be read as well.
    pub(super) fn since(learned: &Learned, repository: &Repository, store: &ObjectStore, ids: &IdList) -> Option<Self> {
        if learned.part_of.is_some() || !store.problems().is_empty() {
            return None;
        }
        if repository.is_partial || !shallow(repository).is_empty() {
            return None;
        }
        let (named, broken) = references(repository).ok()?;
        // A reflog outlives what it names, a ref does not.
        if !broken.is_empty() || named.into_iter().chain(heads(repository)).any(|reference| !store.contains(&reference.id)) {
            return None;
        }
        let fresh = ids.without(&learned.ids);
        let is_damaged = |pack| !store.forest(pack).damaged().is_empty();
        if fresh.len() > ids.len() / 4 || !fresh.is_empty() && (0..store.packs().len()).any(is_damaged) {
            return None;
        }
        let mut kinds: HashMap<Kind, Vec<ObjectId>> = HashMap::new();
        for id in fresh {
            kinds.entry(store.stated_kind(&id)?).or_default().push(id);
        }
        let mut of = |kind: Kind| kinds.remove(&kind).unwrap_or_default();
        let (commits, tags, trees, blobs) = (of(Kind::Commit), of(Kind::Tag), of(Kind::Tree), of(Kind::Blob));
        let mut descent = Descent::new(store);
        for commit in &commits {
            descent.commit(commit)?;
        }
        // A tree that no new commit leads to may stand anywhere.
        if trees.iter().any(|tree| !descent.met.contains(tree)) {
            return None;
        }
        let Descent { mut contents, names, .. } = descent;
        for blob in blobs {
            contents.entry(blob).or_default();
        }
        let messages = commits.into_iter().map(|id| (Kind::Commit, id)).chain(tags.into_iter().map(|id| (Kind::Tag, id))).collect();
        Some(Self { messages, contents, names: names.into_values().collect() })
    }
}

/// What a tree names: each name with its object, and whether that is a tree.
type Tree = Rc<HashMap<BString, (ObjectId, bool)>>;

/// Compares the trees of new commits with those of their parents.
struct Descent<'s> {
    store: &'s ObjectStore,
    trees: HashMap<ObjectId, Tree>,
    roots: HashMap<ObjectId, ObjectId>,
    /// Trees with a path and with what was compared, that were looked through.
    done: HashSet<(ObjectId, BString, Vec<ObjectId>)>,
    /// Trees that were looked through.
    met: HashSet<ObjectId>,
    contents: BTreeMap<ObjectId, BTreeSet<BString>>,
    names: HashMap<BString, BString>,
}

impl<'s> Descent<'s> {
    fn new(store: &'s ObjectStore) -> Self {
        let (trees, roots, names) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { store, trees, roots, done: HashSet::new(), met: HashSet::new(), contents: BTreeMap::new(), names }
    }

    fn commit(&mut self, id: &ObjectId) -> Option<()> {
        let commit = self.text(id)?;
        let parents = commit.parents.iter().map(|parent| self.root(parent)).collect::<Option<Vec<ObjectId>>>()?;
        self.compare(commit.tree, BStr::new(b""), &parents, 0)
    }

    fn text(&self, id: &ObjectId) -> Option<CommitText> {
        let mut content = Vec::new();
        match self.store.read(id, &mut content)?.ok()? {
            Kind::Commit => CommitText::parse(&content, self.store.hash()),
            _ => None,
        }
    }

    fn root(&mut self, commit: &ObjectId) -> Option<ObjectId> {
        if let Some(tree) = self.roots.get(commit) {
            return Some(*tree);
        }
        let tree = self.text(commit)?.tree;
        self.roots.insert(*commit, tree);
        Some(tree)
    }

    fn tree(&mut self, id: &ObjectId) -> Option<Tree> {
        if let Some(tree) = self.trees.get(id) {
            return Some(Rc::clone(tree));
        }
        let mut content = Vec::new();
        if *id != ObjectId::empty_tree(self.store.hash()) {
            self.store.read(id, &mut content)?.ok().filter(|kind| *kind == Kind::Tree)?;
        }
        let mut lines = TreeLines::new(&content, self.store.hash());
        let mut names = HashMap::new();
        for line in lines.by_ref().filter(|line| !line.is_submodule()) {
            names.insert(line.name.to_owned(), (ObjectId::try_from(line.id).ok()?, line.is_tree()));
        }
        if lines.is_broken() {
            return None;
        }
        if self.trees.len() >= KEPT_TREES {
            self.trees.clear();
        }
        let tree = Rc::new(names);
        self.trees.insert(*id, Rc::clone(&tree));
        Some(tree)
    }

    /// Notes what `tree` at `folder` names that none of `others`, which stood there before, names.
    fn compare(&mut self, tree: ObjectId, folder: &BStr, others: &[ObjectId], depth: usize) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        if others.contains(&tree) || !self.done.insert((tree, folder.to_owned(), others.to_vec())) {
            return Some(());
        }
        self.met.insert(tree);
        let entries = self.tree(&tree)?;
        let others = others.iter().map(|other| self.tree(other)).collect::<Option<Vec<Tree>>>()?;
        for (name, &(id, is_tree)) in entries.iter() {
            let before: Vec<(ObjectId, bool)> = others.iter().filter_map(|other| other.get(name).copied()).collect();
            if before.contains(&(id, is_tree)) {
                continue;
            }
            if !self.store.contains(&id) {
                return None;
            }
            let path: BString = if folder.is_empty() { name.clone() } else { bstr::join("/", [folder, name.as_bstr()]).into() };
            if before.is_empty() {
                self.names.entry(name.clone()).or_insert_with(|| path.clone());
            }
            if is_tree {
                let before: Vec<ObjectId> = before.into_iter().filter(|(_, is_tree)| *is_tree).map(|(id, _)| id).collect();
                self.compare(id, path.as_bstr(), &before, depth + 1)?;
            } else {
                self.contents.entry(id).or_default().insert(path);
            }
        }
        Some(())
    }
}
