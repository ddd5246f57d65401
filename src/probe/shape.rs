//! A random value of the same shape: the control that an honest endpoint must refuse.

use crate::model::Secret;
use crate::rules::{Checksum, Find, Rule};

const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &[u8] = b"0123456789";

/// A random value that looks like `secret`: the rule's literals stay, every other letter and digit becomes a random one of its kind,
/// and a checksum is right again.
pub(crate) fn like(rule: &Rule, secret: &Secret) -> Secret {
    let bytes = secret.expose();
    let mut fixed = vec![false; bytes.len()];
    if let Find::Prefix { literals, .. } | Find::Infix { literals } = &rule.find {
        for literal in literals.iter().filter(|literal| !literal.is_empty()) {
            for start in memchr::memmem::find_iter(bytes, literal.as_bytes()) {
                fixed[start..start + literal.len()].fill(true);
            }
        }
    }
    let free: Vec<u8> = bytes.iter().zip(&fixed).filter(|(_, fixed)| !**fixed).map(|(byte, _)| *byte).collect();
    let letters = || free.iter().filter(|byte| byte.is_ascii_alphabetic());
    let is_hex = letters().all(|byte| matches!(byte, b'a'..=b'f')) || letters().all(|byte| matches!(byte, b'A'..=b'F'));
    let mut value: Vec<u8> = Vec::with_capacity(bytes.len());
    for (&byte, &fixed) in bytes.iter().zip(&fixed) {
        value.push(if fixed { byte } else { another(byte, is_hex) });
    }
    if rule.checksum == Some(Checksum::Crc32Base62) {
        mend(&mut value);
    }
    // One in an unimaginable number; but a control that is the secret would call every endpoint a liar.
    if value == bytes && free.iter().any(u8::is_ascii_alphanumeric) { like(rule, secret) } else { Secret::new(value) }
}

/// A random password of letters and digits, for logins: whatever shape the real one has, it is not this.
pub(crate) fn password() -> Secret {
    Secret::new((0..32).map(|_| pick(LOWER)).collect::<Vec<u8>>())
}

fn another(byte: u8, is_hex: bool) -> u8 {
    match byte {
        b'a'..=b'f' if is_hex => pick(&LOWER[..6]),
        b'A'..=b'F' if is_hex => pick(&UPPER[..6]),
        b'a'..=b'z' => pick(LOWER),
        b'A'..=b'Z' => pick(UPPER),
        b'0'..=b'9' => pick(DIGITS),
        other => other,
    }
}

fn pick(from: &[u8]) -> u8 {
    from[rand::random_range(0..from.len())]
}

/// Makes the last six characters the base62 CRC-32 of what stands between the last underscore and them.
fn mend(value: &mut [u8]) {
    const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let start = memchr::memrchr(b'_', value).map_or(0, |place| place + 1);
    let Some(end) = value.len().checked_sub(6).filter(|&end| end > start) else {
        return;
    };
    let mut sum = crc32fast::hash(&value[start..end]);
    for place in (end..value.len()).rev() {
        value[place] = BASE62[(sum % 62) as usize];
        sum /= 62;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{RuleSet, expand};

    #[test]
    fn a_control_has_the_shape_and_is_another() {
        let rules = RuleSet::builtin();
        for (id, template) in [
            ("github-personal-access-token", "ghp_{base62:30}{crc32-base62}"),
            ("slack-bot-token", "xoxb-{digits:12}-{digits:13}-{base62:24}"),
            ("gitlab-access-token", "glpat-{base64url:20}"),
            ("twilio-auth-token", "{hex:32}"),
        ] {
            let (_, rule) = rules.find(id).expect("a rule");
            let secret = Secret::new(expand(template, id).expect("a sound template").text);
            let control = like(rule, &secret);
            assert_ne!(control, secret, "{id}");
            let pattern = rule.pattern.as_ref().expect("a pattern");
            let found = pattern.match_at(control.expose(), 0).expect("it has the shape");
            assert_eq!(found.0, 0..secret.len(), "{id}");
            if rule.checksum.is_some() {
                assert_eq!(mended(control.expose()), control.expose(), "{id}: its checksum is right");
            }
        }
    }

    #[test]
    fn hexadecimal_stays_so() {
        let rules = RuleSet::builtin();
        let (_, rule) = rules.find("twilio-auth-token").expect("a rule");
        let secret = Secret::new(expand("{hex:32}", "h").expect("a sound template").text);
        assert!(like(rule, &secret).expose().iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f')));
    }

    fn mended(value: &[u8]) -> Vec<u8> {
        let mut mended = value.to_vec();
        mend(&mut mended);
        mended
    }
}
