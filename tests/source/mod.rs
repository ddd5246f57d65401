//! The sources against real files, real archives and repositories made by git.

mod archives;
pub(crate) mod collector;
mod home;
mod index;
mod tree;
