//! Finds out for each credential which commits hold it, under which paths, and which names lead there.

use std::collections::{BTreeMap, HashMap, HashSet};

use bstr::{BStr, BString, ByteSlice};

use super::commit_graph::CommitGraph;
use super::graph::Graph;
use super::lists::Lists;
use super::subject::{Subject, staged};
use super::tips::{TipKind, Tips};
use super::tree_graph::{PathNames, Sought, TreeGraph};
use crate::git::{Comparison, ObjectId, ObjectStore, Objects, Repository, shallow};
use crate::model::{Commit, Exposed, ExposureBasis, Finding, OnlyIn, Origin, Place, Provenance, Secret, Spot};

/// A credential with its places.
pub(super) struct Credential {
    pub(super) secret: Secret,
    pub(super) spots: Vec<Spot>,
    pub(super) provenance: Provenance,
    /// The places at the head of the history, as paths of its tree.
    pub(super) standing: Vec<Spot>,
}

/// One repository, with what is known of how it hangs together.
pub(super) struct Attribution<'r> {
    store: &'r ObjectStore,
    objects: &'r Objects,
    /// Stands in front of every path: the place of a submodule.
    prefix: &'r BStr,
    all: &'r Graph,
    graph: CommitGraph<'r>,
    tips: Tips,
    trees: TreeGraph<'r>,
    /// The commits that have a tree as their root, by the tree's place in the graph.
    roots: Lists,
    /// What is in this repository, with what it is looked for by in trees.
    subjects: HashMap<Subject, Option<Sought>>,
    reachable: Vec<bool>,
    stashed: Vec<bool>,
    logged: Vec<bool>,
    facts: HashMap<u32, Commit>,
    /// Trees of the head, read once.
    comparison: Comparison<'r>,
    /// Index entries of what was found.
    staged: HashMap<ObjectId, Vec<(BString, u8)>>,
}

