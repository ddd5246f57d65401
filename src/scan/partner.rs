//! Finds the public id that stands beside a secret and names the same credential.

use crate::model::Context;

/// The id beside a secret of the rule `rule`: an AWS access key id or the id of a trading key record; empty where there is none.
pub(crate) fn of(rule: &str, context: &Context) -> String {
    let shape: fn(&[u8]) -> Option<usize> = match rule {
        "aws-secret-access-key" => aws,
        "hft-secret-key" => hft,
        _ => return String::new(),
    };
    // What stands before is nearer to the secret at its end.
    let last = ids(&context.before, shape).last();
    let id = last.or_else(|| ids(&context.after, shape).next());
    id.map(|id| String::from_utf8_lossy(id).into_owned()).unwrap_or_default()
}

/// The ids in `text` that stand by themselves.
fn ids(text: &[u8], shape: fn(&[u8]) -> Option<usize>) -> impl Iterator<Item = &[u8]> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (0..text.len()).filter_map(move |at| {
        let starts = at == 0 || !is_word(text[at - 1]);
        let length = shape(&text[at..]).filter(|_| starts)?;
        text.get(at + length).is_none_or(|&next| !is_word(next)).then(|| &text[at..at + length])
    })
}

/// `AKIA` or `ASIA` with 16 characters of base32 (AWS, "Understanding unique ID prefixes").
fn aws(text: &[u8]) -> Option<usize> {
    let rest = text.strip_prefix(b"AKIA").or_else(|| text.strip_prefix(b"ASIA"))?;
    rest.get(..16)?.iter().all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7')).then_some(20)
}

/// `hft_` with 32 hex digits.
fn hft(text: &[u8]) -> Option<usize> {
    text.strip_prefix(b"hft_")?.get(..32)?.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')).then_some(36)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::expand;

    fn near(before: &str, after: &str) -> Context {
        let text = |template: &str| expand(template, "partner").expect("a sound template").text;
        Context { before: text(before), after: text(after), ..Context::default() }
    }

    #[test]
    fn the_nearest_id_of_the_right_shape_is_taken() {
        let found = of("aws-secret-access-key", &near("id=AKIA{base32:16} AKIAAAAAAAAAAAAAAAAA\nsecret=", ""));
        assert_eq!(found, "AKIAAAAAAAAAAAAAAAAA");
        assert_eq!(of("aws-secret-access-key", &near("", "\nASIAAAAAAAAAAAAAAAAA")), "ASIAAAAAAAAAAAAAAAAA");
        assert!(of("hft-secret-key", &near("\"hft_{hex:32}\", \"", "")).starts_with("hft_"));
        for (rule, before) in [
            ("aws-secret-access-key", "AKIA{base32:17}"),
            ("aws-secret-access-key", "XAKIA{base32:16}"),
            ("hft-secret-key", "hft_{hex:31}"),
            ("github-personal-access-token", "AKIA{base32:16}"),
        ] {
            assert_eq!(of(rule, &near(before, "")), "", "{rule} {before}");
        }
    }
}
