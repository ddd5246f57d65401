//! Proofs that need no network: sums, signatures and key pairs that cannot be right by chance.

use std::collections::HashMap;

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use super::credential::{Credential, folders};
use crate::model::{Finding, Fingerprint};
use crate::rules::{Checksum, RuleSet};

/// The most pairs of token and secret that are tried in a run.
const MAX_TRIALS: usize = 100_000;

/// How a credential was proved genuine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Its own checksum is right.
    Checksum,
    /// The private key yields the public key that stands beside it.
    KeyPair,
    /// It signed the token that was found near it.
    SignsToken,
    /// A secret that was found near it signed it.
    SignedToken,
    /// The checksum of the record that holds it is right.
    Record,
    /// A bcrypt hash that was found with it is the hash of it.
    Hashed,
}

impl Proof {
    /// What is told of it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Checksum => "its checksum is right",
            Self::KeyPair => "the private key yields the public key beside it",
            Self::SignsToken => "it signed a token that was found near it",
            Self::SignedToken => "a secret that was found near it signed it",
            Self::Record => "the checksum of its record is right",
            Self::Hashed => "a bcrypt hash that was found with it is the hash of it",
        }
    }
}

/// What can be proved about the credentials of a run; `around` gives the text that holds a finding, where it can be had.
pub fn proofs(
    credentials: &[Credential<'_>],
    rules: &RuleSet,
    around: &dyn Fn(&Finding) -> Option<Vec<u8>>,
) -> HashMap<Fingerprint, Proof> {
    let mut proved: HashMap<Fingerprint, Proof> = HashMap::new();
    for credential in credentials {
        if let Some(proof) = credential.findings.iter().find_map(|finding| alone(finding, rules, around)) {
            proved.insert(credential.fingerprint.clone(), proof);
        }
    }
    let is_token = |one: &&Credential<'_>| one.lead().secret.expose().starts_with(b"eyJ");
    let tokens: Vec<(&Credential<'_>, Signed<'_>)> =
        credentials.iter().filter(is_token).filter_map(|one| Some((one, Signed::read(one.lead().secret.expose())?))).collect();
    if tokens.is_empty() {
        return proved;
    }
    let keys: Vec<Key<'_>> = credentials.iter().filter(|one| !is_token(one)).map(Key::of).collect();
    let mut near: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (at, key) in keys.iter().enumerate() {
        folders(key.credential).into_iter().for_each(|folder| near.entry(folder).or_default().push(at));
    }
    let mut trials = 0;
    for (token, signed) in &tokens {
        let mut candidates: Vec<usize> = folders(token).iter().filter_map(|folder| near.get(folder)).flatten().copied().collect();
        candidates.sort_unstable();
        candidates.dedup();
        for key in candidates.into_iter().map(|at| &keys[at]) {
            trials += 1;
            if trials > MAX_TRIALS {
                return proved;
            }
            if key.forms.iter().any(|form| signed.is_by(form)) {
                proved.insert(key.credential.fingerprint.clone(), Proof::SignsToken);
                proved.entry(token.fingerprint.clone()).or_insert(Proof::SignedToken);
            }
        }
    }
    proved
}

/// What may have signed a token: a secret as it stands, or the bytes that it is base64 or hex of.
struct Key<'a> {
    credential: &'a Credential<'a>,
    forms: Vec<Zeroizing<Vec<u8>>>,
}

impl<'a> Key<'a> {
    fn of(credential: &'a Credential<'a>) -> Self {
        let secret = credential.lead().secret.expose();
        let decoded = [BASE64.decode(secret).ok(), BASE64URL_NOPAD.decode(secret).ok(), HEXLOWER.decode(secret).ok()];
        Self { credential, forms: std::iter::once(secret.to_vec()).chain(decoded.into_iter().flatten()).map(Zeroizing::new).collect() }
    }
}

/// What a finding proves by itself.
fn alone(finding: &Finding, rules: &RuleSet, around: &dyn Fn(&Finding) -> Option<Vec<u8>>) -> Option<Proof> {
    let (rule, secret) = (rules.get(finding.rule), finding.secret.expose());
    if rule.checksum.is_some_and(|checksum| checksum.is_proof() && checksum.verify(secret) == Some(true)) {
        return Some(Proof::Checksum);
    }
    if secret.starts_with(b"-----BEGIN OPENSSH PRIVATE KEY-----") && is_key_pair(secret) {
        return Some(Proof::KeyPair);
    }
    let is_record = rule.checksum == Some(Checksum::HftRecord) || finding.partner.starts_with("hft_");
    if is_record && around(finding).is_some_and(|text| has_record(&text, finding)) {
        return Some(Proof::Record);
    }
    None
}

