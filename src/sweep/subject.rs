//! What a place of a credential is looked up by in trees, commits and the index.

use std::collections::HashMap;

use bstr::{BString, ByteSlice};

use crate::git::{Index, ObjectId, ObjectStore, Repository};
use crate::model::{Place, Secret, Spot};

/// What a place is looked up by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    /// A blob, by its id.
    Blob(ObjectId),
    /// A commit's or a tag's own text.
    Message(ObjectId),
    /// A name that a tree gives.
    Name(BString),
}

impl Subject {
    /// What a place is looked up by; files on disk are looked up by nothing.
    pub(super) fn of(spot: &Spot, secret: &Secret) -> Option<Self> {
        let id = |id: &str| ObjectId::from_hex(id.as_bytes()).ok();
        match &spot.origin.place {
            Place::Object { id: object, .. } => id(object).map(Self::Blob),
            Place::Message { id: object, .. } => id(object).map(Self::Message),
            Place::Name { .. } => {
                let mut names = spot.origin.path.split(|&byte| byte == b'/');
                names.find(|name| name.find(secret.expose()).is_some()).map(|name| Self::Name(name.into()))
            }
            Place::File | Place::Staged { .. } | Place::Stdin => None,
        }
    }

    /// The blob that it is.
    pub(super) fn content(&self) -> Option<ObjectId> {
        match self {
            Self::Blob(id) => Some(*id),
            Self::Message(_) | Self::Name(_) => None,
        }
    }

    /// The name that it is.
    pub(super) fn name(&self) -> Option<&[u8]> {
        match self {
            Self::Name(name) => Some(name),
            Self::Blob(_) | Self::Message(_) => None,
        }
    }

    /// Whether the repository has it; a name is looked for in any.
    pub(super) fn is_in(&self, store: &ObjectStore) -> bool {
        match self {
            Self::Blob(id) | Self::Message(id) => store.contains(id),
            Self::Name(_) => true,
        }
    }
}

/// The entries of the index, and of those of linked work trees, that name a content that was found.
pub(super) fn staged<T>(repository: &Repository, subjects: &HashMap<Subject, T>) -> HashMap<ObjectId, Vec<(BString, u8)>> {
    let mut staged: HashMap<ObjectId, Vec<(BString, u8)>> = HashMap::new();
    let mut files = vec![repository.index_file.clone()];
    if let Ok(listing) = std::fs::read_dir(repository.common_dir.join("worktrees")) {
        files.extend(listing.flatten().map(|entry| entry.path().join("index")));
    }
    for index_file in files {
        // One that cannot be read hides no content: its objects were read.
        let Ok(index) = Index::open(&Repository { index_file, ..repository.clone() }) else { continue };
        for entry in index.entries() {
            if subjects.contains_key(&Subject::Blob(entry.id)) {
                let place = (entry.path.to_owned(), entry.stage);
                let places = staged.entry(entry.id).or_default();
                if !places.contains(&place) {
                    places.push(place);
                }
            }
        }
    }
    staged
}
