//! Whether a credential lives: asked of scripted and of real servers, and of nobody else.

mod answers;
mod certificate;
mod command;
mod door;
mod pages;
mod questions;
mod real;
mod script;
