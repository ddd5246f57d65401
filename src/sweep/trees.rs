//! What the trees of a repository hold, read by several threads.

use std::collections::HashMap;
use std::sync::Arc;

use super::jobs;
use super::loose::LooseObjects;
use super::tree_names::{Entry, Met, NOBODY, Names, Sample, TreeNames, behind, length};
use crate::git::{Kind, ObjectId, ObjectStore};
use crate::model::Coverage;
use crate::source::Progress;

/// What trees have, each of what it has not of the one that it was made from.
#[derive(Debug, Default)]
pub(super) struct Trees {
    pub(super) names: Arc<Names>,
    /// Where each name stands.
    pub(super) samples: Vec<Sample>,
    pub(super) entries: Vec<Entry>,
    pub(super) gone: Vec<u32>,
    pub(super) absent: HashMap<usize, ObjectId>,
    met: Vec<Met>,
    /// For each number of the store the place of that tree.
    places: Vec<u32>,
}

impl Trees {
    /// Reads all trees of a store, on so many threads.
    pub(super) fn read(
        store: &ObjectStore,
        loose: &LooseObjects<'_>,
        threads: usize,
        progress: &dyn Progress,
        coverage: &mut Coverage,
    ) -> Self {
        let walker = || TreeNames::new(store, progress);
        let mut parts = jobs::walk(store, Kind::Tree, threads, walker);
        parts.extend(loose.each(store, Kind::Tree, threads, walker, |walker, object, content| match content {
            Ok(content) => _ = walker.whole(u32::try_from(object.number).unwrap_or(NOBODY), || object.id, content),
            Err(damage) => walker.coverage.unread(format!("object {}", object.id), damage.to_string()),
        }));
        let (mut trees, mut copies) = (Self::new(store), Vec::new());
        for mut part in parts {
            coverage.merge(std::mem::take(&mut part.coverage));
            copies.append(&mut part.copies);
            trees.add(part);
        }
        // A copy counts where the other one is damaged. What it was made from may have been made from it in the other pack.
        let (mut rest, mut content) = (TreeNames::new(store, progress), Vec::new());
        for number in copies {
            let id = store.id(number as usize);
            if trees.met(number).is_none() && matches!(store.read(&id, &mut content), Some(Ok(Kind::Tree))) {
                rest.whole(number, || id, &content);
            }
        }
        coverage.merge(std::mem::take(&mut rest.coverage));
        trees.add(rest);
        trees.entries.shrink_to_fit();
        trees
    }

    /// None yet of that store.
    pub(super) fn new(store: &ObjectStore) -> Self {
        Self { places: vec![NOBODY; store.len()], ..Self::default() }
    }

    /// Adds what a thread read.
    pub(super) fn add(&mut self, part: TreeNames<'_>) {
        let (entry, gone) = (length(&self.entries), length(&self.gone));
        let all = Arc::make_mut(&mut self.names);
        let names: Vec<u32> = (0..part.names.len()).map(|name| all.number(part.names.name(name as u32))).collect();
        for (&name, sample) in names.iter().zip(&part.samples) {
            if name as usize == self.samples.len() {
                self.samples.push(*sample);
            }
        }
        self.entries.extend(part.entries.iter().map(|entry| Entry::new(names[entry.name() as usize], entry.object, entry.is_tree())));
        self.gone.extend(part.gone.iter().map(|&name| names[name as usize]));
        self.absent.extend(part.absent.into_iter().map(|(place, id)| (place + entry as usize, id)));
        for mut met in part.met {
            met.entries = behind(&met.entries, entry);
            met.gone = behind(&met.gone, gone);
            if let Some(place) = self.places.get_mut(met.number as usize) {
                *place = u32::try_from(self.met.len()).unwrap_or(NOBODY);
            }
            self.met.push(met);
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.met.len()
    }

    /// The tree of that number.
    pub(super) fn met(&self, number: u32) -> Option<&Met> {
        self.met.get(*self.places.get(number as usize)? as usize)
    }

    /// All trees, each once.
    pub(super) fn all(&self) -> impl Iterator<Item = &Met> {
        self.met.iter().zip(0..).filter(|(met, place)| self.places.get(met.number as usize) == Some(place)).map(|(met, _)| met)
    }
}
