//! No import runs up or sideways, and every folder stands on one of the floors that ARCHITECTURE.md draws.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::imports::imports;

/// Every Rust file below `src`, by its path from there.
pub(super) fn sources() -> Vec<(PathBuf, String)> {
    fn collect(folder: &Path, top: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in std::fs::read_dir(folder).expect("the sources lie in the repository") {
            let path = entry.expect("a readable folder").path();
            if path.is_dir() {
                collect(&path, top, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("sources are UTF-8");
                found.push((path.strip_prefix(top).expect("below the top").to_owned(), text));
            }
        }
    }
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    collect(&top, &top, &mut found);
    found.sort();
    found
}

/// The modules that lead to a file.
fn module(path: &Path) -> Vec<String> {
    let mut parts: Vec<String> = path.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|last| last == "mod") || parts.len() == 1 && ["lib", "main"].contains(&parts[0].as_str()) {
        parts.pop();
    }
    parts
}

/// The floors as ARCHITECTURE.md draws them: lines `N  name name` of its first block.
fn floors() -> BTreeMap<String, u32> {
    let page = include_str!("../../ARCHITECTURE.md");
    let block = page.split("```").nth(1).expect("the page draws the floors in its first block");
    let mut floors = BTreeMap::new();
    for line in block.lines() {
        let mut words = line.split_whitespace();
        if let Some(floor) = words.next().and_then(|word| word.parse().ok()) {
            for name in words.by_ref().take_while(|word| *word != "·") {
                assert!(floors.insert(name.to_owned(), floor).is_none(), "ARCHITECTURE.md puts {name} on two floors");
            }
        }
    }
    floors
}

/// What is wrong with the imports of a file.
fn complaints(path: &Path, source: &str, floors: &BTreeMap<String, u32>) -> Vec<String> {
    let here = module(path);
    let names: Vec<&str> = here.iter().map(String::as_str).collect();
    let is_binary = path == Path::new("main.rs") || names.first() == Some(&"cli");
    let own = names.first().copied().unwrap_or(if is_binary { "main" } else { "lib" });
    if own == "lib" {
        return Vec::new();
    }
    let Some(floor) = floors.get(own) else {
        return vec![format!("src/{}: the folder {own} stands on no floor of ARCHITECTURE.md", path.display())];
    };
    let mut complaints = Vec::new();
    for import in imports(source, &names, is_binary.then_some("keyfuse")) {
        let place = format!("src/{}:{}: {}", path.display(), import.line, import.path.join("::"));
        let Some(target) = import.path.first() else {
            complaints.push(format!("{place}: names the crate's root; name the module"));
            continue;
        };
        match floors.get(target) {
            _ if target == own => {}
            None => complaints.push(format!("{place}: {target} stands on no floor")),
            Some(other) if other > floor => complaints.push(format!("{place}: runs up, from {own} ({floor}) to {target} ({other})")),
            Some(other) if other == floor && !is_binary => {
                complaints.push(format!("{place}: runs sideways, {own} and {target} are strangers"));
            }
            Some(_) => {}
        }
    }
    complaints
}

#[test]
fn imports_go_down() {
    let floors = floors();
    let sources = sources();
    assert!(sources.len() > 50, "the sources were not found");
    let found: Vec<String> = sources.iter().flat_map(|(path, source)| complaints(path, source, &floors)).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn the_page_and_the_folders_agree() {
    let listed: BTreeSet<String> = floors().into_keys().filter(|name| name != "main").collect();
    let there: BTreeSet<String> = sources().iter().map(|(path, _)| module(path)).filter_map(|module| module.first().cloned()).collect();
    assert_eq!(listed, there, "ARCHITECTURE.md on the left, src on the right");
}

#[test]
fn a_wrong_import_is_named_with_its_file() {
    let floors: BTreeMap<String, u32> =
        [("cli", 6), ("scan", 4), ("detect", 3), ("score", 3), ("model", 1)].map(|(name, floor)| (name.to_owned(), floor)).into();
    let said = |path: &str, source: &str| complaints(Path::new(path), source, &floors);
    assert_eq!(said("score/x.rs", "use crate::model::Span;"), [""; 0]);
    assert_eq!(said("cli/x.rs", "use keyfuse::scan::run; use super::exit;"), [""; 0]);
    assert_eq!(said("scan/deep/x.rs", "use super::super::line; use crate::{score, detect::Detector};"), [""; 0]);
    assert_eq!(
        said("score/x.rs", "\nuse crate::{model, scan::run};"),
        ["src/score/x.rs:2: scan::run: runs up, from score (3) to scan (4)"]
    );
    assert_eq!(
        said("score/x.rs", "fn f() { crate::detect::y() }"),
        ["src/score/x.rs:1: detect::y: runs sideways, score and detect are strangers"]
    );
    assert_eq!(said("model/x.rs", "use super::super::score::Y;"), ["src/model/x.rs:1: score::Y: runs up, from model (1) to score (3)"]);
    assert_eq!(said("util/x.rs", ""), ["src/util/x.rs: the folder util stands on no floor of ARCHITECTURE.md"]);
    assert_eq!(said("scan/x.rs", "use crate::util::x;"), ["src/scan/x.rs:1: util::x: util stands on no floor"]);
    assert_eq!(said("scan/x.rs", "use super::super::*;").len(), 1, "a glob of the root hides where things are from");
}
