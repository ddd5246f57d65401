//! The tracked files that a walk did not reach: a `.gitignore` that names a file does not untrack it.

use std::path::{Path, PathBuf};
use std::{fs, io};

use bstr::{BStr, BString, ByteSlice};

use crate::git::{Environment, Index, Repository, RepositoryError};
use crate::model::Origin;

use super::open::{Links, why};
use super::threads;
use super::walk::{Walk, path_bytes};

/// Reads what the indexes of the repositories in `root`, and of the one around it, name under `root` and `walk` has not seen.
pub(super) fn visit(walk: &Walk<'_>, root: &Path, prefix: &BStr) {
    let mut repositories = walk.repositories();
    if !repositories.iter().any(|directory| directory == root) {
        repositories.push(root.to_owned());
    }
    let mut missed = Vec::new();
    for directory in repositories {
        if let Err(error) = list(&directory, |path| {
            if path.starts_with(root) && !walk.has_seen(&path) {
                missed.push(path);
            }
        }) {
            let shown = shown(&directory.join(".git"), root, prefix).display();
            walk.add(|coverage| coverage.unread(shown, format!("tracked files that .gitignore names may be missing: {error}")));
        }
    }
    missed.sort();
    missed.dedup();
    let covered = threads::for_each(
        &missed,
        walk.threads,
        &walk.limits,
        (walk.visitor, walk.progress),
        || (),
        |path, (), reader| {
            let origin = shown(path, root, prefix);
            match fs::symlink_metadata(path) {
                Ok(found) if found.is_file() => {
                    // Below a link that took a directory's place lies something else than what is tracked.
                    let is_real = path.parent().and_then(|parent| Some(fs::canonicalize(parent).ok()? == parent)).unwrap_or(false);
                    if is_real {
                        reader.path(path, Links::Refuse, &origin);
                    }
                }
                Ok(found) if found.is_symlink() => walk.link(path, &origin, reader.coverage()),
                Ok(_) => {}
                // Deleted in the work tree: there is nothing to read.
                Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
                Err(error) => reader.coverage().unread(origin.display(), why(&error)),
            }
        },
    );
    walk.add(|coverage| coverage.merge(covered));
}

/// Calls `each` with the absolute path of every tracked file; without a repository, or a work tree, there are none.
fn list(directory: &Path, mut each: impl FnMut(PathBuf)) -> Result<(), String> {
    let repository = match Repository::discover(directory, &Environment::default()) {
        Ok(repository) => repository,
        // A checkout that was copied without what its `.git` points to is no repository.
        Err(RepositoryError::NotFound(_) | RepositoryError::Dangling { .. }) => return Ok(()),
        Err(error) => return Err(error.to_string()),
    };
    let Some(work_tree) = &repository.work_tree else { return Ok(()) };
    let work_tree = fs::canonicalize(work_tree).map_err(|error| why(&error))?;
    let index = Index::open(&repository)?;
    for entry in index.entries().filter(|entry| !entry.is_submodule && !entry.is_directory && !entry.is_skipped) {
        each(work_tree.join(entry.path.to_path_lossy()));
    }
    Ok(())
}

fn shown(path: &Path, root: &Path, prefix: &BStr) -> Origin {
    let mut bytes = BString::from(prefix.to_vec());
    bytes.extend_from_slice(&path_bytes(path.strip_prefix(root).unwrap_or(path)));
    Origin::file(bytes)
}
