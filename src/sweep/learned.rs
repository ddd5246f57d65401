//! What a sweep learned of a repository, kept for the next one: which objects hold nothing to report, by their ids alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use bstr::{BString, ByteVec};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::graph::Graph;
use super::id_list::IdList;
use crate::git::ObjectId;

/// Changes whenever the meaning of the files does.
const VERSION: u32 = 2;
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
    /// All objects, or the contents that an interrupted sweep was done with.
    pub(super) ids: IdList,
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
        ids: IdList,
        contents: BTreeMap<ObjectId, Vec<BString>>,
        messages: BTreeSet<ObjectId>,
        (blobs, bytes): (u64, u64),
    ) -> Self {
        let raw = |id: &ObjectId| id.as_bytes().to_vec();
        Self {
            ids,
            contents: contents.iter().map(|(id, paths)| (raw(id), paths.iter().map(|path| path.to_vec()).collect())).collect(),
            messages: messages.iter().map(raw).collect(),
            blobs,
            bytes,
            ..Self::default()
        }
    }

    /// Whether there was something to say of the content.
    pub(super) fn says_of(&self, id: &ObjectId) -> bool {
        self.contents.contains_key(id.as_bytes())
    }

    /// Whether the other says the same, file and key aside.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let of = |learned: &Self| (learned.part_of, learned.blobs, learned.bytes);
        of(self) == of(other) && self.ids == other.ids && self.contents == other.contents && self.messages == other.messages
    }

    /// Whether the object was there.
    pub(super) fn knows(&self, id: &ObjectId) -> bool {
        self.ids.has(id)
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
        let learned: Learned = recall(&self.file)?;
        (learned.version == VERSION && learned.key == self.key && learned.ids.is_sound()).then_some(learned)
    }

    /// Keeps what was learned, in place of what was known before.
    pub(super) fn keep(&self, mut learned: Learned) -> io::Result<()> {
        (learned.version, learned.key) = (VERSION, self.key);
        keep(&self.file, &learned)
    }

    /// How trees and commits hung together, under whatever key; none when there is nothing, or the file is damaged.
    pub(super) fn graph(&self) -> Option<Graph> {
        let (version, graph): (u32, Graph) = recall(&self.graph_file())?;
        (version == VERSION && graph.is_sound()).then_some(graph)
    }

    /// Keeps how trees and commits hang together, in place of what was known before.
    pub(super) fn keep_graph(&self, graph: &Graph) -> io::Result<()> {
        keep(&self.graph_file(), &(VERSION, graph))
    }

    fn graph_file(&self) -> PathBuf {
        self.file.with_extension("graph")
    }

    /// Forgets all.
    pub(super) fn forget(&self) {
        // There may be nothing; a file that cannot be removed has another key or is overwritten.
        let _ = fs::remove_file(&self.file);
    }
}

/// What a file holds; none when it is damaged, or none of ours.
fn recall<T: DeserializeOwned>(file: &Path) -> Option<T> {
    if fs::metadata(file).ok()?.len() > LONGEST {
        return None;
    }
    let bytes = fs::read(file).ok()?;
    let (body, digest) = bytes.split_last_chunk::<32>()?;
    if Sha256::digest(body).as_slice() != digest {
        return None;
    }
    postcard::from_bytes(body).ok()
}

/// Writes a file, in place of what it held.
fn keep(file: &Path, what: &impl Serialize) -> io::Result<()> {
    let mut bytes = postcard::to_allocvec(what).map_err(io::Error::other)?;
    let digest = Sha256::digest(&bytes);
    bytes.extend_from_slice(&digest);
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    // Nobody sees half of it; a temporary file is this person's alone.
    let mut kept = tempfile::NamedTempFile::new_in(folder)?;
    kept.write_all(&bytes)?;
    kept.persist(file).map_err(|error| error.error)?;
    Ok(())
}
