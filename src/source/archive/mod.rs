//! Looks into gzip, zip and tar and what is nested in them, within limits of depth, output and number.

mod blanked;
mod expander;
mod gzip;
mod kind;
mod meter;
mod tar;
mod zip;

pub(super) use blanked::Blanked;
pub(super) use expander::{Expander, ReadSeek};
pub(super) use kind::Kind;
