//! Stand-ins for parts that other branches bring: delete this file and name `keyfuse::{config, git, scan, source, suppress}` where it is used.
#![expect(dead_code, unused_variables, clippy::unnecessary_wraps, reason = "stand-ins have the real shapes and none of the work")]

#[cfg(test)]
use keyfuse::model::Finding;

/// What the real `git` gives.
pub(super) mod git {
    #[derive(Clone, Debug, Default)]
    pub(crate) struct Environment;
    impl Environment {
        pub(crate) fn from_vars(vars: impl IntoIterator<Item = (std::ffi::OsString, std::ffi::OsString)>) -> Self {
            Self
        }
    }
}

/// What the real `source` gives.
pub(super) mod source {
    use std::path::PathBuf;

    #[derive(Clone, Debug, Default)]
    pub(crate) struct ArchiveLimits {
        pub(crate) depth: u8,
    }
    #[derive(Clone, Debug, Default)]
    pub(crate) struct TreeOptions {
        pub(crate) paths: Vec<PathBuf>,
        pub(crate) root: Option<PathBuf>,
        pub(crate) no_ignore: bool,
        pub(crate) archives: ArchiveLimits,
        pub(crate) threads: usize,
    }
    #[derive(Clone, Debug, Default)]
    pub(crate) struct StagedOptions {
        pub(crate) dir: PathBuf,
        pub(crate) environment: super::git::Environment,
        pub(crate) archives: ArchiveLimits,
        pub(crate) threads: usize,
    }
    pub(crate) type UnstagedOptions = StagedOptions;
    pub(crate) type HistoryOptions = StagedOptions;
    #[derive(Clone, Debug, Default)]
    pub(crate) struct HomeEnvironment;
    impl HomeEnvironment {
        pub(crate) fn from_vars(vars: impl IntoIterator<Item = (std::ffi::OsString, std::ffi::OsString)>) -> Self {
            Self
        }
    }
    #[derive(Clone, Debug, Default)]
    pub(crate) struct HomeOptions {
        pub(crate) dir: PathBuf,
        pub(crate) environment: HomeEnvironment,
        pub(crate) archives: ArchiveLimits,
        pub(crate) threads: usize,
    }
    #[derive(Clone, Debug, Default)]
    pub(crate) struct StdinOptions {
        pub(crate) archives: ArchiveLimits,
    }
    #[derive(Clone, Debug)]
    pub(crate) enum Target {
        Tree(TreeOptions),
        Staged(StagedOptions),
        Unstaged(UnstagedOptions),
        History(HistoryOptions),
        Home(HomeOptions),
        Stdin(StdinOptions),
    }
    pub(crate) trait Progress: Sync {
        fn total(&self, bytes: u64, items: u64);
        fn advance(&self, bytes: u64, items: u64);
    }
    #[derive(Debug, thiserror::Error)]
    #[error("{0}: no such file or directory")]
    pub(crate) struct SourceError(pub(crate) String);
}

/// What the real `suppress` gives.
pub(super) mod suppress {
    pub(crate) struct SuppressOptions {
        pub(crate) inline: bool,
    }
    pub(crate) struct Suppressor;
    impl Suppressor {
        pub(crate) fn new(options: SuppressOptions) -> Self {
            Self
        }
    }
}

/// What the real `config` gives.
pub(super) mod config {
    use std::path::Path;

    use keyfuse::model::Confidence;
    use keyfuse::rules::{RuleError, RuleSet};

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    pub(crate) struct ConfigError(String);
    #[derive(Default)]
    pub(crate) struct Settings {
        pub(crate) confidence: Option<Confidence>,
        pub(crate) decode_depth: Option<u8>,
        pub(crate) archive_depth: Option<u8>,
        pub(crate) warnings: Vec<String>,
    }
    impl Settings {
        pub(crate) fn discover(explicit: Option<&Path>, start: &Path) -> Result<Self, ConfigError> {
            match explicit {
                Some(path) if !path.exists() => Err(ConfigError(format!("{}: no such file", path.display()))),
                _ => Ok(Self::default()),
            }
        }
        pub(crate) fn rule_set(&self) -> Result<RuleSet, RuleError> {
            Ok(RuleSet::builtin())
        }
        pub(crate) fn suppress(&self, today: jiff::civil::Date) -> super::suppress::SuppressOptions {
            super::suppress::SuppressOptions { inline: true }
        }
    }
}

