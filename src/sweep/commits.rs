//! What all commits and tags say, and which trees and parents they name.

use bstr::BString;

use crate::git::{CommitText, Damage, Kind, ObjectId, ObjectStore, Packed, Step, TagText, Walker, spoken_headers};
use crate::model::{Commit, Origin, Place};
use crate::source::{Progress, Reader, Screen};

/// A commit by the numbers of what it names; what is not there has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// Its own number.
    pub(super) number: usize,
    /// Its tree.
    pub(super) tree: Result<usize, ObjectId>,
    /// Its parents.
    pub(super) parents: Vec<Result<usize, ObjectId>>,
}

/// Reads commits and tags on one thread.
pub(super) struct Commits<'s, 'v> {
    store: &'s ObjectStore,
    screen: Option<&'v dyn Screen>,
    progress: &'v dyn Progress,
    pub(super) reader: Reader<'v>,
    pub(super) found: Vec<Named>,
    kind: Kind,
}

impl<'s, 'v> Commits<'s, 'v> {
    pub(super) fn new(
        store: &'s ObjectStore,
        kind: Kind,
        reader: Reader<'v>,
        screen: Option<&'v dyn Screen>,
        progress: &'v dyn Progress,
    ) -> Self {
        Self { store, screen, progress, reader, found: Vec::new(), kind }
    }

    /// Takes a commit or tag.
    pub(super) fn take(&mut self, number: usize, id: impl Fn() -> ObjectId, content: &[u8]) {
        let hash = self.store.hash();
        let number_or_id = |id: ObjectId| self.store.number(&id).ok_or(id);
        if self.kind == Kind::Commit {
            match CommitText::parse(content, hash) {
                Some(mut commit) => {
                    let (tree, parents) = (number_or_id(commit.tree), commit.parents.iter().map(|id| number_or_id(*id)).collect());
                    self.found.push(Named { number, tree, parents });
                    let mut message = std::mem::take(&mut commit.message);
                    let origin = || (id(), Some(commit.facts(&id())));
                    self.message(&mut message, origin);
                    self.message(&mut spoken_headers(content), origin);
                }
                None => self.malformed(&id()),
            }
        } else {
            match TagText::parse(content, hash) {
                Some(mut tag) => {
                    self.message(&mut tag.message, || (id(), None));
                    self.message(&mut spoken_headers(content), || (id(), None));
                }
                None => self.malformed(&id()),
            }
        }
    }

    fn malformed(&mut self, id: &ObjectId) {
        self.reader.coverage().unread(format!("object {id}"), "cannot be understood");
    }

    /// Hands over what is said, if there is something to be found in it.
    fn message(&mut self, message: &mut BString, origin: impl Fn() -> (ObjectId, Option<Commit>)) {
        if let Some(screen) = self.screen {
            let (class, mut spots) = (screen.class(b""), Vec::new());
            if !screen.is_opaque(class, message) {
                screen.look(class, message, 0..message.len(), &mut spots);
                if spots.is_empty() {
                    let coverage = self.reader.coverage();
                    coverage.blobs += 1;
                    coverage.bytes += message.len() as u64;
                    return;
                }
            }
        }
        let (id, commit) = origin();
        let origin = Origin { path: BString::default(), members: Vec::new(), place: Place::Message { id: id.to_string(), commit } };
        self.reader.bytes(&origin, message);
    }
}

impl Walker for Commits<'_, '_> {
    type State = ();

    fn base(&mut self, object: Packed, content: &mut [u8]) {
        let (pack, _) = &self.store.packs()[object.pack];
        self.progress.advance(pack.packed_size(object.number), 1);
        self.take(self.store.number_of(object), || pack.id(object.number), content);
    }

    fn delta(&mut self, object: Packed, content: &mut [u8], _steps: &[Step], _base: &[u8], _state: &()) {
        self.base(object, content);
    }

    fn damaged(&mut self, object: Packed, damage: Damage) {
        let id = self.store.packs()[object.pack].0.id(object.number);
        self.reader.coverage().unread(format!("object {id}"), damage.to_string());
    }

    fn surplus(&mut self, object: Packed) {
        super::history::tell_surplus(self.store, object, self.reader.coverage());
    }
}
