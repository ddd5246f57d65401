//! What is wrong with a configuration: file, line, key and the way out, and never a value, for it may be a secret.

use std::path::PathBuf;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file that was named, or found, cannot be read.
    #[error("{}: cannot read the configuration: {message}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        message: String,
    },
    /// Not TOML, an unknown key, or a value of the wrong type.
    #[error("{file}:{line}: {message}")]
    Syntax {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong, and the way out.
        message: String,
    },
}

/// Words in the names of keys that would let a repository open connections, run programs or decide about incidents.
const NEVER: [&str; 26] = [
    "endpoint",
    "url",
    "webhook",
    "server",
    "host",
    "proxy",
    "handoff",
    "outbox",
    "confirm",
    "probe",
    "contain",
    "revoke",
    "playbook",
    "authority",
    "approve",
    "recipient",
    "notify",
    "command",
    "exec",
    "run",
    "script",
    "hook",
    "plugin",
    "token",
    "password",
    "secret",
];

/// The line, from 1, that the byte at `offset` stands on.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    1 + memchr::memchr_iter(b'\n', &text.as_bytes()[..offset.min(text.len())]).count()
}

/// The parser's error in our words.
pub(super) fn from_toml(file: &str, text: &str, error: &toml::de::Error) -> ConfigError {
    let place = error.span().map_or(0, |span| span.start);
    let key = key_of(text, place).filter(|_| ["unknown variant", "invalid "].iter().any(|start| error.message().starts_with(start)));
    let message = explain(error.message());
    let message = key.map_or(message.clone(), |key| format!("`{key}`: {message}"));
    ConfigError::Syntax { file: file.to_owned(), line: line_of(text, place), message }
}

/// The key whose value holds the byte at `offset`, if it stands on the same line.
fn key_of(text: &str, offset: usize) -> Option<&str> {
    let (before, _) = text.get(..offset)?.rsplit_once('=')?;
    let rest = text.get(before.len()..offset)?;
    let key = before.trim_end().rsplit(|sign: char| !(sign.is_ascii_alphanumeric() || "_-.".contains(sign))).next()?;
    (!rest.contains('\n') && !key.is_empty()).then_some(key)
}

/// A parser's message with a way out, and without values.
pub(super) fn explain(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    if message.starts_with("unknown field") {
        let key = quoted.next().unwrap_or_default();
        let known: Vec<&str> = quoted.collect();
        return unknown_key(key, &known);
    }
    if message.starts_with("unknown variant") {
        let known: Vec<String> = quoted.skip(1).map(|word| format!("`{word}`")).collect();
        return format!("unknown value; write one of {}", known.join(", "));
    }
    if let Some((kind, expected)) = message.rsplit_once(", expected ").filter(|(kind, _)| kind.starts_with("invalid ")) {
        // `invalid type: string "the value itself"`: the kind of the value is enough.
        let kind: Vec<&str> = kind.split(['"', '`']).next().unwrap_or_default().split_whitespace().collect();
        return format!("{}; write {expected}", kind.join(" "));
    }
    message.lines().next().unwrap_or_default().to_owned()
}

fn unknown_key(key: &str, known: &[&str]) -> String {
    let shown: String = key.chars().filter(|character| !character.is_control()).take(40).collect();
    let words: Vec<String> = key.split(['_', '-']).map(|word| word.trim_end_matches('s').to_ascii_lowercase()).collect();
    if let Some(near) = near(key, known.iter().copied()).first() {
        return format!("unknown key `{shown}`; did you mean `{near}`?");
    }
    if words.iter().any(|word| NEVER.iter().any(|never| word == never || (never.len() > 5 && word.starts_with(never)))) {
        return format!(
            "`{shown}` does not belong here: a repository's configuration never holds endpoints, authority, commands or secrets, for \
             whoever can change the repository could use them; they stand in your own configuration folder"
        );
    }
    let known: Vec<String> = known.iter().map(|word| format!("`{word}`")).collect();
    format!("unknown key `{shown}`; known here: {}", known.join(", "))
}

/// The words nearest to `word`, at most three, the nearest first; none if all are far.
pub(super) fn near<'a>(word: &str, words: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let limit = (word.chars().count() / 3).clamp(1, 4);
    let mut ranked: Vec<(usize, &str)> = words.map(|other| (distance(word, other), other)).filter(|&(far, _)| far <= limit).collect();
    ranked.sort_unstable();
    ranked.into_iter().take(3).map(|(_, other)| other).collect()
}

/// Insertions, deletions and replacements from one word to the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (down, left) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = down + 1;
        for (across, &right) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(left != right);
            diagonal = row[across + 1];
            row[across + 1] = replaced.min(row[across] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_counted_in_steps() {
        for (from, to, steps) in [("", "abc", 3), ("abc", "abc", 0), ("kitten", "sitting", 3), ("abc", "", 3)] {
            assert_eq!(distance(from, to), steps, "{from} {to}");
        }
        assert_eq!(near("github-pta", ["github-pat", "gitlab-pat", "stripe"].into_iter()), ["github-pat"]);
        assert!(near("zzz", ["github-pat"].into_iter()).is_empty());
    }

    #[test]
    fn the_key_of_a_value_is_named() {
        let text = "[scan]\nconfidence = 'sure'\nexclude = [{ paths = 3 }]\n'x'\n";
        let key = |value: &str| key_of(text, text.find(value).expect("it stands there"));
        assert_eq!([key("'sure'"), key("3 }"), key("'x'"), key("[scan]")], [Some("confidence"), Some("paths"), None, None]);
    }

    #[test]
    fn messages_hold_no_values() {
        assert_eq!(explain("invalid type: string \"hunter2, expected x\", expected u8"), "invalid type: string; write u8");
        assert_eq!(explain("unknown variant `hunter2`, expected one of `low`, `high`"), "unknown value; write one of `low`, `high`");
    }
}
