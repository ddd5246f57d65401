//! An append-only chain of events on disk: state, outbox and evidence in one file.

mod append;
mod chain;
mod clock;
mod data;
mod error;
mod event;
mod fault;
mod lines;
mod store;
mod verify;

pub use append::{Journal, Writing};
pub use chain::{Digest, Head};
pub use clock::{Clock, ManualClock, Stamp, SystemClock};
pub use data::Data;
pub use error::JournalError;
pub use event::{Actor, Entry, Event, TORN};
pub use fault::{Fault, Faults, Step};
pub use lines::{Recorded, State};
pub use verify::{Breach, Tear, Verified, verify};
