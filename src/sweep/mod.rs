//! Sweeps the history of a repository: every object once, and of a delta only what is new.

mod blobs;
mod changes;
mod commits;
mod history;
mod inherit;
mod jobs;
mod lines;
mod look;
mod memo;
mod paths;
mod tree_names;

pub use history::{History, HistoryOptions};
