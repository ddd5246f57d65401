//! How the trees and commits of a repository hang together, by the places of their ids in a list of all: it can be kept.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::commits::Named;
use super::id_list::IdList;
use super::subject::Subject;
use super::tree_names::{Entry, Met, NOBODY, Names, Sample, TreeNames, behind, length, part};
use super::trees::Trees;
use crate::git::{CommitLinks, Kind, ObjectId, ObjectStore};
use crate::source::Silent;

/// Trees and commits. It holds no text that stands in the repository: a name is known by where it stands.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Graph {
    /// All objects; each is known by its place in the list.
    ids: IdList,
    /// The contents whose entries it has; of others it has none.
    contents: BTreeSet<u32>,
    pub(super) commits: Vec<Link>,
    pub(super) trees: Vec<Met>,
    pub(super) entries: Vec<Entry>,
    pub(super) gone: Vec<u32>,
    pub(super) samples: Vec<Sample>,
    /// The text of the names, while they are at hand.
    #[serde(skip)]
    pub(super) names: Option<Arc<Names>>,
    /// Whether something is named that is not there: it may come.
    #[serde(skip)]
    pub(super) has_gaps: bool,
}

/// A commit by what it names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Link {
    pub(super) object: u32,
    /// Its tree; nobody when that is not there.
    pub(super) tree: u32,
    /// Those of its parents that are there.
    pub(super) parents: Vec<u32>,
    /// When it was committed, in seconds since 1970.
    pub(super) committed: i64,
}

impl Graph {
    /// Puts together what was read, as far as it leads to `subjects`: trees and commits are known by their numbers in a store, of which
    /// `places` gives the places.
    pub(super) fn new((ids, places): (IdList, &[u32]), trees: Trees, commits: &[Named], subjects: &HashSet<Subject>) -> Self {
        let place = |number: u32| places.get(number as usize).copied().unwrap_or(NOBODY);
        let wide = |number: usize| u32::try_from(number).map_or(NOBODY, place);
        let link = |commit: &Named| Link {
            object: wide(commit.number),
            tree: commit.tree.map_or(NOBODY, wide),
            parents: commit.parents.iter().flatten().map(|&number| wide(number)).collect(),
            committed: commit.committed,
        };
        let is_empty_tree = |id: &ObjectId| *id == ObjectId::empty_tree(id.kind());
        let has_gap = |commit: &Named| commit.tree.is_err_and(|id| !is_empty_tree(&id)) || commit.parents.iter().any(Result::is_err);
        let contents: BTreeSet<u32> = subjects.iter().filter_map(Subject::content).filter_map(|id| ids.place(&id)).collect();
        let mut graph = Self {
            commits: commits.iter().map(link).filter(|commit| commit.object != NOBODY).collect(),
            samples: trees.samples.iter().map(|&(tree, at)| (place(tree), at)).collect(),
            names: Some(Arc::clone(&trees.names)),
            has_gaps: !trees.absent.is_empty() || commits.iter().any(has_gap),
            contents,
            ids,
            ..Self::default()
        };
        let (mut is_sought, mut is_named) = (vec![false; graph.ids.len()], vec![false; trees.names.len()]);
        graph.contents.iter().for_each(|&content| is_sought[content as usize] = true);
        let names = subjects.iter().filter_map(Subject::name).filter_map(|name| trees.names.find(name));
        names.for_each(|name| is_named[name as usize] = true);
        let mut leads = is_named.clone();
        for met in trees.all() {
            let first = length(&graph.entries);
            for entry in part(&trees.entries, &met.entries) {
                let (object, name) = (place(entry.object), entry.name() as usize);
                if entry.is_tree() || is_named[name] || is_sought.get(object as usize).is_some_and(|&is_sought| is_sought) {
                    graph.entries.push(Entry::new(entry.name(), object, entry.is_tree()));
                    leads[name] = true;
                }
            }
            graph.trees.push(Met {
                number: place(met.number),
                base: place(met.base),
                entries: first..length(&graph.entries),
                ..met.clone()
            });
        }
        for met in &mut graph.trees {
            let first = length(&graph.gone);
            graph.gone.extend(part(&trees.gone, &met.gone).iter().filter(|&&name| leads[name as usize]));
            met.gone = first..length(&graph.gone);
        }
        graph
    }

