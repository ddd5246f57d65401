//! From an open incident to a dead key with proof: authority, plans, drivers, probes and the evidence of all of it.

mod approval;
mod audit;
mod authority;
mod breaker;
mod correlate;
mod decision;
mod facts;
mod incident;
mod scope;
mod shelf;
mod stage;
#[cfg(test)]
mod tests;
mod times;
mod when;

pub use approval::{LONGEST_STANDING, Standing, Verdict, Wanted, judge};
pub use audit::{AuditLine, AuditLines, AuditRead};
pub use authority::{Allow, Authority, AuthorityError, BUILTIN, CLASSES, VERBS};
pub use breaker::{ARMED, Breaker, arm};
pub use correlate::{Change, Correlation, correlate};
pub use decision::{DecisionError, DecisionFile, NAMESPACE, Signers, choices};
pub use facts::*;
pub use incident::{APART_MS, Decision, Freeze, Incident, Moment, Step};
pub use scope::{Needle, Row, Scope, ScopeQuery, scope};
pub use shelf::{Shelf, ShelfError, Taken};
pub use stage::{Fate, Progress, Stage};
pub use when::When;
