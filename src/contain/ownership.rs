//! Whose a credential is: as its rule says, unless the responder's own configuration says otherwise.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::facts::Credential;
use crate::model::{Location, Verb};
use crate::rules::{Class, RuleSet};

/// A class for what is named here, in place of the rule's.
#[derive(Clone, Debug, Default)]
pub struct Owned {
    class: Class,
    fingerprints: Vec<String>,
    resources: Vec<String>,
    services: Vec<String>,
    paths: GlobSet,
}

impl Owned {
    /// From fingerprints, resources, services (a rule's service, or its provider) and patterns of paths.
    ///
    /// # Errors
    /// What is wrong with it: an unknown class, a pattern that is none, nothing that it is for.
    pub fn new(
        class: &str,
        fingerprints: Vec<String>,
        resources: Vec<String>,
        services: Vec<String>,
        paths: &[String],
    ) -> Result<Self, String> {
        let known = || Class::ALL.map(Class::name).join(", ");
        let class = Class::parse(class).ok_or_else(|| format!("there is no class `{class}`; there are {}", known()))?;
        if fingerprints.is_empty() && resources.is_empty() && services.is_empty() && paths.is_empty() {
            return Err("name what has this class: fingerprints, resources, services or paths".to_owned());
        }
        let mut globs = GlobSetBuilder::new();
        for path in paths {
            let glob = GlobBuilder::new(path).literal_separator(true).build().map_err(|_| format!("`{path}` is no pattern of paths"))?;
            globs.add(glob);
        }
        let paths = globs.build().map_err(|error| error.to_string())?;
        Ok(Self { class, fingerprints, resources, services, paths })
    }
}

/// The class of a credential that stands at `places`, by the first of these that names it: its fingerprint, its resources, a path, its
/// service, its rule. What signs or encrypts is `encryption` where nothing says otherwise.
pub fn class_of(credential: &Credential, places: &[Location], rules: &RuleSet, owned: &[Owned]) -> Class {
    let rule = rules.find(&credential.rule).map(|(_, rule)| rule);
    let service = rule.and_then(|rule| rule.confirm.as_ref()).map(|confirm| confirm.service.as_str());
    let is_service = |name: &String| {
        Some(name.as_str()) == service || (!credential.provider.is_empty() && name.eq_ignore_ascii_case(&credential.provider))
    };
    let by = |names: &dyn Fn(&Owned) -> bool| owned.iter().find(|one| names(one)).map(|one| one.class);
    by(&|one| one.fingerprints.iter().any(|fp| fp == credential.fp.as_str()))
        .or_else(|| by(&|one| one.resources.iter().any(|resource| credential.resources.contains(resource))))
        .or_else(|| by(&|one| places.iter().any(|place| one.paths.is_match(&place.path))))
        .or_else(|| by(&|one| one.services.iter().any(is_service)))
        .unwrap_or_else(|| match (rule.map(|rule| rule.class).unwrap_or_default(), credential.verb) {
            (Class::Personal, Verb::Rekey) => Class::Encryption,
            (class, _) => class,
        })
}

#[cfg(test)]
mod tests {
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
            Owned::new("ci", Vec::new(), Vec::new(), list("gitlab"), &[]).expect("sound"),
            Owned::new("exchange", Vec::new(), Vec::new(), Vec::new(), &list("trading/**")).expect("sound"),
        ];
        assert_eq!(of("gitlab-access-token", &owned, "a.env"), Class::Ci);
        assert_eq!(of("gitlab-access-token", &owned, "trading/deep/a.env"), Class::Exchange, "a path is nearer than a service");
        let named = [&owned[..], &[Owned::new("master", list(fp.as_str()), Vec::new(), Vec::new(), &[]).expect("sound")]].concat();
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
        let of = |class: &str, paths: &[String]| Owned::new(class, Vec::new(), Vec::new(), Vec::new(), paths).expect_err("wrong");
        assert!(of("clouds", &["a".to_owned()]).contains("there is no class `clouds`; there are internal-service"));
        assert!(of("cloud", &[]).contains("name what has this class"));
        assert!(of("cloud", &["[".to_owned()]).contains("no pattern"));
    }
}
