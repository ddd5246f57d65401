//! Several sources one after the other, as one.

use crate::model::Coverage;

use super::target::{Target, visit_unsorted};
use super::{Progress, SourceError, Visitor};

/// Progress of several sources: each tells how much it has, and what comes later is added.
struct Sum<'p> {
    progress: &'p dyn Progress,
    total: std::sync::Mutex<(u64, u64)>,
}

impl Progress for Sum<'_> {
    fn total(&self, bytes: u64, items: u64) {
        let mut total = self.total.lock().expect("no thread panics while it holds the lock");
        *total = (total.0 + bytes, total.1 + items);
        self.progress.total(total.0, total.1);
    }

    fn advance(&self, bytes: u64, items: u64) {
        self.progress.advance(bytes, items);
    }
}

pub(super) fn visit(targets: &[Target], visitor: &dyn Visitor, progress: &dyn Progress) -> Result<Coverage, SourceError> {
    let sum = Sum { progress, total: std::sync::Mutex::default() };
    let mut coverage = Coverage::default();
    for target in targets {
        coverage.merge(visit_unsorted(target, visitor, &sum)?);
    }
    Ok(coverage)
}
