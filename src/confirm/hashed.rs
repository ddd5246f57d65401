//! Whether a bcrypt hash is the hash of what was found: slow by design, so only asked for by name and never for long.

use std::collections::HashMap;

use super::credential::{Credential, are_near};
use super::proof::Proof;
use crate::model::{Fingerprint, Secret};

/// Hashes of a higher cost are not tried: one comparison takes about a second at this one.
pub const MAX_BCRYPT_COST: u32 = 14;
/// How many rounds all comparisons of a run may take together: 128 at a cost of 10, 8 at 14, some seconds in either case, so that a tree
/// full of hashes burns no more of the machine than one that has few.
const MAX_ROUNDS: u64 = 1 << 17;
/// Nor are more pairs than this looked at: these alone take longer than there is time for, whatever their hashes cost.
const MAX_PAIRS: usize = 20_000;
/// bcrypt reads no more than this many bytes of a password.
const MAX_PASSWORD: usize = 72;

/// A bcrypt hash: `$2a$`, `$2b$` or `$2y$`, the cost in two digits, salt and hash in 53 characters of its own base64 (OpenBSD,
/// crypt_blowfish).
#[derive(Clone, Copy, Debug)]
pub(super) struct Hashed<'a> {
    text: &'a str,
    cost: u32,
}

/// What came of trying.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tried {
    /// Comparisons that were made.
    pub made: usize,
    /// Comparisons that were left out, for there is no time for all.
    pub left_out: usize,
    /// Hashes that are too dear to be tried at all.
    pub too_dear: usize,
}

impl<'a> Hashed<'a> {
    /// The hash that `value` is, if it is one.
    pub(super) fn read(value: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(value).ok().filter(|text| text.len() == 60)?;
        let rest = ["$2a$", "$2b$", "$2y$"].iter().find_map(|start| text.strip_prefix(start))?;
        let (cost, rest) = rest.split_once('$')?;
        let is_sound = cost.len() == 2 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"./".contains(&byte));
        let cost = cost.parse().ok().filter(|cost| (4..=31).contains(cost) && is_sound)?;
        Some(Self { text, cost })
    }

    /// Whether it is cheap enough to be tried.
    pub(super) fn is_cheap(self) -> bool {
        self.cost <= MAX_BCRYPT_COST
    }

    /// The cost, as an exponent of two.
    pub(super) fn cost(self) -> u32 {
        self.cost
    }

    /// Whether it is the hash of `secret`; nothing longer than bcrypt reads is taken for it by its beginning.
    pub(super) fn is_of(self, secret: &Secret) -> bool {
        self.is_cheap() && bcrypt::non_truncating_verify(secret.expose(), self.text).unwrap_or(false)
    }

    fn rounds(self) -> u64 {
        1 << self.cost
    }
}

