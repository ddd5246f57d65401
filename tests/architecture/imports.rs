//! Reads which of our own modules a source file names, in imports and in the midst of code.

/// A piece of Rust source that matters to paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Word(String),
    /// `::`
    Path,
    Sign(char),
}

/// A path into our own crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Import {
    /// The line it stands on, from 1.
    pub(super) line: usize,
    /// The modules and the item, from the crate's root.
    pub(super) path: Vec<String>,
}

/// The tokens of `source` with their lines; comments, strings and characters are left out.
pub(super) fn tokens(source: &str) -> Vec<(usize, Token)> {
    let text: Vec<char> = source.chars().collect();
    let (mut found, mut line, mut at) = (Vec::new(), 1, 0);
    let next = |at: usize, ahead: usize| text.get(at + ahead).copied().unwrap_or('\0');
    while at < text.len() {
        let begin = at;
        match text[at] {
            '/' if next(at, 1) == '/' => at = find(&text, at, "\n"),
            '/' if next(at, 1) == '*' => {
                let mut depth = 1;
                at += 2;
                while depth > 0 && at < text.len() {
                    match (text[at], next(at, 1)) {
                        ('/', '*') => (depth, at) = (depth + 1, at + 2),
                        ('*', '/') => (depth, at) = (depth - 1, at + 2),
                        _ => at += 1,
                    }
                }
            }
            '"' => at = quoted(&text, at + 1, '"'),
            // A lifetime has no closing quote.
            '\'' if next(at, 1) == '\\' || next(at, 2) == '\'' => at = quoted(&text, at + 1, '\''),
            sign if sign.is_alphabetic() || sign == '_' => {
                while next(at, 0).is_alphanumeric() || next(at, 0) == '_' {
                    at += 1;
                }
                let word: String = text[begin..at].iter().collect();
                let hashes = text[at..].iter().take_while(|&&sign| sign == '#').count();
                let is_raw = matches!(word.as_str(), "r" | "br" | "cr") && next(at, hashes) == '"';
                if is_raw {
                    at = find(&text, at + hashes + 1, &format!("\"{}", "#".repeat(hashes))) + 1 + hashes;
                } else {
                    found.push((line, Token::Word(word)));
                }
            }
            ':' if next(at, 1) == ':' => {
                found.push((line, Token::Path));
                at += 2;
            }
            sign => {
                if !sign.is_whitespace() && !sign.is_numeric() {
                    found.push((line, Token::Sign(sign)));
                }
                at += 1;
            }
        }
        line += text[begin..at.min(text.len())].iter().filter(|&&sign| sign == '\n').count();
    }
    found
}

/// Where `needle` begins at or after `at`, or the end.
fn find(text: &[char], at: usize, needle: &str) -> usize {
    let needle: Vec<char> = needle.chars().collect();
    text[at.min(text.len())..].windows(needle.len()).position(|window| window == needle).map_or(text.len(), |found| at + found)
}