    /// Whether it leads to all of these; to what is new it does.
    fn leads_to(&self, subjects: &HashSet<Subject>) -> bool {
        subjects.iter().all(|subject| match subject {
            Subject::Blob(id) => self.place(id).is_none_or(|place| self.contents.contains(&place)),
            Subject::Message(_) => true,
            Subject::Name(_) => false,
        })
    }

    /// All objects.
    pub(super) fn ids(&self) -> &IdList {
        &self.ids
    }

    /// The place of an object.
    pub(super) fn place(&self, id: &ObjectId) -> Option<u32> {
        self.ids.place(id)
    }

    /// The id of the object at that place.
    pub(super) fn id(&self, place: u32) -> Option<ObjectId> {
        self.ids.id(place)
    }

    /// Whether what was kept can be what it should be.
    pub(super) fn is_sound(&self) -> bool {
        let fits = |range: &Range<u32>, length: usize| range.start <= range.end && range.end as usize <= length;
        let is_object = |place: u32| (place as usize) < self.ids.len();
        self.ids.is_sound()
            && self.commits.iter().all(|commit| is_object(commit.object))
            && self.trees.iter().all(|met| fits(&met.entries, self.entries.len()) && fits(&met.gone, self.gone.len()))
    }

    /// Gives every object the place that `places` has for its own.
    fn moved(&mut self, places: &[u32]) {
        let place = |place: &mut u32| *place = places.get(*place as usize).copied().unwrap_or(NOBODY);
        for commit in &mut self.commits {
            [&mut commit.object, &mut commit.tree].into_iter().chain(&mut commit.parents).for_each(place);
        }
        self.trees.iter_mut().flat_map(|met| [&mut met.number, &mut met.base]).for_each(place);
        self.entries.iter_mut().for_each(|entry| place(&mut entry.object));
        self.samples.iter_mut().for_each(|(tree, _)| place(tree));
        self.contents = self.contents.iter().filter_map(|&content| places.get(content as usize).copied()).collect();
    }

    /// Adds trees, all of whose entries are new, and commits.
    fn add(&mut self, added: Self) {
        // Names that are met again get new numbers: nobody knows the text of the old ones.
        let (name, entry) = (length(&self.samples), length(&self.entries));
        self.samples.extend(added.samples);
        let renamed = |entry: Entry| Entry::new(entry.name() + name, entry.object, entry.is_tree());
        self.entries.extend(added.entries.into_iter().map(renamed));
        self.trees.extend(added.trees.into_iter().map(|met| Met { entries: behind(&met.entries, entry), gone: 0..0, ..met }));
        self.commits.extend(added.commits);
        self.contents.extend(added.contents);
        self.has_gaps |= added.has_gaps;
        self.names = None;
    }
}

/// What was known with what came since, so that it knows the objects `ids` of the store and leads to all `subjects`. None when it does
/// not, when objects are gone, when something new cannot be read, or when so much is new that all can be read as well.
pub(super) fn extended(
    mut known: Graph,
    store: &ObjectStore,
    (ids, places): &(IdList, Vec<u32>),
    subjects: &HashSet<Subject>,
) -> Option<Graph> {
    if !known.leads_to(subjects) {
        return None;
    }
    if known.ids == *ids {
        return Some(known);
    }
    let moved: Vec<u32> = known.ids.places_in(ids).collect::<Option<_>>()?;
    if ids.len() - known.ids.len() > ids.len() / 4 {
        return None;
    }
    let (mut trees, mut commits, mut content) = (TreeNames::new(store, &Silent), Vec::new(), Vec::new());
    for id in ids.without(&known.ids) {
        let kind = store.stated_kind(&id)?;
        if kind != Kind::Tree && kind != Kind::Commit {
            continue;
        }
        let (read, number) = (store.read(&id, &mut content)?.ok()?, store.number(&id)?);
        if read == Kind::Tree {
            trees.whole(u32::try_from(number).ok()?, || id, &content);
        } else {
            commits.push(Named::of(store, number, &CommitLinks::parse(&content)?));
        }
    }
    known.moved(&moved);
    let mut whole = Trees::new(store);
    whole.add(trees);
    let mut added = Graph::new((ids.clone(), places), whole, &commits, subjects);
    known.ids = std::mem::take(&mut added.ids);
    known.add(added);
    Some(known)
}
