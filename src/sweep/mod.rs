//! Sweeps the history of a repository: who brought what was found, since when, and how far it got.

mod attribution;
mod commit_graph;
mod inventory;
mod provenance;
mod tips;
mod tree_graph;

pub use provenance::attribute;
