//! What sweeps read of repositories, left on a shelf for those who ask where a finding comes from.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::commits::Named;
use super::graph::Graph;
use super::id_list::IdList;
use super::learned::Memory;
use super::loose::LooseObjects;
use super::subject::Subject;
use super::trees::Trees;
use super::{commit_graph, graph};
use crate::git::{ObjectStore, Repository};
use crate::model::Coverage;
use crate::source::Silent;

/// What sweeps of one run read, by the object directory of each repository.
#[derive(Debug, Default)]
pub struct Shelf(Mutex<HashMap<PathBuf, Reading>>);

impl Shelf {
    pub(super) fn put(&self, repository: &Repository, reading: Reading) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(repository.objects.clone(), reading);
    }

    /// What was left of a repository; one that no sweep read is opened.
    pub(super) fn take(&self, repository: &Repository) -> Reading {
        let left = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&repository.objects);
        left.unwrap_or_else(|| Reading { store: ObjectStore::open(repository), ids: None, read: None, memory: None })
    }
}

/// What was read of a repository.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) store: ObjectStore,
    /// All objects, with their places by their numbers in the store.
    pub(super) ids: Option<(IdList, Vec<u32>)>,
    /// Its trees and commits, if they were read.
    pub(super) read: Option<(Trees, Vec<Named>)>,
    /// Where a graph may be kept.
    pub(super) memory: Option<Memory>,
}

impl Reading {
    /// How trees and commits lead to `subjects`: as the sweep read them; as an earlier one did, with what came since; or read for it, on so
    /// many threads.
    pub(super) fn graph(&mut self, subjects: &HashSet<Subject>, threads: usize) -> Graph {
        let ids = self.ids.take().unwrap_or_else(|| IdList::of_store(&self.store));
        if self.read.is_none()
            && let Some(known) = self.memory.as_ref().and_then(Memory::graph)
        {
            let is_new = known.ids() != &ids.0;
            if let Some(graph) = graph::extended(known, &self.store, &ids, subjects) {
                if is_new {
                    self.keep(&graph);
                }
                return graph;
            }
        }
        // What cannot be read is told by the sweep.
        let mut coverage = Coverage::default();
        let (trees, commits) = self.read.take().unwrap_or_else(|| {
            let loose = LooseObjects::read(&self.store, threads);
            let trees = Trees::read(&self.store, &loose, threads, &Silent, &mut coverage);
            (trees, commit_graph::read(&self.store, &loose, threads, &mut coverage))
        });
        let graph = Graph::new((ids.0, &ids.1), trees, &commits, subjects);
        if coverage.gaps.is_empty() {
            self.keep(&graph);
        }
        graph
    }

    fn keep(&self, graph: &Graph) {
        if let Some(memory) = self.memory.as_ref().filter(|_| !graph.has_gaps) {
            // Without it the next sweep takes longer, and finds the same.
            let _ = memory.keep_graph(graph);
        }
    }
}
