//! What is known of a credential in a repository, as programs read it.

use bstr::{BStr, BString};
use serde::Serialize;

use crate::model::{Commit, Confidence, ExposureBasis, OnlyIn, Provenance, Spot, Veil};

/// A commit.
#[derive(Serialize)]
pub(super) struct CommitEntry<'a> {
    id: &'a str,
    author: String,
    date: &'a str,
}

impl<'a> CommitEntry<'a> {
    pub(super) fn new(commit: &'a Commit, veil: &Veil) -> Self {
        Self { id: &commit.id, author: veil.text(&commit.author), date: &commit.date }
    }
}

/// Who brought it, since when, and how far it got.
#[derive(Serialize)]
pub(super) struct ProvenanceEntry<'a> {
    first: Option<CommitEntry<'a>>,
    last: Option<CommitEntry<'a>>,
    commits: u64,
    at_head: bool,
    staged: bool,
    branches: Vec<String>,
    tags: Vec<String>,
    remotes: Vec<String>,
    pulls: Vec<String>,
    other_refs: Vec<String>,
    stashes: Vec<String>,
    only_in: Option<&'static str>,
    pushed: bool,
    pushed_ever: bool,
    exposure: Option<ExposureEntry<'a>>,
}

#[derive(Serialize)]
struct ExposureEntry<'a> {
    since: &'a str,
    basis: &'static str,
}

impl<'a> ProvenanceEntry<'a> {
    pub(super) fn new(known: &'a Provenance, veil: &Veil) -> Self {
        let names = |names: &[BString]| names.iter().map(|name| shown(name.as_ref(), veil)).collect();
        Self {
            first: known.first.as_ref().map(|commit| CommitEntry::new(commit, veil)),
            last: known.last.as_ref().map(|commit| CommitEntry::new(commit, veil)),
            commits: known.commits,
            at_head: known.at_head,
            staged: known.is_staged,
            branches: names(&known.branches),
            tags: names(&known.tags),
            remotes: names(&known.remotes),
            pulls: names(&known.pulls),
            other_refs: names(&known.others),
            stashes: names(&known.stashes),
            only_in: known.only_in.map(only_in_name),
            pushed: !known.remotes.is_empty(),
            pushed_ever: known.exposure.is_some(),
            exposure: known.exposure.as_ref().map(|exposure| ExposureEntry { since: &exposure.since, basis: basis_name(exposure.basis) }),
        }
    }
}

/// One place of a credential.
#[derive(Serialize)]
pub(super) struct PlaceEntry<'a> {
    place: &'static str,
    path: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    members: Vec<String>,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    start: u64,
    end: u64,
    confidence: Confidence,
    open: bool,
    reachable: bool,
    object: Option<&'a str>,
    commit: Option<&'a str>,
}

impl<'a> PlaceEntry<'a> {
    pub(super) fn new(spot: &'a Spot, veil: &Veil) -> Self {
        Self {
            place: spot.origin.place.name(),
            path: shown(spot.origin.path.as_ref(), veil),
            members: spot.origin.members.iter().map(|member| shown(member.as_ref(), veil)).collect(),
            line: spot.region.start.line,
            column: spot.region.start.column,
            end_line: spot.region.end.line,
            end_column: spot.region.end.column,
            start: spot.span.start,
            end: spot.span.end,
            confidence: spot.confidence,
            open: spot.is_open,
            reachable: !spot.is_unreachable,
            object: spot.origin.place.object(),
            commit: spot.origin.place.commit().map(|commit| commit.id.as_str()),
        }
    }
}

/// The bytes as text, without a secret in them.
fn shown(bytes: &BStr, veil: &Veil) -> String {
    String::from_utf8_lossy(&veil.bytes(bytes)).into_owned()
}

/// The only way to a credential, by name.
pub(super) fn only_in_name(only_in: OnlyIn) -> &'static str {
    match only_in {
        OnlyIn::Stash => "stash",
        OnlyIn::Reflog => "reflog",
        OnlyIn::Dangling => "dangling",
        OnlyIn::Files => "files",
    }
}

/// How a time of exposure is known, by name.
pub(super) fn basis_name(basis: ExposureBasis) -> &'static str {
    match basis {
        ExposureBasis::Push => "push",
        ExposureBasis::Fetch => "fetch",
        ExposureBasis::Commit => "commit",
    }
}
