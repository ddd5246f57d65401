//! Markers in the scanned text itself: ours, and those of the tools that people come from.

use crate::model::Suppression;
use crate::rules::Rule;

/// The line that a marker speaks of, seen from its own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Its own line.
    Same,
    /// The next line.
    Next,
    /// Its own line, or the next if nothing but the comment stands on its own.
    Both,
}

/// What may follow a marker.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tail {
    /// Nothing that matters.
    Ignored,
    /// Our rule ids, then a reason.
    Reason,
    /// Names of rules of secretlint.
    Secretlint,
    /// A colon and names of rules of semgrep.
    Semgrep,
}

/// A marker as its tool documents it.
struct Marker {
    words: &'static str,
    reach: Reach,
    tail: Tail,
}

const fn marker(words: &'static str, reach: Reach, tail: Tail) -> Marker {
    Marker { words, reach, tail }
}

/// All markers that are read. A space stands for any blanks or none after a colon, and for a blank or a dash elsewhere.
static MARKERS: [Marker; 14] = [
    marker("keyfuse:allow", Reach::Same, Tail::Reason),
    marker("keyfuse:allow-next-line", Reach::Next, Tail::Reason),
    marker("gitleaks:allow", Reach::Same, Tail::Ignored),
    marker("betterleaks:allow", Reach::Same, Tail::Ignored),
    marker("kingfisher:ignore", Reach::Both, Tail::Ignored),
    marker("trufflehog:ignore", Reach::Same, Tail::Ignored),
    marker("pragma: allowlist secret", Reach::Same, Tail::Ignored),
    marker("pragma: whitelist secret", Reach::Same, Tail::Ignored),
    marker("pragma: allowlist nextline secret", Reach::Next, Tail::Ignored),
    marker("pragma: whitelist nextline secret", Reach::Next, Tail::Ignored),
    marker("ggignore", Reach::Same, Tail::Ignored),
    marker("secretlint-disable-line", Reach::Same, Tail::Secretlint),
    marker("secretlint-disable-next-line", Reach::Next, Tail::Secretlint),
    marker("nosemgrep", Reach::Same, Tail::Semgrep),
];

/// The marker that silences a finding of `rule` on `line`; `is_rule` tells the ids of our rules from other words.
pub(super) fn find(line: &[u8], above: Option<&[u8]>, rule: &Rule, is_rule: &dyn Fn(&str) -> bool) -> Option<Suppression> {
    let on_line = MARKERS.iter().filter(|marker| marker.reach != Reach::Next).find_map(|marker| acts(marker, line, rule, is_rule, false));
    on_line.or_else(|| {
        let above = above?;
        MARKERS.iter().filter(|marker| marker.reach != Reach::Same).find_map(|marker| acts(marker, above, rule, is_rule, true))
    })
}

fn acts(marker: &Marker, line: &[u8], rule: &Rule, is_rule: &dyn Fn(&str) -> bool, is_above: bool) -> Option<Suppression> {
    let mut from = 0;
    while let Some((start, end)) = next(marker.words, line, from) {
        from = end;
        if is_above && marker.reach == Reach::Both && line[..start].iter().any(u8::is_ascii_alphanumeric) {
            continue;
        }
        let rest = comment_rest(&line[end..]);
        let reason = match marker.tail {
            Tail::Ignored => None,
            Tail::Reason => match reason(rest, rule, is_rule) {
                Some(reason) => reason,
                None => continue,
            },
            Tail::Secretlint if !names_kind(rest, rule) => continue,
            Tail::Semgrep if rest.starts_with(':') && !rest.to_ascii_lowercase().contains("secret") => continue,
            Tail::Secretlint | Tail::Semgrep => None,
        };
        let by = String::from_utf8_lossy(&line[start..end]).into_owned();
        return Some(Suppression { by, reason, in_source: true });
    }
    None
}

/// The next place where the marker stands as a word of its own.
fn next(words: &str, line: &[u8], from: usize) -> Option<(usize, usize)> {
    let head = words.split(' ').next().unwrap_or(words).as_bytes();
    let mut from = from;
    while let Some(place) = memchr::memmem::find(line.get(from..)?, head) {
        let start = from + place;
        from = start + head.len();
        let opens = opens_word(&line[..start]);
        if let Some(end) = length(words, &line[start..]).map(|length| start + length).filter(|_| opens)
            && line.get(end).is_none_or(|&byte| !joins(byte))
        {
            return Some((start, end));
        }
    }
    None
}

