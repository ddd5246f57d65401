//! Arguments and configuration become a plan.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use keyfuse::report::Revision;
use keyfuse::rules::RuleSet;

use super::args::Common;
use super::look::Look;
use keyfuse::config::Settings;
use keyfuse::scan::Plan;
use keyfuse::source::{ArchiveLimits, Target};
use keyfuse::suppress::Suppressor;

/// The configuration in force for what begins at `start`: --config, then KEYFUSE_CONFIG, then what is found.
pub(super) fn settings(start: &Path, common: &Common) -> anyhow::Result<Settings> {
    let named = common.config.clone().or_else(|| env::var_os("KEYFUSE_CONFIG").map(PathBuf::from));
    Ok(Settings::discover(named.as_deref(), start)?)
}

/// The plan for `target`.
pub(super) fn plan(target: Target, settings: &Settings, look: &Look) -> anyhow::Result<Plan> {
    let mut rules = settings.rule_set()?;
    only(&mut rules, &look.enable_rule)?;
    let mut suppress = settings.suppress(jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date());
    suppress.inline &= !look.no_inline_allow;
    Ok(Plan {
        target,
        rules: Arc::new(rules),
        confidence: look.confidence.or(settings.confidence).unwrap_or(keyfuse::model::Confidence::Medium),
        suppressor: Suppressor::new(suppress),
        decode_depth: look.max_decode_depth.or(settings.decode_depth).unwrap_or(DECODE_DEPTH),
    })
}

/// Encodings that are undone, one inside the other, unless the command line or the configuration says otherwise.
const DECODE_DEPTH: u8 = 3;

/// Keeps the named rules alone, if any is named.
fn only(rules: &mut RuleSet, named: &[String]) -> anyhow::Result<()> {
    let mut kept = Vec::new();
    for name in named {
        let Some((_, rule)) = rules.find(name) else {
            bail!("no rule has the id `{name}`; `keyfuse rules list` names them all");
        };
        kept.push(rule.id.clone());
    }
    if !kept.is_empty() {
        rules.retain(|rule| kept.contains(&rule.id));
    }
    Ok(())
}

/// Limits for archives, with the depth that the command line or the configuration gives.
pub(super) fn archives(look: &Look, settings: &Settings) -> ArchiveLimits {
    let mut limits = ArchiveLimits::default();
    limits.depth = look.max_archive_depth.or(settings.archive_depth).unwrap_or(limits.depth);
    limits.file = settings.max_file_size;
    limits
}

/// The top of the work tree that `path` lies in, if it lies in one.
pub(super) fn top_of(path: &Path) -> Option<PathBuf> {
    let real = path.canonicalize().ok()?;
    real.ancestors().find(|directory| directory.join(".git").exists()).map(Path::to_owned)
}

/// The directory the program runs in.
pub(super) fn here() -> anyhow::Result<PathBuf> {
    env::current_dir().context("the current directory cannot be read")
}

/// The revision that a CI run of GitHub checks out.
pub(super) fn revision() -> Option<Revision> {
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let (server, repository) = (variable("GITHUB_SERVER_URL")?, variable("GITHUB_REPOSITORY")?);
    // An address with a credential in it would put the credential into the report.
    let is_plain =
        server.starts_with("https://") && !server.contains('@') && !repository.contains(|byte: char| byte.is_whitespace() || byte == '@');
    is_plain.then(|| Revision {
        repository: format!("{server}/{repository}"),
        id: variable("GITHUB_SHA"),
        branch: variable("GITHUB_REF_NAME"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_that_are_not_there_are_named() {
        let mut rules = RuleSet::builtin();
        let all = rules.len();
        only(&mut rules, &[]).expect("none named");
        assert_eq!(rules.len(), all);
        assert!(only(&mut rules, &["nope".to_owned()]).expect_err("no such rule").to_string().contains("`nope`"));
    }

    #[test]
    fn the_top_is_found_from_below() {
        let scratch = tempfile::tempdir().expect("a scratch directory");
        let below = scratch.path().join("a/b");
        std::fs::create_dir_all(&below).expect("made");
        std::fs::create_dir(scratch.path().join(".git")).expect("made");
        assert_eq!(top_of(&below), Some(scratch.path().canonicalize().expect("it exists")));
    }
}
