//! What a range of commits brings: new contents, new names, and what the commits and new tags say.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use bstr::{BStr, BString, ByteSlice};

use crate::git::{
    CommitText, Comparison, Environment, Kind, ObjectId, Objects, Repository, RevisionError, TagText, Walked, head, reachable, references,
    resolve_commit, resolve_object, shallow,
};
use crate::model::{Commit, Coverage, Origin, Place};

use super::blobs::{Blobs, Part, unread};
use super::ref_update::RefUpdate;
use super::{ArchiveLimits, Progress, SourceError, Visitor, blobs};

/// Files that a commit took away and that may have become another: more are not compared.
const MOST_MOVED: usize = 100;

/// Which commits.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// Those that `to` reaches and `from` does not (`A..B`; the same for a pull request, `A...B`).
    Between {
        /// A revision; none excludes nothing.
        from: Option<String>,
        /// A revision.
        to: String,
        /// What the remote-tracking refs reach is not wanted either.
        pushed: Option<Remote>,
    },
    /// Those committed at that second since 1970 or later, that any ref or HEAD reaches.
    Since(i64),
    /// What a push would bring to a remote.
    Push {
        /// The refs that would move.
        updates: Vec<RefUpdate>,
        /// The remote that is pushed to.
        remote: Remote,
    },
    /// What a push brings here: all that no ref reaches yet.
    Receive(Vec<RefUpdate>),
}

