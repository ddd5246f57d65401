//! keyfuse finds secrets in working trees, staged changes, dotfiles and git history, and says why it believes them.

#[cfg(feature = "git")]
pub mod git;
pub mod model;
pub mod rules;
pub mod source;
