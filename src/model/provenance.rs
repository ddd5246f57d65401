//! Where a credential of a repository stands, who brought it, since when, and how far it got.

use bstr::BString;

use super::{Commit, Confidence, Finding, Origin, Region, Span};

/// A place of a credential, without what is said about it there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// Where the content came from.
    pub origin: Origin,
    /// The bytes that hold it.
    pub span: Span,
    /// The same as lines and columns.
    pub region: Region,
    /// How sure we are of it there.
    pub confidence: Confidence,
    /// Whether nothing silences it there.
    pub is_open: bool,
    /// Whether no ref and no HEAD reaches it there: what is left are stashes, reflogs, or nothing.
    pub is_unreachable: bool,
}

impl Spot {
    /// The place of a finding.
    pub fn of(finding: &Finding) -> Self {
        Self {
            origin: finding.origin.clone(),
            span: finding.span,
            region: finding.region,
            confidence: finding.confidence,
            is_open: finding.is_open(),
            is_unreachable: false,
        }
    }
}

/// Where the only ways to a credential begin, once no ref leads to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OnlyIn {
    /// A stash.
    Stash,
    /// A reflog.
    Reflog,
    /// Nowhere: the objects lie in the database until git collects them.
    Dangling,
    /// Files that were never committed: the work tree, the index, or the git directory itself.
    Files,
}

/// How a time of exposure is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExposureBasis {
    /// It was pushed from here then.
    Push,
    /// It was seen on the remote then, and may have been there before.
    Fetch,
    /// It is on a remote and nothing tells since when; it was committed then, so not before.
    Commit,
}

/// Since when others could read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposed {
    /// RFC 3339 in UTC.
    pub since: String,
    /// How that is known.
    pub basis: ExposureBasis,
    /// Whether a remote-tracking ref reaches it now; else one did.
    pub is_current: bool,
}

/// What is known of one credential in a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// Every place: each content with each of its paths, and the first commit that had it there.
    pub places: Vec<Spot>,
    /// The first commit that holds it, by topological order over all refs.
    pub first: Option<Commit>,
    /// The last one.
    pub last: Option<Commit>,
    /// How many commits hold it.
    pub commits: u64,
    /// Whether the commit that is checked out holds it.
    pub at_head: bool,
    /// Whether it is staged in an index, otherwise than it is committed at HEAD.
    pub is_staged: bool,
    /// Branches that contain a commit that holds it, by short name.
    pub branches: Vec<BString>,
    /// Tags, by short name.
    pub tags: Vec<BString>,
    /// Remote-tracking branches, by short name (`origin/main`).
    pub remotes: Vec<BString>,
    /// Refs of pull and merge requests, in full.
    pub pulls: Vec<BString>,
    /// Other refs (notes, replacements), in full, and detached HEADs of work trees.
    pub others: Vec<BString>,
    /// Stashes that hold it (`stash@{0}`).
    pub stashes: Vec<BString>,
    /// The only way to it, when no ref leads there.
    pub only_in: Option<OnlyIn>,
    /// Since when others could read it; none when nothing tells that it was pushed.
    pub exposure: Option<Exposed>,
}
