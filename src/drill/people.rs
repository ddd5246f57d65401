//! The people of a rehearsal: a role each, with an SSH key that lives as long as the rehearsal.

use rand::TryRng;
use rand::rngs::SysRng;
use ssh_key::LineEnding;
use ssh_key::private::{Ed25519Keypair, PrivateKey};
use zeroize::Zeroizing;

use super::rehearsal::DrillError;
use crate::contain::{BUILTIN, Signer};

/// Who has which role, after the tabletop's section 4.
const ROLES: [(&str, &str); 4] = [
    ("incident-commander", "architect@drill"),
    ("key-authority", "owner@drill"),
    ("audit-authority", "governance@drill"),
    ("observer", "compliance@drill"),
];

/// The people, their keys, and what the configuration says of them.
pub struct People {
    signers: Vec<(&'static str, Signer)>,
    /// `authority.toml`: the built-in one, with people in its roles.
    pub authority: String,
    /// `allowed_signers`.
    pub allowed: String,
}

impl People {
    /// Makes a key for everybody.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn new() -> Result<Self, DrillError> {
        let (mut signers, mut authority, mut allowed) = (Vec::new(), BUILTIN.to_owned(), String::new());
        for (role, person) in ROLES {
            let mut seed = Zeroizing::new([0_u8; 32]);
            SysRng.try_fill_bytes(seed.as_mut()).map_err(|_| DrillError::Other("the system gives no random bytes".to_owned()))?;
            let key = PrivateKey::from(Ed25519Keypair::from_seed(&seed));
            let wrong = |error: ssh_key::Error| DrillError::Other(error.to_string());
            let public = key.public_key().to_openssh().map_err(wrong)?;
            allowed.push_str(&format!("{person} {public} drill-key-of-{role}\n"));
            let private = key.to_openssh(LineEnding::LF).map_err(wrong)?;
            signers.push((person, Signer::new(person, private.as_bytes()).map_err(|error| DrillError::Other(error.to_string()))?));
            let table = format!("[roles.{role}]");
            let at = authority.find(&table).ok_or_else(|| DrillError::Other(format!("the built-in authority has no {table}")))?;
            let empty = authority[at..].find("people = []").ok_or_else(|| DrillError::Other(format!("{table} has people already")))?;
            authority.replace_range(at + empty..at + empty + 11, &format!("people = [\"{person}\"]"));
        }
        Ok(Self { signers, authority, allowed })
    }

    /// Who has the role.
    pub fn in_role(&self, role: &str) -> &'static str {
        ROLES.iter().find(|(name, _)| *name == role).map_or("nobody", |(_, person)| person)
    }

    /// A person's key.
    pub fn signer(&self, person: &str) -> Option<&Signer> {
        self.signers.iter().find(|(name, _)| *name == person).map(|(_, signer)| signer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contain::{Authority, NAMESPACE, Signers};

    #[test]
    fn everybody_has_a_role_and_a_key_that_verifies() {
        let people = People::new().expect("random bytes");
        let authority = Authority::parse("drill", &people.authority).expect("sound");
        let signers = Signers::parse(&people.allowed).expect("sound");
        for (role, person) in ROLES {
            assert_eq!(authority.roles_of(person), [role]);
            let signature = people.signer(person).expect("a key").sign(NAMESPACE, b"text").expect("signed");
            assert!(signers.verify(NAMESPACE, person, b"text", signature.as_bytes()).is_ok());
            assert!(signers.verify(NAMESPACE, person, b"other", signature.as_bytes()).is_err());
        }
    }
}
