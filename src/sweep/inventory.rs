//! The objects of a repository by kind, each once.

use std::collections::HashSet;

use crate::git::{Kind, ObjectId, Objects};

/// Hands out all objects of a kind, whether anything names them or not.
pub(super) trait Inventory {
    /// Calls `take` with each object of that kind that can be read, in whatever order is cheap.
    fn each(&self, kind: Kind, take: &mut dyn FnMut(ObjectId, &[u8]));

    /// Whether the object is there.
    fn holds(&self, id: &ObjectId) -> bool;
}

/// An inventory made by asking the object database for the kind of each object.
pub(super) struct Listed<'o> {
    objects: &'o Objects,
    kinds: [Vec<ObjectId>; 3],
}

impl<'o> Listed<'o> {
    /// Lists all commits, trees and tags.
    pub(super) fn new(objects: &'o Objects) -> Self {
        let mut kinds = [Vec::new(), Vec::new(), Vec::new()];
        let mut known = HashSet::new();
        for id in objects.ids().flatten() {
            let Ok(kind) = objects.kind(&id) else { continue };
            if let Some(place) = place(kind)
                && known.insert(id)
            {
                kinds[place].push(id);
            }
        }
        Self { objects, kinds }
    }
}

fn place(kind: Kind) -> Option<usize> {
    match kind {
        Kind::Commit => Some(0),
        Kind::Tree => Some(1),
        Kind::Tag => Some(2),
        Kind::Blob => None,
    }
}

impl Inventory for Listed<'_> {
    fn each(&self, kind: Kind, take: &mut dyn FnMut(ObjectId, &[u8])) {
        let mut buffer = Vec::new();
        for id in place(kind).map_or(&[][..], |place| &self.kinds[place]) {
            if self.objects.read(id, &mut buffer).is_ok() {
                take(*id, &buffer);
            }
        }
    }

    fn holds(&self, id: &ObjectId) -> bool {
        self.objects.kind(id).is_ok()
    }
}
