//! The command line: arguments in, a scan in the middle, reports and an exit code out.

mod app;
mod args;
mod completions;
#[cfg(feature = "respond")]
mod confirm;
#[cfg(feature = "respond")]
mod dismiss;
#[cfg(feature = "respond")]
mod drill;
#[cfg(feature = "respond")]
mod drill_questions;
#[cfg(feature = "respond")]
mod duration;
mod exit;
#[cfg(any(feature = "git", feature = "respond"))]
mod folders;
#[cfg(feature = "respond")]
mod freezer;
#[cfg(feature = "respond")]
mod freezing;
#[cfg(feature = "git")]
mod git;
mod gitleaks;
#[cfg(feature = "respond")]
mod handoff;
mod home;
#[cfg(feature = "respond")]
mod incident;
#[cfg(feature = "respond")]
mod incident_comms;
#[cfg(feature = "respond")]
mod incident_contain;
#[cfg(feature = "respond")]
mod incident_decide;
#[cfg(feature = "respond")]
mod incident_evidence;
#[cfg(feature = "respond")]
mod incident_freeze;
#[cfg(feature = "respond")]
mod incident_kit;
#[cfg(feature = "respond")]
mod incident_notify;
#[cfg(feature = "respond")]
mod incident_open;
#[cfg(feature = "respond")]
mod incident_outcomes;
#[cfg(feature = "respond")]
mod incident_overdue;
#[cfg(feature = "respond")]
mod incident_policy;
#[cfg(feature = "respond")]
mod incident_release;
#[cfg(feature = "respond")]
mod incident_report;
#[cfg(feature = "respond")]
mod incident_scope;
#[cfg(feature = "respond")]
mod incident_seal;
#[cfg(feature = "respond")]
mod incident_search;
#[cfg(feature = "respond")]
mod incident_show;
#[cfg(feature = "respond")]
mod incident_verify;
#[cfg(feature = "respond")]
mod incident_watch;
#[cfg(feature = "respond")]
mod installation;
#[cfg(feature = "respond")]
mod interrupt;
mod job;
#[cfg(feature = "respond")]
mod key;
mod look;
#[cfg(feature = "git")]
mod memory;
#[cfg(feature = "git")]
mod moment;
#[cfg(feature = "respond")]
mod outbox;
mod output;
mod plan;
#[cfg(feature = "respond")]
mod playbook;
mod privacy;
#[cfg(feature = "respond")]
mod probe;
#[cfg(feature = "respond")]
mod receive;
mod report_file;
#[cfg(feature = "respond")]
mod respond;
mod rules;
mod scan;
mod stdin;
#[cfg(feature = "respond")]
mod stdin_secret;
mod terminal;
#[cfg(feature = "respond")]
mod vault;
#[cfg(feature = "respond")]
mod vault_audit;
mod watch;
#[cfg(feature = "respond")]
mod which;

pub(crate) use app::run;
