//! Sweeps the history of a repository: every object once, of a delta only what is new, and for what was found who brought it and when.

mod attribution;
mod blobs;
mod changes;
mod commit_graph;
mod commits;
mod history;
mod inherit;
mod jobs;
mod lines;
mod look;
mod loose;
mod paths;
mod provenance;
mod seen;
mod subject;
mod tips;
mod tree_graph;
mod tree_links;
mod tree_names;
mod wanted;

pub use history::{History, HistoryOptions};
pub use provenance::attribute;
