//! Standard input, as one blob.

use std::io;

use crate::model::{Coverage, Origin};

use super::reader::Reader;
use super::{ArchiveLimits, Progress, SourceError, Visitor};

/// How to read standard input.
#[derive(Clone, Debug, Default)]
pub struct StdinOptions {
    /// How far to open it if it is an archive.
    pub archives: ArchiveLimits,
}

pub(super) fn visit(options: &StdinOptions, visitor: &dyn Visitor, progress: &dyn Progress) -> Result<Coverage, SourceError> {
    let mut reader = Reader::new(visitor, progress, &options.archives);
    reader.stream(&mut io::stdin().lock(), &Origin::stdin());
    Ok(reader.finish())
}
