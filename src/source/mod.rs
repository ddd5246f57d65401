//! Where content comes from: every source hands its blobs, one after the other, to the workers of a visitor.

#[cfg(feature = "archive")]
mod archive;
#[cfg(feature = "git")]
mod blobs;
mod error;
#[cfg(feature = "git")]
mod git_files;
mod home;
mod home_paths;
mod limits;
mod open;
#[cfg(feature = "git")]
mod range;
#[cfg(feature = "git")]
mod range_ends;
mod reader;
#[cfg(feature = "git")]
mod ref_update;
mod sparse;
#[cfg(feature = "git")]
mod staged;
mod stdin;
mod target;
mod threads;
mod together;
#[cfg(feature = "git")]
mod tracked;
mod tree;
mod under;
#[cfg(feature = "git")]
mod unstaged;
mod visit;
mod walk;

#[cfg(feature = "git")]
pub use blobs::Blobs;
pub use error::SourceError;
#[cfg(feature = "git")]
pub use git_files::GitFilesOptions;
pub use home::{HomeEnvironment, HomeOptions};
pub use limits::ArchiveLimits;
#[cfg(feature = "git")]
pub use range::{Range, RangeOptions, Relatives};
#[cfg(feature = "git")]
pub use range_ends::{Remote, Wanted};
#[cfg(feature = "git")]
pub(crate) use reader::{Reader, is_archive};
#[cfg(feature = "git")]
pub use ref_update::RefUpdate;
#[cfg(feature = "git")]
pub use staged::{Staged, StagedOptions};
pub use stdin::StdinOptions;
pub use target::{Source, Target, visit};
pub use tree::TreeOptions;
#[cfg(feature = "git")]
pub use unstaged::UnstagedOptions;
pub use visit::{AFTER, BEFORE, LEAD_STRIDE, Progress, Reach, Screen, Silent, Spot, SpotKind, Visitor, Worker};
