//! Outcomes for the tests of the reports.

use std::time::Duration;

use super::options::{ReportOptions, Verdict};
use crate::model::{
    Commit, Confidence, Coverage, Finding, Layer, Origin, Outcome, Place, Position, Reason, Region, RuleId, Secret, Span, Stats,
    Suppression,
};
use crate::rules::{RuleFile, RuleSet};

/// Two rules.
pub(super) fn rules() -> RuleSet {
    let text = r#"
        provider = "Example"
        docs = "https://docs.example.com/tokens"
        [[rule]]
        id = "example-token"
        title = "Example API token"
        description = "A token of the Example API: its holder can read and change everything in the account."
        evidence = "documented"
        prefix = ["exa_"]
        pattern = '''exa_[0-9A-Za-z]{36}'''
        severity = "critical"
        [[rule]]
        id = "generic-password"
        title = "Password in an assignment"
        evidence = "contextual"
        parser = "password"
        severity = "medium"
    "#;
    RuleSet::from_file("sample.toml", &RuleFile::parse("sample.toml", text).expect("sound TOML")).expect("sound rules")
}

fn finding(rules: &RuleSet, rule: u16, origin: Origin, secret: &[u8], before: &str) -> Finding {
    let preview = Secret::new(secret).preview();
    let column = u32::try_from(before.encode_utf16().count()).expect("a short line") + 1;
    let length = u32::try_from(secret.len()).expect("a short secret");
    let start = before.chars().count();
    let meant = rules.get(RuleId(rule));
    Finding {
        rule: RuleId(rule),
        rule_id: meant.id.clone(),
        confidence: Confidence::High,
        severity: meant.severity,
        score: 4.5,
        reasons: vec![
            Reason { text: "shape of an Example API token".to_owned(), weight: 3.0 },
            Reason { text: "its name says it is a secret".to_owned(), weight: 1.5 },
        ],
        origin,
        span: Span::new(20, 20 + u64::from(length)),
        region: Region { start: Position { line: 12, column }, end: Position { line: 12, column: column + length } },
        secret: Secret::new(secret),
        name: "TOKEN".to_owned(),
        line: format!("{before}{preview}\""),
        mask: (start, start + preview.chars().count()),
        layers: Vec::new(),
        partner: String::new(),
        fingerprint: format!("f{rule}{column:02}"),
        standing: None,
        suppression: None,
        credential: u32::from(rule),
        parts: Vec::new(),
        probed: None,
    }
}

/// Findings of every kind, gaps and a warning.
pub(super) fn outcome() -> Outcome {
    let rules = rules();
    let secret = crate::rules::expand("exa_{base62:36}", "sample").expect("a sound template").text;
    let password = crate::rules::expand("{password}", "sample").expect("a sound template").text;
    let commit = Commit {
        id: "0123456789abcdef0123456789abcdef01234567".to_owned(),
        author: "Ann Example <ann@example.com>".to_owned(),
        date: "2024-05-06T07:08:09Z".to_owned(),
    };
    let place = Place::Object { id: "89abcdef0123456789abcdef0123456789abcdef".to_owned(), commit: Some(commit) };
    let mut old = finding(&rules, 0, Origin { path: "old/config.py".into(), members: Vec::new(), place }, &secret, "key = \"");
    old.layers = vec![Layer::Base64, Layer::Hex];
    let mut silenced = finding(&rules, 1, Origin::file("tests/login.rb"), &password, "password = \"");
    silenced.suppression = Some(Suppression { by: "gitleaks:allow".to_owned(), reason: None, in_source: true });
    silenced.confidence = Confidence::Medium;
    let mut listed = finding(&rules, 1, Origin::file("tests/other.rb"), &password, "\tpassword = \"");
    listed.suppression =
        Some(Suppression { by: "keyfuse.toml: allow 2".to_owned(), reason: Some("test server only".to_owned()), in_source: false });
    let mut coverage = Coverage { blobs: 1234, bytes: 56_789_000, gaps: Vec::new() };
    coverage.unread("locked.bin", "permission denied");
    coverage.out_of_scope("pipe", "a FIFO");
    coverage.out_of_scope("link", "a symbolic link that leaves the tree");
    Outcome {
        findings: vec![
            finding(&rules, 0, Origin::file("src/a b#é.py"), &secret, "TOKEN = \""),
            finding(&rules, 0, Origin::file("backup.tar.gz").member("inner.zip").member("x.py"), &secret, "𝒳 = \""),
            old,
            silenced,
            listed,
        ],
        hidden: 3,
        coverage,
        warnings: vec!["keyfuse.toml: allow 1 expired on 2024-01-01".to_owned()],
        stats: Stats { elapsed: Duration::from_millis(250), rules: 2 },
    }
}

/// One secret whose bytes stand in every text that a report could take up.
pub(super) fn leaky(secret: &[u8]) -> Outcome {
    let rules = rules();
    let text = String::from_utf8_lossy(secret).into_owned();
    let origin = Origin::file([b"dir/", secret, b".txt"].concat());
    let mut first = finding(&rules, 0, origin.member([secret, b".zip"].concat()), secret, "x = \"");
    first.name = text.clone();
    first.line = format!("x = {text}");
    first.reasons.push(Reason { text: format!("looks like {text}"), weight: 1.0 });
    let mut second = first.clone();
    second.rule = RuleId(1);
    second.origin = Origin {
        place: Place::Object {
            id: "ab".to_owned(),
            commit: Some(Commit { id: "cd".to_owned(), author: format!("A {text}"), date: String::new() }),
        },
        ..origin
    };
    second.suppression = Some(Suppression { by: format!("entry {text}"), reason: Some(text.clone()), in_source: false });
    let mut coverage = Coverage::default();
    coverage.unread(format!("dir/{text}"), format!("no {text}"));
    coverage.out_of_scope(format!("dir/{text}"), format!("no {text}"));
    Outcome { findings: vec![first, second], coverage, warnings: vec![format!("what is {text}?")], ..Outcome::default() }
}

/// Options as the command line would give them.
pub(super) fn options(outcome: &Outcome) -> ReportOptions {
    let mut conditions = Vec::new();
    if outcome.open().count() > 0 {
        conditions.push("findings");
    }
    if !outcome.coverage.is_complete() {
        conditions.push("incomplete");
    }
    ReportOptions {
        confidence: Some(Confidence::Medium),
        verdict: Verdict { exit_code: if conditions.is_empty() { 0 } else { 1 }, conditions },
        category: Some("keyfuse-scan/".to_owned()),
        ..ReportOptions::default()
    }
}
