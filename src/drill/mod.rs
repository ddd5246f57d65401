//! The rehearsal of everything below: one planted key, from the start-up file to the sealed evidence.

mod ending;
mod people;
mod provider;
mod questions;
mod rehearsal;
mod search;
mod ttx;

pub use people::People;
pub use provider::Provider;
pub use questions::{Answer, Asking, QUESTIONS, Question};
pub use rehearsal::{DrillError, Issued, Rehearsal};
pub use search::search;
pub use ttx::{Checked, Finished, run};
