//! Tracked files whose content in the work tree is not what is staged.

use std::path::{Path, PathBuf};
use std::{fs, io};

use bstr::ByteSlice;

use crate::git::{Entry, Environment, Index, Repository};
use crate::model::{Coverage, Origin};

use super::open::{Links, why};
use super::{ArchiveLimits, Progress, SourceError, Visitor, threads};

/// Which work tree to read.
#[derive(Clone, Debug, Default)]
pub struct UnstagedOptions {
    /// A directory in the work tree.
    pub dir: PathBuf,
    /// Git's variables, as the hook was given them.
    pub environment: Environment,
    /// How far to open archives.
    pub archives: ArchiveLimits,
    /// Threads; 0 for one per core.
    pub threads: usize,
}

pub(super) fn visit(options: &UnstagedOptions, visitor: &dyn Visitor, progress: &dyn Progress) -> Result<Coverage, SourceError> {
    let repository = Repository::discover(&options.dir, &options.environment)?;
    let Some(work_tree) = &repository.work_tree else {
        return Err(SourceError::Unfit { path: repository.git_dir, why: "a bare repository has no work tree" });
    };
    let work_tree = fs::canonicalize(work_tree).map_err(|problem| SourceError::Io { path: work_tree.clone(), problem })?;
    let mut coverage = Coverage::default();
    let index = match Index::open(&repository) {
        Ok(index) => index,
        Err(error) => {
            coverage.unread("the work tree", format!("the index cannot be read: {error}"));
            return Ok(coverage);
        }
    };
    let entries: Vec<_> = index.entries().filter(|entry| !entry.is_skipped && !entry.is_directory).collect();
    coverage.merge(threads::for_each(
        &entries,
        options.threads,
        &options.archives,
        (visitor, progress),
        || (),
        |entry, (), reader| {
            let origin = Origin::file(entry.path.to_owned());
            if entry.is_submodule {
                return reader.coverage().out_of_scope(origin.display(), "a submodule: its files belong to another repository");
            }
            let path = work_tree.join(entry.path.to_path_lossy());
            match is_changed(&repository, &index, entry, &path, &work_tree) {
                Ok(false) => {}
                Ok(true) => reader.path(&path, Links::Refuse, &origin),
                // Deleted in the work tree: there is nothing to read.
                Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
                Err(error) => reader.coverage().unread(origin.display(), why(&error)),
            }
        },
    ));
    Ok(coverage)
}

/// By metadata first and then by content; no filter of the repository's configuration is run, so a file that git would convert
/// on its way into the index counts as changed.
fn is_changed(repository: &Repository, index: &Index, entry: &Entry<'_>, path: &Path, work_tree: &Path) -> io::Result<bool> {
    let found = fs::symlink_metadata(path)?;
    if !found.is_file() || !entry.is_intent_to_add && entry.stage == 0 && index.is_unchanged(entry, &found) {
        return Ok(false);
    }
    // Below a link that took a directory's place lies something else than what is tracked.
    if !path.parent().is_some_and(|parent| fs::canonicalize(parent).is_ok_and(|real| real == *parent && real.starts_with(work_tree))) {
        return Ok(false);
    }
    Ok(entry.is_intent_to_add || entry.stage != 0 || repository.hash_blob(path, found.len())? != entry.id)
}
