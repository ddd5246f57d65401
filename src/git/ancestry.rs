//! Walks from commits to their parents: what some commits reach and others do not.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use bstr::ByteSlice;
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
        let mut ids: Vec<ObjectId> = wanted.keys().copied().collect();
        ids.sort_unstable();
        let number = |id: &ObjectId| ids.binary_search(id).ok().and_then(|place| u32::try_from(place).ok());
        let parents = |(id, child): (&ObjectId, u32)| wanted[id].parents.iter().filter_map(number).map(move |parent| (parent, child));
        let links = ids.iter().zip(0u32..).flat_map(parents).collect();
        let committed: Vec<i64> = ids.iter().map(|id| wanted[id].committed).collect();
        let ordered = parents_first(&committed, links);
        let commits: Vec<_> = ordered.iter().filter_map(|&number| wanted.remove_entry(&ids[number as usize])).collect();
        let cut = commits.iter().map(|(id, _)| *id).filter(|id| self.shallow.contains(id)).collect();
        let mut failed: Vec<_> = self.failed.into_iter().collect();
        failed.sort_by_key(|(id, _)| *id);
        Walked { commits, cut, failed: failed.into_iter().map(|(_, error)| error).collect() }
    }
}

/// Parents before children; among those that could come next, the oldest by committer date, then by number.
///
/// The commits are numbered from 0 and given by their committer dates, in seconds since 1970; each link is a parent and its child.
pub fn parents_first(committed: &[i64], mut links: Vec<(u32, u32)>) -> Vec<u32> {
    links.sort_unstable();
    links.dedup();
    // Where the children of each begin among the links, and for how many parents each waits.
    let (mut starts, mut waiting) = (vec![0usize; committed.len() + 1], vec![0u32; committed.len()]);
    for &(parent, child) in &links {
        starts[parent as usize + 1] += 1;
        waiting[child as usize] += 1;
    }
    for number in 0..committed.len() {
        starts[number + 1] += starts[number];
    }
    let coming = |number: u32| Reverse((committed[number as usize], number));
    let mut ready: BinaryHeap<_> = (0u32..).zip(&waiting).filter(|(_, count)| **count == 0).map(|(number, _)| coming(number)).collect();
    let mut ordered = Vec::with_capacity(committed.len());
    while let Some(Reverse((_, number))) = ready.pop() {
        for &(_, child) in &links[starts[number as usize]..starts[number as usize + 1]] {
            waiting[child as usize] -= 1;
            if waiting[child as usize] == 0 {
                ready.push(coming(child));
            }
        }
        ordered.push(number);
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_come_behind_their_parents_and_circles_nowhere() {
        let order = |links: &[(u32, u32)]| parents_first(&[5, 3, 4, 1], links.to_vec());
        assert_eq!(order(&[(0, 1), (0, 1), (1, 3), (2, 3)]), [2, 0, 1, 3]);
        assert_eq!(order(&[(0, 1), (1, 0), (1, 2)]), [3]);
    }
}
