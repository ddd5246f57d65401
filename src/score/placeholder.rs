//! Recognises what stands where a secret will be: masks, template marks, filling words, and the issuers' published samples.

use sha2::{Digest, Sha256};

use super::lists::each;
use super::wordlike::{Words, pieces};
use super::{name, runs};

/// How a value stands in for a secret, if it does.
pub(super) fn mark(value: &[u8]) -> Option<&'static str> {
    let text = String::from_utf8_lossy(value);
    let text = text.trim();
    let holds = |open: &str, close: &str| text.find(open).is_some_and(|at| text[at + open.len()..].contains(close));
    if holds("${", "}")
        || holds("{{", "}}")
        || holds("$(", ")")
        || holds("#{", "}")
        || holds("<%", "%>")
        || holds("%(", ")")
        || holds("[[", "]]")
    {
        return Some("is a template mark");
    }
    if holds("@@", "@@") || (text.starts_with("__") && text.ends_with("__") && text.len() > 4) {
        return Some("is a template mark");
    }
    let wrapped = |open: char, close: char| text.starts_with(open) && text.ends_with(close) && text.len() > 2;
    let inner_is_name = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_alphabetic() || b"_-. :".contains(&byte))
            && text.bytes().any(|byte| byte.is_ascii_alphabetic())
    };
    if wrapped('<', '>')
        || (wrapped('{', '}') && inner_is_name(&text[1..text.len() - 1]))
        || (wrapped('[', ']') && inner_is_name(&text[1..text.len() - 1]))
    {
        return Some("is a template mark");
    }
    if wrapped('%', '%') && inner_is_name(&text[1..text.len() - 1]) {
        return Some("is a template mark");
    }
    if text.strip_prefix('$').is_some_and(|rest| is_variable(rest.trim_start_matches("env:").as_bytes())) {
        return Some("is a variable");
    }
    if matches!(text, "%s" | "%d" | "%v" | "%q" | "{}" | "{0}" | "{1}" | "?" | "...") || (text.starts_with('%') && text.len() <= 3) {
        return Some("is a format mark");
    }
    if text.contains("{}") || (text.starts_with("%s") || text.ends_with("%s")) {
        return Some("is a format mark");
    }
    if is_format(text) {
        return Some("is a format for people");
    }
    if has_field(text) {
        return Some("is a template mark");
    }
    if is_expression(text) {
        return Some("is a regular expression");
    }
    let lower = text.to_ascii_lowercase();
    const REFERENCES: &str = "\
        process.env os.environ os.getenv env. env( env: getenv secretref op:// vault: ref+ arn: !vault !ref !secret !env secrets. \
        var. data. enc[ resource://";
    if each(REFERENCES).any(|start| lower.starts_with(start)) {
        return Some("is a reference to where the secret lies");
    }
    None
}

/// Whether the text holds a mark of `printf` (`%s`, `%02x`, `%lu`) or an escaped line end.
fn is_format(text: &str) -> bool {
    let marks = |rest: &str| {
        let kind = rest.trim_start_matches(|mark: char| mark.is_ascii_digit() || "-+.#lhzj*".contains(mark));
        kind.starts_with(['s', 'd', 'u', 'x', 'X', 'p', 'q', 'v'])
    };
    let count = text.match_indices('%').filter(|(at, _)| marks(&text[at + 1..])).count();
    count >= 2 || (text.contains(' ') && (count == 1 || text.ends_with("\\n")))
}

/// Whether the text holds a field to be filled in: `{token:>20}`, `{self.key!r}`, or a `{name}` that is most of it.
fn has_field(text: &str) -> bool {
    let outside =
        |inner: &str| text.bytes().filter(u8::is_ascii_alphanumeric).count() - inner.bytes().filter(u8::is_ascii_alphanumeric).count();
    text.match_indices('{').any(|(open, _)| {
        let Some((inner, _)) = text[open + 1..].split_once('}') else { return false };
        let (name, form) = inner.split_once([':', '!']).map_or((inner, None), |(name, form)| (name, Some(form)));
        let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(&byte));
        is_name
            && match form {
                Some(form) => form.len() <= 12 && form.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"<>^+-.,%#_ ".contains(&byte)),
                None => name.len() >= 3 && !name.bytes().any(|byte| byte.is_ascii_digit()) && outside(inner) <= inner.len(),
            }
    })
}

