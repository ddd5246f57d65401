//! What a repository holds beside its objects: configuration, hooks, reflogs, messages in the making, names of refs, and the work tree.

use std::fs;
use std::path::{Path, PathBuf};

use bstr::{BString, ByteSlice};

use crate::git::{Environment, Repository};
use crate::model::{Coverage, Origin, Place};

use super::open::{Links, why};
use super::walk::path_bytes;
use super::{ArchiveLimits, Progress, SourceError, TreeOptions, Visitor, threads, tree};

/// Directories nested deeper than this are not followed.
const DEEPEST: usize = 64;

/// Which repository to read, and how much of it.
#[derive(Clone, Debug, Default)]
pub struct GitFilesOptions {
    /// A directory in the repository, or a bare one.
    pub dir: PathBuf,
    /// Git's variables.
    pub environment: Environment,
    /// Whether to read the files of the work tree too, as a scan of that tree does.
    pub work_tree: bool,
    /// How far to open archives.
    pub archives: ArchiveLimits,
    /// Threads; 0 for one per core.
    pub threads: usize,
}

pub(super) fn visit(options: &GitFilesOptions, visitor: &dyn Visitor, progress: &dyn Progress) -> Result<Coverage, SourceError> {
    let repository = Repository::discover(&options.dir, &options.environment)?;
    let mut found = Found::default();
    let common = fs::canonicalize(&repository.common_dir).unwrap_or_else(|_| repository.common_dir.clone());
    let top = repository.work_tree.as_ref().and_then(|top| fs::canonicalize(top).ok());
    // Paths count from the top of the work tree, where the directory lies in it; else from the directory itself.
    let root = top.as_ref().filter(|top| common.starts_with(top)).unwrap_or(&common).clone();
    found.directory(&common, &root, 0);
    let mut coverage = std::mem::take(&mut found.coverage);
    progress.total(found.bytes, found.jobs.len() as u64);
    coverage.merge(threads::for_each(
        &found.jobs,
        options.threads,
        &options.archives,
        (visitor, progress),
        || (),
        |job, (), reader| match job {
            Job::File(path, origin) => reader.path(path, Links::Refuse, origin),
            Job::Name(name, origin) => reader.bytes(origin, &mut name.clone()),
        },
    ));
    if let Some(top) = top.filter(|_| options.work_tree) {
        coverage.merge(work_tree(options, &top, visitor, progress)?);
    }
    other_work_trees(&repository, &mut coverage);
    Ok(coverage)
}

/// The files of the work tree, as `keyfuse scan` reads them.
fn work_tree(options: &GitFilesOptions, top: &Path, visitor: &dyn Visitor, progress: &dyn Progress) -> Result<Coverage, SourceError> {
    let tree_options = TreeOptions {
        paths: vec![top.to_owned()],
        root: Some(top.to_owned()),
        no_ignore: false,
        archives: options.archives.clone(),
        threads: options.threads,
    };
    let mut coverage = tree::visit(&tree_options, visitor, progress)?;
    // A scan of the tree alone does not look into `.git`; here it was.
    coverage.gaps.retain(|gap| gap.what != ".git");
    Ok(coverage)
}

/// Notes the work trees that are linked to the repository from elsewhere: their files are not its own.
fn other_work_trees(repository: &Repository, coverage: &mut Coverage) {
    let Ok(listing) = fs::read_dir(repository.common_dir.join("worktrees")) else { return };
    let here = fs::canonicalize(&repository.git_dir).ok();
    for directory in listing.flatten().map(|entry| entry.path()) {
        if fs::canonicalize(&directory).ok() == here {
            continue;
        }
        let Ok(text) = fs::read(directory.join("gitdir")) else { continue };
        let place = text.trim().to_path_lossy();
        let place = place.parent().unwrap_or(&place);
        let shown = Origin::file(path_bytes(place).into_owned()).display();
        coverage.out_of_scope(shown, "the files of another work tree (its index, reflogs and commits were read): keyfuse scan");
    }
}

enum Job {
    File(PathBuf, Origin),
    Name(Vec<u8>, Origin),
}

/// What there is to read in a git directory.
#[derive(Default)]
struct Found {
    jobs: Vec<Job>,
    bytes: u64,
    coverage: Coverage,
}

/// Names in a git directory that hold objects or the index, which are read by their own grammars, or are another repository.
fn is_read_elsewhere(name: &[u8], depth: usize) -> bool {
    match name {
        b"objects" | b"modules" => depth == 0,
        b"index" | b"ORIG_INDEX" => true,
        _ => name.starts_with(b"sharedindex."),
    }
}

impl Found {
    fn directory(&mut self, directory: &Path, root: &Path, depth: usize) {
        let shown = |path: &Path| BString::from(path_bytes(path.strip_prefix(root).unwrap_or(path)).into_owned());
        let listing = match fs::read_dir(directory) {
            Ok(listing) if depth <= DEEPEST => listing,
            Ok(_) => {
                return self.coverage.unread(Origin::file(shown(directory)).display(), format!("more than {DEEPEST} directories deep"));
            }
            Err(error) => return self.coverage.unread(Origin::file(shown(directory)).display(), why(&error)),
        };
        let mut paths: Vec<PathBuf> = listing.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            let name = path.file_name().map(|name| path_bytes(Path::new(name)).into_owned()).unwrap_or_default();
            if is_read_elsewhere(&name, depth) {
                continue;
            }
            let Ok(about) = fs::symlink_metadata(&path) else { continue };
            let origin = Origin::file(shown(&path));
            if about.is_dir() {
                self.directory(&path, root, depth + 1);
            } else if about.is_file() {
                self.bytes += about.len();
                // The name of a ref is text that people choose.
                if path.components().any(|part| part.as_os_str() == "refs") {
                    let place = Place::Name { commit: None };
                    self.jobs.push(Job::Name(origin.path.to_vec(), Origin { place, ..origin.clone() }));
                }
                self.jobs.push(Job::File(path, origin));
            } else {
                let why = if about.is_symlink() { "a symbolic link in a git directory" } else { tree::special(about.file_type()) };
                self.coverage.out_of_scope(origin.display(), why);
            }
        }
    }
}
