//! Conducts the sweep of a history: commits first, then the names in their trees, then what the names stand for.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Mutex;

use bstr::{BString, ByteSlice};

use super::blobs::{Blobs, Knowledge};
use super::commits::{Commits, Named};
use super::jobs;
use super::loose::LooseObjects;
use super::paths::{Paths, Trees};
use super::seen::Seen;
use super::tree_names::{NOBODY, TreeNames};
use crate::git::{Environment, Kind, ObjectId, ObjectStore, Packed, Repository, TagText, heads, references, tips};
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
        let sweep = Sweep {
            options: &self.options,
            store: &store,
            visitor,
            progress,
            screen: visitor.screen().filter(|_| !self.options.full),
            threads: jobs::threads(self.options.threads),
        };
        Ok(sweep.run(&repository))
    }
}

/// One sweep.
struct Sweep<'a> {
    options: &'a HistoryOptions,
    store: &'a ObjectStore,
    visitor: &'a dyn Visitor,
    progress: &'a dyn Progress,
    screen: Option<&'a dyn Screen>,
    threads: usize,
}

impl Sweep<'_> {
    fn run(&self, repository: &Repository) -> Coverage {
        let mut coverage = Coverage::default();
        self.begin(repository, &mut coverage);
        let loose = LooseObjects::read(self.store, self.threads);
        for (id, damage) in &loose.damaged {
            coverage.unread(format!("object {id}"), damage.to_string());
        }
        let commits = self.commits(&loose, &mut coverage);
        let reachable = reachable(repository, self.store, &commits, self.options.allow_missing, &mut coverage);
        let paths = self.paths(repository, &loose, &commits, &reachable, &mut coverage);
        self.names(&paths, &mut coverage);
        self.blobs(&loose, paths, &mut coverage);
        coverage
    }

    /// Notes what is wrong with the files of the database, and tells how much there is.
    fn begin(&self, repository: &Repository, coverage: &mut Coverage) {
        for (path, why) in self.store.problems() {
            let shown = path.strip_prefix(&repository.common_dir).unwrap_or(path);
            coverage.unread(shown.display().to_string(), why);
        }
        let mut bytes = 0;
        for (pack, forest) in self.store.packs() {
            bytes += (0..pack.len()).map(|number| pack.packed_size(number as u32)).sum::<u64>();
            for (number, damage) in forest.damaged() {
                coverage.unread(format!("object {}", pack.id(*number)), damage.to_string());
            }
        }
        self.progress.total(bytes, self.store.len() as u64);
    }

    fn reader(&self) -> Reader<'_> {
        Reader::new(self.visitor, &Silent, &self.options.archives)
    }

    /// Reads commits and tags, and what they say.
    fn commits(&self, loose: &LooseObjects<'_>, coverage: &mut Coverage) -> Vec<Named> {
        let mut found = Vec::new();
        for kind in [Kind::Commit, Kind::Tag] {
            let walker = || Commits::new(self.store, kind, self.reader(), self.screen, self.progress);
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
        loose: &LooseObjects<'_>,
        commits: &[Named],
        reachable: &Reachable,
        coverage: &mut Coverage,
    ) -> Paths {
        let walker = || TreeNames::new(self.store, self.progress);
        let mut parts = jobs::walk(self.store, Kind::Tree, self.threads, walker);
        parts.extend(loose.each(self.store, Kind::Tree, self.threads, walker, |walker, object, content| match content {
            Ok(content) => _ = walker.whole(u32::try_from(object.number).unwrap_or(NOBODY), || object.id, content),
            Err(damage) => walker.coverage.unread(format!("object {}", object.id), damage.to_string()),
        }));
        for part in &mut parts {
            coverage.merge(std::mem::take(&mut part.coverage));
        }
        let (mut first, mut others) = (reachable.trees.clone(), Vec::new());
        for commit in commits {
            if let Ok(tree) = commit.tree {
                let tops = if reachable.commits.contains(&commit.number) { &mut first } else { &mut others };
                tops.push(u32::try_from(tree).unwrap_or(NOBODY));
            }
        }
        let (paths, missing) = Paths::follow(self.store, Trees::join(parts), &first, &others);
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
    fn names(&self, paths: &Paths, coverage: &mut Coverage) {
        let mut reader = self.reader();
        for path in paths.of_each_name() {
            let mut name = path.clone();
            let origin = Origin { path, members: Vec::new(), place: Place::Name { commit: None } };
            reader.bytes(&origin, &mut name);
        }
        coverage.merge(reader.finish());
    }

    fn blobs(&self, loose: &LooseObjects<'_>, paths: Paths, coverage: &mut Coverage) {
        // The slow way too hands over a content once for each class of its paths.
        let classifier = self.visitor.screen();
        let class = |path| classifier.map_or(0, |screen| screen.class(&paths.path(path)));
        let classes = (0..paths.len()).map(|path| class(path as u32)).collect();
        let known = Knowledge { store: self.store, paths, classes, handed: Mutex::default(), seen: Seen::new() };
        let walker = || Blobs::new(&known, self.reader(), self.screen, self.progress);
        let mut parts = jobs::walk(self.store, Kind::Blob, self.threads, walker);
        parts.extend(loose.each(self.store, Kind::Blob, self.threads, walker, |walker, object, content| match content {
            Ok(content) => _ = walker.whole(object.number, object.id, content),
            Err(damage) => walker.reader.coverage().unread(format!("object {}", object.id), damage.to_string()),
        }));
        for mut part in parts {
            coverage.merge(part.reader.finish());
        }
    }
}

/// Notes bytes of a pack that no entry of its index covers.
pub(super) fn tell_surplus(store: &ObjectStore, object: Packed, coverage: &mut Coverage) {
    let (pack, _) = &store.packs()[object.pack];
    let name = pack.path().file_name().unwrap_or_default().to_string_lossy();
    coverage.unread(name, format!("bytes behind object {} that no entry of the index covers", pack.id(object.number)));
}

/// What refs and reflogs lead to.
#[derive(Debug, Default)]
struct Reachable {
    commits: HashSet<usize>,
    /// Trees that a ref names itself.
    trees: Vec<u32>,
    missing: Vec<ObjectId>,
}

fn reachable(repository: &Repository, store: &ObjectStore, commits: &[Named], allow_missing: bool, coverage: &mut Coverage) -> Reachable {
    let mut reachable = Reachable::default();
    let ids = match tips(repository) {
        Ok((ids, broken)) => {
            for error in broken {
                coverage.unread("a ref", error.to_string());
            }
            ids
        }
        Err(error) => {
            coverage.unread("the refs", format!("{error}; contents were read all the same"));
            return reachable;
        }
    };
    unresolved(repository, store, allow_missing, &mut reachable, coverage);
    let cut = shallow(repository);
    if !cut.is_empty() {
        let why = format!("a shallow clone: what came before {} of its commits was not fetched", cut.len());
        absent(coverage, why, allow_missing);
    }
    let mut todo: Vec<usize> = ids.into_iter().filter_map(|id| peel(store, id, &mut reachable)).collect();
    while let Some(number) = todo.pop() {
        if !reachable.commits.insert(number) {
            continue;
        }
        let Ok(place) = commits.binary_search_by_key(&number, |commit| commit.number) else { continue };
        let commit = &commits[place];
        reachable.missing.extend(commit.tree.err().filter(|id| *id != ObjectId::empty_tree(store.hash())));
        if cut.contains(&store.id(number)) {
            continue;
        }
        for parent in &commit.parents {
            match parent {
                Ok(parent) => todo.push(*parent),
                Err(id) => reachable.missing.push(*id),
            }
        }
    }
    reachable
}

/// Notes refs and heads that name what is not there; a reflog may, for it outlives what it names.
fn unresolved(repository: &Repository, store: &ObjectStore, allow_missing: bool, reachable: &mut Reachable, coverage: &mut Coverage) {
    let named = references(repository).map(|(found, _)| found).unwrap_or_default().into_iter().chain(heads(repository));
    for reference in named.filter(|reference| !store.contains(&reference.id)) {
        if repository.is_partial || allow_missing {
            reachable.missing.push(reference.id);
        } else {
            coverage.unread(reference.name.to_string(), format!("names object {}, which is missing", reference.id));
        }
    }
}

/// The commit that a ref leads to, through tags.
fn peel(store: &ObjectStore, mut id: ObjectId, reachable: &mut Reachable) -> Option<usize> {
    let mut content = Vec::new();
    for _ in 0..64 {
        match store.read(&id, &mut content)?.ok()? {
            Kind::Commit => return store.number(&id),
            Kind::Tree => {
                reachable.trees.extend(store.number(&id).and_then(|number| u32::try_from(number).ok()));
                return None;
            }
            Kind::Blob => return None,
            Kind::Tag => {
                id = TagText::parse(&content, store.hash())?.target;
                if !store.contains(&id) {
                    reachable.missing.push(id);
                }
            }
        }
    }
    None
}

/// The commits at which a shallow clone was cut.
fn shallow(repository: &Repository) -> HashSet<ObjectId> {
    let text = std::fs::read(repository.common_dir.join("shallow")).unwrap_or_default();
    text.lines().filter_map(|line| ObjectId::from_hex(line.trim()).ok()).collect()
}

/// Notes what was not fetched.
fn absent(coverage: &mut Coverage, why: String, allow_missing: bool) {
    if allow_missing { coverage.out_of_scope("the history", why) } else { coverage.unread("the history", why) }
}

fn report_missing(repository: &Repository, mut missing: Vec<String>, allow_missing: bool, coverage: &mut Coverage) {
    const SHOWN: usize = 20;
    missing.sort();
    missing.dedup();
    // What is damaged is no part that was left out.
    let (left_out, missing): (Vec<String>, Vec<String>) =
        missing.into_iter().partition(|why| (repository.is_partial || allow_missing) && why.contains("is missing"));
    if !left_out.is_empty() {
        let kind = if repository.is_partial { "a partial clone: " } else { "" };
        absent(coverage, format!("{kind}{} objects that its commits name were not fetched", left_out.len()), allow_missing);
    }
    for why in missing.iter().take(SHOWN) {
        coverage.unread("the history", why);
    }
    if missing.len() > SHOWN {
        coverage.unread("the history", format!("{} more objects are missing or damaged", missing.len() - SHOWN));
    }
}
