//! Recall and precision on our own labelled texts, against floors that may only rise.

use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use keyfuse::detect::{Detector, Options};
use keyfuse::model::Confidence;
use keyfuse::rules::{RuleSet, expand};
use keyfuse::score::Scorer;

use super::scratch::keyfuse;

/// Share of the marked secrets that are reported with exactly their span.
const RECALL: f64 = 1.0;

struct Text {
    name: String,
    bytes: Vec<u8>,
    secrets: Vec<Range<usize>>,
}

impl Text {
    fn line(&self, place: usize) -> usize {
        1 + self.bytes[..place].iter().filter(|&&byte| byte == b'\n').count()
    }
}

/// The texts of a folder; each line is a template of its own.
fn texts(folder: &str) -> Vec<Text> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(folder);
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .expect("the fixtures lie in the repository")
        .map(|entry| entry.expect("a readable folder").path())
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| {
            let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
            let mut text = Text { name, bytes: Vec::new(), secrets: Vec::new() };
            for (number, line) in std::fs::read_to_string(path).expect("fixtures are UTF-8").lines().enumerate() {
                let example = expand(line, &format!("{} {number}", text.name))
                    .unwrap_or_else(|error| panic!("{}:{}: {error}", text.name, number + 1));
                let offset = text.bytes.len();
                text.secrets.extend(example.secrets.iter().map(|span| span.start + offset..span.end + offset));
                text.bytes.extend_from_slice(&example.text);
                text.bytes.push(b'\n');
            }
            text
        })
        .collect()
}

/// What is reported at the default confidence: spans that do not overlap, with their rules, by place.
fn reported(detector: &Detector, scorer: &Scorer, text: &Text) -> Vec<(Range<usize>, String)> {
    let subject = detector.subject(text.name.as_bytes());
    let mut found: Vec<_> = detector
        .detect(&subject, &text.bytes)
        .into_iter()
        .filter_map(|candidate| {
            let rule = detector.rules().get(candidate.rule);
            let judgement = scorer.judge(rule, &candidate, text.name.as_bytes());
            let confidence = judgement.confidence.filter(|&confidence| confidence >= Confidence::Medium)?;
            let place = |at: u64| usize::try_from(at).expect("fixtures are small");
            Some((confidence, rule.is_named(), judgement.score, place(candidate.span.start)..place(candidate.span.end), rule.id.clone()))
        })
        .collect();
    found.sort_by(|one, other| (other.0, other.1).cmp(&(one.0, one.1)).then(other.2.total_cmp(&one.2)));
    let mut kept: Vec<(Range<usize>, String)> = Vec::new();
    for (_, _, _, span, id) in found {
        if kept.iter().all(|(other, _)| span.end <= other.start || other.end <= span.start) {
            kept.push((span, id));
        }
    }
    kept.sort_by_key(|(span, _)| span.start);
    kept
}

#[test]
fn recall_and_false_lines_hold_their_floors() {
    let detector = Detector::new(Arc::new(RuleSet::builtin()), Options::default());
    let scorer = Scorer::new();
    let (mut marked, mut hit, mut complaints) = (0, 0, String::new());
    let mut false_lines = 0;
    for text in texts("one_per_line").into_iter().chain(texts("none")) {
        let found = reported(&detector, &scorer, &text);
        marked += text.secrets.len();
        for secret in &text.secrets {
            if found.iter().any(|(span, _)| span == secret) {
                hit += 1;
            } else {
                let near = found.iter().find(|(span, _)| span.start < secret.end && secret.start < span.end);
                let _ = writeln!(
                    complaints,
                    "missed {}:{} {}",
                    text.name,
                    text.line(secret.start),
                    near.map_or(String::new(), |(span, id)| format!("(cut otherwise by {id}: {} bytes, not {})", span.len(), secret.len()))
                );
            }
        }
        let mut lines: Vec<_> = found
            .iter()
            .filter(|(span, _)| text.secrets.iter().all(|secret| span.end <= secret.start || secret.end <= span.start))
            .map(|(span, id)| (text.line(span.start), id))
            .collect();
        lines.dedup_by_key(|(line, _)| *line);
        false_lines += lines.len();
        for (line, id) in lines {
            let _ = writeln!(complaints, "false {}:{line} by {id}", text.name);
        }
    }
    let recall = f64::from(hit) / marked as f64;
    // No line of `fixtures/none` and no unmarked line of `fixtures/one_per_line` may be reported.
    assert!(
        recall >= RECALL && false_lines == 0,
        "recall {hit}/{marked} = {recall:.3} (floor {RECALL}), false lines {false_lines} (floor 0)\n{complaints}"
    );
}

/// The templates below a folder, each with its path from there.
fn templates(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() { templates(&path, found) } else { found.push(path) }
    }
}

#[test]
fn a_home_gives_up_what_lies_in_it_and_nothing_else() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/home");
    let home = tempfile::tempdir().expect("a scratch directory");
    let home = home.path().canonicalize().expect("it exists");
    let mut paths = Vec::new();
    templates(&source, &mut paths);
    let mut planted = Vec::new();
    for path in paths {
        let name = path.strip_prefix(&source).expect("below it").with_extension("").to_string_lossy().into_owned();
        let template = std::fs::read_to_string(&path).expect("fixtures are UTF-8");
        // A line at a time: a checksum counts from the last `_` before it.
        let mut text = Vec::new();
        for (number, line) in template.split_inclusive('\n').enumerate() {
            let example = expand(line, &format!("home {name} {number}")).unwrap_or_else(|error| panic!("{name}:{}: {error}", number + 1));
            planted.extend(example.secrets.iter().map(|span| (name.clone(), span.start + text.len(), span.end + text.len())));
            text.extend_from_slice(&example.text);
        }
        let file = home.join(&name);
        std::fs::create_dir_all(file.parent().expect("below the home")).expect("a folder");
        std::fs::write(file, text).expect("a file");
    }
    let output = keyfuse(&home, &["home", ".", "--format", "json"]).output().expect("keyfuse runs");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a report");
    let number = |finding: &serde_json::Value, key: &str| usize::try_from(finding[key].as_u64().expect("a place")).expect("small");
    let findings = report["findings"].as_array().expect("findings");
    let mut found: Vec<_> = findings
        .iter()
        .map(|finding| (finding["path"].as_str().expect("a path").to_owned(), number(finding, "start"), number(finding, "end")))
        .collect();
    found.sort();
    planted.sort();
    let without = |these: &[(String, usize, usize)], those: &[(String, usize, usize)]| -> Vec<String> {
        let named = |place: &(String, usize, usize)| {
            let rule = findings.iter().find(|finding| finding["path"] == place.0.as_str() && number(finding, "start") == place.1);
            format!("{place:?} {}", rule.map_or("", |finding| finding["rule"].as_str().unwrap_or_default()))
        };
        these.iter().filter(|place| !those.contains(place)).map(named).collect()
    };
    assert!(found == planted, "missed: {:#?}\nfalse: {:#?}", without(&planted, &found), without(&found, &planted));
}
