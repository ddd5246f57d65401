//! Outcomes for the tests of the reports.

use std::time::Duration;

use super::options::{ReportOptions, Verdict};
use crate::model::{
    Commit, Confidence, Coverage, Exposed, ExposureBasis, Finding, Layer, OnlyIn, Origin, Outcome, Place, Position, Provenance, Reason,
    Region, RuleId, Secret, Span, Spot, Standing, Stats, Suppression,
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
        repeats: Vec::new(),
        provenance: None,
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

/// Findings of a whole repository: one that stands elsewhere by now, and one that only a reflog keeps.
pub(super) fn history() -> Outcome {
    let mut outcome = outcome();
    let old = outcome.findings.remove(2);
    let commit = |digit: &str, date: &str| Commit {
        id: digit.repeat(40),
        author: "Ann Example <ann@example.com>".to_owned(),
        date: date.to_owned(),
    };
    let spot = |path: &str, digit: &str| {
        let place = Place::Object { id: digit.repeat(40), commit: Some(commit(digit, "2024-05-06T07:08:09Z")) };
        Spot { origin: Origin { path: path.into(), members: Vec::new(), place }, ..Spot::of(&old) }
    };
    let mut standing = old.clone();
    standing.layers.clear();
    standing.standing = Some(Standing {
        path: "new/config.py".into(),
        region: Some(Region { start: Position { line: 40, column: 8 }, end: Position { line: 40, column: 48 } }),
    });
    standing.provenance = Some(Box::new(Provenance {
        places: vec![spot("lib/a.py", "1"), Spot::of(&old)],
        first: Some(commit("0", "2024-05-06T07:08:09Z")),
        last: Some(commit("2", "2024-07-08T09:10:11Z")),
        commits: 1234,
        at_head: true,
        branches: vec!["main".into(), "topic".into()],
        tags: (0..7).map(|number| format!("v{number}").into()).collect(),
        remotes: vec!["origin/main".into()],
        exposure: Some(Exposed { since: "2024-05-07T00:00:00Z".to_owned(), basis: ExposureBasis::Push, is_current: true }),
        ..Provenance::default()
    }));
    let mut gone = old.clone();
    gone.origin = spot("gone.py", "3").origin;
    gone.credential = 2;
    gone.standing = Some(Standing { path: "readme.md".into(), region: None });
    gone.provenance = Some(Box::new(Provenance {
        places: vec![Spot { is_unreachable: true, ..spot("gone.py", "3") }],
        first: Some(commit("3", "2024-05-06T07:08:09Z")),
        last: Some(commit("3", "2024-05-06T07:08:09Z")),
        commits: 1,
        only_in: Some(OnlyIn::Reflog),
        ..Provenance::default()
    }));
    Outcome { findings: vec![standing, gone], ..Outcome::default() }
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
    let places = vec![Spot::of(&second)];
    let (names, author) = (vec![text.clone().into()], format!("B {text}"));
    let commit = Some(Commit { id: "ef".to_owned(), author, date: String::new() });
    let (branches, tags, stashes) = (names.clone(), names.clone(), names.clone());
    second.provenance = Some(Box::new(Provenance {
        places,
        first: commit.clone(),
        last: commit,
        commits: 2,
        branches,
        tags,
        stashes,
        remotes: names,
        ..Provenance::default()
    }));
    second.standing = Some(Standing { path: text.clone().into(), region: None });
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
