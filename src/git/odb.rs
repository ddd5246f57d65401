//! The object database: packs, loose objects and alternates, read through gix and never written.

use std::io;

use bstr::{BStr, BString};
use gix::ObjectId;
use gix::objs::{Find, Kind, TreeRefIter};
use gix::odb::pack::cache::DecodeEntry;

use super::pack_cache::PackCache;
use super::{CommitText, Repository, TagText};

/// No single object of more than this is taken into memory.
const LARGEST_OBJECT: usize = 1 << 30;

/// An object could not be had.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// It is in none of the object directories.
    #[error("object {0} is missing")]
    Missing(ObjectId),
    /// It is there and cannot be decoded.
    #[error("object {id} cannot be read: {why}")]
    Corrupt {
        /// Which.
        id: ObjectId,
        /// What is wrong.
        why: String,
    },
    /// It is of another kind than the place that names it requires.
    #[error("object {id} is a {found}, not a {expected}")]
    Kind {
        /// Which.
        id: ObjectId,
        /// What it is.
        found: Kind,
        /// What it should be.
        expected: Kind,
    },
}

impl ObjectError {
    /// What is wrong, for a reader who was told which object it is about.
    pub fn why(&self) -> String {
        match self {
            Self::Missing(_) => "missing".into(),
            Self::Corrupt { why, .. } => format!("cannot be read: {why}"),
            Self::Kind { found, expected, .. } => format!("a {found}, not a {expected}"),
        }
    }
}

/// One line of a tree object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeEntry {
    /// Name within the directory.
    pub name: BString,
    /// What it names.
    pub id: ObjectId,
    /// Whether that is a tree.
    pub is_tree: bool,
    /// Whether that is a commit of another repository.
    pub is_submodule: bool,
}

/// A handle for one thread; clones share what is mapped.
#[derive(Clone)]
pub struct Objects {
    handles: Vec<gix::odb::Handle>,
    hash: gix::hash::Kind,
}

impl Objects {
    /// Opens the repository's object directory and those that the environment adds.
    pub fn open(repository: &Repository) -> io::Result<Self> {
        let mut handles = Vec::with_capacity(1 + repository.alternates.len());
        for directory in std::iter::once(&repository.objects).chain(&repository.alternates) {
            let options = gix::odb::store::init::Options { alloc_limit_bytes: Some(LARGEST_OBJECT), ..Default::default() };
            handles.push(gix::odb::at_opts(directory, repository.hash, None, options)?);
        }
        Ok(Self { handles, hash: repository.hash })
    }

