//! Every object of a repository once: blobs with the first commit and path that brought them, and what commits and tags say.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use bstr::BString;

use crate::git::{CommitText, Environment, Kind, ObjectId, Objects, Repository, TagText, parents_first, shallow, tips};
use crate::model::{Commit, Coverage, Origin, Place};

use super::blobs::{Blobs, Part};
use super::reader::Reader;
use super::{ArchiveLimits, Progress, SourceError, Visitor, blobs, threads};

/// Which repository to read.
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
}

pub(super) fn visit(options: &HistoryOptions, visitor: &dyn Visitor, progress: &dyn Progress) -> Result<Coverage, SourceError> {
    let repository = Repository::discover(&options.dir, &options.environment)?;
    let mut coverage = Coverage::default();
    let objects = match Objects::open(&repository) {
        Ok(objects) => objects.for_sweep(),
        Err(error) => {
            coverage.unread("the object database", error.to_string());
            return Ok(coverage);
        }
    };
    let mut ids = Vec::new();
    let mut known = HashSet::new();
    for id in objects.ids() {
        match id {
            Ok(id) if known.insert(id) => ids.push(id),
            Ok(_) => {}
            Err(why) => coverage.unread("the object database", why),
        }
    }
    progress.total(0, ids.len() as u64);
    let provenance = Provenance::gather(&repository, &objects, &known, options.allow_missing, &mut coverage);
    drop(known);
    let names = provenance.names.iter().map(|(path, commit)| {
        let place = Place::Name { commit: Some((**commit).clone()).filter(|commit| !commit.id.is_empty()) };
        (Origin { path: path.clone(), members: Vec::new(), place }, Part::Text(path.clone()))
    });
    let names = Blobs {
        objects: objects.clone(),
        jobs: names.collect(),
        archives: options.archives.clone(),
        threads: options.threads,
        allow_missing: false,
    };
    coverage.merge(blobs::visit(&names, visitor, &super::Silent));
    coverage.merge(threads::for_each(
        &ids,
        options.threads,
        &options.archives,
        (visitor, progress),
        || (objects.clone(), Vec::new()),
        |id, (objects, buffer), reader| object(id, objects, buffer, &provenance, reader),
    ));
    Ok(coverage)
}

/// Hands over one object; trees hold names alone and are passed by.
fn object(id: &ObjectId, objects: &Objects, buffer: &mut Vec<u8>, provenance: &Provenance, reader: &mut Reader<'_>) {
    let origin =
        |path: BString, commit: Option<Commit>| Origin { path, members: Vec::new(), place: Place::Object { id: id.to_string(), commit } };
    let message = |commit: Option<Commit>| Origin {
        path: BString::default(),
        members: Vec::new(),
        place: Place::Message { id: id.to_string(), commit },
    };
    let malformed = |reader: &mut Reader<'_>| reader.coverage().unread(format!("object {id}"), "cannot be understood");
    match objects.kind(id).and_then(|kind| if kind == Kind::Tree { Ok(kind) } else { objects.read(id, buffer) }) {
        Ok(Kind::Tree) => {}
        Ok(Kind::Blob) => {
            let (path, commit) = provenance.of(id);
            reader.bytes(&origin(path, commit), buffer);
        }
        Ok(Kind::Commit) => match CommitText::parse(buffer, objects.hash()) {
            Some(mut commit) => reader.bytes(&message(Some(commit.facts(id))), &mut commit.message),
            None => malformed(reader),
        },
        Ok(Kind::Tag) => match TagText::parse(buffer, objects.hash()) {
            Some(mut tag) => {
                let commit = provenance.commits.get(&tag.target).cloned();
                reader.bytes(&message(commit.map(|commit| (*commit).clone())), &mut tag.message);
            }
            None => malformed(reader),
        },
        Err(error) => reader.coverage().unread(format!("object {id}"), error.why()),
    }
}

/// Which commit brought which blob to which path first.
#[derive(Default)]
struct Provenance {
    blobs: HashMap<ObjectId, (BString, Arc<Commit>)>,
    commits: HashMap<ObjectId, Arc<Commit>>,
    /// A path for every name that a tree gives to something, with the first commit that did.
    names: Vec<Named>,
}

/// A path, and the commit that brought it.
type Named = (BString, Arc<Commit>);

