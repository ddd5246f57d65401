//! Conducts a scan: sources give blobs, detector and scorer judge them, the suppressor has its say, and all is gathered.

mod chunks;
mod companions;
mod cursor;
mod gather;
mod inspector;
mod line;
#[cfg(feature = "respond")]
mod liveness;
#[cfg(feature = "git")]
mod novelty;
mod overlap;
mod partner;
mod pipeline;
mod proof;
mod screen;
mod trace;

#[cfg(feature = "respond")]
pub use liveness::{Mode, ask};
pub use pipeline::{Plan, run};
pub use proof::{CheckReport, check};
pub use trace::{Explanation, explain};
