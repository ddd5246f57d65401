//! Where a test lets an append fail, as a crash or a full disk would.

use std::io;
use std::sync::Arc;

/// A step of an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing is written yet.
    Before,
    /// A part of the line is written.
    Midway,
    /// All is written, nothing is surely on disk.
    Unsynced,
    /// All is on disk, nobody was told.
    Synced,
}

/// What goes wrong at a step.
#[derive(Debug)]
pub enum Fault {
    /// The process is gone: what is on disk stays as it is.
    Crash,
    /// The file system refuses, and the process goes on.
    Refusal(io::Error),
}

/// Asked at every step of every append; the default lets all of them pass.
#[derive(Clone, Default)]
pub struct Faults(Option<Arc<Ask>>);

type Ask = dyn Fn(Step) -> Option<Fault> + Send + Sync;

impl Faults {
    /// Faults that `ask` decides on.
    pub fn new(ask: impl Fn(Step) -> Option<Fault> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(ask)))
    }

    pub(super) fn at(&self, step: Step) -> Option<Fault> {
        self.0.as_ref().and_then(|ask| ask(step))
    }
}

impl std::fmt::Debug for Faults {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(if self.0.is_some() { "Faults(some)" } else { "Faults(none)" })
    }
}
