//! From an open incident to a dead key with proof: authority, plans, drivers, probes and the evidence of all of it.

mod facts;
mod incident;
mod shelf;
mod stage;
mod times;

pub use facts::*;
pub use incident::{APART_MS, Decision, Freeze, Incident, Moment, Step};
pub use shelf::{Shelf, ShelfError, Taken};
pub use stage::{Fate, Progress, Stage};