/// Whether an unencrypted OpenSSH key holds the private half of the public key that it states (PROTOCOL.key of OpenSSH).
fn is_key_pair(pem: &[u8]) -> bool {
    let Ok(key) = ssh_key::PrivateKey::from_openssh(pem) else { return false };
    match key.key_data() {
        ssh_key::private::KeypairData::Ed25519(pair) => {
            let seed: &[u8; 32] = pair.private.as_ref();
            ed25519_dalek::SigningKey::from_bytes(seed).verifying_key().to_bytes() == pair.public.0
        }
        _ => false,
    }
}

/// Whether the text holds the record of the finding's key with a right checksum: SHA-256 over key id, dates and permissions.
fn has_record(text: &[u8], finding: &Finding) -> bool {
    let at = usize::try_from(finding.span.start).unwrap_or(usize::MAX).min(text.len());
    // The record is the innermost object around the secret.
    let starts = text[..at].iter().enumerate().rev().filter(|(_, byte)| **byte == b'{').map(|(at, _)| at).take(4);
    starts.into_iter().any(|start| {
        let mut values = serde_json::Deserializer::from_slice(&text[start..]).into_iter::<Value>();
        let Some(Ok(record)) = values.next() else { return false };
        let field = |name: &str| record.get(name).and_then(Value::as_str);
        let permissions: Option<String> =
            record.get("permissions").and_then(Value::as_array).map(|list| list.iter().filter_map(Value::as_str).collect());
        let (Some(id), Some(made), Some(expires), Some(sum), Some(permissions)) =
            (field("key_id"), field("created_at"), field("expires_at"), field("checksum"), permissions)
        else {
            return false;
        };
        let is_same = field("secret_key").is_some_and(|secret| secret.as_bytes() == finding.secret.expose());
        is_same && HEXLOWER.encode(&Sha256::digest(format!("{id}{made}{expires}{permissions}"))) == sum
    })
}

/// A JSON Web Token with a symmetric signature (RFC 7515, RFC 7518 3.2).
struct Signed<'a> {
    algorithm: String,
    text: &'a [u8],
    signature: Vec<u8>,
}

impl<'a> Signed<'a> {
    fn read(token: &'a [u8]) -> Option<Self> {
        let dot = token.iter().rposition(|&byte| byte == b'.')?;
        let (text, signature) = (&token[..dot], BASE64URL_NOPAD.decode(&token[dot + 1..]).ok()?);
        let header = BASE64URL_NOPAD.decode(text.split(|&byte| byte == b'.').next()?).ok()?;
        let header: Value = serde_json::from_slice(&header).ok()?;
        let algorithm = header.get("alg")?.as_str().filter(|name| name.starts_with("HS"))?.to_owned();
        Some(Self { algorithm, text, signature })
    }

    /// Whether `key` made the signature.
    fn is_by(&self, key: &[u8]) -> bool {
        match self.algorithm.as_str() {
            "HS256" => checks::<Hmac<Sha256>>(key, self),
            "HS384" => checks::<Hmac<Sha384>>(key, self),
            "HS512" => checks::<Hmac<Sha512>>(key, self),
            _ => false,
        }
    }
}

