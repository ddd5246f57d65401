//! Conducts the sweep of a history: commits first, then the names in their trees, then what the names stand for.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use bstr::BString;

use super::blobs::{Blobs, Knowledge};
use super::checkpoint::Checkpoint;
use super::commits::{Commits, Named};
use super::id_list::IdList;
use super::increment::Increment;
use super::jobs;
use super::learned::{Learned, Memory};
use super::ledger::{Ledger, Said};
use super::loose::LooseObjects;
use super::paths::Paths;
use super::reachable::{Reachable, reachable, report_missing};
use super::reading::{Reading, Shelf};
use super::seen::Seen;
use super::tree_names::NOBODY;
use super::trees::Trees;
use crate::git::{Environment, Kind, ObjectStore, Packed, Repository};
use crate::model::{Coverage, Origin, Place};
use crate::source::{ArchiveLimits, Progress, Reader, Screen, Silent, Source, SourceError, Visitor};

/// Which repository to sweep, and how.
#[derive(Clone, Debug, Default)]
pub struct HistoryOptions {
    /// A directory in the repository, or a bare one.
    pub dir: PathBuf,
    /// Git's variables.
    pub environment: Environment,
    /// Whether what was not fetched is out of scope instead of unread.
    pub allow_missing: bool,
    /// How far to open archives.
    pub archives: ArchiveLimits,
    /// Threads; 0 for one per core.
    pub threads: usize,
    /// Whether every content is handed over whole, deltas too: the slow way, to compare with.
    pub full: bool,
    /// Where to keep what is learned for the next sweep, and to look up what the last one learned.
    pub memory: Option<Memory>,
    /// Where to leave what was read for [`attribute`](super::attribute).
    pub shelf: Arc<Shelf>,
}

/// Every object of a repository.
#[derive(Clone, Debug)]
pub struct History {
    options: HistoryOptions,
}

impl History {
    /// The history of the repository that the options name.
    pub fn new(options: HistoryOptions) -> Self {
        Self { options }
    }
}

impl Source for History {
    fn is_history(&self) -> bool {
        true
    }

    fn visit(&self, visitor: &dyn Visitor, progress: &dyn Progress) -> Result<Coverage, SourceError> {
        let repository = Repository::discover(&self.options.dir, &self.options.environment)?;
        let store = ObjectStore::open(&repository);
        let ledger = Ledger::default();
        let memory = self.options.memory.as_ref().filter(|_| !self.options.full);
        let ids = memory.map(|_| IdList::of_store(&store));
        let known = memory.and_then(Memory::recall);
        let digest = ids.as_ref().map_or([0; 32], |(ids, _)| ids.digest());
        let checkpoint = Checkpoint::new(memory, digest, &ledger, known.as_ref());
        let sweep = Sweep {
            ledger: &ledger,
            checkpoint: &checkpoint,
            options: &self.options,
            store: &store,
            visitor,
            progress,
            screen: visitor.screen().filter(|_| !self.options.full),
            threads: jobs::threads(self.options.threads),
        };
        let since = |known: &Learned| Increment::since(known, &repository, &store, &ids.as_ref()?.0);
        let (coverage, read) = match known.as_ref().and_then(|known| Some((known, since(known)?))) {
            Some((known, increment)) => (sweep.again(known, &increment), None),
            None => sweep.run(&repository),
        };
        let mut memory = memory;
        if let (Some(kept), Some((ids, _))) = (memory, &ids) {
            let told = ledger.close();
            if told.has_names || coverage.gaps.len() > told.gaps {
                // What is damaged or missing may be there the next time; a name that holds a secret is not written down.
                kept.forget();
                memory = None;
            } else {
                let learned = Learned::new(ids.clone(), told.contents, told.messages, (coverage.blobs, coverage.bytes));
                if known.as_ref().is_none_or(|known| !known.is_same(&learned)) {
                    // Without a memory the next sweep takes longer, and finds the same.
                    let _ = kept.keep(learned);
                }
            }
        }
        let memory = memory.cloned();
        self.options.shelf.put(&repository, Reading { store, ids, read, memory });
        Ok(coverage)
    }
}

/// One sweep.
pub(super) struct Sweep<'a> {
    pub(super) ledger: &'a Ledger,
    checkpoint: &'a Checkpoint<'a>,
    options: &'a HistoryOptions,
    pub(super) store: &'a ObjectStore,
    visitor: &'a dyn Visitor,
    pub(super) progress: &'a dyn Progress,
    pub(super) screen: Option<&'a dyn Screen>,
    pub(super) threads: usize,
}

