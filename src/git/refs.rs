//! The commits that a repository's refs, heads and reflogs name.

use std::collections::HashSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;

use bstr::{BString, ByteSlice};
use gix::ObjectId;
use gix::refs::Target;
use gix::refs::file::Store;

use super::Repository;

/// A ref could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RefError {
    /// The refs are stored in a format that is not read.
    #[error("its refs are stored as {0}, a format that keyfuse does not read yet")]
    Format(String),
    /// Something is wrong with one of them.
    #[error("{name}: {why}")]
    Broken {
        /// The ref.
        name: String,
        /// What is wrong.
        why: String,
    },
}

/// The commit that HEAD names; none before the first commit.
pub fn head(repository: &Repository) -> Result<Option<ObjectId>, RefError> {
    resolve(&store(repository, &repository.git_dir)?, "HEAD")
}

/// The HEADs of all work trees, this one's first: what each leads to, and the ref on the way (`HEAD` itself where it is detached).
/// What cannot be read is left out; [`tips`] tells of it.
pub fn heads(repository: &Repository) -> Vec<Reference> {
    let mut directories = vec![repository.git_dir.clone(), repository.common_dir.clone()];
    directories.extend(children(&repository.common_dir.join("worktrees")));
    directories.dedup();
    let mut heads: Vec<Reference> = Vec::new();
    for directory in directories {
        let Ok(store) = store(repository, &directory) else { continue };
        let Ok(Some(id)) = resolve(&store, "HEAD") else { continue };
        let name = match store.try_find("HEAD") {
            Ok(Some(reference)) => match reference.target {
                Target::Symbolic(name) => name.as_bstr().to_owned(),
                Target::Object(_) => BString::from("HEAD"),
            },
            _ => continue,
        };
        let head = Reference { name, id };
        if !heads.contains(&head) {
            heads.push(head);
        }
    }
    heads
}

/// The object that the ref of that full name leads to; none if there is no such ref.
pub(super) fn find(repository: &Repository, name: &str) -> Result<Option<ObjectId>, RefError> {
    resolve(&store(repository, &repository.git_dir)?, name)
}

/// A ref with the object it names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// Full name, as `refs/heads/main`.
    pub name: BString,
    /// What it names: a tag itself where it is an annotated one.
    pub id: ObjectId,
}

/// All refs that name an object, by name, and those that could not be read; a symbolic one is left out, for it leads to another.
pub fn references(repository: &Repository) -> Result<(Vec<Reference>, Vec<RefError>), RefError> {
    let store = store(repository, &repository.common_dir)?;
    let broken = |error: &dyn std::fmt::Display| RefError::Broken { name: "refs".into(), why: error.to_string() };
    let (mut found, mut failed) = (Vec::new(), Vec::new());
    let platform = store.iter().map_err(|error| broken(&error))?;
    for reference in platform.all().map_err(|error| broken(&error))? {
        match reference {
            Ok(reference) => {
                if let Target::Object(id) = reference.target {
                    found.push(Reference { name: reference.name.as_bstr().to_owned(), id });
                }
            }
            Err(error) => failed.push(broken(&error)),
        }
    }
    found.sort();
    Ok((found, failed))
}

/// Every object named by a ref, a HEAD (that of other work trees too) or a reflog, each once, and the refs that could not be read.
pub fn tips(repository: &Repository) -> Result<(Vec<ObjectId>, Vec<RefError>), RefError> {
    let mut tips = Tips { seen: HashSet::new(), ids: Vec::new(), broken: Vec::new(), hash: repository.hash };
    let mut directories = vec![repository.common_dir.clone()];
    directories.extend(children(&repository.common_dir.join("worktrees")));
    for directory in &directories {
        let store = store(repository, directory)?;
        for name in ["HEAD", "ORIG_HEAD", "FETCH_HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REBASE_HEAD"] {
            // FETCH_HEAD has a grammar of its own and names nothing that the refs and packs do not hold already.
            match resolve(&store, name) {
                Ok(id) => tips.add(id),
                Err(error) if name == "HEAD" => tips.broken.push(error),
                Err(_) => {}
            }
        }
        tips.logs(&directory.join("logs"), 0);
    }
    let (references, broken) = references(repository)?;
    references.into_iter().for_each(|reference| tips.add(Some(reference.id)));
    tips.broken.extend(broken);
    Ok((tips.ids, tips.broken))
}

fn store(repository: &Repository, git_dir: &Path) -> Result<Store, RefError> {
    if repository.ref_format != "files" {
        return Err(RefError::Format(repository.ref_format.clone()));
    }
    Ok(if *git_dir == *repository.common_dir {
        Store::at(git_dir.to_owned(), repository.hash)
    } else {
        Store::for_linked_worktree(git_dir.to_owned(), repository.common_dir.clone(), repository.hash)
    })
}

fn resolve(store: &Store, name: &str) -> Result<Option<ObjectId>, RefError> {
    let broken = |why: String| RefError::Broken { name: name.to_owned(), why };
    let mut next = name.to_owned();
    // Git follows five symbolic refs and no more.
    for _ in 0..5 {
        let found = store.try_find(next.as_str()).map_err(|error| broken(error.to_string()))?;
        match found.map(|reference| reference.target) {
            None => return Ok(None),
            Some(Target::Object(id)) => return Ok(Some(id)),
            Some(Target::Symbolic(target)) => next = target.as_bstr().to_str().map_err(|error| broken(error.to_string()))?.to_owned(),
        }
    }
    Err(broken("more than five symbolic refs in a row".into()))
}

fn children(directory: &Path) -> Vec<std::path::PathBuf> {
    let Ok(listing) = fs::read_dir(directory) else { return Vec::new() };
    let mut found: Vec<_> = listing.flatten().map(|entry| entry.path()).collect();
    found.sort();
    found
}

struct Tips {
    seen: HashSet<ObjectId>,
    ids: Vec<ObjectId>,
    broken: Vec<RefError>,
    hash: gix::hash::Kind,
}

impl Tips {
    fn add(&mut self, id: Option<ObjectId>) {
        if let Some(id) = id.filter(|id| !id.is_null() && self.seen.insert(*id)) {
            self.ids.push(id);
        }
    }

    /// Both ids of every line of every reflog: older stashes and amended commits are named nowhere else.
    fn logs(&mut self, directory: &Path, depth: u32) {
        for path in children(directory) {
            let Ok(kind) = fs::symlink_metadata(&path).map(|found| found.file_type()) else { continue };
            if kind.is_dir() && depth < 64 {
                self.logs(&path, depth + 1);
            } else if kind.is_file()
                && let Ok(file) = fs::File::open(&path)
            {
                let hex = self.hash.len_in_hex();
                for line in BufReader::new(file).split(b'\n').map_while(Result::ok) {
                    for field in [line.get(..hex), line.get(hex + 1..2 * hex + 1)].into_iter().flatten() {
                        self.add(ObjectId::from_hex(field).ok());
                    }
                }
            }
        }
    }
}
