//! What a range of commits brings: new contents, new names, and what the commits and new tags say.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use bstr::{BString, ByteSlice};

use crate::git::{
    CommitText, Comparison, Environment, ObjectId, Objects, Repository, RevisionError, Walked, head, reachable, shallow, spoken_headers,
};
use crate::model::{Commit, Coverage, Origin, Place};

use super::blobs::{Blobs, Part, unread};
use super::range_ends::{Ends, Wanted};
use super::{ArchiveLimits, Progress, SourceError, Visitor, blobs};

/// Files that a commit took away and that may have become another: more are not compared.
const MOST_MOVED: usize = 100;

/// Which repository to read, and of it which commits.
#[derive(Clone, Debug)]
pub struct RangeOptions {
    /// A directory in the repository, or a bare one.
    pub dir: PathBuf,
    /// Git's variables, as the hook was given them: they lead to objects in quarantine.
    pub environment: Environment,
    /// Which commits.
    pub wanted: Wanted,
    /// Whether what was not fetched is out of scope instead of unread.
    pub allow_missing: bool,
    /// How far to open archives.
    pub archives: ArchiveLimits,
    /// Threads; 0 for one per core.
    pub threads: usize,
}

/// What a range of commits brings.
pub struct Range {
    blobs: Blobs,
    commits: HashMap<String, CommitText>,
    /// The tree at the end of the range.
    tip: Option<ObjectId>,
    coverage: Coverage,
}

/// Where to look whether a secret of a range is old, and whether it still stands.
#[derive(Debug, Default)]
pub struct Relatives {
    /// What stood at the same path in the parents, or was taken away where the path is new.
    pub before: Vec<ObjectId>,
    /// What stands at the same path at the end of the range.
    pub at_tip: Option<ObjectId>,
    /// The file at the end of the range that is nearest to the path.
    pub nearest: Option<BString>,
}

impl Range {
    /// Finds out what is new.
    ///
    /// # Errors
    /// When the directory belongs to no repository, or a revision is not in it. What cannot be read is in the coverage of the visit.
    pub fn read(options: &RangeOptions) -> Result<Self, SourceError> {
        let repository = Repository::discover(&options.dir, &options.environment)?;
        let objects =
            Objects::open(&repository).map_err(|problem| SourceError::Io { path: repository.objects.clone(), problem })?.for_sweep();
        let shallow = shallow(&repository);
        let mut coverage = Coverage::default();
        let ends = match Ends::of(&repository, &objects, &options.wanted) {
            // The request is right, keyfuse is not up to it.
            Err(SourceError::Revision(RevisionError::Refs(why))) => {
                coverage.unread("the range", why);
                Ends::default()
            }
            ends => ends?,
        };
        let Walked { mut commits, cut, failed } = reachable(&objects, &shallow, &ends.commits, &ends.excluded);
        if let Wanted::Since(second) = options.wanted {
            commits.retain(|(_, commit)| commit.committed >= second);
        }
        ends.broken.into_iter().for_each(|why| coverage.unread("a ref", why));
        for error in failed {
            unread(&mut coverage, "the range".to_owned(), &error, options.allow_missing);
        }
        let wanted: HashSet<ObjectId> = commits.iter().map(|(id, _)| *id).collect();
        for id in cut.iter().filter(|id| wanted.contains(*id)) {
            let why = "the clone is shallow: its parents were not fetched, so all that it holds counts as new (git fetch --unshallow; \
                       in CI: fetch-depth: 0)";
            let what = format!("what came before commit {id}");
            if options.allow_missing { coverage.out_of_scope(what, why) } else { coverage.unread(what, why) }
        }
        let mut jobs = Jobs { seen: HashMap::new(), jobs: ends.texts, coverage, allow_missing: options.allow_missing };
        let mut comparison = Comparison::new(&objects);
        let none = HashMap::new();
        let mut known = Known { objects: &objects, shallow: &shallow, trees: none, buffer: Vec::new() };
        // Packs keep the newest version whole and make the older ones from it: so each is made from one that was just read.
        for (id, commit) in commits.iter().rev() {
            jobs.commit(id, commit, &mut comparison, &mut known);
        }
        for tree in ends.trees {
            let compared = comparison.of(tree, &[]);
            jobs.compared(compared, None, &HashSet::new());
        }
        for id in ends.blobs {
            jobs.blob(BString::default(), id, None);
        }
        let tip = ends.commits.first().copied().or(head(&repository).ok().flatten());
        let tip = tip.and_then(|tip| objects.commit(&tip, &mut Vec::new()).ok()).map(|commit| commit.tree);
        let Jobs { mut jobs, coverage, .. } = jobs;
        jobs.sort_by(|(one, _), (other, _)| one.path.cmp(&other.path));
        let commits = commits.into_iter().map(|(id, commit)| (id.to_string(), commit)).collect();
        let (archives, threads) = (options.archives.clone(), options.threads);
        Ok(Self { blobs: Blobs { objects, jobs, archives, threads, allow_missing: options.allow_missing }, commits, tip, coverage })
    }

    /// How many commits are looked at.
    pub fn commits(&self) -> usize {
        self.commits.len()
    }

