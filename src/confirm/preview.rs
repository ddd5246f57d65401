//! What a notice may show of a secret.

use crate::model::Secret;
use crate::rules::{Find, Rule};

/// A secret part shorter than this shows nothing of itself.
const LEAST: usize = 24;

/// The documented prefix and the last four characters, when what is between them is long enough to stay one; none otherwise.
pub fn preview(rule: &Rule, secret: &Secret) -> Option<String> {
    let bytes = secret.expose();
    let prefix = match &rule.find {
        Find::Prefix { literals, .. } => literals.iter().filter(|literal| bytes.starts_with(literal.as_bytes())).map(String::len).max(),
        _ => None,
    }
    .unwrap_or(0);
    let rest = &bytes[prefix..];
    if rest.len() < LEAST || !bytes.iter().all(u8::is_ascii_graphic) {
        return None;
    }
    let text = |part: &[u8]| String::from_utf8_lossy(part).into_owned();
    Some(format!("{}…{}", text(&bytes[..prefix]), text(&rest[rest.len() - 4..])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{RuleSet, expand};

    fn shown(rule: &str, template: &str) -> Option<String> {
        let rules = RuleSet::builtin();
        let (_, rule) = rules.find(rule).expect("a built-in rule");
        preview(rule, &Secret::new(expand(template, "preview").expect("a sound template").text))
    }

    #[test]
    fn long_secrets_show_prefix_and_end() {
        let shown = shown("github-personal-access-token", "ghp_{base62:32}k9Qz").expect("long enough");
        assert_eq!(shown, "ghp_…k9Qz");
    }

    #[test]
    fn short_ones_and_blocks_show_nothing() {
        assert_eq!(shown("generic-password", "{base62:23}"), None);
        assert_eq!(shown("generic-password", "{base62:20} {base62:20}"), None);
        assert!(shown("generic-password", "{base62:24}").is_some_and(|text| text.chars().count() == 5 && text.starts_with('…')));
    }
}
