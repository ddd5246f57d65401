//! From an open incident to a dead key with proof: authority, plans, drivers, probes and the evidence of all of it.

mod act;
mod approval;
mod authority;
mod breaker;
mod decision;
mod driver;
mod facts;
mod incident;
mod plan;
mod playbook;
mod proof;
mod shelf;
mod stage;
#[cfg(test)]
mod tests;
mod times;

pub use act::{ActError, Outcome, Responder};
pub use approval::{LONGEST_STANDING, Standing, Verdict, Wanted, judge};
pub use authority::{Allow, Authority, AuthorityError, BUILTIN, CLASSES, VERBS};
pub use breaker::{ARMED, Breaker, arm};
pub use decision::{DecisionError, DecisionFile, NAMESPACE, Signers, choices};
pub use driver::{Acted, Driver, Held, HolderRevoke, Stop, Vault, VaultKv, VaultLeases, World, policy};
pub use facts::*;
pub use incident::{APART_MS, Decision, Freeze, Incident, Moment, Step};
pub use plan::{Plan, PlanStep};
pub use playbook::{PLAYBOOKS, PlayStep, Playbook, Work};
pub use proof::asked;
pub use shelf::{Shelf, ShelfError, Taken};
pub use stage::{Fate, Progress, Stage};