    /// Where to look whether what was found at `origin` is old, and whether it still stands.
    pub fn relatives(&self, origin: &Origin) -> Relatives {
        let mut relatives = Relatives::default();
        let mut comparison = Comparison::new(&self.blobs.objects);
        let path = origin.path.as_bstr();
        if let Some(tip) = self.tip {
            relatives.at_tip = comparison.file_at(tip, path);
            relatives.nearest = comparison.nearest(tip, path);
        }
        let Place::Object { commit: Some(commit), .. } = &origin.place else { return relatives };
        let Some(commit) = self.commits.get(&commit.id) else { return relatives };
        let mut buffer = Vec::new();
        let parents: Vec<ObjectId> =
            commit.parents.iter().filter_map(|parent| Some(self.blobs.objects.commit(parent, &mut buffer).ok()?.tree)).collect();
        for &parent in &parents {
            match comparison.file_at(parent, path) {
                Some(id) => relatives.before.push(id),
                None => {
                    let gone = comparison.of(parent, &[commit.tree]).brought.into_iter().filter(|gone| !gone.was_there);
                    relatives.before.extend(gone.map(|gone| gone.id).take(MOST_MOVED));
                }
            }
        }
        relatives
    }

    /// Other contents of the same repository, told by the places given.
    pub fn others(&self, jobs: impl IntoIterator<Item = (Origin, ObjectId)>) -> Blobs {
        Blobs { jobs: jobs.into_iter().map(|(origin, id)| (origin, Part::Blob(id))).collect(), ..self.blobs.clone() }
    }
}

pub(super) fn visit(range: &Range, visitor: &dyn Visitor, progress: &dyn Progress) -> Coverage {
    let mut coverage = range.coverage.clone();
    coverage.merge(blobs::visit(&range.blobs, visitor, progress));
    coverage
}

/// Trees of commits that were met, so that none is read twice.
struct Known<'o> {
    objects: &'o Objects,
    shallow: &'o HashSet<ObjectId>,
    trees: HashMap<ObjectId, Option<ObjectId>>,
    buffer: Vec<u8>,
}

impl Known<'_> {
    fn parents(&mut self, id: &ObjectId, commit: &CommitText) -> Vec<ObjectId> {
        self.trees.insert(*id, Some(commit.tree));
        let parents = if self.shallow.contains(id) { &[][..] } else { &commit.parents };
        let mut buffer = Vec::new();
        let objects = self.objects;
        let mut tree = |parent: &ObjectId| {
            *self.trees.entry(*parent).or_insert_with(|| objects.commit(parent, &mut buffer).ok().map(|commit| commit.tree))
        };
        parents.iter().filter_map(&mut tree).collect()
    }
}

/// What is to be looked at.
struct Jobs {
    /// What was met already: the newest first, so that the last one told is the first that brought it.
    seen: HashMap<(BString, ObjectId), usize>,
    jobs: Vec<(Origin, Part)>,
    coverage: Coverage,
    allow_missing: bool,
}

impl Jobs {
    fn commit(&mut self, id: &ObjectId, commit: &CommitText, comparison: &mut Comparison<'_>, known: &mut Known<'_>) {
        let facts = commit.facts(id);
        let place = Place::Message { id: facts.id.clone(), commit: Some(facts.clone()) };
        let origin = Origin { path: BString::default(), members: Vec::new(), place };
        if known.objects.read(id, &mut known.buffer).is_ok() {
            self.jobs.push((origin.clone(), Part::Text(spoken_headers(&known.buffer))));
        }
        self.jobs.push((origin, Part::Text(commit.message.clone())));
        let parents = known.parents(id, commit);
        let compared = comparison.of(commit.tree, &parents);
        // A content that only moved was there before.
        let mut moved = HashSet::new();
        if compared.brought.iter().any(|brought| !brought.was_there) {
            for parent in parents {
                moved.extend(comparison.of(parent, &[commit.tree]).brought.into_iter().map(|gone| gone.id));
            }
        }
        self.compared(compared, Some(&facts), &moved);
    }

    fn compared(&mut self, compared: crate::git::Compared, commit: Option<&Commit>, moved: &HashSet<ObjectId>) {
        for (directory, error) in compared.failed {
            let what = if directory.is_empty() { "a commit's files".to_owned() } else { Origin::file(directory).display() };
            unread(&mut self.coverage, what, &error, self.allow_missing);
        }
        for brought in compared.brought {
            if !brought.was_there {
                let place = Place::Name { commit: commit.cloned() };
                let origin = Origin { path: brought.path.clone(), members: Vec::new(), place };
                self.jobs.push((origin, Part::Text(brought.path.clone())));
            }
            if !moved.contains(&brought.id) {
                self.blob(brought.path, brought.id, commit);
            }
        }
    }

    fn blob(&mut self, path: BString, id: ObjectId, commit: Option<&Commit>) {
        let place = Place::Object { id: id.to_string(), commit: commit.cloned() };
        let next = self.jobs.len();
        let known = *self.seen.entry((path.clone(), id)).or_insert(next);
        match self.jobs.get_mut(known) {
            Some((origin, _)) => origin.place = place,
            None => self.jobs.push((Origin { path, members: Vec::new(), place }, Part::Blob(id))),
        }
    }
}
