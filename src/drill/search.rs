//! Looks for secrets with the whole scanner, the doubtful too, whatever a comment or an allow-list says.

use std::path::Path;
use std::sync::Arc;

use crate::model::{Confidence, GapKind, Outcome, plain};
use crate::rules::RuleSet;
use crate::scan::{Plan, run};
use crate::source::{ArchiveLimits, Silent, Target, TreeOptions};
use crate::suppress::{SuppressOptions, Suppressor};

/// All that the built-in rules find below `folder`.
///
/// # Errors
/// When something could not be read.
pub fn search(folder: &Path, rules: &Arc<RuleSet>) -> Result<Outcome, String> {
    let options =
        TreeOptions { paths: vec![folder.to_owned()], root: None, no_ignore: true, archives: ArchiveLimits::default(), threads: 1 };
    let plan = Plan {
        target: Target::Tree(options),
        rules: Arc::clone(rules),
        confidence: Confidence::Medium,
        suppressor: Suppressor::new(SuppressOptions { inline: false, ..SuppressOptions::default() }),
        decode_depth: 3,
    };
    let outcome = run(&plan, &Silent).map_err(|error| error.to_string())?;
    match outcome.coverage.gaps.iter().find(|gap| gap.kind == GapKind::Unread) {
        Some(gap) => Err(format!("{} was not read: {}", plain(&gap.what, 200), plain(&gap.why, 200))),
        None => Ok(outcome),
    }
}
