//! Checks the checksums that some issuers build into their tokens.

use super::rule::Checksum;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

impl Checksum {
    /// Whether the value's own checksum is right; `None` where the value alone cannot tell.
    pub fn verify(self, value: &[u8]) -> Option<bool> {
        match self {
            Self::Crc32Base62 => Some(crc32_base62(value)),
            Self::Axon => Some(axon(value)),
            // The sum covers the whole record.
            Self::HftRecord => None,
        }
    }

    /// Whether a right sum can hardly be chance: 32 bits or more.
    pub fn is_proof(self) -> bool {
        match self {
            Self::Crc32Base62 | Self::HftRecord => true,
            Self::Axon => false,
        }
    }
}

/// GitHub and npm: the last six characters are the base62 CRC-32 of what stands between the last `_` and them.
fn crc32_base62(value: &[u8]) -> bool {
    let start = value.iter().rposition(|&byte| byte == b'_').map_or(0, |at| at + 1);
    let token = &value[start..];
    let Some(split) = token.len().checked_sub(6).filter(|&split| split > 0) else { return false };
    let mut rest = crc32fast::hash(&token[..split]);
    let mut sum = [b'0'; 6];
    for digit in sum.iter_mut().rev() {
        *digit = BASE62[(rest % 62) as usize];
        rest /= 62;
    }
    sum == token[split..]
}

/// `axon_` and base64url of 32 bytes: 43 characters, of which the last carries four bits and two zeros.
fn axon(value: &[u8]) -> bool {
    value.strip_prefix(b"axon_").is_some_and(|key| {
        key.len() == 43
            && key.iter().all(|&byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            && key.last().is_some_and(|last| b"AEIMQUYcgkosw048".contains(last))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::example::expand;

    fn text(template: &str) -> Vec<u8> {
        expand(template, "checksum").expect("a sound template").text
    }

    #[test]
    fn github_sums_are_told_from_chance() {
        let mut token = text("ghp_{base62:30}{crc32-base62}");
        assert_eq!(Checksum::Crc32Base62.verify(&token), Some(true));
        token[10] = if token[10] == b'a' { b'b' } else { b'a' };
        assert_eq!(Checksum::Crc32Base62.verify(&token), Some(false));
        assert_eq!(Checksum::Crc32Base62.verify(b"ghp_"), Some(false));
        assert_eq!(Checksum::Crc32Base62.verify(b"abc"), Some(false));
    }

    #[test]
    fn axon_ends_on_zero_bits() {
        assert_eq!(Checksum::Axon.verify(&text("axon_{base64url:42}A")), Some(true));
        assert_eq!(Checksum::Axon.verify(&text("axon_{base64url:42}B")), Some(false));
        assert_eq!(Checksum::Axon.verify(&text("axon_{base64url:41}A")), Some(false));
    }
}
