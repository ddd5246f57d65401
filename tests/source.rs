//! The sources against real files, real archives and repositories made by git.

#![expect(clippy::print_stderr, reason = "a test that cannot run on this machine says so aloud")]

#[path = "source/archives.rs"]
mod archives;
#[path = "source/collector.rs"]
mod collector;
#[path = "source/history.rs"]
mod history;
#[path = "source/home.rs"]
mod home;
#[path = "source/index.rs"]
mod index;
#[path = "source/repository.rs"]
mod repository;
#[path = "source/tree.rs"]
mod tree;