/// Whether a word can begin after `before`: not after a letter, nor after a sign that glues it to one, as in `x.ggignore`.
fn opens_word(before: &[u8]) -> bool {
    match *before {
        // The comments of SQL and C need no blank.
        [.., b'-', b'-'] | [.., b'/', b'/'] => true,
        [.., byte, b':' | b'.' | b'/' | b'-'] => !joins(byte),
        [.., byte] => !joins(byte),
        [] => true,
    }
}

/// Whether the byte is part of a word; all that is not ASCII counts as letters.
fn joins(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' || byte >= 0x80
}

/// The length of the marker that `text` begins with.
fn length(words: &str, text: &[u8]) -> Option<usize> {
    let mut at = 0;
    for (number, word) in words.split(' ').enumerate() {
        if number > 0 {
            let blanks = text[at..].iter().take_while(|&&byte| byte == b' ' || byte == b'\t').count();
            let joined = text.get(at - 1) == Some(&b':');
            at += match blanks {
                0 if joined => 0,
                0 if text.get(at) == Some(&b'-') => 1,
                0 => return None,
                blanks => blanks,
            };
        }
        at += text.get(at..)?.starts_with(word.as_bytes()).then_some(word.len())?;
    }
    Some(at)
}

/// What follows the marker within its comment: nothing from a comment's end, a quote, or the end of valid text on.
fn comment_rest(rest: &[u8]) -> &str {
    let rest = rest.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let ends = ["*/", "-->", "#}", "%>", "--%", "\"", "'", "`", "<", "\n", "\r"];
    let end = ends.iter().filter_map(|end| rest.find(end)).min().unwrap_or(rest.len());
    &rest[..end]
}

/// The reason after our own marker, or nothing if the marker names other rules.
fn reason(rest: &str, rule: &Rule, is_rule: &dyn Fn(&str) -> bool) -> Option<Option<String>> {
    let mut words = rest.split([' ', '\t', ',']).filter(|word| !word.is_empty()).peekable();
    let (mut named, mut meant) = (false, false);
    while let Some(word) = words.peek() {
        let is_this = *word == rule.id || rule.aliases.iter().any(|alias| alias == word);
        let is_other = !is_this && is_kebab(word) && is_rule(word);
        if !is_this && !is_other {
            break;
        }
        (named, meant) = (true, meant || is_this);
        words.next();
    }
    if named && !meant {
        return None;
    }
    // The words may run on into the code of the line, and its values: they are a reason up to the first that may be one.
    let kept: Vec<&str> = words.take_while(|word| !may_be_value(word)).collect();
    let reason = kept.join(" ");
    let reason = reason.trim_matches(|character: char| matches!(character, ':' | '-' | '–' | '—' | ' '));
    Some((!reason.is_empty()).then(|| reason.chars().filter(|character| !character.is_control()).take(200).collect()))
}

