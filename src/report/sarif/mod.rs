//! SARIF 2.1.0, as GitHub code scanning takes it.

mod line_hash;
mod model;
mod notice;
mod uri;
mod writer;

pub(super) use writer::write;
