//! What makes an exposure as bad as it can be: that everybody can read the credential, that it opens production.

use serde::{Deserialize, Serialize};

/// The two signs, each with the ground it rests on; none where nobody has said so.
///
/// Neither can be measured without asking a forge or an issuer, so both are told: by a rule, by the configuration, by a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stakes {
    /// Why everybody can read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public: Option<String>,
    /// Why it opens production.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub production: Option<String>,
}

impl Stakes {
    /// Whether nothing is known.
    pub fn are_unknown(&self) -> bool {
        self.public.is_none() && self.production.is_none()
    }

    /// Whether everybody can read it, and it opens production.
    pub fn are_highest(&self) -> bool {
        self.public.is_some() && self.production.is_some()
    }

    /// What `other` knows that this does not; it is known here from then on.
    pub fn learn(&mut self, other: &Self) -> Self {
        let new = |own: &mut Option<String>, other: &Option<String>| {
            let new = other.clone().filter(|_| own.is_none());
            if new.is_some() {
                own.clone_from(&new);
            }
            new
        };
        Self { public: new(&mut self.public, &other.public), production: new(&mut self.production, &other.production) }
    }

    /// Each sign in a sentence of its own, with its ground.
    pub fn told(&self) -> Vec<String> {
        let public = self.public.iter().map(|why| format!("everybody can read it: {why}"));
        public.chain(self.production.iter().map(|why| format!("it opens production: {why}"))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_stays_and_what_is_new_is_told() {
        let of = |public: Option<&str>, production: Option<&str>| Stakes {
            public: public.map(str::to_owned),
            production: production.map(str::to_owned),
        };
        let mut stakes = of(Some("a"), None);
        assert!(!stakes.are_unknown() && !stakes.are_highest());
        assert_eq!(stakes.learn(&of(Some("b"), Some("c"))), of(None, Some("c")));
        assert_eq!(stakes, of(Some("a"), Some("c")));
        assert!(stakes.are_highest() && stakes.learn(&of(Some("b"), Some("d"))).are_unknown());
        assert_eq!(stakes.told(), ["everybody can read it: a", "it opens production: c"]);
    }
}