/// What the real `scan` gives; this one knows prefixes alone, so that the reports have something to tell.
pub(super) mod scan {
    use std::io;
    use std::path::Path;
    use std::sync::Arc;

    use keyfuse::model::*;
    use keyfuse::rules::{Find, RuleSet};

    use super::source::{Progress, SourceError, Target};

    pub(crate) struct Plan {
        pub(crate) target: Target,
        pub(crate) rules: Arc<RuleSet>,
        pub(crate) confidence: Confidence,
        pub(crate) suppressor: super::suppress::Suppressor,
        pub(crate) decode_depth: u8,
    }
    pub(crate) struct CheckReport {
        pub(crate) rules: usize,
        pub(crate) examples: usize,
    }
    pub(crate) struct Explanation {
        pub(crate) rule_id: String,
        pub(crate) column: u32,
        pub(crate) verdict: String,
        pub(crate) score: f32,
        pub(crate) reasons: Vec<Reason>,
    }
    pub(crate) fn check(files: &[(String, String)]) -> Result<CheckReport, Vec<String>> {
        Ok(CheckReport { rules: files.len(), examples: 0 })
    }
    pub(crate) fn explain(plan: &Plan, path: &Path, line: u32) -> Result<Vec<Explanation>, io::Error> {
        Ok(Vec::new())
    }
    pub(crate) fn run(plan: &Plan, progress: &dyn Progress) -> Result<Outcome, SourceError> {
        let mut outcome = Outcome { stats: Stats { rules: plan.rules.len(), ..Stats::default() }, ..Outcome::default() };
        let Target::Tree(options) = &plan.target else { return Ok(outcome) };
        for path in &options.paths {
            if path.is_dir() {
                continue;
            }
            let text = std::fs::read(path).map_err(|_| SourceError(path.display().to_string()))?;
            outcome.coverage.blobs += 1;
            outcome.coverage.bytes += text.len() as u64;
            for (number, line) in (1..).zip(String::from_utf8_lossy(&text).lines()) {
                outcome.findings.extend(look(&plan.rules, &path.display().to_string(), number, line));
            }
        }
        Ok(outcome)
    }
    fn look(rules: &RuleSet, path: &str, number: u32, line: &str) -> Option<Finding> {
        let (id, rule, start, end) = rules.iter().find_map(|(id, rule)| {
            let Find::Prefix { literals, .. } = &rule.find else { return None };
            literals.iter().find_map(|literal| {
                let start = line.find(literal.as_str())?;
                let end = line[start..].find(|c: char| !c.is_ascii_alphanumeric() && c != '_').map_or(line.len(), |length| start + length);
                (end - start >= 30).then_some((id, rule, start, end))
            })
        })?;
        let secret = Secret::new(line[start..end].as_bytes());
        let preview = secret.preview();
        Some(Finding {
            rule: id,
            rule_id: rule.id.clone(),
            confidence: rule.confidence,
            severity: rule.severity,
            score: 3.0,
            reasons: vec![Reason { text: "its prefix".to_owned(), weight: 3.0 }],
            origin: Origin::file(path),
            span: Span::new(start as u64, end as u64),
            region: Region {
                start: Position { line: number, column: start as u32 + 1 },
                end: Position { line: number, column: end as u32 + 1 },
            },
            name: String::new(),
            line: format!("{}{preview}{}", &line[..start], &line[end..]),
            mask: (start, start + preview.chars().count()),
            layers: Vec::new(),
            fingerprint: format!("{}-{number}", rule.id),
            suppression: None,
            credential: number,
            secret,
        })
    }
}

/// Any finding, for tests.
#[cfg(test)]
pub(super) fn trial_finding() -> Finding {
    use keyfuse::model::*;
    Finding {
        rule: RuleId(0),
        rule_id: "x".to_owned(),
        confidence: Confidence::High,
        severity: Severity::High,
        score: 1.0,
        reasons: Vec::new(),
        origin: Origin::stdin(),
        span: Span::new(0, 1),
        region: Region::default(),
        secret: Secret::new("x"),
        name: String::new(),
        line: String::new(),
        mask: (0, 0),
        layers: Vec::new(),
        fingerprint: String::new(),
        suppression: None,
        credential: 0,
    }
}
