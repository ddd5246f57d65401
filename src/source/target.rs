//! What a run is asked to look at.

use crate::model::Coverage;

#[cfg(feature = "git")]
use super::{HistoryOptions, Staged, UnstagedOptions, history, staged, unstaged};
use super::{HomeOptions, Progress, SourceError, StdinOptions, TreeOptions, Visitor, home, stdin, tree};

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
    /// Every object of a repository.
    #[cfg(feature = "git")]
    History(HistoryOptions),
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
}

/// Hands everything in `target` to workers of `visitor`, and says what was read and what was not.
pub fn visit(target: &Target, visitor: &dyn Visitor, progress: &dyn Progress) -> Result<Coverage, SourceError> {
    let mut coverage = match target {
        Target::Tree(options) => tree::visit(options, visitor, progress),
        #[cfg(feature = "git")]
        Target::Staged(staged) => staged::visit(staged, visitor, progress),
        #[cfg(feature = "git")]
        Target::Unstaged(options) => unstaged::visit(options, visitor, progress),
        #[cfg(feature = "git")]
        Target::History(options) => history::visit(options, visitor, progress),
        Target::Home(options) => home::visit(options, visitor, progress),
        Target::Stdin(options) => stdin::visit(options, visitor, progress),
        Target::Custom(source) => source.visit(visitor, progress),
    }?;
    coverage.gaps.sort();
    coverage.gaps.dedup();
    Ok(coverage)
}
