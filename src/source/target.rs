//! What a run is asked to look at.

use bstr::BString;

use crate::model::Coverage;

use super::under::Under;
#[cfg(feature = "git")]
use super::{Blobs, GitFilesOptions, Range, Staged, UnstagedOptions, blobs, git_files, range, staged, unstaged};
use super::{HomeOptions, Progress, SourceError, StdinOptions, TreeOptions, Visitor, home, stdin, together, tree};

/// What a run is asked to look at.
pub enum Target {
    /// Files and directories.
    Tree(TreeOptions),
    /// What the next commit would add.
    #[cfg(feature = "git")]
    Staged(Staged),
    /// Tracked files that differ from the index.
    #[cfg(feature = "git")]
    Unstaged(UnstagedOptions),
    /// What a range of commits brings.
    #[cfg(feature = "git")]
    Range(Box<Range>),
    /// Chosen objects of a repository.
    #[cfg(feature = "git")]
    Blobs(Blobs),
    /// What a repository holds beside its objects, its work tree among it.
    #[cfg(feature = "git")]
    GitFiles(GitFilesOptions),
    /// Several, one after the other.
    Together(Vec<Target>),
    /// One whose paths begin at that directory.
    Under(BString, Box<Target>),
    /// Start-up, history and credential files of a home directory.
    Home(HomeOptions),
    /// Standard input.
    Stdin(StdinOptions),
    /// What a source of a higher floor brings.
    Custom(Box<dyn Source>),
}

/// A source that is put together elsewhere.
pub trait Source: Send + Sync {
    /// Hands all it has to workers of `visitor`, and says what was read and what was not.
    ///
    /// # Errors
    /// When there is nothing of the kind that was asked for.
    fn visit(&self, visitor: &dyn Visitor, progress: &dyn Progress) -> Result<Coverage, SourceError>;

    /// Whether the same secret is likely to come from thousands of versions of a file, of which none is looked at by itself.
    fn is_history(&self) -> bool {
        false
    }
}

impl Target {
    /// Whether the same secret is likely to come from thousands of versions of a file, of which none is looked at by itself.
    pub fn is_history(&self) -> bool {
        match self {
            Self::Together(targets) => targets.iter().any(Self::is_history),
            Self::Under(_, target) => target.is_history(),
            Self::Custom(source) => source.is_history(),
            _ => false,
        }
    }
}

/// Hands everything in `target` to workers of `visitor`, and says what was read and what was not.
pub fn visit(target: &Target, visitor: &dyn Visitor, progress: &dyn Progress) -> Result<Coverage, SourceError> {
    let mut coverage = visit_unsorted(target, visitor, progress)?;
    coverage.gaps.sort();
    coverage.gaps.dedup();
    Ok(coverage)
}

/// The same, its gaps as they came.
pub(super) fn visit_unsorted(target: &Target, visitor: &dyn Visitor, progress: &dyn Progress) -> Result<Coverage, SourceError> {
    match target {
        Target::Tree(options) => tree::visit(options, visitor, progress),
        #[cfg(feature = "git")]
        Target::Staged(staged) => staged::visit(staged, visitor, progress),
        #[cfg(feature = "git")]
        Target::Unstaged(options) => unstaged::visit(options, visitor, progress),
        #[cfg(feature = "git")]
        Target::Range(range) => Ok(range::visit(range, visitor, progress)),
        #[cfg(feature = "git")]
        Target::Blobs(blobs) => Ok(blobs::visit(blobs, visitor, progress)),
        #[cfg(feature = "git")]
        Target::GitFiles(options) => git_files::visit(options, visitor, progress),
        Target::Together(targets) => together::visit(targets, visitor, progress),
        Target::Under(directory, target) => visit_unsorted(target, &Under::new(visitor, directory), progress),
        Target::Home(options) => home::visit(options, visitor, progress),
        Target::Stdin(options) => stdin::visit(options, visitor, progress),
        Target::Custom(source) => source.visit(visitor, progress),
    }
}
