//! Every page for people against the code: what README, docs and help say is what the program does.
//!
//! `UPDATE=1 cargo test pages` writes docs/rules.md anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::scratch::{Run, keyfuse, secret};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn page(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn run(directory: &Path, arguments: &[&str]) -> Run {
    Run::of(keyfuse(directory, arguments).output().expect("it starts"))
}

/// Every page that people read.
fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> =
        ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "ARCHITECTURE.md"].iter().map(PathBuf::from).collect();
    for entry in std::fs::read_dir(root().join("docs")).expect("there are docs") {
        pages.push(Path::new("docs").join(entry.expect("a readable folder").file_name()));
    }
    pages
}

/// The lines of the blocks of code of a page.
fn code(page: &str) -> Vec<&str> {
    page.split("```").skip(1).step_by(2).flat_map(str::lines).collect()
}

/// The options that a sub-command's help names, those that ease moving aside.
fn options(command: &[&str]) -> BTreeSet<String> {
    let help = run(root(), &[command, &["--help"]].concat());
    assert_eq!(help.code, Some(0), "keyfuse {command:?} --help: {}", help.stderr);
    let words = help.stdout.split(|sign: char| sign.is_whitespace() || ",[]=".contains(sign));
    words.filter(|word| word.starts_with('-')).map(str::to_owned).collect()
}

#[test]
fn every_command_that_a_page_shows_is_there() {
    let mut seen = 0;
    for name in pages() {
        let text = page(&name.to_string_lossy());
        let inline = text.split('`').skip(1).step_by(2);
        let lines = code(&text).into_iter().chain(inline);
        for line in lines {
            let line = line.trim().trim_start_matches("$ ");
            let start = ["keyfuse ", "cargo run -- ", "cargo run --release -- "].iter().find_map(|start| line.strip_prefix(start));
            // A name that something else begins with is no command.
            let Some(arguments) = start.filter(|rest| rest.starts_with(|sign: char| sign.is_ascii_lowercase())) else {
                continue;
            };
            let words: Vec<&str> = arguments.split(" #").next().unwrap_or_default().split_whitespace().collect();
            let depth = if ["rules", "outbox", "key", "incident", "playbook"].contains(&words[0]) { 2 } else { 1 };
            if ![
                "scan",
                "dir",
                "git",
                "home",
                "stdin",
                "rules",
                "completions",
                "confirm",
                "dismiss",
                "outbox",
                "key",
                "receive",
                "incident",
                "playbook",
                "drill",
            ]
            .contains(&words[0])
            {
                panic!("{}: no such command: {line}", name.display());
            }
            let known = options(&words[..depth.min(words.len())]);
            for word in &words {
                let option = word.split('=').next().unwrap_or_default();
                assert!(!option.starts_with('-') || option == "-" || known.contains(option), "{}: {option} in: {line}", name.display());
            }
            seen += 1;
        }
    }
    assert!(seen > 10, "only {seen} commands were read");
}

#[test]
fn links_lead_to_files() {
    for name in pages() {
        let text = page(&name.to_string_lossy());
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            let path = root().join(name.parent().unwrap_or(Path::new(""))).join(target);
            assert!(path.exists(), "{}: {link} leads nowhere", name.display());
        }
    }
}

#[test]
fn the_report_in_the_readme_is_the_real_one() {
    let scratch = tempfile::tempdir().expect("a scratch directory");
    std::fs::create_dir(scratch.path().join("deploy")).expect("made");
    std::fs::write(scratch.path().join("deploy/prod.env"), format!("# production\n{}", secret("readme"))).expect("written");
    let told = run(scratch.path(), &["scan", "."]);
    assert_eq!(told.code, Some(1), "{told:?}");
    let readme = page("README.md");
    // How long it took and how many rules there are by now is another matter.
    let (report, _) = told.stdout.split_once("\nread ").expect("a summary");
    assert!(readme.contains(report), "README.md does not hold this report:\n{report}");
}

#[test]
fn the_pages_name_the_exit_codes_of_the_help() {
    let help = run(root(), &["--help"]).stdout;
    let table = help.split_once("Exit codes:\n").expect("the help ends with them").1;
    let codes: Vec<&str> = table.lines().map_while(|line| line.strip_prefix("  ")).collect();
    assert_eq!(codes.len(), 8);
    for name in ["README.md", "docs/exit-codes.md"] {
        let text = page(name);
        for code in &codes {
            let (number, meaning) = code.split_once("  ").expect("a number and its meaning");
            let meaning = meaning.split([':', ',', ';', '(']).next().unwrap_or_default().trim();
            let row = text.lines().find(|line| line.starts_with(&format!("| {number} |")));
            assert!(row.is_some_and(|row| row.contains(meaning)), "{name} does not say {number}: {meaning}");
        }
    }
}

#[test]
fn the_list_of_rules_is_the_real_one() {
    // Away from our own keyfuse.toml.
    let nowhere = tempfile::tempdir().expect("a scratch directory");
    let listed = run(nowhere.path(), &["rules", "list", "--format", "json"]);
    let rules: Vec<Value> = serde_json::from_str(&listed.stdout).expect("a list");
    let field = |rule: &Value, name: &str| rule[name].as_str().unwrap_or_default().replace('|', "\\|");
    let providers: BTreeSet<String> = rules.iter().map(|rule| field(rule, "provider")).collect();
    let mut text = format!(
        "# Rules\n\nGenerated from `rules/`; `UPDATE=1 cargo test pages` writes it anew. {} rules of {} providers.\n\n\
         Confidence is what a rule has when nothing speaks for or against the value; evidence says what the format rests on \
         (CONTRIBUTING.md).\n\n| provider | rule | what | severity | confidence | evidence |\n|---|---|---|---|---|---|\n",
        rules.len(),
        providers.len()
    );
    let mut rows: Vec<(String, String)> = Vec::new();
    for rule in &rules {
        let provider = match rule["docs"].as_str().filter(|docs| docs.starts_with("https://")) {
            Some(docs) => format!("[{}]({docs})", field(rule, "provider")),
            None => field(rule, "provider"),
        };
        let mut row = format!("| {provider} | `{}` |", field(rule, "id"));
        for name in ["title", "severity", "confidence", "evidence"] {
            let _ = write!(row, " {} |", field(rule, name));
        }
        rows.push((format!("{} {}", field(rule, "provider").to_lowercase(), field(rule, "id")), row));
    }
    rows.sort();
    for (_, row) in rows {
        text.push_str(&row);
        text.push('\n');
    }
    let path = root().join("docs/rules.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &text).expect("docs can be written");
    }
    // Line by line, so that a failure shows the first row and not the page.
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    for (number, (line, expected)) in there.lines().zip(text.lines()).enumerate() {
        assert_eq!(line, expected, "docs/rules.md:{}: UPDATE=1 cargo test pages", number + 1);
    }
    assert_eq!(there.lines().count(), text.lines().count(), "docs/rules.md: UPDATE=1 cargo test pages");
}
