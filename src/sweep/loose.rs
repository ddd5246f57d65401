//! The loose objects of a store, read on several threads.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::git::{Damage, Kind, ObjectId, ObjectStore};

/// Each thread takes so many at once.
const RUN: usize = 64;

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

/// Runs `each` for all, on as many threads as they are worth; none is started, and no worker made, for nothing.
fn on_threads<T: Sync, W: Send>(all: &[T], threads: usize, worker: impl Fn() -> W + Sync, each: impl Fn(&mut W, &T) + Sync) -> Vec<W> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let work = || {
        let mut worker = worker();
        loop {
            let from = next.fetch_add(RUN, Ordering::Relaxed);
            let Some(run) = all.get(from..all.len().min(from + RUN)).filter(|run| !run.is_empty()) else { break };
            run.iter().for_each(|one| each(&mut worker, one));
        }
        done.lock().expect("no thread panics while it holds the lock").push(worker);
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.min(all.len().div_ceil(RUN)) {
            scope.spawn(work);
        }
        if !all.is_empty() {
            work();
        }
    });
    done.into_inner().expect("no thread panics while it holds the lock")
}
