//! keyfuse finds secrets in working trees, staged changes, dotfiles and git history, and says why it believes them.

pub mod config;
pub mod detect;
pub mod model;
pub mod rules;
pub mod suppress;
