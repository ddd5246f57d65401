//! Ranges of commits, as users, hooks and servers ask for them, in repositories made by git.

mod between;
mod hooks;
mod missing;
mod told;
