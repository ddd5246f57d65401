//! Names credentials in the responder's configuration: by fingerprint, by resource, by the path of a place, by service.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::facts::Credential;
use crate::model::Location;
use crate::rules::RuleSet;

/// What an entry of the configuration is about.
#[derive(Clone, Debug, Default)]
pub struct Named {
    /// Fingerprints, whole.
    pub fingerprints: Vec<String>,
    /// Resources, as an incident names them.
    pub resources: Vec<String>,
    /// A rule's service, or its provider.
    pub services: Vec<String>,
    /// Patterns of paths.
    pub paths: GlobSet,
}

impl Named {
    /// Whether nothing is named.
    pub fn is_empty(&self) -> bool {
        self.fingerprints.is_empty() && self.resources.is_empty() && self.services.is_empty() && self.paths.is_empty()
    }

    pub(super) fn has_fingerprint(&self, credential: &Credential) -> bool {
        self.fingerprints.iter().any(|fp| fp == credential.fp.as_str())
    }

    /// The first of its resources that is named here.
    pub(super) fn resource<'a>(&self, credential: &'a Credential) -> Option<&'a str> {
        credential.resources.iter().find(|resource| self.resources.contains(resource)).map(String::as_str)
    }

    /// The first place that is named here.
    pub(super) fn path<'a>(&self, places: &'a [Location]) -> Option<&'a str> {
        places.iter().find(|place| self.paths.is_match(&place.path)).map(|place| place.path.as_str())
    }

    /// Its service as named here.
    pub(super) fn service(&self, credential: &Credential, rules: &RuleSet) -> Option<&str> {
        let rule = rules.find(&credential.rule).map(|(_, rule)| rule);
        let service = rule.and_then(|rule| rule.confirm.as_ref()).map(|confirm| confirm.service.as_str());
        let is_it = |name: &&String| {
            Some(name.as_str()) == service || (!credential.provider.is_empty() && name.eq_ignore_ascii_case(&credential.provider))
        };
        self.services.iter().find(is_it).map(String::as_str)
    }
}

/// Patterns in which `*` stays within a part of a path.
///
/// # Errors
/// Which is none.
pub fn globs(patterns: &[String]) -> Result<GlobSet, String> {
    let mut globs = GlobSetBuilder::new();
    for pattern in patterns {
        let glob = GlobBuilder::new(pattern).literal_separator(true).build().map_err(|_| format!("`{pattern}` is no pattern of paths"))?;
        globs.add(glob);
    }
    globs.build().map_err(|error| error.to_string())
}
