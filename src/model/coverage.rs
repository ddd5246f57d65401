//! What was asked for, what was read, what was not, and why.

/// Why something was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GapKind {
    /// Left out by a stated policy; the exit code does not change.
    OutOfScope,
    /// Asked for and not read, or cut off by a limit: the run is incomplete.
    Unread,
}

/// One thing that was not read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gap {
    /// Policy or failure.
    pub kind: GapKind,
    /// What it is, printable (see `Origin::display`).
    pub what: String,
    /// Why, in a short sentence without a full stop.
    pub why: String,
}

/// What a run read and what it did not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Contents read to the end (files, index entries, objects, archive members).
    pub blobs: u64,
    /// Bytes read, decompressed ones included.
    pub bytes: u64,
    /// What was not read; sorted before it is reported.
    pub gaps: Vec<Gap>,
}

impl Coverage {
    /// Adds what another part of the run covered.
    pub fn merge(&mut self, other: Self) {
        self.blobs += other.blobs;
        self.bytes += other.bytes;
        self.gaps.extend(other.gaps);
    }

    /// Notes something left out by a stated policy.
    pub fn out_of_scope(&mut self, what: impl Into<String>, why: impl Into<String>) {
        self.gaps.push(Gap { kind: GapKind::OutOfScope, what: what.into(), why: why.into() });
    }

    /// Notes something that was asked for and not read.
    pub fn unread(&mut self, what: impl Into<String>, why: impl Into<String>) {
        self.gaps.push(Gap { kind: GapKind::Unread, what: what.into(), why: why.into() });
    }

    /// Whether everything asked for was read.
    pub fn is_complete(&self) -> bool {
        self.gaps.iter().all(|gap| gap.kind == GapKind::OutOfScope)
    }
}