    /// Takes the database as it is now, and keeps decoded bases: for reading very many objects, of which some may be missing.
    pub fn for_sweep(mut self) -> Self {
        for handle in &mut self.handles {
            handle.refresh_never();
            handle.set_pack_cache(|| Box::<PackCache>::default() as Box<dyn DecodeEntry + Send + 'static>);
        }
        self
    }

    /// Reads an object into `buffer`.
    pub fn read(&self, id: &ObjectId, buffer: &mut Vec<u8>) -> Result<Kind, ObjectError> {
        for handle in &self.handles {
            match handle.try_find(id, buffer) {
                Ok(Some(data)) => return Ok(data.kind),
                Ok(None) => {}
                Err(error) => return Err(ObjectError::Corrupt { id: *id, why: error.to_string() }),
            }
        }
        Err(ObjectError::Missing(*id))
    }

    /// The kind of an object, from its headers alone.
    pub fn kind(&self, id: &ObjectId) -> Result<Kind, ObjectError> {
        use gix::odb::Header;
        for handle in &self.handles {
            match handle.try_header(id) {
                Ok(Some(header)) => return Ok(header.kind()),
                Ok(None) => {}
                Err(error) => return Err(ObjectError::Corrupt { id: *id, why: error.to_string() }),
            }
        }
        Err(ObjectError::Missing(*id))
    }

    /// Reads a blob into `buffer`.
    pub fn blob(&self, id: &ObjectId, buffer: &mut Vec<u8>) -> Result<(), ObjectError> {
        self.expect_kind(id, Kind::Blob, buffer)
    }

    /// The entries of a tree, in its own order.
    pub fn tree(&self, id: &ObjectId, buffer: &mut Vec<u8>) -> Result<Vec<TreeEntry>, ObjectError> {
        if *id == ObjectId::empty_tree(self.hash) {
            return Ok(Vec::new());
        }
        self.expect_kind(id, Kind::Tree, buffer)?;
        TreeRefIter::from_bytes(buffer, self.hash)
            .map(|entry| {
                let entry = entry.map_err(|error| ObjectError::Corrupt { id: *id, why: error.to_string() })?;
                Ok(TreeEntry {
                    name: entry.filename.to_owned(),
                    id: entry.oid.to_owned(),
                    is_tree: entry.mode.is_tree(),
                    is_submodule: entry.mode.is_commit(),
                })
            })
            .collect()
    }

    /// The bytes of a tree, to be read by [`TreeLines`](super::TreeLines).
    pub fn raw_tree(&self, id: &ObjectId, buffer: &mut Vec<u8>) -> Result<(), ObjectError> {
        if *id == ObjectId::empty_tree(self.hash) {
            buffer.clear();
            return Ok(());
        }
        self.expect_kind(id, Kind::Tree, buffer)
    }

    /// The object whose id begins with the hex digits `text`, four or more; an error if there are several.
    pub(super) fn abbreviated(&self, text: &str) -> Result<Option<ObjectId>, ()> {
        let Ok(prefix) = gix::hash::Prefix::from_hex(text) else { return Ok(None) };
        let mut found = None;
        for handle in &self.handles {
            match handle.lookup_prefix(prefix, None) {
                Ok(Some(Ok(id))) if found.is_none_or(|other| other == id) => found = Some(id),
                Ok(Some(_)) => return Err(()),
                // A directory that cannot be looked through is told when something in it is read.
                Ok(None) | Err(_) => {}
            }
        }
        Ok(found)
    }

    /// A commit.
    pub fn commit(&self, id: &ObjectId, buffer: &mut Vec<u8>) -> Result<CommitText, ObjectError> {
        self.expect_kind(id, Kind::Commit, buffer)?;
        CommitText::parse(buffer, self.hash).ok_or_else(|| ObjectError::Corrupt { id: *id, why: "not a well-formed commit".into() })
    }

    /// The first object that is not an annotated tag, starting at `id`.
    pub fn peel(&self, mut id: ObjectId, buffer: &mut Vec<u8>) -> Result<(ObjectId, Kind), ObjectError> {
        // A tag of a tag is legal; a long chain of them is an attack.
        for _ in 0..64 {
            match self.kind(&id)? {
                Kind::Tag => {
                    self.read(&id, buffer)?;
                    let corrupt = || ObjectError::Corrupt { id, why: "not a well-formed tag".into() };
                    id = TagText::parse(buffer, self.hash).ok_or_else(corrupt)?.target;
                }
                kind => return Ok((id, kind)),
            }
        }
        Err(ObjectError::Corrupt { id, why: "more than 64 tags point at each other".into() })
    }

    /// The kind of object id in use.
    pub fn hash(&self) -> gix::hash::Kind {
        self.hash
    }

    fn expect_kind(&self, id: &ObjectId, expected: Kind, buffer: &mut Vec<u8>) -> Result<(), ObjectError> {
        let found = self.read(id, buffer)?;
        if found == expected { Ok(()) } else { Err(ObjectError::Kind { id: *id, found, expected }) }
    }
}

/// The name `name` in the directory `dir` (empty, or ending with a slash).
pub(super) fn join(dir: &BStr, name: &BStr) -> BString {
    let mut path = BString::from(Vec::with_capacity(dir.len() + name.len()));
    path.extend_from_slice(dir);
    path.extend_from_slice(name);
    path
}
