//! Hands a list of jobs to several threads, each with a reader of its own.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::model::Coverage;

use super::reader::Reader;
use super::{ArchiveLimits, Progress, Visitor};

/// The number of threads to use: what was asked for, or one for every core.
pub(super) fn count(asked: usize) -> usize {
    if asked > 0 { asked } else { std::thread::available_parallelism().map_or(1, NonZeroUsize::get) }
}

/// Runs `each` for every job. `state` makes what a thread needs besides its reader; few jobs are done without further threads.
pub(super) fn for_each<J: Sync, S: Send>(
    jobs: &[J],
    threads: usize,
    limits: &ArchiveLimits,
    (visitor, progress): (&dyn Visitor, &dyn Progress),
    mut state: impl FnMut() -> S,
    each: impl Fn(&J, &mut S, &mut Reader<'_>) + Sync,
) -> Coverage {
    const FEW: usize = 16;
    let next = AtomicUsize::new(0);
    let total = Mutex::new(Coverage::default());
    let work = |mut state: S| {
        let mut reader = Reader::new(visitor, progress, limits);
        // Jobs are taken in short runs: neighbours often share a directory or a delta chain.
        loop {
            let from = next.fetch_add(FEW, Ordering::Relaxed);
            let Some(run) = jobs.get(from..jobs.len().min(from + FEW)).filter(|run| !run.is_empty()) else { break };
            for job in run {
                each(job, &mut state, &mut reader);
            }
        }
        total.lock().expect("no thread panics while it holds the lock").merge(reader.finish());
    };
    let threads = count(threads).min(jobs.len().div_ceil(FEW));
    if threads <= 1 {
        work(state());
    } else {
        std::thread::scope(|scope| {
            for _ in 0..threads {
                let state = state();
                let work = &work;
                scope.spawn(move || work(state));
            }
        });
    }
    total.into_inner().expect("no thread panics while it holds the lock")
}
