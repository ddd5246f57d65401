//! Notes during a sweep of what there is something to say: what is not in it need not be read again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bstr::BString;

use crate::git::ObjectId;
use crate::source::Reader;

/// What all threads noted.
#[derive(Debug, Default)]
pub(super) struct Ledger(Mutex<Entries>);

/// What was handed over and led to a finding or a gap.
#[derive(Clone, Debug, Default)]
pub(super) struct Entries {
    pub(super) contents: BTreeMap<ObjectId, Vec<BString>>,
    pub(super) messages: BTreeSet<ObjectId>,
    /// Whether a name was reported: then paths may hold a secret.
    pub(super) has_names: bool,
    /// Gaps that come with a content or a message, and come again with it.
    pub(super) gaps: usize,
}

/// How much a reader had to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Said {
    reported: Option<usize>,
    gaps: usize,
}

impl Said {
    pub(super) fn by(reader: &mut Reader<'_>) -> Self {
        Self { reported: reader.reported(), gaps: reader.coverage().gaps.len() }
    }

    /// Whether something was said since; a worker that does not count may always have.
    fn has_grown(self, before: Self) -> bool {
        self.reported.is_none() || self != before
    }
}

impl Ledger {
    pub(super) fn content(&self, (before, after): (Said, Said), id: ObjectId, paths: impl FnOnce() -> Vec<BString>) {
        if after.has_grown(before) {
            let mut entries = self.lock();
            entries.gaps += after.gaps - before.gaps;
            entries.contents.insert(id, paths());
        }
    }

    pub(super) fn message(&self, (before, after): (Said, Said), id: ObjectId) {
        if after.has_grown(before) {
            let mut entries = self.lock();
            entries.gaps += after.gaps - before.gaps;
            entries.messages.insert(id);
        }
    }

    pub(super) fn name(&self, (before, after): (Said, Said)) {
        self.lock().has_names |= after.has_grown(before);
    }

    /// What was noted so far.
    pub(super) fn so_far(&self) -> Entries {
        self.lock().clone()
    }

    pub(super) fn close(self) -> Entries {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
