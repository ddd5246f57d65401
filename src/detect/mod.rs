//! The matcher: text in, candidates out; value first, context after.

mod anchors;
mod assignment;
mod backwards;
mod block;
mod boundary;
mod by_anchor;
mod chart;
mod command;
mod decode;
mod detector;
mod generic;
mod leads;
mod named;
mod real_name;
pub mod reference;
mod secret_files;
mod sieve;
mod simd;
mod tokens;
mod url;
mod worth;

pub use detector::{Detector, Likeness, Look, Options, Subject};
pub use leads::LEAD_STRIDE;
pub use tokens::{MIN_RUN, runs, runs_scalar};
