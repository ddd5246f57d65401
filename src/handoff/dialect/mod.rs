//! What receivers speak: one file each.

mod gitlab;
mod kinds;
mod native;
mod pagerduty;
mod slack;

pub use kinds::{Dialect, Outgoing, Reply};
