//! What to do about a finding: rotate it, take it out, or say why it is none.

use super::wording::calm;
use crate::model::{Finding, Place};
use crate::rules::Rule;

/// The comment that silences the line it stands on.
pub const INLINE_MARKER: &str = "keyfuse:allow";

/// The next step: first the credential, then the place.
pub fn next_step(finding: &Finding, rule: &Rule) -> String {
    let rotate = if rule.is_named() && !rule.provider.is_empty() {
        format!("revoke it at {} and issue another", rule.provider)
    } else {
        "change it wherever it is accepted".to_owned()
    };
    let remove = match &finding.origin.place {
        Place::File if finding.provenance.as_ref().is_some_and(|known| known.commits > 0) => {
            "take it out of the file (environment variable, secret store); history keeps it, so revoking comes first"
        }
        Place::File => "take it out of the file (environment variable, secret store)",
        Place::Staged { .. } => "take it out of the file and stage it again; nothing is committed yet",
        Place::Object { .. } | Place::Message { .. } | Place::Name { .. } => {
            "deleting the file does not help: history keeps it, so revoking comes first"
        }
        Place::Stdin => "take it out at its source",
    };
    if matches!(finding.origin.place, Place::Staged { .. }) { remove.to_owned() } else { format!("{rotate}; {remove}") }
}

/// The exact inline comment, for this rule alone, of the file the finding stands in, or none where a comment cannot be put.
pub fn comment(finding: &Finding) -> Option<String> {
    let in_text = finding.origin.members.is_empty() && matches!(finding.origin.place, Place::File | Place::Staged { .. });
    // A line inside a multi-line secret takes no comment either.
    if !in_text || finding.region.start.line != finding.region.end.line {
        return None;
    }
    let path = String::from_utf8_lossy(finding.origin.judged_path()).to_ascii_lowercase();
    let name = path.rsplit('/').next().unwrap_or(&path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let (open, close) = match extension {
        "json" | "lock" | "csv" | "tsv" | "pem" | "key" | "p12" | "zip" | "gz" | "tar" => return None,
        "c" | "h" | "cc" | "cpp" | "hpp" | "cs" | "go" | "java" | "js" | "jsx" | "ts" | "tsx" | "mjs" | "cjs" | "kt" | "kts" | "php"
        | "rs" | "scala" | "swift" | "dart" | "groovy" | "gradle" | "jsonc" | "json5" | "proto" | "m" | "mm" | "zig" => ("//", ""),
        "html" | "htm" | "xml" | "md" | "vue" | "svelte" | "svg" | "xhtml" | "plist" | "csproj" | "config" => ("<!--", " -->"),
        "css" | "scss" | "less" => ("/*", " */"),
        "sql" | "lua" | "hs" | "elm" | "adb" => ("--", ""),
        "ini" | "lisp" | "clj" | "cljs" | "el" | "scm" | "asm" => (";", ""),
        "bat" | "cmd" => ("rem", ""),
        "tex" | "erl" | "hrl" => ("%", ""),
        "vim" => ("\"", ""),
        _ => ("#", ""),
    };
    Some(format!("{open} {INLINE_MARKER} {}{close}", finding.rule_id))
}

/// The entry of `keyfuse.toml` that silences the finding's rule in its file.
pub fn allow_entry(rule: &str, path: &str) -> String {
    // Literal strings need no escapes; what would end one, or do something to a screen, is escaped in a basic one.
    let quoted = |text: &str| {
        if text.contains('\'') || calm(text) != text {
            format!("\"{}\"", text.chars().map(escaped).collect::<String>())
        } else {
            format!("'{text}'")
        }
    };
    // Path patterns are globs without escapes: a slash in front ties a bare name to the root, brackets make a sign stand for itself.
    let mut pattern = if path.contains('/') { String::new() } else { "/".to_owned() };
    for character in path.chars() {
        match character {
            '*' | '?' | '[' | ']' | '{' | '}' => pattern.extend(['[', character, ']']),
            '\\' => pattern.push('?'),
            other => pattern.push(other),
        }
    }
    let path = pattern.as_str();
    format!("[[allow]]\nrules = [{}]\npaths = [{}]\nreason = \"…why it is not a secret…\"\n", quoted(rule), quoted(path))
}

/// A character in a basic string of TOML 1.0.
fn escaped(character: char) -> String {
    match character {
        '"' | '\\' => format!("\\{character}"),
        harmless if calm(harmless.encode_utf8(&mut [0; 4])) == harmless.to_string() => harmless.to_string(),
        other => format!("\\U{:08X}", u32::from(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Origin;
    use crate::report::sample;

    #[test]
    fn the_comment_is_one_of_the_language() {
        let mut finding = sample::outcome().findings[0].clone();
        for (path, expected) in [
            ("a.py", Some("# keyfuse:allow example-token")),
            ("a/b.rs", Some("// keyfuse:allow example-token")),
            ("page.html", Some("<!-- keyfuse:allow example-token -->")),
            ("Dockerfile", Some("# keyfuse:allow example-token")),
            ("data.json", None),
        ] {
            finding.origin = Origin::file(path);
            assert_eq!(comment(&finding).as_deref(), expected, "{path}");
        }
        finding.origin = Origin::file("a.tar").member("b.py");
        assert_eq!(comment(&finding), None, "an archive's member takes no comment");
    }

    #[test]
    fn the_entry_is_toml() {
        for (path, pattern) in [
            ("src/a.py", "src/a.py"),
            ("it's.py", "/it's.py"),
            ("a/\"b\nc", "a/\"b\nc"),
            ("a/\u{1b}[2J\u{202e}\u{7f}", "a/\u{1b}[[]2J\u{202e}\u{7f}"),
            ("a/[x]*\\y", "a/[[]x[]][*]?y"),
        ] {
            let entry = allow_entry("some-rule", path);
            assert!(entry.lines().count() == 4 && entry.lines().all(|line| calm(line) == line), "{entry}");
            let entry: toml::Table = entry.parse().expect("TOML");
            assert_eq!(entry["allow"][0]["paths"][0].as_str(), Some(pattern));
            let glob = globset::GlobBuilder::new(pattern).backslash_escape(false).build().expect("a sound glob").compile_matcher();
            assert!(glob.is_match(path) || pattern.starts_with('/'), "{pattern}");
        }
    }
}
