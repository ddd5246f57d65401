//! Decides which findings a person has already answered for, and keeps count of who answered.

mod allow;
mod inline;
mod paths;
mod suppressor;

pub use allow::{AllowEntry, AllowSpec};
pub use paths::{Exclude, PathSet};
pub use suppressor::{SuppressOptions, Suppressor};
