//! Where something stands in a blob: as bytes, and as lines and columns.

use serde::Serialize;

/// A half-open range of byte offsets in a blob, counted from its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u64,
    /// Offset after the last byte.
    pub end: u64,
}

impl Span {
    /// The span from `start` up to, not including, `end`.
    pub fn new(start: u64, end: u64) -> Self {
        debug_assert!(start <= end, "a span does not run backwards");
        Self { start, end }
    }

    /// Length in bytes.
    pub fn len(self) -> u64 {
        self.end - self.start
    }

    /// Whether the span holds no byte.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Whether the two share at least one byte.
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Whether `other` lies wholly inside.
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// A place in a text: line and column, both counted from 1; a byte that is not UTF-8 counts one column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in UTF-16 code units as SARIF counts by default (SARIF 2.1.0, 3.30.6 and 3.14.27).
    pub column: u32,
}

/// Two places: the first character, and the one after the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Region {
    /// The first character.
    pub start: Position,
    /// The character after the last (SARIF 2.1.0, 3.30.8).
    pub end: Position,
}
