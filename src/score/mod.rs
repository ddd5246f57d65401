//! Judges candidates: how sure we are that a value is a real credential, with the reasons.

mod codelike;
mod context;
mod entropy;
mod generic;
mod kept;
mod lists;
mod name;
mod named;
mod path;
mod placeholder;
mod runs;
mod scorer;
mod setting;
mod strength;
mod structure;
mod tally;
mod wordlike;

pub use scorer::{Judgement, Scorer, Standing};
