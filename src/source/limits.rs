//! How much of one file is read before it is said that it was not read to the end.

/// Bounds on one file, and on what it may unfold into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveLimits {
    /// Archives within archives: 0 opens none, 1 opens files but not what lies in them.
    pub depth: u8,
    /// Decompressed bytes of one outer file, all its nested archives together.
    pub output: u64,
    /// How many times larger than the outer file the output may be, once it is beyond [`ArchiveLimits::ratio_from`].
    pub ratio: u64,
    /// Output up to here is never refused for its ratio.
    pub ratio_from: u64,
    /// Members of one outer file, all its nested archives together.
    pub members: u64,
    /// The longest file that is read, in bytes; none means any.
    pub file: Option<u64>,
}

impl Default for ArchiveLimits {
    fn default() -> Self {
        Self { depth: 8, output: 1 << 30, ratio: 1000, ratio_from: 100 << 20, members: 1_000_000, file: None }
    }
}
