//! The loose objects of a store, read on several threads.

use std::collections::HashMap;
use std::path::Path;

use super::jobs::on_threads;
use crate::git::{Damage, Kind, ObjectId, ObjectStore};

/// A loose object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loose<'s> {
    /// Its object directory.
    pub(super) directory: &'s Path,
    pub(super) id: ObjectId,
    /// Its number in the store.
    pub(super) number: usize,
}

/// The loose objects of a store by what they are, with those whose files do not begin as objects.
#[derive(Debug, Default)]
pub(super) struct LooseObjects<'s> {
    kinds: HashMap<Kind, Vec<Loose<'s>>>,
    pub(super) damaged: Vec<(ObjectId, Damage)>,
}

impl<'s> LooseObjects<'s> {
    /// Reads the header of each.
    pub(super) fn read(store: &'s ObjectStore, threads: usize) -> Self {
        let all: Vec<Loose<'s>> =
            store.loose().map(|(directory, id)| Loose { directory, id: *id, number: store.number(id).unwrap_or(usize::MAX) }).collect();
        let parts = on_threads(&all, threads, Vec::new, |part: &mut Vec<_>, loose| {
            part.push((*loose, store.loose_kind(loose.directory, &loose.id)));
        });
        let mut found: Vec<_> = parts.into_iter().flatten().collect();
        found.sort_by_key(|(loose, _)| (loose.number, loose.directory));
        let mut objects = Self::default();
        for (loose, kind) in found {
            match kind {
                Ok(kind) => objects.kinds.entry(kind).or_default().push(loose),
                Err(damage) => objects.damaged.push((loose.id, damage)),
            }
        }
        objects
    }

    /// Gives each of that kind, or why it cannot be read, to `take`, on each thread with a worker of its own; gives the workers back.
    pub(super) fn each<W: Send>(
        &self,
        store: &ObjectStore,
        kind: Kind,
        threads: usize,
        worker: impl Fn() -> W + Sync,
        take: impl Fn(&mut W, &Loose<'_>, Result<&mut Vec<u8>, Damage>) + Sync,
    ) -> Vec<W> {
        let all = self.kinds.get(&kind).map_or(&[][..], Vec::as_slice);
        let parts = on_threads(
            all,
            threads,
            || (worker(), Vec::new()),
            |(worker, content), loose| match store.read_loose(loose.directory, &loose.id, content) {
                Ok(_) => take(worker, loose, Ok(content)),
                Err(damage) => take(worker, loose, Err(damage)),
            },
        );
        parts.into_iter().map(|(worker, _)| worker).collect()
    }
}
