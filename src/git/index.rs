//! The index: what git has staged, or tracks, path by path.

use std::path::Path;
use std::time::SystemTime;
use std::{fs, io};

use bstr::BStr;
use gix::ObjectId;
use gix::index::entry::{Flags, Mode};

use super::Repository;
use super::cached_tree::CachedTree;
use super::plain_index::PlainIndex;

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
    pub(super) stat: Stat,
}

/// What the index remembers of a file in the work tree.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stat {
    /// Of its last change, since the epoch.
    pub(super) seconds: u32,
    /// Of its last change, within the second.
    pub(super) nanoseconds: u32,
    /// In bytes, the lower 32 bits.
    pub(super) size: u32,
}

/// An index, with its shared part if it is split.
pub struct Index {
    form: Form,
    written: Option<SystemTime>,
}

enum Form {
    /// Nothing was ever staged.
    Absent,
    /// Looked at where it lies.
    Plain(PlainIndex),
    /// Split, sparse, with paths that lean on one another, or damaged.
    Decoded { file: Box<gix::index::File>, tree: Option<CachedTree> },
}

impl Index {
    /// Reads the index; a repository in which nothing was ever staged has none.
    pub fn open(repository: &Repository) -> Result<Self, String> {
        let path = &repository.index_file;
        let written = match fs::metadata(path) {
            Ok(found) => found.modified().ok(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self { form: Form::Absent, written: None }),
            Err(error) => return Err(error.to_string()),
        };
        if let Some(plain) = PlainIndex::open(path, repository.hash) {
            return Ok(Self { form: Form::Plain(plain), written });
        }
        // One thread and no checksum: git itself skips it too when it reads (`verify_index_checksum` is off).
        let options = gix::index::decode::Options { thread_limit: Some(1), ..Default::default() };
        let file = gix::index::File::at(path, repository.hash, true, options).map_err(|error| error.to_string())?;
        if !file.entries().is_sorted_by_key(|entry| (entry.path(&file), entry.stage_raw())) {
            return Err("its entries are out of order".to_owned());
        }
        let tree = file.tree().map(CachedTree::from);
        Ok(Self { form: Form::Decoded { file: Box::new(file), tree }, written })
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        match &self.form {
            Form::Absent => 0,
            Form::Plain(index) => index.len(),
            Form::Decoded { file, .. } => file.entries().len(),
        }
    }

    /// The entry at `place`, which is less than the number of entries.
    pub(super) fn entry(&self, place: usize) -> Entry<'_> {
        match &self.form {
            Form::Absent => unreachable!("an index without entries has no place"),
            Form::Plain(index) => index.entry(place),
            Form::Decoded { file, .. } => view(file, &file.entries()[place]),
        }
    }

    /// Where the entries from `place` on that begin with `prefix` end.
    pub(super) fn end_of(&self, place: usize, end: usize, prefix: &[u8]) -> usize {
        let path = |place: usize| match &self.form {
            Form::Absent => BStr::new(b""),
            Form::Plain(index) => index.path(place),
            Form::Decoded { file, .. } => file.entries()[place].path(file),
        };
        let (mut low, mut high) = (place, end);
        while low < high {
            let middle = low + (high - low) / 2;
            if path(middle).starts_with(prefix) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// What is known of unchanged directories.
    pub(super) fn tree(&self) -> Option<&CachedTree> {
        match &self.form {
            Form::Absent => None,
            Form::Plain(index) => index.tree(),
            Form::Decoded { tree, .. } => tree.as_ref(),
        }
    }

    /// All entries, by path and stage.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        (0..self.len()).map(|place| self.entry(place))
    }

    /// Whether a file's metadata proves that it is what was staged: same size and time, and older than the index itself.
    pub fn is_unchanged(&self, entry: &Entry<'_>, found: &fs::Metadata) -> bool {
        let Ok(modified) = found.modified() else { return false };
        let Ok(since) = modified.duration_since(SystemTime::UNIX_EPOCH) else { return false };
        let staged = entry.stat;
        // What changed in the same instant as the index was written may have changed after it ("racily clean").
        let is_older = self.written.is_some_and(|written| modified < written);
        is_older
            && u64::from(staged.seconds) == since.as_secs() & 0xffff_ffff
            && (staged.nanoseconds == since.subsec_nanos() || staged.nanoseconds == 0)
            && u64::from(staged.size) == found.len() & 0xffff_ffff
    }
}

/// An entry of gix as one of ours.
fn view<'a>(file: &'a gix::index::File, entry: &'a gix::index::Entry) -> Entry<'a> {
    Entry {
        path: entry.path(file),
        id: entry.id,
        stage: entry.stage_raw() as u8,
        is_intent_to_add: entry.flags.contains(Flags::INTENT_TO_ADD),
        is_submodule: entry.mode == Mode::COMMIT,
        is_directory: entry.mode == Mode::DIR,
        is_skipped: entry.flags.contains(Flags::SKIP_WORKTREE),
        stat: Stat { seconds: entry.stat.mtime.secs, nanoseconds: entry.stat.mtime.nsecs, size: entry.stat.size },
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
