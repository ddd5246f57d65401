//! Where content comes from: every source hands its blobs, one after the other, to the workers of a visitor.

#[cfg(feature = "archive")]
mod archive;
mod error;
#[cfg(feature = "git")]
mod history;
mod home;
mod home_paths;
mod limits;
mod open;
mod reader;
mod sparse;
#[cfg(feature = "git")]
mod staged;
mod stdin;
mod target;
mod threads;
#[cfg(feature = "git")]
mod tracked;
mod tree;
#[cfg(feature = "git")]
mod unstaged;
mod visit;
mod walk;

pub use error::SourceError;
#[cfg(feature = "git")]
pub use history::HistoryOptions;
pub use home::{HomeEnvironment, HomeOptions};
pub use limits::ArchiveLimits;
pub(crate) use reader::{Reader, is_archive};
#[cfg(feature = "git")]
pub use staged::{Staged, StagedOptions};
pub use stdin::StdinOptions;
pub use target::{Source, Target, visit};
pub use tree::TreeOptions;
#[cfg(feature = "git")]
pub use unstaged::UnstagedOptions;
pub use visit::{AFTER, BEFORE, Progress, Screen, Silent, Spot, SpotKind, Visitor, Worker};
