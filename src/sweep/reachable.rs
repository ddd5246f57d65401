//! Which commits and trees the names of a repository lead to.

use std::collections::HashSet;

use super::commits::Named;
use crate::git::{Kind, ObjectId, ObjectStore, Repository, TagText, heads, references, shallow, tips};
use crate::model::Coverage;

/// What refs and reflogs lead to.
#[derive(Debug, Default)]
pub(super) struct Reachable {
    pub(super) commits: HashSet<usize>,
    /// Trees that a ref names itself.
    pub(super) trees: Vec<u32>,
    pub(super) missing: Vec<ObjectId>,
}

/// Follows refs, heads and reflogs through the commits that were read, and notes what is missing on the way.
pub(super) fn reachable(
    repository: &Repository,
    store: &ObjectStore,
    commits: &[Named],
    allow_missing: bool,
    coverage: &mut Coverage,
) -> Reachable {
    let mut reachable = Reachable::default();
    let ids = match tips(repository) {
        Ok((ids, broken)) => {
            for error in broken {
                coverage.unread("a ref", error.to_string());
            }
            ids
        }
        Err(error) => {
            coverage.unread("the refs", format!("{error}; contents were read all the same"));
            return reachable;
        }
    };
    unresolved(repository, store, allow_missing, &mut reachable, coverage);
    let cut = shallow(repository);
    if !cut.is_empty() {
        let why = format!("a shallow clone: what came before {} of its commits was not fetched", cut.len());
        absent(coverage, why, allow_missing);
    }
    let mut todo: Vec<usize> = ids.into_iter().filter_map(|id| peel(store, id, &mut reachable)).collect();
    while let Some(number) = todo.pop() {
        if !reachable.commits.insert(number) {
            continue;
        }
        let Ok(place) = commits.binary_search_by_key(&number, |commit| commit.number) else { continue };
        let commit = &commits[place];
        reachable.missing.extend(commit.tree.err().filter(|id| *id != ObjectId::empty_tree(store.hash())));
        if cut.contains(&store.id(number)) {
            continue;
        }
        for parent in &commit.parents {
            match parent {
                Ok(parent) => todo.push(*parent),
                Err(id) => reachable.missing.push(*id),
            }
        }
    }
    reachable
}

/// Notes refs and heads that name what is not there; a reflog may, for it outlives what it names.
fn unresolved(repository: &Repository, store: &ObjectStore, allow_missing: bool, reachable: &mut Reachable, coverage: &mut Coverage) {
    let named = references(repository).map(|(found, _)| found).unwrap_or_default().into_iter().chain(heads(repository));
    for reference in named.filter(|reference| !store.contains(&reference.id)) {
        if repository.is_partial || allow_missing {
            reachable.missing.push(reference.id);
        } else {
            coverage.unread(reference.name.to_string(), format!("names object {}, which is missing", reference.id));
        }
    }
}

/// The commit that a ref leads to, through tags.
fn peel(store: &ObjectStore, mut id: ObjectId, reachable: &mut Reachable) -> Option<usize> {
    let mut content = Vec::new();
    for _ in 0..64 {
        match store.read(&id, &mut content)?.ok()? {
            Kind::Commit => return store.number(&id),
            Kind::Tree => {
                reachable.trees.extend(store.number(&id).and_then(|number| u32::try_from(number).ok()));
                return None;
            }
            Kind::Blob => return None,
            Kind::Tag => {
                id = TagText::parse(&content, store.hash())?.target;
                if !store.contains(&id) {
                    reachable.missing.push(id);
                }
            }
        }
    }
    None
}

/// Notes what was not fetched.
fn absent(coverage: &mut Coverage, why: String, allow_missing: bool) {
    if allow_missing { coverage.out_of_scope("the history", why) } else { coverage.unread("the history", why) }
}

/// Notes objects that were named and are not there.
pub(super) fn report_missing(repository: &Repository, mut missing: Vec<String>, allow_missing: bool, coverage: &mut Coverage) {
    const SHOWN: usize = 20;
    missing.sort();
    missing.dedup();
    // What is damaged is no part that was left out.
    let (left_out, missing): (Vec<String>, Vec<String>) =
        missing.into_iter().partition(|why| (repository.is_partial || allow_missing) && why.contains("is missing"));
    if !left_out.is_empty() {
        let kind = if repository.is_partial { "a partial clone: " } else { "" };
        absent(coverage, format!("{kind}{} objects that its commits name were not fetched", left_out.len()), allow_missing);
    }
    for why in missing.iter().take(SHOWN) {
        coverage.unread("the history", why);
    }
    if missing.len() > SHOWN {
        coverage.unread("the history", format!("{} more objects are missing or damaged", missing.len() - SHOWN));
    }
}
