//! Verifies what Standard Webhooks signed: one good signature among those given, made within five minutes.

use std::time::Duration;

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::sign::{KeyFormat, shared, signed};
use crate::model::Secret;

/// How far the sender's clock and ours may be apart.
pub const TOLERANCE: Duration = Duration::from_secs(300);

/// Why a message is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A header is missing or malformed.
    #[error("it lacks the header {0}")]
    Header(&'static str),
    /// Too old, or from the future: a replay, or a wrong clock.
    #[error("its timestamp is {0} s away from the clock here; 300 s are allowed")]
    Time(i64),
    /// No signature is by a key of ours.
    #[error("no signature is by a known key")]
    Unknown,
}

/// The keys of which one must have signed.
#[derive(Clone)]
pub struct Verifier {
    shared: Vec<Zeroizing<Vec<u8>>>,
    public: Vec<ed25519_dalek::VerifyingKey>,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Verifier({} shared, {} public)", self.shared.len(), self.public.len())
    }
}

impl Verifier {
    /// From one key or several (`whsec_…`, `whpk_…`), with white space between them.
    ///
    /// # Errors
    /// [`KeyFormat`] when one is no key, or there is none.
    pub fn parse(text: &Secret) -> Result<Self, KeyFormat> {
        let mut verifier = Self { shared: Vec::new(), public: Vec::new() };
        for word in text.expose().split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()) {
            if let Some(key) = word.strip_prefix(b"whsec_") {
                verifier.shared.push(shared(key)?);
            } else if let Some(key) = word.strip_prefix(b"whpk_") {
                let bytes: [u8; 32] = BASE64.decode(key).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(KeyFormat::Length)?;
                verifier.public.push(ed25519_dalek::VerifyingKey::from_bytes(&bytes).map_err(|_| KeyFormat::Length)?);
            } else {
                return Err(KeyFormat::Prefix);
            }
        }
        if verifier.shared.is_empty() && verifier.public.is_empty() { Err(KeyFormat::Prefix) } else { Ok(verifier) }
    }

    /// Whether the message is from somebody who holds a key, and of now; gives its id. `header` looks up a header by lower-case name,
    /// `now` is in seconds since 1970.
    ///
    /// # Errors
    /// [`SignatureError`] when it is not.
    pub fn verify<'h>(&self, header: impl Fn(&str) -> Option<&'h str>, body: &[u8], now: i64) -> Result<&'h str, SignatureError> {
        let id = header("webhook-id").filter(|id| !id.is_empty() && id.len() <= 256).ok_or(SignatureError::Header("webhook-id"))?;
        let time: i64 =
            header("webhook-timestamp").and_then(|time| time.parse().ok()).ok_or(SignatureError::Header("webhook-timestamp"))?;
        let signatures = header("webhook-signature").ok_or(SignatureError::Header("webhook-signature"))?;
        let content = signed(id, time, body);
        if !signatures.split(' ').take(16).any(|signature| self.is_by_us(signature, &content)) {
            return Err(SignatureError::Unknown);
        }
        let apart = now.saturating_sub(time);
        if apart.unsigned_abs() > TOLERANCE.as_secs() { Err(SignatureError::Time(apart)) } else { Ok(id) }
    }

    fn is_by_us(&self, signature: &str, content: &[u8]) -> bool {
        let Some((version, bytes)) =
            signature.split_once(',').and_then(|(version, text)| Some((version, BASE64.decode(text.as_bytes()).ok()?)))
        else {
            return false;
        };
        match version {
            "v1" => self.shared.iter().any(|key| {
                let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of every length");
                mac.update(content);
                // Compares in constant time.
                mac.verify_slice(&bytes).is_ok()
            }),
            "v1a" => {
                let signature = ed25519_dalek::Signature::from_slice(&bytes);
                signature.is_ok_and(|signature| self.public.iter().any(|key| key.verify_strict(content, &signature).is_ok()))
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handoff::Signer;

    fn secret(prefix: &str, bytes: &[u8]) -> Secret {
        Secret::new(format!("{prefix}{}", BASE64.encode(bytes)))
    }

    fn checked(verifier: &Verifier, headers: &[(String, String)], body: &[u8], now: i64) -> Result<String, SignatureError> {
        let header = |wanted: &str| headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        verifier.verify(header, body, now).map(str::to_owned)
    }

    #[test]
    fn the_example_of_the_specification_verifies() {
        // Standard Webhooks, spec/standard-webhooks.md and the test vectors of its libraries: the key is a sample, of no use.
        let sample = Secret::new(["whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"].concat());
        let signer = Signer::parse(&sample).expect("a key");
        let headers = signer.headers("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(headers[2].1, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn both_versions_verify_and_nothing_else_does() {
        let (hmac, seed) = (secret("whsec_", &[7; 32]), [9; 32]);
        let public = ed25519_dalek::SigningKey::from_bytes(&seed).verifying_key().to_bytes();
        let both = Secret::new([hmac.expose(), b"\n", secret("whsk_", &seed).expose()].concat());
        let headers = Signer::parse(&both).expect("keys").headers("evt_1", 1000, b"{}");
        let (by_hmac, by_pair) = (Verifier::parse(&hmac).expect("a key"), Verifier::parse(&secret("whpk_", &public)).expect("a key"));
        for verifier in [&by_hmac, &by_pair] {
            assert_eq!(checked(verifier, &headers, b"{}", 1300), Ok("evt_1".to_owned()));
            assert_eq!(checked(verifier, &headers, b"{ }", 1000), Err(SignatureError::Unknown));
            assert_eq!(checked(verifier, &headers, b"{}", 1301), Err(SignatureError::Time(301)));
            assert_eq!(checked(verifier, &headers, b"{}", 699), Err(SignatureError::Time(-301)));
            let mut forged = headers.clone();
            forged[1].1 = "1001".to_owned();
            assert_eq!(checked(verifier, &forged, b"{}", 1000), Err(SignatureError::Unknown));
            assert_eq!(checked(verifier, &headers[..2], b"{}", 1000), Err(SignatureError::Header("webhook-signature")));
        }
        let other = Verifier::parse(&secret("whsec_", &[8; 32])).expect("a key");
        assert_eq!(checked(&other, &headers, b"{}", 1000), Err(SignatureError::Unknown));
        // While keys are exchanged both sign.
        let two = Secret::new([secret("whsec_", &[8; 32]).expose(), b" ", hmac.expose()].concat());
        let headers = Signer::parse(&two).expect("keys").headers("evt_1", 1000, b"{}");
        assert!(checked(&other, &headers, b"{}", 1000).is_ok() && checked(&by_hmac, &headers, b"{}", 1000).is_ok());
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_repeated() {
        for wrong in ["hunter2", "whsec_hunter2", "whsec_aHVudGVyMg==", "whsk_aHVudGVyMg=="] {
            let error = Signer::parse(&Secret::new(wrong)).expect_err(wrong).to_string();
            assert!(!error.contains("hunter2") && !error.contains("aHVud"), "{error}");
        }
        assert_eq!(Signer::parse(&secret("whsk_", &[1; 32])).err(), Some(KeyFormat::NoShared));
        assert!(Verifier::parse(&Secret::new("")).is_err());
    }
}
