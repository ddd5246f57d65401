//! What all commits and tags say, and which trees and parents they name.

use bstr::BString;

use super::ledger::{Ledger, Said};
use crate::git::{CommitLinks, CommitText, Damage, Kind, ObjectId, ObjectStore, Packed, Step, TagText, Walker, spoken_headers};
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
    /// When it was committed, in seconds since 1970.
    pub(super) committed: i64,
}

impl Named {
    /// The commit of that number, which names these.
    pub(super) fn of(store: &ObjectStore, number: usize, links: &CommitLinks) -> Self {
        let number_of = |id: &ObjectId| store.number(id).ok_or(*id);
        let (tree, parents) = (number_of(&links.tree), links.parents.iter().map(number_of).collect());
        Self { number, tree, parents, committed: links.committed }
    }
}

/// Reads commits and tags on one thread.
pub(super) struct Commits<'s, 'v> {
    store: &'s ObjectStore,
    /// With the class of what has no path.
    screen: Option<(&'v dyn Screen, usize)>,
    progress: &'v dyn Progress,
    pub(super) reader: Reader<'v>,
    pub(super) found: Vec<Named>,
    ledger: &'v Ledger,
    kind: Kind,
}

impl<'s, 'v> Commits<'s, 'v> {
    pub(super) fn new(
        store: &'s ObjectStore,
        kind: Kind,
        reader: Reader<'v>,
        screen: Option<&'v dyn Screen>,
        progress: &'v dyn Progress,
        ledger: &'v Ledger,
    ) -> Self {
        let screen = screen.map(|screen| (screen, screen.class(b"")));
        Self { store, screen, progress, reader, found: Vec::new(), ledger, kind }
    }

    /// Takes a commit or tag.
    pub(super) fn take(&mut self, number: usize, id: impl Fn() -> ObjectId, content: &[u8]) {
        let hash = self.store.hash();
        if self.kind == Kind::Commit {
            match CommitLinks::parse(content) {
                Some(links) => {
                    self.found.push(Named::of(self.store, number, &links));
                    let facts = || CommitText::parse(content, hash).map(|commit| commit.facts(&id()));
                    let origin = || (id(), facts());
                    self.message(&mut content[links.message..].into(), origin);
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
        if let Some((screen, class)) = self.screen {
            let mut spots = Vec::new();
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
        let before = Said::by(&mut self.reader);
        self.reader.bytes(&origin, message);
        self.ledger.message((before, Said::by(&mut self.reader)), id);
    }
}

impl Walker for Commits<'_, '_> {
    type State = ();

    fn base(&mut self, object: Packed, content: &mut [u8]) {
        let pack = &self.store.packs()[object.pack];
        self.progress.advance(pack.packed_size(object.number), 1);
        self.take(self.store.number_of(object), || pack.id(object.number), content);
    }

    fn delta(&mut self, object: Packed, content: &mut [u8], _steps: &[Step], _base: &[u8], _state: &()) {
        self.base(object, content);
    }

    fn damaged(&mut self, object: Packed, damage: Damage) {
        let id = self.store.packs()[object.pack].id(object.number);
        self.reader.coverage().unread(format!("object {id}"), damage.to_string());
    }

    fn surplus(&mut self, object: Packed) {
        super::history::tell_surplus(self.store, object, self.reader.coverage());
    }
}
