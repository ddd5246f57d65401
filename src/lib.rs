//! keyfuse finds secrets in working trees, staged changes, dotfiles and git history, and says why it believes them.

pub mod config;
#[cfg(feature = "respond")]
pub mod confirm;
pub mod detect;
#[cfg(feature = "git")]
pub mod git;
#[cfg(feature = "respond")]
pub mod handoff;
#[cfg(feature = "respond")]
pub mod journal;
#[cfg(feature = "respond")]
pub mod keychain;
pub mod model;
#[cfg(feature = "respond")]
pub mod net;
#[cfg(feature = "respond")]
pub mod probe;
#[cfg(feature = "respond")]
pub mod receive;
pub mod report;
pub mod rules;
pub mod scan;
pub mod score;
pub mod source;
pub mod suppress;
