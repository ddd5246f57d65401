//! Walks directories in parallel and hands every file in them to the walking thread's own reader.

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use bstr::{BStr, ByteSlice};
use ignore::{DirEntry, ParallelVisitor, ParallelVisitorBuilder, WalkBuilder, WalkState};

use crate::model::{Coverage, Origin};

use super::open::{Links, is_out_of_descriptors, why};
use super::reader::Reader;
use super::tree::special;
use super::{ArchiveLimits, Progress, Visitor};

/// What all threads of a walk share. The locks are taken once per thread, repository or failure, never per file.
pub(super) struct Walk<'v> {
    pub(super) roots: Vec<PathBuf>,
    pub(super) limits: ArchiveLimits,
    pub(super) threads: usize,
    pub(super) visitor: &'v dyn Visitor,
    pub(super) progress: &'v dyn Progress,
    no_ignore: bool,
    hasher: RandomState,
    /// Keyed hashes of the paths of all files reached: the key is drawn anew for every run, so no name can be made to collide.
    seen: Mutex<HashSet<u64>>,
    repositories: Mutex<Vec<PathBuf>>,
    unopened: Mutex<Vec<PathBuf>>,
    coverage: Mutex<Coverage>,
}

const NO_PANIC: &str = "no thread panics while it holds the lock";

impl<'v> Walk<'v> {
    pub(super) fn new(
        roots: Vec<PathBuf>,
        no_ignore: bool,
        limits: &ArchiveLimits,
        threads: usize,
        visitor: &'v dyn Visitor,
        progress: &'v dyn Progress,
    ) -> Self {
        Self {
            roots,
            limits: limits.clone(),
            threads,
            visitor,
            progress,
            no_ignore,
            hasher: RandomState::new(),
            seen: Mutex::default(),
            repositories: Mutex::default(),
            unopened: Mutex::default(),
            coverage: Mutex::default(),
        }
    }

    /// Reads everything under `root`; reported paths begin with `prefix`.
    pub(super) fn directory(&self, root: &Path, prefix: &BStr) {
        self.run(root, root, prefix, self.threads);
        // Directories that could not be listed because the other threads held all descriptors are tried once more, alone.
        let unopened = std::mem::take(&mut *self.unopened.lock().expect(NO_PANIC));
        for directory in unopened {
            self.run(&directory, root, prefix, 1);
        }
        for directory in std::mem::take(&mut *self.unopened.lock().expect(NO_PANIC)) {
            let shown = Origin::file([prefix, relative(&directory, root).as_ref()].concat()).display();
            self.add(|coverage| coverage.unread(shown, "too many open files"));
        }
    }

    /// Whether the walk reached this file; without ignore rules nobody keeps count.
    pub(super) fn has_seen(&self, path: &Path) -> bool {
        self.seen.lock().expect(NO_PANIC).contains(&self.hasher.hash_one(path.as_os_str()))
    }

    /// The directories with a `.git` in them that were met and not yet asked for.
    #[cfg(feature = "git")]
    pub(super) fn repositories(&self) -> Vec<PathBuf> {
        std::mem::take(&mut *self.repositories.lock().expect(NO_PANIC))
    }

    /// Adds to what is known to be read or not read.
    pub(super) fn add(&self, add: impl FnOnce(&mut Coverage)) {
        add(&mut self.coverage.lock().expect(NO_PANIC));
    }

    /// What was read and what was not.
    pub(super) fn finish(self) -> Coverage {
        self.coverage.into_inner().expect(NO_PANIC)
    }

    /// Notes a symbolic link that leads out of what is scanned; one that stays inside needs no word, its target is scanned itself.
    pub(super) fn link(&self, link: &Path, origin: &Origin, coverage: &mut Coverage) {
        match std::fs::canonicalize(link) {
            Ok(target) if self.roots.iter().any(|root| target.starts_with(root)) => {}
            Ok(_) => coverage.out_of_scope(origin.display(), "a symbolic link that leaves the tree"),
            Err(error) if error.kind() == io::ErrorKind::NotFound => coverage.out_of_scope(origin.display(), "a broken symbolic link"),
            Err(error) => coverage.out_of_scope(origin.display(), format!("a symbolic link that leads nowhere: {}", why(&error))),
        }
    }

    fn run(&self, from: &Path, root: &Path, prefix: &BStr, threads: usize) {
        let respects_git = !self.no_ignore;
        let walker = WalkBuilder::new(from)
            .standard_filters(false)
            .parents(respects_git)
            .git_ignore(respects_git)
            .git_exclude(respects_git)
            .git_global(respects_git)
            .threads(threads)
            .build_parallel();
        walker.visit(&mut Threads { walk: self, root, prefix });
    }
}

struct Threads<'w, 'v> {
    walk: &'w Walk<'v>,
    root: &'w Path,
    prefix: &'w BStr,
}

