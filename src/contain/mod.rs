//! From an open incident to a dead key with proof: authority, plans, drivers, probes and the evidence of all of it.

mod audit;
mod correlate;
mod facts;
mod incident;
mod scope;
mod shelf;
mod stage;
mod times;
mod when;

pub use audit::{AuditLine, AuditLines, AuditRead};
pub use correlate::{Change, Correlation, correlate};
pub use facts::*;
pub use incident::{APART_MS, Decision, Freeze, Incident, Moment, Step};
pub use scope::{Needle, Row, Scope, ScopeQuery, scope};
pub use shelf::{Shelf, ShelfError, Taken};
pub use stage::{Fate, Progress, Stage};
pub use when::When;
