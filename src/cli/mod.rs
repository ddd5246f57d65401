//! The command line: arguments in, a scan in the middle, reports and an exit code out.

mod app;
mod args;
mod completions;
mod exit;
#[cfg(feature = "git")]
mod git;
mod gitleaks;
mod home;
mod job;
#[cfg(feature = "git")]
mod moment;
mod output;
mod plan;
mod report_file;
mod rules;
mod scan;
mod stdin;
mod terminal;

pub(crate) use app::run;
