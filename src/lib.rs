//! keyfuse finds secrets in working trees, staged changes, dotfiles and git history, and says why it believes them.

pub mod model;
pub mod report;
pub mod rules;
