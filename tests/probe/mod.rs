//! Whether a credential lives: asked of scripted and of real servers, and of nobody else.

mod answers;
mod certificate;
mod command;
mod door;
mod pages;
mod questions;
mod real;
pub(crate) mod script;

/// A proxy that is not there: whatever a test does, nothing of it reaches a real issuer.
const NOWHERE: &str = "http://127.0.0.1:9";
