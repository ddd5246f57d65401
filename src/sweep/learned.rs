//! What a sweep learned of a repository, kept for the next one: which objects hold nothing to report, by their ids alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use bstr::{BString, ByteVec};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::git::{ObjectId, ObjectStore};

/// Changes whenever the meaning of the file does.
const VERSION: u32 = 1;
/// A file longer than this, in bytes, is none of ours: ten million objects take 320 MB.
const LONGEST: u64 = 1 << 30;

/// Where a sweep keeps what it learned.
#[derive(Clone, Debug)]
pub struct Memory {
    /// A file of this repository and person alone, outside of the repository.
    pub file: PathBuf,
    /// A digest of all that decides what is found: program, rules, configuration, options. What was learned under another is void.
    pub key: [u8; 32],
    /// How often a sweep under way notes how far it is, so that it can go on when it is interrupted.
    pub pace: Duration,
}

/// Unless told otherwise.
const PACE: Duration = Duration::from_secs(5);

/// What a sweep learned. It holds ids and paths; no content, and no path at all once one was found to hold a secret.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Learned {
    version: u32,
    key: [u8; 32],
    /// Of a sweep that was interrupted the digest of all ids that there were: what a path means may change with any of them.
    pub(super) part_of: Option<[u8; 32]>,
    /// Bytes of an id.
    id_length: usize,
    /// The ids of all objects, or of the contents that an interrupted sweep was done with; sorted, one behind the other.
    ids: Vec<u8>,
    /// Contents that something is to be said of, with the first of their paths of each class.
    pub(super) contents: BTreeMap<Vec<u8>, Vec<Vec<u8>>>,
    /// Commits and tags that something is to be said of.
    pub(super) messages: BTreeSet<Vec<u8>>,
    /// What was covered.
    pub(super) blobs: u64,
    pub(super) bytes: u64,
}

impl Learned {
    /// What is known once a whole sweep is over.
    pub(super) fn new(
        ids: &[ObjectId],
        contents: BTreeMap<ObjectId, Vec<BString>>,
        messages: BTreeSet<ObjectId>,
        (blobs, bytes): (u64, u64),
    ) -> Self {
        let raw = |id: &ObjectId| id.as_bytes().to_vec();
        Self {
            id_length: ids.first().map_or(0, |id| id.as_bytes().len()),
            ids: ids.iter().flat_map(|id| id.as_bytes()).copied().collect(),
            contents: contents.iter().map(|(id, paths)| (raw(id), paths.iter().map(|path| path.to_vec()).collect())).collect(),
            messages: messages.iter().map(raw).collect(),
            blobs,
            bytes,
            ..Self::default()
        }
    }

    /// Whether the object was there.
    pub(super) fn knows(&self, id: &ObjectId) -> bool {
        let (mut low, mut high) = (0, self.ids.len() / self.id_length.max(1));
        while low < high {
            let middle = low + (high - low) / 2;
            match self.ids[middle * self.id_length..][..self.id_length].cmp(id.as_bytes()) {
                std::cmp::Ordering::Equal => return true,
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        false
    }

    /// The ids, sorted.
    pub(super) fn ids(&self) -> impl Iterator<Item = ObjectId> {
        self.ids.chunks_exact(self.id_length.max(1)).filter_map(|id| ObjectId::try_from(id).ok())
    }

    /// The contents that something is to be said of.
    pub(super) fn contents(&self) -> impl Iterator<Item = (ObjectId, impl Iterator<Item = BString>)> {
        self.contents.iter().filter_map(|(id, paths)| {
            Some((ObjectId::try_from(id.as_slice()).ok()?, paths.iter().map(|path| BString::from(path.as_slice()))))
        })
    }

    /// The commits and tags that something is to be said of.
    pub(super) fn messages(&self) -> impl Iterator<Item = ObjectId> {
        self.messages.iter().filter_map(|id| ObjectId::try_from(id.as_slice()).ok())
    }
}

impl Memory {
    /// The memory in `folder` of the repository whose objects lie at `objects`.
    pub fn of(folder: &Path, objects: &Path, key: [u8; 32]) -> Self {
        let real = fs::canonicalize(objects).unwrap_or_else(|_| objects.to_owned());
        let name = Sha256::digest(Vec::from_path_lossy(&real));
        Self { file: folder.join(format!("{}.swept", data_encoding::HEXLOWER.encode(&name[..16]))), key, pace: PACE }
    }

    /// What was learned under the same key; none when there is nothing, or the file is damaged.
    pub(super) fn recall(&self) -> Option<Learned> {
        if fs::metadata(&self.file).ok()?.len() > LONGEST {
            return None;
        }
        let bytes = fs::read(&self.file).ok()?;
        let (body, digest) = bytes.split_last_chunk::<32>()?;
        if Sha256::digest(body).as_slice() != digest {
            return None;
        }
        let learned: Learned = postcard::from_bytes(body).ok()?;
        let is_whole = learned.id_length > 0 && learned.ids.len().is_multiple_of(learned.id_length);
        (learned.version == VERSION && learned.key == self.key && is_whole).then_some(learned)
    }

    /// Keeps what was learned, in place of what was known before.
    pub(super) fn keep(&self, mut learned: Learned) -> io::Result<()> {
        (learned.version, learned.key) = (VERSION, self.key);
        let mut bytes = postcard::to_allocvec(&learned).map_err(io::Error::other)?;
        let digest = Sha256::digest(&bytes);
        bytes.extend_from_slice(&digest);
        let folder = self.file.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        // Nobody sees half of it; a temporary file is this person's alone.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&bytes)?;
        file.persist(&self.file).map_err(|error| error.error)?;
        Ok(())
    }

    /// Forgets all.
    pub(super) fn forget(&self) {
        // There may be nothing; a file that cannot be removed has another key or is overwritten.
        let _ = fs::remove_file(&self.file);
    }
}

/// A digest of ids.
pub(super) fn digest(ids: &[ObjectId]) -> [u8; 32] {
    let mut digest = Sha256::new();
    ids.iter().for_each(|id| digest.update(id.as_bytes()));
    digest.finalize().into()
}

/// All ids of a store, sorted, each once.
pub(super) fn ids(store: &ObjectStore) -> Vec<ObjectId> {
    let mut ids: Vec<ObjectId> = (0..store.len()).map(|number| store.id(number)).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