/// Whether the text is a regular expression: it holds a group that only they know, or a class or kind of character with a count.
fn is_expression(text: &str) -> bool {
    if ["(?:", "(?<", "(?i", "(?P<"].iter().any(|group| text.contains(group)) {
        return true;
    }
    let counted = |rest: &str| {
        let bytes = rest.as_bytes();
        matches!(bytes.first(), Some(b'+' | b'*')) || (bytes.first() == Some(&b'{') && bytes.get(1).is_some_and(u8::is_ascii_digit))
    };
    let is_range =
        |class: &str| class.as_bytes().windows(3).any(|three| three[1] == b'-' && three[0] < three[2] && three[0].is_ascii_alphanumeric());
    text.match_indices('[').any(|(open, _)| text[open + 1..].split_once(']').is_some_and(|(class, rest)| is_range(class) && counted(rest)))
        || [r"\d", r"\w", r"\s"].iter().any(|kind| text.match_indices(kind).any(|(at, _)| counted(&text[at + 2..])))
}

/// `NAME`, `name`, `Name_2`, `name.member`: what follows a `$` when it is a variable and no password.
fn is_variable(rest: &[u8]) -> bool {
    let head = rest.split(|byte| b".[-/:@ ".contains(byte)).next().unwrap_or(rest);
    let named = head.len() >= 2
        && (head[0].is_ascii_alphabetic() || head[0] == b'_')
        && head.iter().all(|&byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let (upper, lower, digit) = classes(head);
    let underscored = head.contains(&b'_');
    // `$Pa55word1` is a password, `$DB_PASS`, `$pass` and `$dbPassword` are variables.
    (named && (!digit || underscored || !(upper && lower))) || (!rest.is_empty() && rest.iter().all(u8::is_ascii_digit) && rest.len() <= 2)
}

fn classes(value: &[u8]) -> (bool, bool, bool) {
    (value.iter().any(u8::is_ascii_uppercase), value.iter().any(u8::is_ascii_lowercase), value.iter().any(u8::is_ascii_digit))
}

/// Whether the value hides a secret behind one repeated character, or is nothing but runs and repetitions.
#[expect(clippy::cast_precision_loss, reason = "values are short")]
pub(super) fn is_mask(value: &[u8]) -> bool {
    let length = value.len();
    if length == 0 {
        return true;
    }
    let mut counts = [0_usize; 256];
    for &byte in value {
        counts[usize::from(byte.to_ascii_lowercase())] += 1;
    }
    let of = |characters: &[u8]| characters.iter().map(|&byte| counts[usize::from(byte)]).sum::<usize>() as f32 / length as f32;
    let longest = value.chunk_by(|one, other| one.eq_ignore_ascii_case(other)).map(<[u8]>::len).max().unwrap_or(0);
    (length >= 3 && of(b"*") + of(b".") + of(b"-") + of(b"_") > 0.7)
        || of(b"x") > 0.6
        || of(b"*") >= 0.3 && longest >= 3
        || (length >= 6 && longest as f32 > 0.5 * length as f32)
        || (length >= 8 && longest >= 6 && longest as f32 > 0.3 * length as f32)
        || (length >= 12 && runs::distinct(value) <= 3)
        || (length >= 6 && runs::is_periodic(value))
        || runs::share(value) > 0.72
        || value.windows(3).any(|window| window == "\u{2022}".as_bytes() || window == "\u{2026}".as_bytes())
}

/// Whether the value is made of filling words alone, with at most some counting digits: `your_api_key_here`, `test1234`, `changeme`.
pub(super) fn is_filler(words: &Words, value: &[u8]) -> bool {
    let filler = |piece: &[u8]| {
        let is_one = |piece: &[u8]| words.is_filler(piece) || piece.iter().all(|&byte| byte == b'x');
        is_one(piece) || splits(piece, &is_one)
    };
    let pieces = pieces(value);
    let digits: Vec<u8> = value.iter().copied().filter(u8::is_ascii_digit).collect();
    let symbols = value.iter().filter(|byte| !byte.is_ascii_alphanumeric() && !b" _-.<>:/".contains(byte)).count();
    let counting = digits.len() <= 1 || runs::share(&digits) > 0.9 || matches!(digits.as_slice(), b"12" | b"123" | b"00" | b"01" | b"11");
    if pieces.is_empty() || symbols > 0 || !counting {
        return false;
    }
    let filled = pieces.iter().filter(|piece| filler(piece)).count();
    if filled == pieces.len() {
        return true;
    }
    // `your-stripe-key`, `my_app_token`: a call for the reader's own, with plain words between.
    let begins = matches!(
        pieces[0].as_slice(),
        b"your"
            | b"my"
            | b"insert"
            | b"enter"
            | b"replace"
            | b"put"
            | b"add"
            | b"paste"
            | b"example"
            | b"sample"
            | b"dummy"
            | b"fake"
            | b"some"
            | b"the"
    ) || matches!(pieces[pieces.len() - 1].as_slice(), b"here" | b"placeholder" | b"example" | b"goes");
    begins && filled >= 1 && pieces.iter().all(|piece| filler(piece) || piece.len() <= 2 || words.share(piece) > 0.7)
}

/// Whether the run of letters is two or more filling words glued together.
fn splits(piece: &[u8], is_one: &dyn Fn(&[u8]) -> bool) -> bool {
    if piece.len() > 40 {
        return false;
    }
    let mut reached = vec![false; piece.len() + 1];
    reached[0] = true;
    for end in 2..=piece.len() {
        reached[end] = (end.saturating_sub(13)..=end - 2).any(|start| reached[start] && is_one(&piece[start..end]));
    }
    reached[piece.len()]
}

/// Whether the value repeats the name it is assigned to, or nothing but parts of it.
pub(super) fn repeats_name(value: &[u8], name: &[u8]) -> bool {
    let flat = |text: &[u8]| -> Vec<u8> { text.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect() };
    let (value_flat, name_flat) = (flat(value), flat(name));
    if value_flat.len() < 3 || name_flat.len() < 3 {
        return false;
    }
    let contains = |long: &[u8], short: &[u8]| long.windows(short.len()).any(|window| window == short);
    if value_flat == name_flat || contains(&name_flat, &value_flat) {
        return true;
    }
    let rest = value_flat.strip_prefix(name_flat.as_slice()).or_else(|| value_flat.strip_suffix(name_flat.as_slice()));
    let rest_is_number = rest.is_some_and(|rest| rest.iter().all(u8::is_ascii_digit));
    let names = name::words(name);
    let pieces = pieces(value);
    (rest_is_number && value_flat.len() <= name_flat.len() + 4)
        || (!pieces.is_empty()
            && !value.iter().any(u8::is_ascii_digit)
            && pieces.iter().all(|piece| names.iter().any(|word| word.as_bytes() == piece.as_slice()) || piece.len() <= 2))
}

/// Whether the issuer has published this very key as a sample.
pub(super) fn is_sample(samples: &[[u8; 32]], value: &[u8]) -> bool {
    !samples.is_empty() && samples.contains(&Sha256::digest(value).into())
}

/// Whether the value ends as documentation keys end (`…EXAMPLE`, `…EXAMPLEKEY`).
pub(super) fn ends_as_example(value: &[u8]) -> bool {
    value.len() >= 14 && [&b"EXAMPLE"[..], b"EXAMPLEKEY", b"EXAMPLETOKEN"].iter().any(|end| value.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::expand;

    #[test]
    fn template_marks_are_seen_and_passwords_are_not() {
        for value in [
            "${DB_PASS}",
            "{{ password }}",
            "$(cat key)",
            "<your-key>",
            "$PASSWORD",
            "$dbPassword",
            "%s",
            "%PASSWORD%",
            "<%= secret %>",
            "{token}",
            "#{pass}",
            "@@KEY@@",
            "__TOKEN__",
            "process.env.KEY",
            "op://vault/item",
            "$1",
            "vault:secret/data",
            "prefix-${X}",
            "[your key]",
            "{}",
            "{base62:30}",
            "sk_test_{x:99}",
            "«{password}»",
            "Bearer-{token!r}",
            "{self.key:>20}",
            "[0-9A-Za-z_-]{21,32})",
            r"\d{4}-[a-f]+",
            "(?<secret>x)",
        ] {
            assert!(mark(value.as_bytes()).is_some(), "{value}");
        }
        for value in
            ["P@ssw0rd!", "$Pa55word1", "a%sb%c1", "x{7!q", "50%off!Now", "<3Muffins9", "$ecret!9", "a{b}9Kq!zW7", "[q]{x!7", "k[3-1]+9"]
        {
            assert!(mark(value.as_bytes()).is_none(), "{value}");
        }
    }

    #[test]
    fn masks_are_seen_and_random_values_never() {
        for value in [
            "xxxxxxxx",
            "****",
            "********",
            "XXXX-XXXX-XXXX",
            "0000000000000000",
            "1234567890",
            "abcdefabcdefabcdef",
            "..........",
            "sk-xxxxxxxxxxxxxxxxxxxx",
            "deadbeefdeadbeef",
            "0123456789abcdef0123456789abcdef",
            "ab12********",
            "AKIAXXXXXXXXXXXXXXXX",
            "••••••",
        ] {
            assert!(is_mask(value.as_bytes()), "{value}");
        }
        for template in ["{base62:20}", "{hex:32}", "{password}", "{alnum:12}", "{digits:18}", "{base64:44}", "{hex:16}"] {
            for seed in 0..200 {
                let value = expand(template, &format!("mask {seed}")).expect("a sound template").text;
                assert!(!is_mask(&value), "{template} {seed}");
            }
        }
    }

    #[test]
    fn fillers_are_whole_values() {
        let words = Words::new();
        for value in [
            "changeme",
            "your_api_key_here",
            "test1234",
            "example",
            "YOUR-API-KEY",
            "mypassword",
            "your-stripe-key",
            "password123",
            "secret",
            "supersecret",
            "insert_token_here",
            "dummy",
            "fake-token",
            "xxx",
            "<password>",
            "API_KEY",
            "not-a-secret",
            "foobar",
            "username",
        ] {
            assert!(is_filler(&words, value.as_bytes()), "{value}");
        }
        for value in ["hunter2", "test9Kq2Lm", "P@ssw0rd!", "Tr0ub4dor", "example-7f3k9q", "1234kXpQ", "Zebra!Test1", "s3cr3t!"] {
            assert!(!is_filler(&words, value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn names_and_samples_are_recognised() {
        assert!(
            repeats_name(b"db_password", b"DB_PASSWORD")
                && repeats_name(b"password", b"dbPassword")
                && repeats_name(b"apiKey1", b"api_key")
        );
        assert!(!repeats_name(b"kXpQ81", b"api_key") && !repeats_name(b"password9!Kq", b"password"));
        let digest: [u8; 32] = Sha256::digest(b"published").into();
        assert!(is_sample(&[digest], b"published") && !is_sample(&[digest], b"other") && !is_sample(&[], b"published"));
        assert!(ends_as_example(&[b"AKIAIOSFODNN7".as_slice(), b"EXAMPLE"].concat()) && !ends_as_example(b"EXAMPLE"));
    }
}
