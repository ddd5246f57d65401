//! From an open incident to a dead key with proof: authority, plans, drivers, probes and the evidence of all of it.

mod act;
mod acting;
mod advance;
mod alive;
mod approval;
mod arrival;
mod audit;
mod audit_hash;
mod authority;
mod breaker;
mod bundle;
mod checklist;
mod clocks;
mod comms;
mod correlate;
#[cfg(test)]
mod crash;
mod decision;
mod deeds;
mod driver;
mod errand;
mod escalation;
mod facts;
mod fold;
mod freeze;
#[cfg(test)]
mod freeze_crash;
mod freeze_release;
mod governing;
mod guards;
mod incident;
#[cfg(test)]
mod judged;
mod manifest;
mod moment;
mod outcome;
mod ownership;
mod plan;
mod play_step;
mod playbook;
mod proof;
mod rejudge;
mod replay;
mod report;
mod scope;
mod seal;
mod severity;
mod shelf;
mod signers;
mod snapshot;
mod stage;
mod tell;
mod telling;
#[cfg(test)]
mod tests;
mod times;
mod verify;
mod verify_decisions;
mod when;
mod word;

pub use act::{ActError, Outcome, Responder};
pub use acting::Acting;
pub use advance::advance;
pub use alive::{alive_again, notice_about};
pub use approval::{LONGEST_STANDING, Standing, Verdict, Wanted, judge};
pub use arrival::{notice_of, opening};
pub use audit::{AuditLine, AuditLines, AuditRead};
pub use audit_hash::{Hashes, Store, hashes, is_hmac};
pub use authority::{Allow, Authority, AuthorityError, BUILTIN, Program, VERBS};
pub use breaker::{ARMED, Breaker, arm};
pub use bundle::{InForce, JOURNAL, SCOPE, write};
pub use checklist::{Item, checklist};
pub use clocks::{Measured, Span, Targets, breaches, measure, spell};
pub use comms::{Sent, may_go_out, message};
pub use correlate::{Change, Correlation, correlate};
pub use decision::{DecisionError, DecisionFile, NAMESPACE, choices};
pub use driver::{
    Acted, Admin, Database, Driver, Exec, Github, GithubActions, GithubRuleset, Held, HolderRevoke, KillSessions, Masking, RotateLogin,
    Stop, Vault, VaultAccessor, VaultKv, VaultLeases, VaultNamespace, World, git_lock, policy,
};
pub use errand::Errand;
pub use escalation::{contacts, due};
pub use facts::*;
pub use freeze::{FreezeKind, FreezeTarget};
pub use freeze_release::{Release, Undoing, may_release};
pub use governing::{GOVERNING, Governing, IN_FORCE};
pub use incident::{APART_MS, Decision, Freeze, Incident, Moment, Step};
pub use manifest::{MANIFEST, Manifest, NAMESPACE_MANIFEST, SIGNATURE};
pub use ownership::{Owned, class_of};
pub use plan::{Making, Plan, PlanStep};
pub use play_step::{PlayStep, Work};
pub use playbook::{ACCESS_FREEZE, PLAYBOOKS, Playbook};
pub use proof::asked;
pub use replay::{Replay, replay};
pub use report::{UNKNOWN_FACT, report};
pub use scope::{Needle, Row, Scope, ScopeQuery, scope};
pub use seal::{AUDITOR, SealError, SealedAt, Sealing, Search, Signer, seal};
pub use severity::{Signs, severity};
pub use shelf::{Shelf, ShelfError, Taken};
pub use signers::Signers;
pub use snapshot::{FileFacts, redacted};
pub use stage::{Fate, Progress, Stage};
pub use telling::{inert, sentence};
pub use verify::{Against, Check, Holds, manifest_signer, verify_folder};
pub use when::When;
