//! What makes a source impossible to begin with: the caller asked for something that is not there.

use std::io;
use std::path::PathBuf;

/// A source could not be opened; a usage error, unlike things inside a source that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A named path does not exist.
    #[error("{}: no such file or directory", .0.display())]
    Missing(PathBuf),
    /// A named path is neither file nor directory.
    #[error("{}: {kind}; to scan what it gives, pipe it in: `keyfuse stdin < {}`", .path.display(), .path.display())]
    Special {
        /// The path.
        path: PathBuf,
        /// What it is.
        kind: &'static str,
    },
    /// A named path cannot be looked at.
    #[error("{}: {problem}", .path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// What the system said.
        problem: io::Error,
    },
    /// The repository asked for cannot be made out.
    #[cfg(feature = "git")]
    #[error(transparent)]
    Repository(#[from] crate::git::RepositoryError),
    /// A commit asked for is not in the repository.
    #[cfg(feature = "git")]
    #[error(transparent)]
    Revision(#[from] crate::git::RevisionError),
    /// The repository has nothing of the kind asked for.
    #[error("{}: {why}", .path.display())]
    Unfit {
        /// The repository.
        path: PathBuf,
        /// What it lacks.
        why: &'static str,
    },
}