/// The place after the closing `quote`.
fn quoted(text: &[char], mut at: usize, quote: char) -> usize {
    while at < text.len() && text[at] != quote {
        at += if text[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// Every path into our own crate that `source` names, where `source` is the module `here`; `library` is the name that the binary
/// knows our library by.
pub(super) fn imports(source: &str, here: &[&str], library: Option<&str>) -> Vec<Import> {
    let tokens = tokens(source);
    let mut reader = Reader { tokens: &tokens, found: Vec::new() };
    // Inline modules that are open, with the depth of braces at which each closes.
    let (mut inline, mut depth): (Vec<(String, usize)>, usize) = (Vec::new(), 0);
    let mut at = 0;
    while at < tokens.len() {
        match (&tokens[at].1, tokens.get(at + 1).map(|token| &token.1), tokens.get(at + 2).map(|token| &token.1)) {
            (Token::Word(word), Some(Token::Word(name)), Some(Token::Sign('{'))) if word == "mod" => {
                inline.push((name.clone(), depth));
                depth += 1;
                at += 3;
                continue;
            }
            (Token::Sign('{'), ..) => depth += 1,
            (Token::Sign('}'), ..) => {
                depth = depth.saturating_sub(1);
                if inline.last().is_some_and(|open| open.1 == depth) {
                    inline.pop();
                }
            }
            (Token::Word(word), Some(Token::Path), _) if at == 0 || tokens[at - 1].1 != Token::Path => {
                let module = || here.iter().map(|&name| name.to_owned()).chain(inline.iter().map(|open| open.0.clone())).collect();
                let start: Option<Vec<String>> = match word.as_str() {
                    "crate" => Some(Vec::new()),
                    "self" => Some(module()),
                    "super" => Some(parent(module())),
                    other => (library == Some(other)).then(Vec::new),
                };
                if let Some(start) = start {
                    at = reader.tree(at + 1, start);
                    continue;
                }
            }
            _ => {}
        }
        at += 1;
    }
    reader.found
}

/// The module above.
fn parent(mut path: Vec<String>) -> Vec<String> {
    path.pop();
    path
}

struct Reader<'a> {
    tokens: &'a [(usize, Token)],
    found: Vec<Import>,
}

impl Reader<'_> {
    fn token(&self, at: usize) -> Option<&Token> {
        self.tokens.get(at).map(|token| &token.1)
    }

    /// Reads on from the place after a path's word, notes what is named, gives the place after it.
    fn tree(&mut self, mut at: usize, mut path: Vec<String>) -> usize {
        let line = self.tokens[at.min(self.tokens.len() - 1)].0;
        while self.token(at) == Some(&Token::Path) {
            at += 1;
            match self.token(at) {
                Some(Token::Word(word)) if word == "super" => path = parent(path),
                Some(Token::Word(word)) if word == "self" => {}
                Some(Token::Word(word)) => path.push(word.clone()),
                Some(Token::Sign('{')) => return self.branches(at + 1, &path),
                Some(Token::Sign('*')) => path.push("*".to_owned()),
                _ => break,
            }
            at += 1;
        }
        self.found.push(Import { line, path });
        at
    }

    /// Reads the branches between braces, gives the place after them.
    fn branches(&mut self, mut at: usize, path: &[String]) -> usize {
        while let Some(token) = self.token(at) {
            match token {
                Token::Sign('}') => return at + 1,
                Token::Word(word) => {
                    let word = word.clone();
                    let mut path = path.to_vec();
                    match word.as_str() {
                        "super" => path = parent(path),
                        "self" => {}
                        _ => path.push(word),
                    }
                    at = self.tree(at + 1, path);
                    // A new name for it says nothing about where it is from.
                    if self.token(at) == Some(&Token::Word("as".to_owned())) {
                        at += 2;
                    }
                }
                _ => at += 1,
            }
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(source: &str, here: &[&str]) -> Vec<String> {
        imports(source, here, Some("keyfuse")).into_iter().map(|import| format!("{} {}", import.line, import.path.join("::"))).collect()
    }

    #[test]
    fn every_way_to_name_a_module_is_read() {
        let here = ["score", "scorer"];
        for (source, expected) in [
            ("use crate::model::Span;", vec!["1 model::Span"]),
            ("use crate::{model::{Blob, Span as S}, rules, scan as r};", vec!["1 model::Blob", "1 model::Span", "1 rules", "1 scan"]),
            ("\nfn f(x: crate::detect::Detector) -> u8 { crate::rules::x(1) }", vec!["2 detect::Detector", "2 rules::x"]),
            ("use super::super::scan::run;", vec!["1 scan::run"]),
            ("use super::{name, super::report};", vec!["1 score::name", "1 report"]),
            (
                "mod tests {\n use super::*;\n use super::super::runs;\n fn x() { {} }\n}\nuse super::end;",
                vec!["2 score::scorer::*", "3 score::runs", "6 score::end"],
            ),
            ("use self::part::X; use keyfuse::scan::{self, Plan};", vec!["1 score::scorer::part::X", "1 scan", "1 scan::Plan"]),
            ("pub(in crate::model) struct X;", vec!["1 model"]),
        ] {
            assert_eq!(named(source, &here), expected, "{source}");
        }
    }

    #[test]
    fn what_is_not_code_is_not_read() {
        let source = "// crate::a::b\n/* crate::c /* x */ crate::d */ \"crate::e \\\" crate::f\" r#\"crate::g\" crate::h\"# 'a' '\\'' \n\
                      fn f<'a>(x: &'a str) { other::crate_name::x(); crate::model::y() }";
        assert_eq!(named(source, &["a"]), ["3 model::y"]);
    }
}
