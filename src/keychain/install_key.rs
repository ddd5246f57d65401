//! The installation's key, with which fingerprints are made.

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use rand::TryRng;
use rand::rngs::SysRng;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::error::KeyError;
use crate::model::{Fingerprint, Identity, Secret};

/// 32 bytes that a team shares, so that one credential has one fingerprint on all its machines.
#[derive(Clone)]
pub struct InstallKey {
    bytes: Zeroizing<[u8; 32]>,
    is_stable: bool,
}

impl std::fmt::Debug for InstallKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "InstallKey(stable: {})", self.is_stable)
    }
}

impl InstallKey {
    /// A new key, to be kept.
    ///
    /// # Errors
    /// [`KeyError::NoRandom`] when the system gives no random bytes.
    pub fn generate() -> Result<Self, KeyError> {
        let mut bytes = Zeroizing::new([0; 32]);
        SysRng.try_fill_bytes(bytes.as_mut()).map_err(|_| KeyError::NoRandom)?;
        Ok(Self { bytes, is_stable: true })
    }

    /// A new key that ends with the run: its fingerprints can be compared with no other's.
    ///
    /// # Errors
    /// As [`InstallKey::generate`].
    pub fn ephemeral() -> Result<Self, KeyError> {
        Ok(Self { is_stable: false, ..Self::generate()? })
    }

    /// The key as it is kept: base64 of 32 bytes (RFC 4648, 4); a newline at the end is passed over.
    ///
    /// # Errors
    /// [`KeyError::NoKey`] when it is something else.
    pub fn parse(text: &Secret) -> Result<Self, KeyError> {
        let text = text.expose().trim_ascii();
        let mut bytes = Zeroizing::new([0; 32]);
        // The length is checked first: a decoder panics on a buffer that does not fit.
        let mut room = Zeroizing::new([0; 33]);
        if text.len() != 44 || BASE64.decode_mut(text, room.as_mut()).ok() != Some(32) {
            return Err(KeyError::NoKey);
        }
        bytes.copy_from_slice(&room[..32]);
        if bytes.iter().all(|byte| *byte == bytes[0]) {
            return Err(KeyError::NoKey);
        }
        Ok(Self { bytes, is_stable: true })
    }

    /// The key as it is kept.
    pub fn encoded(&self) -> Secret {
        Secret::new(BASE64.encode(self.bytes.as_ref()))
    }

    /// Whether it outlives the run.
    pub fn is_stable(&self) -> bool {
        self.is_stable
    }

    /// The fingerprint of a credential: HMAC-SHA256 (RFC 2104) over `fp1`, the kind and the name, with a zero byte between them.
    pub fn fingerprint(&self, identity: &Identity) -> Fingerprint {
        let code = self.code(&[b"fp1", identity.kind.name().as_bytes(), identity.canonical.expose()]);
        Fingerprint::new(&code, self.is_stable)
    }

    /// Whether two values are the same, by their codes under the key and in a time that tells nothing of them.
    pub fn are_same(&self, one: &Secret, other: &Secret) -> bool {
        let mut mac = self.mac();
        mac.update(b"same1\0");
        mac.update(one.expose());
        mac.verify_slice(&self.code(&[b"same1", other.expose()])).is_ok()
    }

    /// Twelve characters for something that is no credential and that others need not know: a case, a host.
    pub fn label(&self, what: &str, name: &[u8]) -> String {
        Fingerprint::new(&self.code(&[b"label1", what.as_bytes(), name]), true).as_str()[4..16].to_owned()
    }

    fn code(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.mac();
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                mac.update(&[0]);
            }
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    fn mac(&self) -> Hmac<Sha256> {
        Hmac::new_from_slice(self.bytes.as_ref()).expect("HMAC takes keys of every length")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::IdentityKind;

    fn key(first: u8) -> InstallKey {
        let bytes: [u8; 32] = std::array::from_fn(|at| first.wrapping_add(u8::try_from(at).expect("small")));
        InstallKey::parse(&Secret::new(BASE64.encode(&bytes))).expect("a key")
    }

    #[test]
    fn one_credential_has_one_fingerprint_under_one_key() {
        let identity = |kind, text: &str| Identity { kind, canonical: Secret::new(text) };
        let one = identity(IdentityKind::Secret, "correct horse");
        assert_eq!(key(0).fingerprint(&one), key(0).fingerprint(&one));
        assert_ne!(key(0).fingerprint(&one), key(1).fingerprint(&one), "another key");
        assert_ne!(key(0).fingerprint(&one), key(0).fingerprint(&identity(IdentityKind::Login, "correct horse")), "another kind");
        assert_ne!(key(0).fingerprint(&one), key(0).fingerprint(&identity(IdentityKind::Secret, "correct horsf")));
        let ephemeral = InstallKey::ephemeral().expect("random bytes");
        assert!(!ephemeral.fingerprint(&one).is_stable() && key(0).fingerprint(&one).is_stable());
    }

    #[test]
    fn equal_values_are_the_same_and_no_others() {
        let secret = Secret::new;
        assert!(key(0).are_same(&secret("correct horse"), &secret("correct horse")));
        for other in ["", "correct horsf", "correct hors", "correct horse "] {
            assert!(!key(0).are_same(&secret("correct horse"), &secret(other)), "{other}");
        }
    }

    #[test]
    fn the_fingerprint_is_what_other_tools_compute() {
        // printf 'fp1\0secret\0correct horse' | openssl dgst -sha256 -mac HMAC -macopt hexkey:000102…1f, base32, lower case, 26 characters
        let identity = Identity::secret(&Secret::new("correct horse"));
        assert_eq!(key(0).fingerprint(&identity).as_str(), "fp1_eucd5zto73k7pqfujcaje4ar67");
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for wrong in ["", "abc", &BASE64.encode(&[7; 31]), &BASE64.encode(&[0; 32]), &BASE64.encode(&[1; 33]), &"!".repeat(44)] {
            assert!(InstallKey::parse(&Secret::new(wrong)).is_err(), "{wrong}");
        }
        let made = InstallKey::generate().expect("random bytes");
        let mut kept = made.encoded().expose().to_vec();
        kept.push(b'\n');
        let identity = Identity::secret(&Secret::new("x"));
        assert_eq!(InstallKey::parse(&Secret::new(kept)).expect("a key").fingerprint(&identity), made.fingerprint(&identity));
        assert_eq!(format!("{made:?}"), "InstallKey(stable: true)");
    }
}
