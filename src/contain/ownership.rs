//! Whose a credential is: as its rule says, unless the responder's own configuration says otherwise.

use super::facts::Credential;
use super::named::Named;
use crate::model::{Location, Verb};
use crate::rules::{Class, RuleSet};

/// A class for what is named here, in place of the rule's.
#[derive(Clone, Debug, Default)]
pub struct Owned {
    class: Class,
    named: Named,
}

impl Owned {
    /// The class of what `named` names.
    ///
    /// # Errors
    /// What is wrong with it: an unknown class, nothing that it is for.
    pub fn new(class: &str, named: Named) -> Result<Self, String> {
        let known = || Class::ALL.map(Class::name).join(", ");
        let class = Class::parse(class).ok_or_else(|| format!("there is no class `{class}`; there are {}", known()))?;
        if named.is_empty() {
            return Err("name what has this class: fingerprints, resources, services or paths".to_owned());
        }
        Ok(Self { class, named })
    }
}

/// The class of a credential that stands at `places`, by the first of these that names it: its fingerprint, its resources, a path, its
/// service, its rule. What signs or encrypts is `encryption` where nothing says otherwise.
pub fn class_of(credential: &Credential, places: &[Location], rules: &RuleSet, owned: &[Owned]) -> Class {
    let by = |names: &dyn Fn(&Named) -> bool| owned.iter().find(|one| names(&one.named)).map(|one| one.class);
    by(&|one| one.has_fingerprint(credential))
        .or_else(|| by(&|one| one.resource(credential).is_some()))
        .or_else(|| by(&|one| one.path(places).is_some()))
        .or_else(|| by(&|one| one.service(credential, rules).is_some()))
        .unwrap_or_else(|| {
            let class = rules.find(&credential.rule).map(|(_, rule)| rule.class).unwrap_or_default();
            match (class, credential.verb) {
                (Class::Personal, Verb::Rekey) => Class::Encryption,
                (class, _) => class,
            }
        })
}

#[cfg(test)]
mod tests {
    use super::super::named::globs;
    use super::super::tests::opened;
    use super::*;
    use crate::model::Grade;

    fn place(path: &str) -> Location {
        Location { path: path.to_owned(), line: 1, column: 1, place: "file".to_owned(), object: None, commit: None }
    }

    #[test]
    fn the_rule_says_it_and_the_configuration_more_exactly() {
        let rules = RuleSet::builtin();
        let of = |rule: &str, owned: &[Owned], path: &str| {
            let mut credential = opened(Grade::Live, "").credential;
            credential.rule = rule.to_owned();
            credential.provider = rules.find(rule).map_or_else(String::new, |(_, rule)| rule.provider.clone());
            class_of(&credential, &[place(path)], &rules, owned)
        };
        for (rule, class) in [
            ("aws-access-key-id", Class::Cloud),
            ("buildkite-api-token", Class::Ci),
            ("gitlab-ci-job-token", Class::Ci),
            ("gitlab-access-token", Class::Personal),
            ("url-password", Class::Database),
            ("private-key", Class::Encryption),
            ("vault-unseal-key", Class::Master),
            ("vault-service-token", Class::Personal),
            ("axon-api-key", Class::InternalService),
            ("binance-api-key", Class::Exchange),
            ("no-such-rule", Class::Personal),
        ] {
            assert_eq!(of(rule, &[], "a.env"), class, "{rule}");
        }
        let fp = opened(Grade::Live, "").credential.fp;
        let list = |one: &str| vec![one.to_owned()];
        let owned = [
            Owned::new("ci", Named { services: list("gitlab"), ..Named::default() }).expect("sound"),
            Owned::new("exchange", Named { paths: globs(&list("trading/**")).expect("sound"), ..Named::default() }).expect("sound"),
        ];
        assert_eq!(of("gitlab-access-token", &owned, "a.env"), Class::Ci);
        assert_eq!(of("gitlab-access-token", &owned, "trading/deep/a.env"), Class::Exchange, "a path is nearer than a service");
        let own = Owned::new("master", Named { fingerprints: list(fp.as_str()), ..Named::default() }).expect("sound");
        let named = [&owned[..], &[own]].concat();
        assert_eq!(of("gitlab-access-token", &named, "trading/a.env"), Class::Master, "its own name is nearest");
    }

    #[test]
    fn what_signs_is_no_persons_own() {
        let mut credential = opened(Grade::Live, "").credential;
        credential.verb = Verb::Rekey;
        assert_eq!(class_of(&credential, &[], &RuleSet::builtin(), &[]), Class::Encryption);
    }

    #[test]
    fn what_cannot_be_is_named() {
        let of = |class: &str, named: Named| Owned::new(class, named).expect_err("wrong");
        let path = Named { paths: globs(&["a".to_owned()]).expect("sound"), ..Named::default() };
        assert!(of("clouds", path).contains("there is no class `clouds`; there are internal-service"));
        assert!(of("cloud", Named::default()).contains("name what has this class"));
        assert!(globs(&["[".to_owned()]).expect_err("none").contains("no pattern"));
    }
}