impl<'r> Attribution<'r> {
    /// Makes ready to tell of what leads to these in `all`.
    pub(super) fn new(
        repository: &'r Repository,
        (store, objects, all): (&'r ObjectStore, &'r Objects, &'r Graph),
        prefix: &'r BStr,
        subjects: HashSet<Subject>,
    ) -> Self {
        let subjects: HashMap<Subject, Option<Sought>> =
            subjects.into_iter().map(|subject| (subject.clone(), sought(&subject, all))).collect();
        let graph = CommitGraph::of(all, &shallow(repository));
        let tips = Tips::read(repository, objects, &graph);
        let trees = TreeGraph::of(all);
        let roots = Lists::new(all.ids().len(), graph.nodes.iter().zip(0..).map(|(node, number)| (node.tree, number)).collect());
        let reachable = graph.reach(tips.refs.iter().filter_map(|tip| tip.commit).chain(tips.head));
        let stashed = graph.reach(tips.stashes.iter().map(|stash| stash.commit));
        let logged = graph.reach(tips.logged.iter().copied());
        let (facts, staged) = (HashMap::new(), staged(repository, &subjects));
        let comparison = Comparison::new(objects);
        Self { store, objects, prefix, all, graph, tips, trees, roots, subjects, reachable, stashed, logged, facts, comparison, staged }
    }

    /// Tells what this repository knows of a credential.
    pub(super) fn tell(&mut self, credential: &mut Credential) {
        let mut holds = vec![false; self.graph.nodes.len()];
        let mut direct: HashSet<ObjectId> = HashSet::new();
        let mut spots = Vec::new();
        let mut is_held = false;
        for spot in std::mem::take(&mut credential.spots) {
            let known = Subject::of(&spot, &credential.secret).filter(|subject| self.subjects.contains_key(subject));
            let Some(subject) = known else {
                spots.push(spot);
                continue;
            };
            let first = self.holders(&subject, &mut holds, &mut direct);
            is_held |= !matches!(subject, Subject::Name(_)) || !first.is_empty();
            self.spots(&spot, &subject, &first, &mut spots, credential);
        }
        credential.spots = spots;
        if is_held {
            self.conclude(&mut credential.provenance, &holds, &direct);
        }
    }

    /// Marks the commits that hold the subject, and gives for each path the first of them, reachable ones before others.
    fn holders(&self, subject: &Subject, holds: &mut [bool], direct: &mut HashSet<ObjectId>) -> BTreeMap<BString, (bool, u32)> {
        let (mut paths, mut first) = (PathNames::default(), HashMap::new());
        let mut note = |path: Option<u32>, commit: u32| {
            holds[commit as usize] = true;
            let rank = (!self.reachable[commit as usize], commit);
            first.entry(path).and_modify(|known| *known = rank.min(*known)).or_insert(rank);
        };
        match subject {
            Subject::Message(id) => {
                direct.insert(*id);
                self.graph.number(id).into_iter().for_each(|commit| note(None, commit));
            }
            Subject::Blob(_) | Subject::Name(_) => {
                if let Subject::Blob(id) = subject {
                    direct.insert(*id);
                }
                if let Some(sought) = self.subjects[subject] {
                    self.trees.upward(sought, &mut paths, &mut |tree, path| {
                        self.roots.of(tree).iter().for_each(|&commit| note(Some(path), commit));
                    });
                }
            }
        }
        // Names of which only the places are known may be the same.
        let mut by_path: BTreeMap<BString, (bool, u32)> = BTreeMap::new();
        for (path, rank) in first {
            let path = path.map_or_else(BString::default, |path| self.trees.path(self.store, &paths, path));
            by_path.entry(path).and_modify(|known| *known = rank.min(*known)).or_insert(rank);
        }
        by_path
    }

    /// A place for each path that a content has, with the first commit that had it there.
    fn spots(
        &mut self,
        spot: &Spot,
        subject: &Subject,
        first: &BTreeMap<BString, (bool, u32)>,
        spots: &mut Vec<Spot>,
        credential: &mut Credential,
    ) {
        let before = spots.len();
        for (inner, &(is_unreachable, commit)) in first {
            let facts = self.facts(commit);
            let mut spot = Spot { is_unreachable, ..spot.clone() };
            match &mut spot.origin.place {
                Place::Object { commit, .. } | Place::Message { commit, .. } | Place::Name { commit } => *commit = Some(facts),
                Place::File | Place::Staged { .. } | Place::Stdin => {}
            }
            if let Subject::Blob(id) = subject {
                spot.origin.path = self.outer(inner.as_bstr());
                if self.head_tree().is_some_and(|tree| self.comparison.file_at(tree, inner.as_bstr()) == Some(*id)) {
                    credential.standing.push(spot.clone());
                }
            }
            // A name may stand in many folders; one of them tells enough.
            let is_name = matches!(subject, Subject::Name(_));
            if !is_name || spots.len() == before {
                spots.push(spot);
            }
        }
        if let Subject::Blob(id) = subject {
            for (path, stage) in self.staged.get(id).into_iter().flatten() {
                // What is committed as it is staged is no place of its own.
                let path = self.outer(path.as_bstr());
                if credential
                    .standing
                    .iter()
                    .any(|known| known.origin.path == path && known.origin.place.object() == spot.origin.place.object())
                {
                    continue;
                }
                credential.provenance.is_staged = true;
                let origin = Origin { path, members: spot.origin.members.clone(), place: Place::Staged { stage: *stage } };
                spots.push(Spot { origin, ..spot.clone() });
            }
        }
        if spots.len() == before {
            spots.push(Spot { is_unreachable: !self.is_named(subject), ..spot.clone() });
        }
    }

    /// Whether a ref leads through what the subject is; a name that stands in no tree is that of a ref.
    fn is_named(&self, subject: &Subject) -> bool {
        match subject {
            Subject::Blob(id) | Subject::Message(id) => self.tips.refs.iter().any(|tip| tip.through.contains(id)),
            Subject::Name(_) => true,
        }
    }

    fn head_tree(&self) -> Option<ObjectId> {
        self.all.id(self.graph.nodes[self.tips.head? as usize].tree)
    }

    fn outer(&self, path: &BStr) -> BString {
        if self.prefix.is_empty() { path.to_owned() } else { [self.prefix.as_bytes(), b"/", path].concat().into() }
    }

    fn facts(&mut self, commit: u32) -> Commit {
        let (objects, node) = (self.objects, &self.graph.nodes[commit as usize]);
        let read = || match objects.commit(&node.id, &mut Vec::new()) {
            Ok(text) => text.facts(&node.id),
            Err(_) => Commit { id: node.id.to_string(), author: String::new(), date: String::new() },
        };
        self.facts.entry(commit).or_insert_with(read).clone()
    }

    /// From the commits that hold a credential, and the objects that a ref may name directly, to all the rest.
    fn conclude(&mut self, provenance: &mut Provenance, holds: &[bool], direct: &HashSet<ObjectId>) {
        let mut contains = holds.to_vec();
        self.graph.spread(&mut contains);
        let has = |commit: Option<u32>| commit.is_some_and(|commit| contains[commit as usize]);
        let (mut is_named, mut is_pushed) = (false, false);
        for tip in &self.tips.refs {
            if !has(tip.commit) && !tip.through.iter().any(|id| direct.contains(id)) {
                continue;
            }
            is_named = true;
            is_pushed |= tip.kind == TipKind::Remote;
            let list = match tip.kind {
                TipKind::Branch => &mut provenance.branches,
                TipKind::Tag => &mut provenance.tags,
                TipKind::Remote => &mut provenance.remotes,
                TipKind::Pull => &mut provenance.pulls,
                TipKind::Other => &mut provenance.others,
            };
            let name = if matches!(tip.kind, TipKind::Pull | TipKind::Other) { &tip.full } else { &tip.name };
            if !list.contains(name) {
                list.push(name.clone());
            }
        }
        for stash in &self.tips.stashes {
            if stash.commits.iter().any(|&commit| holds[commit as usize]) {
                provenance.stashes.push(stash.name.clone());
            }
        }
        provenance.at_head |= self.tips.head.is_some_and(|head| holds[head as usize]);
        let among = |set: &[bool]| (0..holds.len()).any(|commit| holds[commit] && set[commit]);
        let only_in = if is_named || among(&self.reachable) {
            None
        } else if among(&self.stashed) || !provenance.stashes.is_empty() {
            Some(OnlyIn::Stash)
        } else if among(&self.logged) {
            Some(OnlyIn::Reflog)
        } else if provenance.is_staged {
            Some(OnlyIn::Files)
        } else {
            Some(OnlyIn::Dangling)
        };
        let counted = |commit: &usize| holds[*commit] && (only_in.is_some() || self.reachable[*commit]);
        let held: Vec<usize> = (0..holds.len()).filter(counted).collect();
        let exposure = self.exposure(&contains, &held, is_pushed);
        provenance.commits += held.len() as u64;
        let number = |commit: &usize| u32::try_from(*commit).expect("commits are numbered in 32 bits");
        if let (Some(first), Some(last)) = (held.first().map(number), held.last().map(number)) {
            let (first, last) = (self.facts(first), self.facts(last));
            provenance.first.get_or_insert(first);
            provenance.last.get_or_insert(last);
        }
        provenance.only_in = only_in;
        provenance.exposure = provenance.exposure.take().or(exposure);
    }

    /// Since when a remote had it: by the log of a remote-tracking ref, else no earlier than it was committed.
    fn exposure(&self, contains: &[bool], held: &[usize], is_pushed: bool) -> Option<Exposed> {
        let time = |second: i64| jiff::Timestamp::from_second(second).map_or_else(|_| String::new(), |time| time.to_string());
        if let Some(seen) = self.tips.seen.iter().find(|seen| contains[seen.commit as usize]) {
            let basis = if seen.was_push { ExposureBasis::Push } else { ExposureBasis::Fetch };
            return Some(Exposed { since: time(seen.time), basis, is_current: is_pushed });
        }
        let committed = held.iter().map(|&commit| self.graph.nodes[commit].committed).next().filter(|_| is_pushed)?;
        Some(Exposed { since: time(committed), basis: ExposureBasis::Commit, is_current: true })
    }

    /// The file of the commit that is checked out that lies nearest to `path`.
    pub(super) fn nearest(&mut self, path: &BStr) -> Option<BString> {
        let tree = self.head_tree()?;
        let inner = path.strip_prefix(self.prefix.as_bytes()).map_or(path, |rest| rest.trim_start_with(|sign| sign == '/').as_bstr());
        let nearest = self.comparison.nearest(tree, inner)?;
        Some(self.outer(nearest.as_bstr()))
    }
}

/// What a subject is looked for by in trees.
fn sought(subject: &Subject, graph: &Graph) -> Option<Sought> {
    match subject {
        Subject::Blob(id) => graph.place(id).map(Sought::Content),
        Subject::Name(name) => graph.names.as_ref()?.find(name).map(Sought::Name),
        Subject::Message(_) => None,
    }
}

/// The places of a finding: its own, and those that were put together with it.
pub(super) fn spots_of(finding: &mut Finding) -> Vec<Spot> {
    let mut spots = vec![Spot::of(finding)];
    spots.append(&mut finding.repeats);
    spots
}