fn checks<M: Mac + KeyInit>(key: &[u8], signed: &Signed<'_>) -> bool {
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else { return false };
    mac.update(signed.text);
    mac.verify_slice(&signed.signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::confirm::credential::tests::finding;
    use crate::confirm::credential::{Grouping, group};
    use crate::keychain::InstallKey;
    use crate::model::{Outcome, Span};
    use crate::rules::expand;

    fn expanded(template: &str) -> String {
        String::from_utf8(expand(template, "proof").expect("a sound template").text).expect("text")
    }

    /// The proofs of findings given as rule, secret and path, in their order.
    fn proved(found: &[(&str, &str, &str)], text: &str) -> Vec<Option<Proof>> {
        let (rules, key) = (RuleSet::builtin(), InstallKey::generate().expect("random bytes"));
        let mut outcome = Outcome::default();
        for (rule, secret, path) in found {
            let mut finding = finding(&rules, rule, secret, path);
            if *rule == "hft-secret-key" {
                finding.partner = "hft_0".to_owned();
                let at = text.find(secret).unwrap_or(0) as u64;
                finding.span = Span::new(at, at + 1);
            }
            outcome.findings.push(finding);
        }
        let credentials = group(&outcome, Grouping { key: &key, rules: &rules, host: "h", root: b"" });
        let proofs = proofs(&credentials, &rules, &|_| Some(text.as_bytes().to_vec()));
        credentials.iter().map(|one| proofs.get(&one.fingerprint).copied()).collect()
    }

    #[test]
    fn a_checksum_proves_and_a_wrong_one_does_not() {
        let right = expanded("ghp_{base62:30}{crc32-base62}");
        let wrong = right.replace("ghp_", "ghp_0");
        let found = [("github-personal-access-token", right.as_str(), "a"), ("github-personal-access-token", &wrong, "a")];
        assert_eq!(proved(&found, ""), [Some(Proof::Checksum), None]);
    }

    #[test]
    fn a_secret_is_proved_by_the_token_it_signed() {
        let secret = expanded("{base62:40}");
        let body = format!("{}.{}", BASE64URL_NOPAD.encode(br#"{"alg":"HS256"}"#), BASE64URL_NOPAD.encode(br#"{"sub":"x"}"#));
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
        mac.update(body.as_bytes());
        let token = format!("{body}.{}", BASE64URL_NOPAD.encode(&mac.finalize().into_bytes()));
        let other = expanded("x{base62:39}");
        let near = [("generic-secret", secret.as_str(), "app/.env"), ("jwt", &token, "app/log"), ("generic-secret", &other, "app/.env")];
        assert_eq!(proved(&near, ""), [Some(Proof::SignsToken), Some(Proof::SignedToken), None]);
        let far = [("generic-secret", secret.as_str(), "app/.env"), ("jwt", &token, "other/log")];
        assert_eq!(proved(&far, ""), [None, None]);
    }

    #[test]
    fn an_openssh_key_is_proved_by_its_public_half() {
        use ssh_key::private::{Ed25519Keypair, KeypairData, PrivateKey};
        let pair = Ed25519Keypair::from_seed(&std::array::from_fn(|at| u8::try_from(at).expect("small")));
        let written = |pair: Ed25519Keypair| {
            let key = PrivateKey::new(KeypairData::Ed25519(pair), "test").expect("a key");
            key.to_openssh(ssh_key::LineEnding::LF).expect("written").to_string()
        };
        let other = Ed25519Keypair::from_seed(&[7; 32]);
        let forged = Ed25519Keypair { public: other.public, private: pair.private.clone() };
        assert_eq!(proved(&[("private-key", &written(pair), "id")], ""), [Some(Proof::KeyPair)]);
        for unproved in [written(forged), expanded("{pem:openssh}"), expanded("{pem:pkcs8}")] {
            assert_eq!(proved(&[("private-key", &unproved, "id")], ""), [None]);
        }
    }

    #[test]
    fn a_trading_record_is_proved_by_its_sum() {
        let (id, secret) = (expanded("hft_{hex:32}"), expanded("{base64:42}A="));
        let record = |sum: &str| {
            format!(
                "[1, {{\"key_id\":\"{id}\",\"secret_key\":\"{secret}\",\"created_at\":\"2026-01-01T00:00:00Z\",\
                 \"expires_at\":\"2026-04-01T00:00:00Z\",\"permissions\":[\"read\",\"trade\"],\"checksum\":\"{sum}\"}}]"
            )
        };
        let sum = HEXLOWER.encode(&Sha256::digest(format!("{id}2026-01-01T00:00:00Z2026-04-01T00:00:00Zreadtrade")));
        let found = [("hft-secret-key", secret.as_str(), "k.json")];
        assert_eq!(proved(&found, &record(&sum)), [Some(Proof::Record)]);
        assert_eq!(proved(&found, &record(&sum.replace('a', "b"))), [None]);
        assert_eq!(proved(&found, "no JSON"), [None]);
    }
}
