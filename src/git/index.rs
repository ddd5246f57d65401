//! The index: what git has staged, or tracks, path by path.

use std::path::Path;
use std::time::SystemTime;
use std::{fs, io};

use bstr::BStr;
use gix::ObjectId;
use gix::index::entry::{Flags, Mode};

use super::Repository;

/// One entry of the index.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Path from the top of the work tree; ends with a slash for a directory that a sparse index keeps folded.
    pub path: &'a BStr,
    /// What is staged.
    pub id: ObjectId,
    /// Merge stage.
    pub stage: u8,
    /// Whether only the intention to add was staged, and no content.
    pub is_intent_to_add: bool,
    /// Whether it names a commit of another repository.
    pub is_submodule: bool,
    /// Whether it names a folded directory.
    pub is_directory: bool,
    /// Whether sparse checkout keeps it out of the work tree.
    pub is_skipped: bool,
    stat: &'a gix::index::entry::Stat,
}

/// An index, with its shared part if it is split.
pub struct Index {
    pub(super) file: Option<gix::index::File>,
    written: Option<SystemTime>,
}

impl Index {
    /// Reads the index; a repository in which nothing was ever staged has none.
    pub fn open(repository: &Repository) -> Result<Self, String> {
        let path = &repository.index_file;
        let written = match fs::metadata(path) {
            Ok(found) => found.modified().ok(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self { file: None, written: None }),
            Err(error) => return Err(error.to_string()),
        };
        // One thread and no checksum: git itself skips it too when it reads (`verify_index_checksum` is off).
        let options = gix::index::decode::Options { thread_limit: Some(1), ..Default::default() };
        let file = gix::index::File::at(path, repository.hash, true, options).map_err(|error| error.to_string())?;
        Ok(Self { file: Some(file), written })
    }

    /// All entries, by path and stage.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.file.iter().flat_map(|file| file.entries().iter().map(|entry| view(file, entry)))
    }

    /// Whether a file's metadata proves that it is what was staged: same size and time, and older than the index itself.
    pub fn is_unchanged(&self, entry: &Entry<'_>, found: &fs::Metadata) -> bool {
        let Ok(modified) = found.modified() else { return false };
        let Ok(since) = modified.duration_since(SystemTime::UNIX_EPOCH) else { return false };
        let staged = entry.stat.mtime;
        // What changed in the same instant as the index was written may have changed after it ("racily clean").
        let is_older = self.written.is_some_and(|written| modified < written);
        is_older
            && u64::from(staged.secs) == since.as_secs() & 0xffff_ffff
            && (staged.nsecs == since.subsec_nanos() || staged.nsecs == 0)
            && u64::from(entry.stat.size) == found.len() & 0xffff_ffff
    }
}

/// An entry of gix as one of ours.
pub(super) fn view<'a>(file: &'a gix::index::File, entry: &'a gix::index::Entry) -> Entry<'a> {
    Entry {
        path: entry.path(file),
        id: entry.id,
        stage: entry.stage_raw() as u8,
        is_intent_to_add: entry.flags.contains(Flags::INTENT_TO_ADD),
        is_submodule: entry.mode == Mode::COMMIT,
        is_directory: entry.mode == Mode::DIR,
        is_skipped: entry.flags.contains(Flags::SKIP_WORKTREE),
        stat: &entry.stat,
    }
}

impl Repository {
    /// The object id that the content of `file`, `length` bytes long, would have as a blob.
    pub fn hash_blob(&self, file: &Path, length: u64) -> io::Result<ObjectId> {
        use io::Read;
        let mut hasher = gix::hash::hasher(self.hash);
        hasher.update(format!("blob {length}\0").as_bytes());
        let mut source = fs::File::open(file)?.take(length);
        let mut buffer = vec![0; 64 << 10];
        loop {
            match source.read(&mut buffer)? {
                0 => break,
                read => hasher.update(&buffer[..read]),
            }
        }
        hasher.try_finalize().map_err(|error| io::Error::other(error.to_string()))
    }
}
