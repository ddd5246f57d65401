//! The GitHub Action: its own steps, run as a runner runs them, in repositories made by git.

mod events;
mod expression;
mod release;
mod runner;