impl<'w> ParallelVisitorBuilder<'w> for Threads<'w, '_> {
    fn build(&mut self) -> Box<dyn ParallelVisitor + 'w> {
        Box::new(Thread {
            walk: self.walk,
            root: self.root,
            prefix: self.prefix,
            reader: Reader::new(self.walk.visitor, self.walk.progress, &self.walk.limits),
            origin: Origin::file(""),
            seen: Vec::new(),
        })
    }
}

/// One walking thread.
struct Thread<'w, 'v> {
    walk: &'w Walk<'v>,
    root: &'w Path,
    prefix: &'w BStr,
    reader: Reader<'w>,
    /// Reused for every file.
    origin: Origin,
    seen: Vec<u64>,
}

impl ParallelVisitor for Thread<'_, '_> {
    fn visit(&mut self, entry: Result<DirEntry, ignore::Error>) -> WalkState {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                self.failure(&error, None);
                return WalkState::Continue;
            }
        };
        let Some(kind) = entry.file_type().filter(|_| entry.depth() > 0) else { return WalkState::Continue };
        let path = entry.path();
        let is_git = !self.walk.no_ignore && entry.file_name() == ".git";
        if is_git {
            self.walk.repositories.lock().expect(NO_PANIC).extend(path.parent().map(Path::to_owned));
        }
        if kind.is_file() {
            self.name(path);
            if !self.walk.no_ignore {
                self.seen.push(self.walk.hasher.hash_one(path.as_os_str()));
            }
            self.reader.path(path, Links::Refuse, &self.origin);
        } else if kind.is_dir() {
            if is_git {
                self.git_directory(path);
                return WalkState::Skip;
            }
        } else {
            self.name(path);
            if kind.is_symlink() {
                self.walk.link(path, &self.origin, self.reader.coverage());
            } else {
                self.reader.coverage().out_of_scope(self.origin.display(), special(kind));
            }
        }
        WalkState::Continue
    }
}

impl Thread<'_, '_> {
    fn name(&mut self, path: &Path) {
        self.origin.path.clear();
        self.origin.path.extend_from_slice(self.prefix);
        self.origin.path.extend_from_slice(&relative(path, self.root));
    }

    /// Of a repository's own directory only the configuration is read here: its remotes may carry passwords.
    fn git_directory(&mut self, path: &Path) {
        self.name(path);
        self.reader.coverage().out_of_scope(self.origin.display(), "a repository's own files (its history: keyfuse git)");
        let config = path.join("config");
        if config.is_file() {
            self.name(&config);
            self.reader.path(&config, Links::Refuse, &self.origin);
        }
    }

    fn failure(&mut self, error: &ignore::Error, path: Option<&Path>) {
        match error {
            ignore::Error::Partial(errors) => errors.iter().for_each(|error| self.failure(error, path)),
            ignore::Error::WithLineNumber { err, .. } | ignore::Error::WithDepth { err, .. } => self.failure(err, path),
            ignore::Error::WithPath { path, err } => self.failure(err, Some(path)),
            ignore::Error::Io(error) => {
                let path = path.unwrap_or(self.root);
                if is_out_of_descriptors(error) {
                    self.walk.unopened.lock().expect(NO_PANIC).push(path.to_owned());
                } else {
                    self.name(path);
                    self.reader.coverage().unread(self.origin.display(), why(error));
                }
            }
            other => {
                self.name(path.unwrap_or(self.root));
                self.reader.coverage().unread(self.origin.display(), other.to_string());
            }
        }
    }
}

impl Drop for Thread<'_, '_> {
    fn drop(&mut self) {
        let covered = self.reader.finish();
        // During a panic of another thread a lock may be lost; the panic is what will be reported then.
        if let Ok(mut coverage) = self.walk.coverage.lock() {
            coverage.merge(covered);
        }
        if let Ok(mut seen) = self.walk.seen.lock() {
            seen.extend(self.seen.drain(..));
        }
    }
}

/// `path` below `root`, as bytes with slashes.
fn relative<'p>(path: &'p Path, root: &Path) -> Cow<'p, [u8]> {
    #[cfg(unix)]
    {
        // Every path of a walk begins with the bytes of its root: no need to compare component by component.
        use std::os::unix::ffi::OsStrExt;
        let bytes = path.as_os_str().as_bytes();
        if let Some(rest) = bytes.strip_prefix(root.as_os_str().as_bytes()) {
            return Cow::Borrowed(rest.strip_prefix(b"/").unwrap_or(rest));
        }
    }
    path_bytes(path.strip_prefix(root).unwrap_or(path))
}

/// A path as bytes, with `/` between its segments on every system.
pub(super) fn path_bytes(path: &Path) -> Cow<'_, [u8]> {
    let bytes = <[u8]>::from_path(path).map_or_else(|| Cow::Owned(path.to_string_lossy().into_owned().into_bytes()), Cow::Borrowed);
    if cfg!(windows) { Cow::Owned(bytes.replace(b"\\", b"/")) } else { bytes }
}