/// Whose remote-tracking refs tell what was pushed before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remote {
    /// Those of every remote.
    Any,
    /// Those of the remote of that name.
    Named(String),
}

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
        let ends = Ends::of(&repository, &objects, &options.wanted)?;
        let Walked { mut commits, cut, failed } = reachable(&objects, &shallow, &ends.commits, &ends.excluded);
        if let Wanted::Since(second) = options.wanted {
            commits.retain(|(_, commit)| commit.committed >= second);
        }
        let mut coverage = Coverage::default();
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
        let mut jobs = Jobs { seen: HashSet::new(), jobs: ends.texts, coverage, allow_missing: options.allow_missing };
        let mut comparison = Comparison::new(&objects);
        let none = HashMap::new();
        let mut known = Known { objects: &objects, shallow: &shallow, trees: none };
        for (id, commit) in &commits {
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
        let Jobs { jobs, coverage, .. } = jobs;
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

/// Where a range begins and ends.
#[derive(Default)]
struct Ends {
    commits: Vec<ObjectId>,
    excluded: Vec<ObjectId>,
    /// What new tags name besides commits.
    trees: Vec<ObjectId>,
    blobs: Vec<ObjectId>,
    /// What new tags say.
    texts: Vec<(Origin, Part)>,
    broken: Vec<String>,
}

impl Ends {
    fn of(repository: &Repository, objects: &Objects, wanted: &Wanted) -> Result<Self, SourceError> {
        let mut ends = Self::default();
        match wanted {
            Wanted::Between { from, to, pushed } => {
                ends.tip(objects, resolve_object(repository, objects, to)?)?;
                if let Some(from) = from {
                    ends.excluded.push(resolve_commit(repository, objects, from)?);
                }
                if let Some(remote) = pushed {
                    ends.exclude_refs(repository, objects, |name| remote.holds(name));
                }
            }
            Wanted::Since(_) => {
                let (found, broken) = references(repository).map_err(|error| unfit(repository, &error))?;
                ends.broken.extend(broken.iter().map(ToString::to_string));
                for tip in found.into_iter().map(|found| found.id).chain(head(repository).ok().flatten()) {
                    if let Ok((commit, Kind::Commit)) = objects.peel(tip, &mut Vec::new()) {
                        ends.commits.push(commit);
                    }
                }
            }
            Wanted::Push { updates, remote } => {
                ends.updates(objects, updates)?;
                ends.exclude_refs(repository, objects, |name| remote.holds(name));
            }
            Wanted::Receive(updates) => {
                ends.updates(objects, updates)?;
                ends.exclude_refs(repository, objects, |_| true);
            }
        }
        Ok(ends)
    }

    /// Follows annotated tags from `id`, and takes what they say and where they lead.
    fn tip(&mut self, objects: &Objects, mut id: ObjectId) -> Result<(), SourceError> {
        let named = id;
        let failed = |error: crate::git::ObjectError| {
            SourceError::Revision(RevisionError::Unfit { name: named.to_string(), why: error.to_string() })
        };
        let mut buffer = Vec::new();
        let (end, kind) = objects.peel(id, &mut buffer).map_err(failed)?;
        while id != end {
            objects.read(&id, &mut buffer).map_err(failed)?;
            let Some(tag) = TagText::parse(&buffer, objects.hash()) else { break };
            let place = Place::Message { id: id.to_string(), commit: None };
            self.texts.push((Origin { path: BString::default(), members: Vec::new(), place }, Part::Text(tag.message)));
            id = tag.target;
        }
        match kind {
            Kind::Commit => self.commits.push(end),
            Kind::Tree => self.trees.push(end),
            Kind::Blob | Kind::Tag => self.blobs.push(end),
        }
        Ok(())
    }

    fn updates(&mut self, objects: &Objects, updates: &[RefUpdate]) -> Result<(), SourceError> {
        for update in updates.iter().filter(|update| !RefUpdate::is_nothing(&update.new)) {
            let id = ObjectId::from_hex(update.new.as_bytes()).map_err(|_| RevisionError::Unknown(update.new.clone()))?;
            self.tip(objects, id)?;
            // What a force push replaces may never have been fetched; then it excludes nothing.
            let old = ObjectId::from_hex(update.old.as_bytes()).ok().filter(|old| !old.is_null());
            if let Some(Ok((old, Kind::Commit))) = old.map(|old| objects.peel(old, &mut Vec::new())) {
                self.excluded.push(old);
            }
        }
        Ok(())
    }

    fn exclude_refs(&mut self, repository: &Repository, objects: &Objects, is_one: impl Fn(&BStr) -> bool) {
        // Refs that cannot be read exclude nothing: more is scanned then, not less.
        let Ok((found, _)) = references(repository) else { return };
        let mut buffer = Vec::new();
        for reference in found.into_iter().filter(|reference| is_one(reference.name.as_bstr())) {
            if let Ok((commit, Kind::Commit)) = objects.peel(reference.id, &mut buffer) {
                self.excluded.push(commit);
            }
        }
        self.excluded.sort_unstable();
        self.excluded.dedup();
    }
}

impl Remote {
    /// Whether a ref is one of its remote-tracking refs.
    fn holds(&self, name: &BStr) -> bool {
        let Some(rest) = name.strip_prefix(b"refs/remotes/") else { return false };
        match self {
            Self::Any => true,
            Self::Named(remote) => rest.strip_prefix(remote.as_bytes()).is_some_and(|rest| rest.starts_with(b"/")),
        }
    }
}

fn unfit(repository: &Repository, error: &dyn std::fmt::Display) -> SourceError {
    SourceError::Revision(RevisionError::Unfit { name: repository.common_dir.display().to_string(), why: error.to_string() })
}

/// Trees of commits that were met, so that none is read twice.
struct Known<'o> {
    objects: &'o Objects,
    shallow: &'o HashSet<ObjectId>,
    trees: HashMap<ObjectId, Option<ObjectId>>,
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
    seen: HashSet<(BString, ObjectId)>,
    jobs: Vec<(Origin, Part)>,
    coverage: Coverage,
    allow_missing: bool,
}

impl Jobs {
    fn commit(&mut self, id: &ObjectId, commit: &CommitText, comparison: &mut Comparison<'_>, known: &mut Known<'_>) {
        let facts = commit.facts(id);
        let place = Place::Message { id: facts.id.clone(), commit: Some(facts.clone()) };
        let origin = Origin { path: BString::default(), members: Vec::new(), place };
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
        if self.seen.insert((path.clone(), id)) {
            let place = Place::Object { id: id.to_string(), commit: commit.cloned() };
            self.jobs.push((Origin { path, members: Vec::new(), place }, Part::Blob(id)));
        }
    }
}
