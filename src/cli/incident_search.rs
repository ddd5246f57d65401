//! Looks for secrets in evidence with the whole scanner, whatever a repository's configuration would leave out.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use keyfuse::confirm::{Grouping, group};
use keyfuse::keychain::InstallKey;
use keyfuse::model::{Confidence, Fingerprint, GapKind, Outcome, Secret, Veil, plain};
use keyfuse::rules::RuleSet;
use keyfuse::scan::{Plan, run};
use keyfuse::source::{ArchiveLimits, Silent, Target, TreeOptions};
use keyfuse::suppress::{SuppressOptions, Suppressor};

/// All that the built-in rules find below these paths, the doubtful too; no comment and no allow-list silences anything.
pub(super) fn findings(paths: Vec<PathBuf>) -> anyhow::Result<(Outcome, Arc<RuleSet>)> {
    let rules = Arc::new(RuleSet::builtin());
    let options = TreeOptions { paths, root: None, no_ignore: true, archives: ArchiveLimits::default(), threads: 1 };
    let plan = Plan {
        target: Target::Tree(options),
        rules: Arc::clone(&rules),
        confidence: Confidence::Low,
        suppressor: Suppressor::new(SuppressOptions { inline: false, ..SuppressOptions::default() }),
        decode_depth: 3,
    };
    Ok((run(&plan, &Silent)?, rules))
}

/// Places below `folder` that hold a secret, or the incident's own credential however doubtful it looks.
pub(super) fn hits(folder: &Path, own: Option<(&InstallKey, &Fingerprint)>) -> Result<Vec<String>, String> {
    let (outcome, rules) = findings(vec![folder.to_owned()]).map_err(|error| error.to_string())?;
    if let Some(gap) = outcome.coverage.gaps.iter().find(|gap| gap.kind == GapKind::Unread) {
        return Err(format!("{} was not read: {}", plain(&gap.what, 200), plain(&gap.why, 200)));
    }
    let mut found: Vec<String> = Vec::new();
    let mut add = |finding: &keyfuse::model::Finding| {
        found.push(plain(&format!("{}:{} ({})", finding.origin.display(), finding.region.start.line, finding.rule_id), 300));
    };
    for finding in outcome.findings.iter().filter(|finding| finding.confidence >= Confidence::Medium) {
        add(finding);
    }
    if let Some((key, fp)) = own {
        for credential in group(&outcome, Grouping { key, rules: &rules, host: "", root: b"" }) {
            if credential.fingerprint == *fp {
                credential.findings.iter().for_each(|finding| add(finding));
            }
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// What a program has said without any secret in it, `known` above all; none where it could not be searched.
pub(super) fn masked(said: &[u8], known: Option<&Secret>) -> Option<Vec<u8>> {
    let mut text = said.to_vec();
    for needle in known.into_iter().flat_map(|secret| [secret.expose(), secret.expose().trim_ascii()]) {
        if !needle.is_empty() {
            text = replaced(&text, needle);
        }
    }
    let scratch = tempfile::tempdir().ok()?;
    let file = scratch.path().join("said");
    std::fs::write(&file, &text).ok()?;
    let (outcome, _) = findings(vec![file]).ok()?;
    outcome.coverage.is_complete().then(|| Veil::new(&outcome).bytes(&text))
}

fn replaced(text: &[u8], needle: &[u8]) -> Vec<u8> {
    let mut masked = Vec::with_capacity(text.len());
    let mut from = 0;
    for at in memchr::memmem::find_iter(text, needle) {
        masked.extend_from_slice(&text[from..at]);
        masked.extend_from_slice("…".as_bytes());
        from = at + needle.len();
    }
    masked.extend_from_slice(&text[from..]);
    masked
}

/// Whether a text that is to stand in the journal for ever holds a secret.
pub(super) fn refuse_secret(text: &str, own: Option<(&InstallKey, &Fingerprint)>) -> anyhow::Result<()> {
    let scratch = tempfile::tempdir()?;
    std::fs::write(scratch.path().join("text"), text)?;
    match hits(scratch.path(), own) {
        Ok(hits) if hits.is_empty() => Ok(()),
        Ok(_) => anyhow::bail!("the text holds a secret, and evidence must not; say it without"),
        Err(why) => anyhow::bail!("the text could not be searched for secrets: {why}"),
    }
}