impl Provenance {
    /// Walks all that the refs and reflogs name, parents before children and older commits before younger ones.
    fn gather(repository: &Repository, objects: &Objects, known: &HashSet<ObjectId>, allow_missing: bool, coverage: &mut Coverage) -> Self {
        let mut provenance = Self::default();
        let tips = match tips(repository) {
            Ok((tips, broken)) => {
                for error in broken {
                    coverage.unread("a ref", error.to_string());
                }
                tips
            }
            Err(error) => {
                coverage.unread("the refs", format!("{error}; contents were read, the commits that brought them are not known"));
                return provenance;
            }
        };
        let cut = shallow(repository);
        if !cut.is_empty() {
            let why = format!("a shallow clone: what came before {} of its commits was not fetched", cut.len());
            absent(coverage, why, allow_missing);
        }
        let mut walk =
            TreeWalk { objects, seen: HashSet::new(), buffer: Vec::new(), missing: Vec::new(), known: HashSet::new(), names: Vec::new() };
        let (commits, roots) = collect(objects, tips, &cut, &mut walk.missing);
        for (id, commit) in parents_first(commits) {
            let facts = Arc::new(commit.facts(&id));
            walk.tree(commit.tree, BString::default(), &facts, &mut provenance.blobs);
            provenance.commits.insert(id, facts);
        }
        let none = Arc::new(Commit { id: String::new(), author: String::new(), date: String::new() });
        for (root, kind) in roots {
            // A tag may name a tree or a blob directly; there is no commit to tell of then.
            if kind == Kind::Tree {
                walk.tree(root, BString::default(), &none, &mut provenance.blobs);
            }
        }
        for (id, (path, _)) in provenance.blobs.iter().filter(|(id, _)| !known.contains(*id)) {
            walk.missing.push(format!("object {id} is missing, the content of {}", Origin::file(path.clone()).display()));
        }
        provenance.names = walk.names;
        report_missing(repository, walk.missing, allow_missing, coverage);
        provenance
    }

    fn of(&self, id: &ObjectId) -> (BString, Option<Commit>) {
        match self.blobs.get(id) {
            Some((path, commit)) => (path.clone(), Some((**commit).clone()).filter(|commit| !commit.id.is_empty())),
            None => (BString::default(), None),
        }
    }
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

type Commits = HashMap<ObjectId, CommitText>;

/// All commits reachable from `tips`, and what else they name.
fn collect(objects: &Objects, tips: Vec<ObjectId>, cut: &HashSet<ObjectId>, missing: &mut Vec<String>) -> (Commits, Vec<(ObjectId, Kind)>) {
    let (mut commits, mut roots, mut buffer) = (Commits::new(), Vec::new(), Vec::new());
    let mut todo = Vec::new();
    for tip in tips {
        match objects.peel(tip, &mut buffer) {
            Ok((id, Kind::Commit)) => todo.push(id),
            Ok(other) => roots.push(other),
            Err(crate::git::ObjectError::Missing(_)) => {} // a reflog outlives what it names; refs are looked after by git fsck
            Err(error) => missing.push(error.to_string()),
        }
    }
    while let Some(id) = todo.pop() {
        if commits.contains_key(&id) {
            continue;
        }
        match objects.commit(&id, &mut buffer) {
            Ok(mut commit) => {
                if cut.contains(&id) {
                    commit.parents.clear();
                }
                commit.message.clear();
                commit.message.shrink_to_fit();
                todo.extend(commit.parents.iter().filter(|parent| !commits.contains_key(*parent)));
                commits.insert(id, commit);
            }
            Err(error) => missing.push(error.to_string()),
        }
    }
    (commits, roots)
}

/// Walks trees, each only once: what lies in it was named when it was met first.
struct TreeWalk<'o> {
    objects: &'o Objects,
    seen: HashSet<ObjectId>,
    buffer: Vec<u8>,
    missing: Vec<String>,
    known: HashSet<BString>,
    names: Vec<Named>,
}

impl TreeWalk<'_> {
    fn tree(&mut self, root: ObjectId, path: BString, commit: &Arc<Commit>, blobs: &mut HashMap<ObjectId, (BString, Arc<Commit>)>) {
        let mut todo = vec![(root, path)];
        while let Some((tree, path)) = todo.pop() {
            if !self.seen.insert(tree) {
                continue;
            }
            let entries = match self.objects.tree(&tree, &mut self.buffer) {
                Ok(entries) => entries,
                Err(error) => {
                    self.missing.push(error.to_string());
                    continue;
                }
            };
            for entry in entries {
                let is_new = if entry.is_tree { !self.seen.contains(&entry.id) } else { !blobs.contains_key(&entry.id) };
                let is_new_name = !self.known.contains(&entry.name);
                if !is_new && !is_new_name {
                    continue;
                }
                let mut inner = path.clone();
                if !inner.is_empty() {
                    inner.push(b'/');
                }
                inner.extend_from_slice(&entry.name);
                if is_new_name {
                    self.known.insert(entry.name);
                    self.names.push((inner.clone(), commit.clone()));
                }
                if !is_new || entry.is_submodule {
                    continue;
                }
                if entry.is_tree {
                    todo.push((entry.id, inner));
                } else {
                    blobs.insert(entry.id, (inner, commit.clone()));
                }
            }
        }
    }
}
