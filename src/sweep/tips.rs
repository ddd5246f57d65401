//! What refs, HEADs, stashes and reflogs point to, by kind.

use std::collections::HashSet;

use bstr::BString;

use super::commit_graph::CommitGraph;
use crate::git::{Kind, ObjectId, Objects, Reflog, Repository, TagText, heads, references, reflogs};

/// What a name is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TipKind {
    Branch,
    Tag,
    Remote,
    Pull,
    /// Notes, replacements, detached HEADs and whatever else lies under `refs/`.
    Other,
}

/// A name with what it leads to.
#[derive(Debug)]
pub(super) struct Tip {
    pub(super) kind: TipKind,
    /// Short, where its kind tells the rest.
    pub(super) name: BString,
    /// Full name.
    pub(super) full: BString,
    /// Its commit, if it leads to one that is there.
    pub(super) commit: Option<u32>,
    /// Every object on the way: annotated tags, and the tree or blob at the end.
    pub(super) through: HashSet<ObjectId>,
}

/// A stash.
#[derive(Debug)]
pub(super) struct Stash {
    pub(super) name: BString,
    /// Its commit and those of the staged and the untracked part.
    pub(super) commits: Vec<u32>,
    /// Its own commit: what it reaches.
    pub(super) commit: u32,
}

/// A moment at which a remote-tracking ref moved.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) commit: u32,
    pub(super) time: i64,
    /// Whether a push from here moved it.
    pub(super) was_push: bool,
}

/// All names of a repository.
#[derive(Debug, Default)]
pub(super) struct Tips {
    pub(super) refs: Vec<Tip>,
    pub(super) stashes: Vec<Stash>,
    /// Moves of remote-tracking refs, the oldest first.
    pub(super) seen: Vec<Seen>,
    /// What any reflog names.
    pub(super) logged: Vec<u32>,
    /// What is checked out.
    pub(super) head: Option<u32>,
}

impl Tips {
    pub(super) fn read(repository: &Repository, objects: &Objects, graph: &CommitGraph<'_>) -> Self {
        let mut tips = Self::default();
        // Refs that cannot be read are told of where they are read first.
        let found = references(repository).map(|(found, _)| found).unwrap_or_default();
        for reference in &found {
            let Some((kind, length)) = kind_of(&reference.name) else { continue };
            let (name, full) = (BString::from(&reference.name[length..]), reference.name.clone());
            tips.refs.push(tip(kind, name, full, reference.id, objects, graph));
        }
        let heads = heads(repository);
        for head in heads.iter().filter(|head| head.name == "HEAD") {
            tips.refs.push(tip(TipKind::Other, head.name.clone(), head.name.clone(), head.id, objects, graph));
        }
        tips.head = heads.first().and_then(|head| graph.number(&head.id));
        let logs = reflogs(repository);
        tips.stashes = stashes(found.iter().find(|reference| reference.name == "refs/stash").map(|found| found.id), &logs, graph);
        for log in &logs {
            let is_remote = log.name.starts_with(b"refs/remotes/");
            for entry in &log.entries {
                tips.logged.extend([entry.old, entry.new].iter().filter_map(|id| graph.number(id)));
                if let Some(commit) = graph.number(&entry.new).filter(|_| is_remote) {
                    tips.seen.push(Seen { commit, time: entry.time, was_push: entry.message.starts_with(b"update by push") });
                }
            }
        }
        tips.seen.sort_by_key(|seen| seen.time);
        tips
    }
}

/// The kind of a ref, and how much of its name that tells; none for the stash, whose log is looked at instead.
fn kind_of(name: &[u8]) -> Option<(TipKind, usize)> {
    let of = |start: &str, kind| name.starts_with(start.as_bytes()).then_some((kind, start.len()));
    if name == b"refs/stash" {
        return None;
    }
    of("refs/heads/", TipKind::Branch)
        .or_else(|| of("refs/tags/", TipKind::Tag))
        .or_else(|| of("refs/remotes/", TipKind::Remote))
        .or_else(|| {
            ["refs/pull/", "refs/pull-requests/", "refs/merge-requests/"]
                .iter()
                .find_map(|start| of(start, TipKind::Pull))
                .map(|(kind, _)| (kind, 0))
        })
        .or(Some((TipKind::Other, 0)))
}

fn tip(kind: TipKind, name: BString, full: BString, id: ObjectId, objects: &Objects, graph: &CommitGraph<'_>) -> Tip {
    let (mut through, mut next, mut buffer) = (HashSet::new(), id, Vec::new());
    let mut commit = graph.number(&next);
    while commit.is_none() && through.insert(next) {
        if !matches!(objects.read(&next, &mut buffer), Ok(Kind::Tag)) {
            break;
        }
        let Some(tag) = TagText::parse(&buffer, objects.hash()) else { break };
        next = tag.target;
        commit = graph.number(&next);
    }
    Tip { kind, name, full, commit, through }
}

/// The stashes, the last one first.
fn stashes(tip: Option<ObjectId>, logs: &[Reflog], graph: &CommitGraph<'_>) -> Vec<Stash> {
    let log = logs.iter().find(|log| log.name == "refs/stash");
    let mut ids: Vec<ObjectId> = log.map(|log| log.entries.iter().rev().map(|entry| entry.new).collect()).unwrap_or_default();
    if ids.first() != tip.as_ref() {
        ids.splice(0..0, tip);
    }
    let stash = |(place, id): (usize, &ObjectId)| {
        let commit = graph.number(id)?;
        // The first parent is the commit that the stash was made on.
        let parts = graph.parents(commit).iter().skip(1).copied();
        Some(Stash { name: format!("stash@{{{place}}}").into(), commits: std::iter::once(commit).chain(parts).collect(), commit })
    };
    ids.iter().enumerate().filter_map(stash).collect()
}
