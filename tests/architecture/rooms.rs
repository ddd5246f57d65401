//! Every file says what it is for, every `mod.rs` is a table of contents, and no file bears its folder's name.

use std::path::Path;

use super::floors::sources;
use super::imports::{Token, tokens};

/// What is wrong with the first lines of a file.
fn opening(path: &Path, source: &str) -> Option<String> {
    let sentence: Vec<&str> = source.lines().map_while(|line| line.strip_prefix("//!")).collect();
    let first = sentence.first().map_or("", |line| line.trim());
    let paragraph: String = sentence.iter().take_while(|line| !line.trim().is_empty()).copied().collect();
    let begins = first.starts_with(|sign: char| sign.is_uppercase() || sign == '`');
    (!(begins || first.starts_with("keyfuse ")) || !paragraph.trim_end().ends_with(['.', '?']))
        .then(|| format!("src/{}: does not open with a `//!` sentence", path.display()))
}

/// What a `mod.rs` holds besides attributes, `mod x;` and `use`.
fn contents(path: &Path, source: &str) -> Option<String> {
    let tokens = tokens(source);
    let mut at = 0;
    let word = |at: usize| if let Some((_, Token::Word(word))) = tokens.get(at) { word.as_str() } else { "" };
    let sign = |at: usize| if let Some((_, Token::Sign(sign))) = tokens.get(at) { *sign } else { '\0' };
    let after = |at: usize, end: char| (at..tokens.len()).find(|&place| sign(place) == end).map_or(tokens.len(), |place| place + 1);
    while at < tokens.len() {
        let begin = at;
        if sign(at) == '#' {
            at = after(at, ']');
            continue;
        }
        if word(at) == "pub" {
            at += 1;
            if sign(at) == '(' {
                at = after(at, ')');
            }
        }
        at = match word(at) {
            "mod" if sign(at + 2) == ';' => at + 3,
            "use" => after(at, ';'),
            _ => return Some(format!("src/{}:{}: is more than a table of contents", path.display(), tokens[begin].0)),
        };
    }
    None
}

#[test]
fn every_file_opens_with_a_sentence() {
    let found: Vec<String> = sources().iter().filter_map(|(path, source)| opening(path, source)).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
    assert!(opening(Path::new("x.rs"), "use std::io;\n").is_some() && opening(Path::new("x.rs"), "//! No full stop\n").is_some());
}

#[test]
fn every_mod_is_a_table_of_contents() {
    let found: Vec<String> =
        sources().iter().filter(|(path, _)| path.ends_with("mod.rs")).filter_map(|(path, source)| contents(path, source)).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
    for more in ["const X: u8 = 1;", "mod x { }", "fn f() {}", "pub struct X;"] {
        assert!(contents(Path::new("x/mod.rs"), &format!("//! X.\nmod a;\n{more}\n")).is_some(), "{more}");
    }
    assert_eq!(contents(Path::new("x/mod.rs"), "//! X.\n#[cfg(test)]\nmod a;\npub(in crate::b) use a::{B, C};\n"), None);
}

#[test]
fn no_file_bears_its_folders_name() {
    for (path, _) in sources() {
        let folder = path.parent().and_then(Path::file_name);
        assert!(folder.is_none() || path.file_stem() != folder, "src/{}: name the file for what it does", path.display());
    }
}
