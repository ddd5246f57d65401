//! Walks from commits to their parents: what some commits reach and others do not.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::hash::Hash;

use bstr::ByteSlice;
use foldhash::quality::RandomState;
use gix::ObjectId;

use super::{CommitText, ObjectError, Objects, Repository};

/// What a walk came to.
#[derive(Debug, Default)]
pub struct Walked {
    /// The commits, parents before children.
    pub commits: Vec<(ObjectId, CommitText)>,
    /// Those of them at which a shallow clone was cut: their parents were not fetched.
    pub cut: Vec<ObjectId>,
    /// Commits that could not be read.
    pub failed: Vec<ObjectError>,
}

/// The commits at which a shallow clone was cut.
pub fn shallow(repository: &Repository) -> HashSet<ObjectId> {
    let text = std::fs::read(repository.common_dir.join("shallow")).unwrap_or_default();
    text.lines().filter_map(|line| ObjectId::from_hex(line.trim()).ok()).collect()
}

/// A commit that the walk has met.
struct Met {
    commit: CommitText,
    is_excluded: bool,
    is_queued: bool,
}

struct Walk<'r> {
    objects: &'r Objects,
    shallow: &'r HashSet<ObjectId>,
    met: HashMap<ObjectId, Met>,
    failed: HashMap<ObjectId, ObjectError>,
    queue: BinaryHeap<(i64, ObjectId)>,
    /// How many of the queue are not excluded.
    open: usize,
    buffer: Vec<u8>,
}

/// All that `wanted` reaches and `excluded` does not. An excluded commit that is not there excludes nothing.
///
/// Like git's own, the walk goes by date and ends where nothing wanted is left; clocks that ran wrong by more than the history beside
/// them can make it give a commit too many, never one too few.
pub fn reachable(objects: &Objects, shallow: &HashSet<ObjectId>, wanted: &[ObjectId], excluded: &[ObjectId]) -> Walked {
    /// Git's own allowance for wrong clocks (`SLOP` in its revision.c).
    const PATIENCE: u32 = 5;
    let (met, failed, queue) = (HashMap::new(), HashMap::new(), BinaryHeap::new());
    let mut walk = Walk { objects, shallow, met, failed, queue, open: 0, buffer: Vec::new() };
    excluded.iter().for_each(|&id| walk.reach(id, true));
    wanted.iter().for_each(|&id| walk.reach(id, false));
    let (mut oldest, mut patience) = (i64::MAX, PATIENCE);
    while let Some((date, id)) = walk.queue.pop() {
        let here = walk.met.get_mut(&id).expect("what is queued was met");
        here.is_queued = false;
        let is_excluded = here.is_excluded;
        let parents = here.commit.parents.clone();
        if is_excluded {
            if walk.open == 0 && date < oldest {
                patience -= 1;
                if patience == 0 {
                    break;
                }
            }
        } else {
            walk.open -= 1;
            oldest = oldest.min(date);
            patience = PATIENCE;
        }
        parents.into_iter().for_each(|parent| walk.reach(parent, is_excluded));
    }
    walk.finish()
}

impl Walk<'_> {
    /// Comes to a commit from a child, or from outside.
    fn reach(&mut self, id: ObjectId, is_excluded: bool) {
        if let Some(known) = self.met.get_mut(&id) {
            if !is_excluded || known.is_excluded {
                return;
            }
            known.is_excluded = true;
            if known.is_queued {
                self.open -= 1;
            } else {
                // What was passed as wanted is not: its ancestors must hear of it.
                known.is_queued = true;
                self.queue.push((known.commit.committed, id));
            }
            return;
        }
        match self.objects.commit(&id, &mut self.buffer) {
            Ok(mut commit) => {
                if self.shallow.contains(&id) {
                    commit.parents.clear();
                }
                self.queue.push((commit.committed, id));
                self.open += usize::from(!is_excluded);
                self.met.insert(id, Met { commit, is_excluded, is_queued: true });
            }
            Err(error) if !is_excluded => {
                self.failed.insert(id, error);
            }
            // Beyond the excluded side nothing is asked for.
            Err(_) => {}
        }
    }

    fn finish(self) -> Walked {
        let mut wanted: HashMap<ObjectId, CommitText> =
            self.met.into_iter().filter(|(_, met)| !met.is_excluded).map(|(id, met)| (id, met.commit)).collect();
        let links = wanted.iter().map(|(id, commit)| (*id, Linked { parents: &commit.parents, committed: commit.committed })).collect();
        let ordered = parents_first(&links);
        let commits: Vec<_> = ordered.iter().filter_map(|id| wanted.remove_entry(id)).collect();
        let cut = commits.iter().map(|(id, _)| *id).filter(|id| self.shallow.contains(id)).collect();
        let mut failed: Vec<_> = self.failed.into_iter().collect();
        failed.sort_by_key(|(id, _)| *id);
        Walked { commits, cut, failed: failed.into_iter().map(|(_, error)| error).collect() }
    }
}

/// A commit as far as its place among others depends on it.
#[derive(Clone, Copy, Debug)]
pub struct Linked<'p, C> {
    /// Its parents.
    pub parents: &'p [C],
    /// When it was committed, in seconds since 1970.
    pub committed: i64,
}

/// Commits by their names.
pub type Links<'p, C> = HashMap<C, Linked<'p, C>, RandomState>;

/// Parents before children; among those that could come next, the oldest by committer date, then by name.
pub fn parents_first<C: Copy + Ord + Hash>(commits: &Links<'_, C>) -> Vec<C> {
    let mut children: HashMap<C, Vec<C>, RandomState> = HashMap::default();
    let mut waiting: HashMap<C, usize, RandomState> = HashMap::default();
    let mut ready = BinaryHeap::new();
    for (name, commit) in commits {
        let mut parents: Vec<C> = commit.parents.iter().filter(|parent| commits.contains_key(*parent)).copied().collect();
        parents.sort_unstable();
        parents.dedup();
        for parent in &parents {
            children.entry(*parent).or_default().push(*name);
        }
        if parents.is_empty() {
            ready.push(Reverse((commit.committed, *name)));
        } else {
            waiting.insert(*name, parents.len());
        }
    }
    let mut ordered = Vec::with_capacity(commits.len());
    while let Some(Reverse((_, name))) = ready.pop() {
        for child in children.remove(&name).unwrap_or_default() {
            let left = waiting.get_mut(&child).expect("a commit with parents waits until the last of them came");
            *left -= 1;
            if *left == 0 {
                ready.push(Reverse((commits[&child].committed, child)));
            }
        }
        ordered.push(name);
    }
    ordered
}
