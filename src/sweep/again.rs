//! Sweeps a history a second time: what came since, and what there was something to say of.

use super::blobs::{Blobs, Knowledge};
use super::commits::Commits;
use super::history::Sweep;
use super::increment::Increment;
use super::jobs;
use super::learned::Learned;
use super::paths::Paths;
use crate::git::{Bases, Kind, ObjectId};
use crate::model::Coverage;

impl Sweep<'_> {
    /// Looks at what came since the last sweep, and again at what it had something to say of.
    pub(super) fn again(&self, learned: &Learned, increment: &Increment) -> Coverage {
        self.progress.total(0, (increment.messages.len() + increment.contents.len()) as u64);
        let mut coverage = Coverage { blobs: learned.blobs, bytes: learned.bytes, ..Coverage::default() };
        self.names(increment.names.iter().cloned(), &mut coverage);
        let known = learned.messages().filter_map(|id| Some((self.store.stated_kind(&id)?, id)));
        let messages: Vec<(Kind, ObjectId)> = increment.messages.iter().copied().chain(known).collect();
        for kind in [Kind::Commit, Kind::Tag] {
            let mut commits = Commits::new(self.store, kind, self.reader(), self.screen, self.progress, self.ledger);
            let mut content = Vec::new();
            for (_, id) in messages.iter().filter(|(stated, _)| *stated == kind) {
                let before = Counts::of(commits.reader.coverage());
                match self.store.read(id, &mut content) {
                    Some(Ok(_)) => commits.take(self.store.number(id).unwrap_or(usize::MAX), || *id, &content),
                    Some(Err(damage)) => commits.reader.coverage().unread(format!("object {id}"), damage.to_string()),
                    None => {}
                }
                before.restore(commits.reader.coverage(), learned.knows(id));
            }
            coverage.merge(commits.reader.finish());
        }
        let mut contents = increment.contents.clone();
        for (id, paths) in learned.contents().filter(|(id, _)| self.store.contains(id)) {
            contents.entry(id).or_default().extend(paths.filter(|path| !path.is_empty()));
        }
        let number = |id: &ObjectId| self.store.number(id).unwrap_or(usize::MAX);
        let places = contents.iter().flat_map(|(id, paths)| paths.iter().map(move |path| (number(id), path)));
        let known = self.knowledge(Paths::listed(places));
        let all: Vec<ObjectId> = contents.into_keys().collect();
        self.reread(&known, &all, learned, &mut coverage);
        coverage
    }

    /// Looks at contents one by one; those that were counted before do not count.
    pub(super) fn reread(&self, known: &Knowledge<'_>, all: &[ObjectId], learned: &Learned, coverage: &mut Coverage) {
        let number = |id: &ObjectId| self.store.number(id).unwrap_or(usize::MAX);
        let walker = || (Blobs::new(known, self.reader(), self.screen, self.progress), Bases::default(), Vec::new());
        // Versions of one file lie near each other in a pack.
        let mut all = all.to_vec();
        all.sort_by_key(number);
        let parts = jobs::on_threads(&all, self.threads, walker, |(blobs, bases, content), id| {
            let before = Counts::of(blobs.reader.coverage());
            match self.store.read_with(bases, id, content) {
                // What something was said of before was handed over, and is again.
                Some(Ok(_)) if learned.says_of(id) => blobs.hand_over(number(id), *id, content),
                Some(Ok(_)) => _ = blobs.whole(number(id), *id, content),
                Some(Err(damage)) => blobs.reader.coverage().unread(format!("object {id}"), damage.to_string()),
                None => {}
            }
            before.restore(blobs.reader.coverage(), learned.knows(id));
            self.progress.advance(0, 1);
        });
        for (mut blobs, ..) in parts {
            coverage.merge(blobs.reader.finish());
        }
    }
}

/// How much was covered before something was read again.
struct Counts(u64, u64);

impl Counts {
    fn of(coverage: &Coverage) -> Self {
        Self(coverage.blobs, coverage.bytes)
    }

    /// What was counted by an earlier sweep is not counted again.
    fn restore(self, coverage: &mut Coverage, is_known: bool) {
        if is_known {
            (coverage.blobs, coverage.bytes) = (self.0, self.1);
        }
    }
}
