//! Sweeps the history of a repository: every object once, of a delta only what is new, and for what was found who brought it and when.

mod again;
mod attribution;
mod blobs;
mod changes;
mod checkpoint;
mod commit_graph;
mod commits;
mod folded;
mod graph;
mod history;
mod id_list;
mod increment;
mod inherit;
mod jobs;
mod learned;
mod ledger;
mod lines;
mod lists;
mod look;
mod loose;
mod paths;
mod provenance;
mod reachable;
mod reading;
mod seen;
mod subject;
mod tips;
mod tree_graph;
mod tree_names;
mod trees;

pub use history::{History, HistoryOptions};
pub use learned::Memory;
pub use provenance::attribute;
pub use reading::Shelf;
