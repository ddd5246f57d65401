//! Notes how far a sweep is, so that one that was interrupted can go on.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::id_list::IdList;
use super::learned::{Learned, Memory};
use super::ledger::Ledger;
use crate::git::{ObjectId, ObjectStore, Packed};
use crate::model::Coverage;

/// The contents that a sweep is done with.
pub(super) struct Checkpoint<'m> {
    memory: Option<&'m Memory>,
    /// The digest of all ids.
    all: [u8; 32],
    ledger: &'m Ledger,
    /// What an interrupted sweep of the same objects was done with.
    pub(super) resumed: Option<&'m Learned>,
    progress: Mutex<Done>,
    /// What is passed by because it was done.
    skipped: Mutex<HashSet<ObjectId>>,
}

struct Done {
    ids: Vec<ObjectId>,
    blobs: u64,
    bytes: u64,
    written: Instant,
}

impl<'m> Checkpoint<'m> {
    pub(super) fn new(memory: Option<&'m Memory>, all: [u8; 32], ledger: &'m Ledger, known: Option<&'m Learned>) -> Self {
        let resumed = known.filter(|known| known.part_of == Some(all));
        let (blobs, bytes) = resumed.map_or((0, 0), |resumed| (resumed.blobs, resumed.bytes));
        let progress = Mutex::new(Done { ids: Vec::new(), blobs, bytes, written: Instant::now() });
        Self { memory, all, ledger, resumed, progress, skipped: Mutex::default() }
    }

    /// Contents that are passed by, and that something is to be said of.
    pub(super) fn to_be_said_again(&self) -> Vec<ObjectId> {
        let skipped = self.skipped.lock().unwrap_or_else(PoisonError::into_inner);
        self.resumed.iter().flat_map(|resumed| resumed.contents()).map(|(id, _)| id).filter(|id| skipped.contains(id)).collect()
    }

    /// Whether all of the tree of deltas that grows from `root` was done.
    pub(super) fn is_done(&self, store: &ObjectStore, root: Packed) -> bool {
        let Some(resumed) = self.resumed else { return false };
        let (pack, forest) = (&store.packs()[root.pack], store.forest(root.pack));
        let (mut todo, mut ids) = (vec![root.number], Vec::new());
        while let Some(number) = todo.pop() {
            let id = pack.id(number);
            if !resumed.knows(&id) {
                return false;
            }
            ids.push(id);
            todo.extend(forest.children(number));
        }
        self.skipped.lock().unwrap_or_else(PoisonError::into_inner).extend(ids);
        true
    }

    /// Notes that these are done, and every now and then writes down all that are.
    pub(super) fn done(&self, ids: impl Iterator<Item = ObjectId>, coverage: &Coverage, counted: &mut (u64, u64)) {
        let Some(memory) = self.memory else { return };
        let mut done = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        done.ids.extend(ids);
        done.blobs += coverage.blobs - counted.0;
        done.bytes += coverage.bytes - counted.1;
        *counted = (coverage.blobs, coverage.bytes);
        if done.written.elapsed() < memory.pace {
            return;
        }
        let told = self.ledger.so_far();
        if !told.has_names {
            let mut ids: Vec<ObjectId> = done.ids.clone();
            let mut contents = told.contents;
            if let Some(resumed) = self.resumed {
                ids.extend(resumed.ids.iter());
                for (id, paths) in resumed.contents() {
                    contents.entry(id).or_insert_with(|| paths.collect());
                }
            }
            ids.sort_unstable();
            ids.dedup();
            let mut learned = Learned::new(IdList::of_sorted(&ids), contents, told.messages, (done.blobs, done.bytes));
            learned.part_of = Some(self.all);
            // A sweep that cannot note how far it is goes on all the same.
            let _ = memory.keep(learned);
        }
        done.written = Instant::now();
    }
}
