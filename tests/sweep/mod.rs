//! The sweep of histories: what changed lines tell is what whole contents tell.

mod again;
mod equality;
mod recorder;
mod stories;