fn is_kebab(word: &str) -> bool {
    word.contains('-') && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Whether the word may be part of code or a secret rather than of a sentence.
fn may_be_value(word: &str) -> bool {
    let digits = word.bytes().any(|byte| byte.is_ascii_digit());
    let letters = word.chars().any(char::is_alphabetic);
    word.contains(['=', '{', '}', '[', ']', '$', '\\']) || word.len() > 24 || (digits && letters && word.len() >= 6)
}

/// Whether a list of secretlint's rules is empty, names a preset, or names the provider of our rule.
fn names_kind(list: &str, rule: &Rule) -> bool {
    // secretlint takes what follows two dashes for a remark.
    let list = list.split("--").next().unwrap_or(list).to_ascii_lowercase();
    let mut names = list.split([' ', '\t', ',']).filter(|word| word.contains("secretlint") || is_kebab(word)).peekable();
    if names.peek().is_none() {
        return true;
    }
    let provider: String = rule.provider.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    names.any(|name| {
        let kind = name.rsplit("secretlint-rule-").next().unwrap_or(name);
        let plain: String = kind.chars().filter(char::is_ascii_alphanumeric).collect();
        kind.starts_with("preset") || kind == rule.id || (!plain.is_empty() && provider.starts_with(&plain))
    })
}

#[cfg(test)]
mod tests {
    use super::super::allow::tests::rule;
    use super::*;

    fn by(line: &str, above: Option<&str>) -> Option<String> {
        let is_rule = |word: &str| ["p-token", "old-token", "other-token"].contains(&word);
        find(line.as_bytes(), above.map(str::as_bytes), &rule(), &is_rule).map(|found| found.by)
    }

    fn reason_of(line: &str) -> Option<String> {
        find(line.as_bytes(), None, &rule(), &|word| word == "other-token").expect("silenced").reason
    }

    #[test]
    fn every_marker_acts_in_every_comment() {
        for marker in [
            "keyfuse:allow",
            "gitleaks:allow",
            "betterleaks:allow",
            "kingfisher:ignore",
            "trufflehog:ignore",
            "pragma: allowlist secret",
            "pragma:allowlist secret",
            "pragma: allowlist-secret",
            "pragma: whitelist secret",
            "ggignore",
            "secretlint-disable-line",
            "nosemgrep",
        ] {
            for (open, close) in [
                ("# ", ""),
                ("#", ""),
                ("// ", ""),
                ("//", ""),
                ("/* ", " */"),
                ("<!-- ", " -->"),
                ("-- ", ""),
                ("--", ""),
                ("; ", ""),
                ("% ", ""),
                ("{# ", " #}"),
                ("\"_\": \"", "\""),
            ] {
                let line = format!("token = x {open}{marker}{close}");
                assert_eq!(by(&line, None).as_deref(), Some(marker), "{line}");
                assert_eq!(by("token = x", Some(&line)), None, "it speaks of its own line: {line}");
            }
        }
    }

    #[test]
    fn next_line_markers_act_from_above_alone() {
        for marker in [
            "keyfuse:allow-next-line",
            "pragma: allowlist nextline secret",
            "pragma: whitelist nextline secret",
            "secretlint-disable-next-line",
        ] {
            let comment = format!("    // {marker}");
            assert_eq!(by("token = x", Some(&comment)).as_deref(), Some(marker));
            assert_eq!(by(&comment, None), None, "{marker} does not speak of its own line");
        }
        assert_eq!(by("token = x", Some("  # kingfisher:ignore")).as_deref(), Some("kingfisher:ignore"));
        assert_eq!(by("token = x", Some("a = y # kingfisher:ignore")), None, "it speaks of the value on its own line");
    }

    #[test]
    fn a_marker_is_its_own_word() {
        for line in [
            "xgitleaks:allow",
            "gitleaks:allowed",
            "gitleaks:allow_x",
            "my-ggignore",
            "ggignores",
            "path/to.ggignore",
            "nosemgrep_x",
            "pragma: allowlist",
            "pragma: allowlist secrets",
            "keyfuse:allows",
            "GGIGNORE",
            "x:trufflehog:ignore",
            "allow",
        ] {
            assert_eq!(by(line, None), None, "{line}");
        }
        assert!(by("ggignored # ggignore", None).is_some(), "the second one counts");
    }

    #[test]
    fn rules_named_by_a_marker_limit_it() {
        for (line, acts) in [
            ("# keyfuse:allow p-token", true),
            ("# keyfuse:allow old-token", true),
            ("# keyfuse:allow other-token", false),
            ("# keyfuse:allow other-token, p-token both are fixtures", true),
            ("# keyfuse:allow test-only value", true),
            ("# keyfuse:allow other-token # gitleaks:allow", true),
            ("# nosemgrep: generic.secrets.security.detected-key", true),
            ("# nosemgrep:python.lang.eval", false),
            ("// secretlint-disable-line @secretlint/secretlint-rule-p", true),
            ("// secretlint-disable-line @secretlint/secretlint-rule-preset-recommend", true),
            ("// secretlint-disable-line @secretlint/secretlint-rule-slack", false),
            ("// secretlint-disable-line -- a remark", true),
        ] {
            assert_eq!(by(line, None).is_some(), acts, "{line}");
        }
        let mut provider = rule();
        provider.provider = "Slack".to_owned();
        assert!(find(b"// secretlint-disable-line @secretlint/secretlint-rule-slack", None, &provider, &|_| false).is_some());
    }

    #[test]
    fn the_reason_is_kept_and_no_value_with_it() {
        assert_eq!(reason_of("x # keyfuse:allow"), None);
        assert_eq!(reason_of("x # keyfuse:allow p-token a fixture of ours").as_deref(), Some("a fixture of ours"));
        assert_eq!(reason_of("x # keyfuse:allow - known sample").as_deref(), Some("known sample"));
        assert_eq!(reason_of("/* keyfuse:allow sample */ token = hunter2").as_deref(), Some("sample"));
        assert_eq!(reason_of("\"keyfuse:allow sample\", \"swordfish\"").as_deref(), Some("sample"));
        assert_eq!(reason_of("keyfuse:allow sample ppp_abc4defgh").as_deref(), Some("sample"));
        assert_eq!(reason_of("keyfuse:allow token=swordfish"), None);
    }

    #[test]
    fn bytes_that_are_no_text_do_no_harm() {
        let found = find(b"\xff\xfe x # keyfuse:allow \xff\xfe", None, &rule(), &|_| false).expect("silenced");
        assert_eq!(found.reason, None);
        assert!(find(b"", Some(b""), &rule(), &|_| false).is_none());
    }
}
