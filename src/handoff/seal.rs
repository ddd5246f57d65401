//! Encrypts a secret to people who were named beforehand, bound to the incident that it belongs to.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::model::{Fingerprint, Secret};

/// A longer secret does not fit into a notice with the rest, in bytes.
const MAX_SECRET: usize = 4096;

/// Why a secret is not sealed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Not a recipient of age.
    #[error("`{0}` is no age recipient (age1…), as `age-keygen -y` prints it")]
    Recipient(String),
    /// Too long.
    #[error("the secret is longer than {MAX_SECRET} bytes")]
    TooLong,
    /// The library refused.
    #[error("the secret cannot be encrypted")]
    Failed,
}

/// A secret that only its recipients can read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// How: `age` (age-encryption.org/v1).
    pub enc: String,
    /// To whom.
    pub to: Vec<String>,
    /// The armored file.
    pub ciphertext: String,
}

/// Who may read secrets, from the user's configuration and never from an answer.
#[derive(Clone, Default)]
pub struct Recipients {
    names: Vec<String>,
    keys: Vec<age::x25519::Recipient>,
}

impl std::fmt::Debug for Recipients {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(&self.names).finish()
    }
}

impl Recipients {
    /// From public keys, `age1…`.
    ///
    /// # Errors
    /// [`SealError::Recipient`] for what is none; a private key written there by mistake is not repeated.
    pub fn parse(names: &[String]) -> Result<Self, SealError> {
        let key = |name: &String| {
            let shown = if name.starts_with("age1") { name.chars().take(80).collect() } else { "…".to_owned() };
            age::x25519::Recipient::from_str(name).map_err(|_| SealError::Recipient(shown))
        };
        Ok(Self { keys: names.iter().map(key).collect::<Result<_, _>>()?, names: names.to_vec() })
    }

    /// Whether there is nobody.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

#[derive(Serialize)]
struct Inside<'a> {
    incident: &'a str,
    fp: &'a Fingerprint,
    /// Text, or base64 where it is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_base64: Option<String>,
}

/// Encrypts `secret` to the recipients. Incident and fingerprint stand inside, so that it cannot be passed off as another's.
///
/// # Errors
/// When it is too long.
pub fn seal(secret: &Secret, incident: &str, fp: &Fingerprint, to: &Recipients) -> Result<Sealed, SealError> {
    if secret.len() > MAX_SECRET {
        return Err(SealError::TooLong);
    }
    let text = std::str::from_utf8(secret.expose()).ok();
    let secret_base64 = text.is_none().then(|| data_encoding::BASE64.encode(secret.expose()));
    let inside = Zeroizing::new(serde_json::to_vec(&Inside { incident, fp, secret: text, secret_base64 }).map_err(|_| SealError::Failed)?);
    let encryptor = age::Encryptor::with_recipients(to.keys.iter().map(|key| key as &dyn age::Recipient)).map_err(|_| SealError::Failed)?;
    let mut armored = Vec::new();
    let write = |armored: &mut Vec<u8>| -> std::io::Result<()> {
        let armor = age::armor::ArmoredWriter::wrap_output(armored, age::armor::Format::AsciiArmor)?;
        let mut writer = encryptor.wrap_output(armor)?;
        std::io::Write::write_all(&mut writer, &inside)?;
        writer.finish()?.finish()?;
        Ok(())
    };
    write(&mut armored).map_err(|_| SealError::Failed)?;
    let ciphertext = String::from_utf8(armored).map_err(|_| SealError::Failed)?;
    Ok(Sealed { enc: "age".to_owned(), to: to.names.clone(), ciphertext })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_recipient_reads_it_and_it_names_its_incident() {
        let (ours, other) = (age::x25519::Identity::generate(), age::x25519::Identity::generate());
        let to = Recipients::parse(&[ours.to_public().to_string()]).expect("a recipient");
        let fp: Fingerprint = "fp1_aaaqeayeaudaocajbifqydiob4".parse().expect("a fingerprint");
        for (secret, field) in [(Secret::new("correct horse"), "secret"), (Secret::new([0xff, 0]), "secret_base64")] {
            let sealed = seal(&secret, "inc-1-1", &fp, &to).expect("sealed");
            assert!(sealed.ciphertext.starts_with("-----BEGIN AGE ENCRYPTED FILE-----") && !sealed.ciphertext.contains("horse"));
            let plain = age::decrypt(&ours, sealed.ciphertext.as_bytes()).expect("it is ours");
            let inside: serde_json::Value = serde_json::from_slice(&plain).expect("JSON");
            assert_eq!((&inside["incident"], &inside["fp"]), (&"inc-1-1".into(), &fp.as_str().into()));
            let value = inside[field].as_str().expect("the secret");
            assert!(value == "correct horse" || value == "/wA=", "{value}");
            assert!(age::decrypt(&other, sealed.ciphertext.as_bytes()).is_err());
        }
        assert_eq!(seal(&Secret::new("x".repeat(5000)), "i", &fp, &to), Err(SealError::TooLong));
    }

    #[test]
    fn a_private_key_by_mistake_is_not_repeated() {
        let error = Recipients::parse(&["AGE-SECRET-KEY-HUNTER2".to_owned()]).expect_err("no recipient").to_string();
        assert!(!error.contains("HUNTER2"), "{error}");
    }
}