/// Adds to `proofs` what bcrypt hashes among the credentials prove of the others, those of the same folder first.
pub fn prove_by_hashes(credentials: &[Credential<'_>], proofs: &mut HashMap<Fingerprint, Proof>) -> Tried {
    within(MAX_ROUNDS, credentials, proofs)
}

fn within(most: u64, credentials: &[Credential<'_>], proofs: &mut HashMap<Fingerprint, Proof>) -> Tried {
    let all = credentials.iter().filter_map(|one| Some((one, Hashed::read(one.lead().secret.expose())?)));
    let (hashes, dear): (Vec<_>, Vec<_>) = all.partition(|(_, hash)| hash.is_cheap());
    let passwords: Vec<&Credential<'_>> = credentials.iter().filter(|one| may_be_hashed(&one.lead().secret)).collect();
    let pairs = hashes.iter().flat_map(|(holder, hash)| passwords.iter().map(move |one| (holder, hash, *one)));
    let (near, far): (Vec<_>, Vec<_>) = pairs.take(MAX_PAIRS).partition(|(holder, _, one)| are_near(holder, one));
    let beyond = hashes.len().saturating_mul(passwords.len()).saturating_sub(MAX_PAIRS);
    let mut tried = Tried { made: 0, left_out: beyond, too_dear: dear.len() };
    let mut rounds = 0;
    for (_, hash, one) in near.into_iter().chain(far) {
        if proofs.contains_key(&one.fingerprint) {
            continue;
        }
        if rounds + hash.rounds() > most {
            tried.left_out += 1;
            continue;
        }
        rounds += hash.rounds();
        tried.made += 1;
        if hash.is_of(&one.lead().secret) {
            proofs.insert(one.fingerprint.clone(), Proof::Hashed);
        }
    }
    tried
}

/// Whether it is a thing that services keep the bcrypt hash of: a password or a key, no hash, no token of several parts, no block.
fn may_be_hashed(secret: &Secret) -> bool {
    let value = secret.expose();
    (1..=MAX_PASSWORD).contains(&value.len()) && !value.starts_with(b"$") && !value.starts_with(b"eyJ") && !value.contains(&b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::confirm::credential::tests::finding;
    use crate::confirm::credential::{Grouping, group};
    use crate::keychain::InstallKey;
    use crate::model::Outcome;
    use crate::rules::{RuleSet, expand};

    fn expanded(template: &str) -> String {
        String::from_utf8(expand(template, "hashed").expect("a sound template").text).expect("text")
    }

    fn hash(secret: &str, cost: u32) -> String {
        bcrypt::hash_with_salt(secret, cost, *b"keyfuse's salt..").expect("hashed").format_for_version(bcrypt::Version::TwoB)
    }

    /// What is proved of findings given as rule, secret and path, in their order.
    fn proved(found: &[(&str, &str, &str)]) -> (Vec<bool>, Tried) {
        proved_within(MAX_ROUNDS, found)
    }

    fn proved_within(most: u64, found: &[(&str, &str, &str)]) -> (Vec<bool>, Tried) {
        let (rules, key) = (RuleSet::builtin(), InstallKey::generate().expect("random bytes"));
        let findings = found.iter().map(|(rule, secret, path)| finding(&rules, rule, secret, path)).collect();
        let outcome = Outcome { findings, ..Outcome::default() };
        let credentials = group(&outcome, Grouping { key: &key, rules: &rules, host: "h", root: b"" });
        let mut proofs = HashMap::new();
        let tried = within(most, &credentials, &mut proofs);
        (credentials.iter().map(|one| proofs.get(&one.fingerprint) == Some(&Proof::Hashed)).collect(), tried)
    }

    #[test]
    fn a_key_is_proved_by_the_hash_that_its_service_keeps() {
        let (key, other) = (expanded("axon_{base64url:42}A"), expanded("axon_{base64url:42}E"));
        let kept = hash(&key, 4);
        let found =
            [("axon-api-key", key.as_str(), "app/.env"), ("axon-api-key", &other, "app/.env"), ("pwhash-bcrypt", &kept, "db/keys.sql")];
        let (proved, tried) = proved(&found);
        assert_eq!(proved, [true, false, false], "the hash itself is no key");
        assert_eq!(tried, Tried { made: 2, left_out: 0, too_dear: 0 });
    }

    #[test]
    fn the_vectors_of_others_are_read() {
        // crypt_blowfish 1.3, wrapper.c: the first of its own tests.
        let vector = |start: &str| format!("{start}05${}.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "C".repeat(21));
        let of = |hash: &str, word: &str| Hashed::read(hash.as_bytes()).expect("a hash").is_of(&Secret::new(word));
        assert!(of(&vector("$2a$"), "U*U"));
        assert!(of(&vector("$2y$"), "U*U"));
        assert!(!of(&vector("$2b$"), "U*V"));
    }

    #[test]
    fn what_is_dear_or_long_is_not_tried() {
        let key = expanded("{base62:40}");
        let dear = hash(&key, 4).replace("$04$", "$15$");
        let (found, tried) = proved(&[("generic-secret", &key, "a/.env"), ("pwhash-bcrypt", &dear, "a/x.sql")]);
        assert_eq!((found, tried), (vec![false, false], Tried { made: 0, left_out: 0, too_dear: 1 }));
        // bcrypt reads 72 bytes: what only begins alike is not proved.
        let long = expanded("{base62:73}");
        let kept = hash(&long[..72], 4);
        assert!(!Hashed::read(kept.as_bytes()).expect("a hash").is_of(&Secret::new(long.as_bytes())));
        for none in [&kept.replace("$2b$", "$2x$"), "$2b$99$x", "", "$2b$", &hash(&key, 4)[..59]] {
            assert!(Hashed::read(none.as_bytes()).is_none(), "{none}");
        }
    }

    #[test]
    fn a_tree_full_of_hashes_costs_no_more_than_the_limit() {
        let key = expanded("{base62:40}");
        let hashes: Vec<String> = (0..40).map(|at| hash(&format!("word {at}"), 4)).collect();
        let mut found: Vec<(&str, &str, &str)> = hashes.iter().map(|one| ("pwhash-bcrypt", one.as_str(), "far/dump.sql")).collect();
        found.push(("generic-secret", &key, "near/.env"));
        // Four comparisons at a cost of 4, and the hash beside it was not among the first.
        let (proved, tried) = proved_within(4 << 4, &found);
        assert_eq!((proved.contains(&true), tried), (false, Tried { made: 4, left_out: 36, too_dear: 0 }));
        let near = hash(&key, 4);
        found.push(("pwhash-bcrypt", &near, "near/x"));
        let (proved, tried) = proved_within(4 << 4, &found);
        assert!(proved[40], "what stands beside it goes first: {tried:?}");
        assert_eq!(tried, Tried { made: 1, left_out: 0, too_dear: 0 }, "nothing is tried on what is proved");
    }
}
