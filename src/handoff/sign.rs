//! Signs a body as Standard Webhooks asks: over id, time of the attempt, and the bytes.

use data_encoding::BASE64;
use ed25519_dalek::Signer as _;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::model::Secret;

/// Why a key cannot be used; it never repeats the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFormat {
    /// None of the known beginnings.
    #[error("a signing secret begins with `whsec_` (shared) or `whsk_` (Ed25519), a verification key with `whsec_` or `whpk_`")]
    Prefix,
    /// Not base64, or of a wrong length.
    #[error("a signing secret is base64 of 24 to 64 bytes behind its prefix, an Ed25519 key of 32")]
    Length,
    /// No `whsec_` among them.
    #[error("one key must be a shared secret (`whsec_`): receivers of Standard Webhooks verify `v1`, and many nothing else")]
    NoShared,
}

/// The keys that one endpoint's notices are signed with.
#[derive(Clone)]
pub struct Signer {
    shared: Vec<Zeroizing<Vec<u8>>>,
    pairs: Vec<ed25519_dalek::SigningKey>,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Signer({} shared, {} pairs)", self.shared.len(), self.pairs.len())
    }
}

impl Signer {
    /// From one key or several, with white space between them (the new and the old one while keys are exchanged).
    ///
    /// # Errors
    /// [`KeyFormat`] when one is no key, or none is a shared secret.
    pub fn parse(text: &Secret) -> Result<Self, KeyFormat> {
        let mut signer = Self { shared: Vec::new(), pairs: Vec::new() };
        for word in text.expose().split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()) {
            if let Some(key) = word.strip_prefix(b"whsec_") {
                signer.shared.push(shared(key)?);
            } else if let Some(key) = word.strip_prefix(b"whsk_") {
                let bytes = Zeroizing::new(BASE64.decode(key).map_err(|_| KeyFormat::Length)?);
                // The seed alone, or with the public key behind it.
                let seed = bytes.get(..32).filter(|_| matches!(bytes.len(), 32 | 64)).ok_or(KeyFormat::Length)?;
                signer.pairs.push(ed25519_dalek::SigningKey::from_bytes(seed.try_into().expect("32 bytes were taken")));
            } else {
                return Err(KeyFormat::Prefix);
            }
        }
        if signer.shared.is_empty() { Err(KeyFormat::NoShared) } else { Ok(signer) }
    }

    /// The three headers for one attempt at `time`, in seconds since 1970.
    pub fn headers(&self, id: &str, time: i64, body: &[u8]) -> Vec<(String, String)> {
        let content = signed(id, time, body);
        let shared = self.shared.iter().map(|key| format!("v1,{}", BASE64.encode(&code(key, &content))));
        let pairs = self.pairs.iter().map(|key| format!("v1a,{}", BASE64.encode(&key.sign(&content).to_bytes())));
        let signatures: Vec<String> = shared.chain(pairs).collect();
        vec![
            ("webhook-id".to_owned(), id.to_owned()),
            ("webhook-timestamp".to_owned(), time.to_string()),
            ("webhook-signature".to_owned(), signatures.join(" ")),
        ]
    }
}

/// A shared secret's bytes.
pub(super) fn shared(text: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyFormat> {
    let bytes = Zeroizing::new(BASE64.decode(text).map_err(|_| KeyFormat::Length)?);
    if (24..=64).contains(&bytes.len()) { Ok(bytes) } else { Err(KeyFormat::Length) }
}

/// What is signed.
pub(super) fn signed(id: &str, time: i64, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), b".", time.to_string().as_bytes(), b".", body].concat()
}

/// HMAC-SHA256 (RFC 2104).
pub(super) fn code(key: &[u8], content: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of every length");
    mac.update(content);
    mac.finalize().into_bytes().into()
}