impl Sweep<'_> {
    fn run(&self, repository: &Repository) -> (Coverage, Option<(Trees, Vec<Named>)>) {
        let mut coverage = Coverage::default();
        self.begin(repository, &mut coverage);
        let loose = LooseObjects::read(self.store, self.threads);
        for (id, damage) in &loose.damaged {
            coverage.unread(format!("object {id}"), damage.to_string());
        }
        let commits = self.commits(&loose, &mut coverage);
        let reachable = reachable(repository, self.store, &commits, self.options.allow_missing, &mut coverage);
        let mut trees = Trees::read(self.store, &loose, self.threads, self.progress, &mut coverage);
        let paths = self.paths(repository, &mut trees, &commits, &reachable, &mut coverage);
        self.names(paths.of_each_name(), &mut coverage);
        self.blobs(&loose, paths, &mut coverage);
        (coverage, Some((trees, commits)))
    }

    /// Notes what is wrong with the files of the database, and tells how much there is.
    fn begin(&self, repository: &Repository, coverage: &mut Coverage) {
        for (path, why) in self.store.problems() {
            let shown = path.strip_prefix(&repository.common_dir).unwrap_or(path);
            coverage.unread(shown.display().to_string(), why);
        }
        let mut bytes = 0;
        for (place, pack) in self.store.packs().iter().enumerate() {
            bytes += (0..pack.len()).map(|number| pack.packed_size(number as u32)).sum::<u64>();
            for (number, damage) in self.store.forest(place).damaged() {
                coverage.unread(format!("object {}", pack.id(*number)), damage.to_string());
            }
        }
        self.progress.total(bytes, self.store.len() as u64);
    }

    pub(super) fn reader(&self) -> Reader<'_> {
        Reader::new(self.visitor, &Silent, &self.options.archives)
    }

    /// Reads commits and tags, and what they say.
    fn commits(&self, loose: &LooseObjects<'_>, coverage: &mut Coverage) -> Vec<Named> {
        let mut found = Vec::new();
        for kind in [Kind::Commit, Kind::Tag] {
            let walker = || Commits::new(self.store, kind, self.reader(), self.screen, self.progress, self.ledger);
            let mut parts = jobs::walk(self.store, kind, self.threads, walker);
            parts.extend(loose.each(self.store, kind, self.threads, walker, |walker, object, content| match content {
                Ok(content) => walker.take(object.number, || object.id, content),
                Err(damage) => walker.reader.coverage().unread(format!("object {}", object.id), damage.to_string()),
            }));
            for mut part in parts {
                coverage.merge(part.reader.finish());
                found.append(&mut part.found);
            }
        }
        found.sort_by_key(|commit| commit.number);
        found.dedup_by_key(|commit| commit.number);
        found
    }

    /// Works out under which paths every blob stood.
    fn paths(
        &self,
        repository: &Repository,
        trees: &mut Trees,
        commits: &[Named],
        reachable: &Reachable,
        coverage: &mut Coverage,
    ) -> Paths {
        let (mut first, mut others) = (reachable.trees.clone(), Vec::new());
        for commit in commits {
            if let Ok(tree) = commit.tree {
                let tops = if reachable.commits.contains(&commit.number) { &mut first } else { &mut others };
                tops.push(u32::try_from(tree).unwrap_or(NOBODY));
            }
        }
        let (paths, missing) = Paths::follow(self.store, trees, &first, &others);
        let mut told: Vec<String> = reachable.missing.iter().map(|id| format!("object {id} is missing")).collect();
        let shown = |path: BString| Origin::file(path).display();
        told.extend(missing.into_iter().map(|(id, path)| format!("object {id} is missing, the content of {}", shown(path))));
        report_missing(repository, told, self.options.allow_missing, coverage);
        if paths.is_cut {
            coverage.unread("the paths", "a few trees make very many: some contents are judged without knowing where they stood");
        }
        paths
    }

    /// Hands over a path for every name that a tree gives to something: a name may hold a secret itself.
    pub(super) fn names(&self, paths: impl Iterator<Item = BString>, coverage: &mut Coverage) {
        let mut reader = self.reader();
        let before = Said::by(&mut reader);
        for path in paths {
            let mut name = path.clone();
            let origin = Origin { path, members: Vec::new(), place: Place::Name { commit: None } };
            reader.bytes(&origin, &mut name);
        }
        self.ledger.name((before, Said::by(&mut reader)));
        coverage.merge(reader.finish());
    }

    fn blobs(&self, loose: &LooseObjects<'_>, paths: Paths, coverage: &mut Coverage) {
        let known = self.knowledge(paths);
        let walker = || Blobs::new(&known, self.reader(), self.screen, self.progress);
        let rest = |blobs: &mut Blobs<'_, '_>| {
            let walked = std::mem::take(&mut blobs.walked);
            let ids: Vec<_> = walked.into_iter().map(|object| blobs.id(object)).collect();
            let mut counted = blobs.counted;
            self.checkpoint.done(ids.into_iter(), blobs.reader.coverage(), &mut counted);
            blobs.counted = counted;
        };
        let wanted = |root| !self.checkpoint.is_done(self.store, root);
        let mut parts = jobs::walk_some(self.store, Kind::Blob, self.threads, walker, wanted, rest);
        parts.extend(loose.each(self.store, Kind::Blob, self.threads, walker, |walker, object, content| match content {
            Ok(content) => _ = walker.whole(object.number, object.id, content),
            Err(damage) => walker.reader.coverage().unread(format!("object {}", object.id), damage.to_string()),
        }));
        if let Some(resumed) = self.checkpoint.resumed {
            coverage.blobs += resumed.blobs;
            coverage.bytes += resumed.bytes;
            self.reread(&known, &self.checkpoint.to_be_said_again(), resumed, coverage);
        }
        for mut part in parts {
            coverage.merge(part.reader.finish());
        }
    }

    /// What all threads that look at blobs know.
    pub(super) fn knowledge(&self, paths: Paths) -> Knowledge<'_> {
        // The slow way too hands over a content once for each class of its paths.
        let classifier = self.visitor.screen();
        let class = |path| classifier.map_or(0, |screen| screen.class(&paths.path(path)));
        let classes = (0..paths.len()).map(|path| class(path as u32)).collect();
        Knowledge { store: self.store, paths, classes, handed: Mutex::default(), seen: Seen::new(), ledger: self.ledger }
    }
}

/// Notes bytes of a pack that no entry of its index covers.
pub(super) fn tell_surplus(store: &ObjectStore, object: Packed, coverage: &mut Coverage) {
    let pack = &store.packs()[object.pack];
    let name = pack.path().file_name().unwrap_or_default().to_string_lossy();
    coverage.unread(name, format!("bytes behind object {} that no entry of the index covers", pack.id(object.number)));
}
