//! Whether the value of a store is the credential that was found, without showing either.

use super::hashed::{Hashed, MAX_BCRYPT_COST};
use crate::keychain::InstallKey;
use crate::model::{Fingerprint, Identity, Secret, forms};

/// What a value of a store is held against.
#[derive(Clone, Debug)]
pub enum Found {
    /// What stands in the places that were named.
    Values(Vec<Secret>),
    /// A credential that is known by its fingerprint alone.
    Named(Fingerprint),
}

impl Found {
    /// The form in which the two are the same one, `value` where they are equal as they stand; none when the store holds another.
    ///
    /// A store may hold the address that a found password is part of, or the password of an address that was found, or its base64. What is
    /// compared are codes under `key`, in a time that tells nothing of the values.
    ///
    /// # Errors
    /// When the store keeps a bcrypt hash that cannot be held against what was found, and why.
    pub fn form_in(&self, stored: &Secret, key: &InstallKey) -> Result<Option<&'static str>, String> {
        if let Some(hash) = Hashed::read(stored.expose()) {
            return self.is_hashed(hash).map(|is_it| is_it.then_some("bcrypt hash"));
        }
        let stored_forms = forms(stored);
        Ok(match self {
            Self::Values(values) => values.iter().find_map(|found| {
                let of_stored = stored_forms.iter().find(|(_, form)| key.are_same(form, found));
                let of_found = || forms(found).into_iter().find(|(_, form)| key.are_same(form, stored)).map(|(name, _)| name);
                of_stored.map(|(name, _)| *name).or_else(of_found)
            }),
            Self::Named(fingerprint) => {
                let is_it = |form: &Secret| key.fingerprint(&Identity::secret(form)) == *fingerprint;
                stored_forms.iter().find(|(_, form)| is_it(form)).map(|(name, _)| *name)
            }
        })
    }

    /// Services keep hashes of their keys: the hash of what was found says the same as the value itself.
    fn is_hashed(&self, hash: Hashed<'_>) -> Result<bool, String> {
        match self {
            Self::Named(_) => {
                Err("it is a bcrypt hash, which a fingerprint cannot be held against; name the finding by FILE:LINE".to_owned())
            }
            Self::Values(_) if !hash.is_cheap() => {
                Err(format!("it is a bcrypt hash of cost {}; {MAX_BCRYPT_COST} is the highest that is tried", hash.cost()))
            }
            Self::Values(values) => Ok(values.iter().take(8).any(|value| hash.is_of(value))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_known_in_whatever_form_it_is_kept() {
        let key = InstallKey::generate().expect("random bytes");
        let address = format!("postgres://app:{}@db/x", "correct-horse");
        let found = |text: &str| Found::Values(vec![Secret::new("another"), Secret::new(text)]);
        for (here, stored, form) in [
            ("correct-horse", "correct-horse", Some("value")),
            ("correct-horse", address.as_str(), Some("password")),
            (address.as_str(), "correct-horse", Some("password")),
            ("correct-horse", "Y29ycmVjdC1ob3JzZQ==", Some("decoded")),
            ("correct-horse", "correct-horsf", None),
            ("correct-horse", "correct-hors", None),
        ] {
            assert_eq!(found(here).form_in(&Secret::new(stored), &key), Ok(form), "{here} {stored}");
        }
        let named = Found::Named(key.fingerprint(&Identity::secret(&Secret::new("correct-horse"))));
        assert_eq!(named.form_in(&Secret::new(address.as_bytes()), &key), Ok(Some("password")));
        assert_eq!(named.form_in(&Secret::new("correct-hors"), &key), Ok(None));
        // What a service keeps of its keys.
        let hash = bcrypt::hash("correct-horse", 4).expect("hashed");
        assert_eq!(found("correct-horse").form_in(&Secret::new(hash.as_bytes()), &key), Ok(Some("bcrypt hash")));
        assert_eq!(found("correct-horsf").form_in(&Secret::new(hash.as_bytes()), &key), Ok(None));
        assert!(named.form_in(&Secret::new(hash.as_bytes()), &key).is_err_and(|why| why.contains("FILE:LINE")));
        let dear = hash.replace("$04$", "$15$");
        assert!(found("correct-horse").form_in(&Secret::new(dear), &key).is_err_and(|why| why.contains("cost 15")));
    }
}
