//! The report for a person at a terminal.

mod frame;
mod group;
mod history;
mod palette;
mod screen;
mod summary;

pub(super) use screen::write;
