//! Hands the trees of deltas to several threads, the heavy ones first.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::git::{Kind, ObjectStore, Packed, Walk, Walker};

/// Objects that a thread takes at once.
const RUN: usize = 64;
/// Trees up to this weight, in packed bytes, come in the order of the pack; each thread takes so much at once.
const LIGHT: u64 = 1 << 18;

/// The number of threads to use: what was asked for, or one for every core.
pub(super) fn threads(asked: usize) -> usize {
    if asked > 0 { asked } else { std::thread::available_parallelism().map_or(1, NonZeroUsize::get) }
}

/// Walks all trees of deltas of objects of that kind, each thread with a walker of its own; gives the walkers back.
pub(super) fn walk<W: Walker + Send>(store: &ObjectStore, kind: Kind, threads: usize, walker: impl Fn() -> W + Sync) -> Vec<W> {
    walk_some(store, kind, threads, walker, |_| true, |_| ())
}

/// The same for the trees that `wanted` says yes to; calls `rest` now and then with a walker whose trees are all done.
pub(super) fn walk_some<W: Walker + Send>(
    store: &ObjectStore,
    kind: Kind,
    threads: usize,
    walker: impl Fn() -> W + Sync,
    wanted: impl Fn(Packed) -> bool,
    rest: impl Fn(&mut W) + Sync,
) -> Vec<W> {
    let runs = runs(store, kind, wanted);
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let work = || {
        let (mut walk, mut walker) = (Walk::new(store), walker());
        while let Some(run) = runs.get(next.fetch_add(1, Ordering::Relaxed)) {
            for &root in run {
                walk.tree(root, &mut walker);
            }
            rest(&mut walker);
        }
        done.lock().expect("no thread panics while it holds the lock").push(walker);
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.min(runs.len()) {
            scope.spawn(work);
        }
        work();
    });
    done.into_inner().expect("no thread panics while it holds the lock")
}

/// Heavy trees one by one, the heaviest first; then the light ones in runs of neighbours.
fn runs(store: &ObjectStore, kind: Kind, wanted: impl Fn(Packed) -> bool) -> Vec<Vec<Packed>> {
    let (mut heavy, mut runs, mut run, mut weight) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for pack in 0..store.packs().len() {
        let forest = store.forest(pack);
        for number in forest.roots(kind) {
            let root = Packed { pack, number };
            if !wanted(root) {
                continue;
            }
            if forest.weight(number) > LIGHT {
                heavy.push((std::cmp::Reverse(forest.weight(number)), root));
                continue;
            }
            run.push(root);
            weight += forest.weight(number);
            if weight > LIGHT {
                runs.push(std::mem::take(&mut run));
                weight = 0;
            }
        }
    }
    runs.push(run);
    heavy.sort_unstable();
    heavy.into_iter().map(|(_, root)| vec![root]).chain(runs).collect()
}

/// Runs `each` for all, on as many threads as they are worth; none is started, and no worker made, for nothing.
pub(super) fn on_threads<T: Sync, W: Send>(
    all: &[T],
    threads: usize,
    worker: impl Fn() -> W + Sync,
    each: impl Fn(&mut W, &T) + Sync,
) -> Vec<W> {
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
