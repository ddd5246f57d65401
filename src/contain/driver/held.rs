//! A credential that was read again from where it stands, for the moment in which it is used.

use std::fmt;

use crate::model::{Part, Secret};
use crate::rules::Rule;

/// The credential, its parts and the rule that found it.
pub struct Held {
    /// Its bytes, wiped when this is dropped.
    pub secret: Secret,
    /// What stands near it.
    pub parts: Vec<Part>,
    /// The rule.
    pub rule: Rule,
}

impl fmt::Debug for Held {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Held({})", self.rule.id)
    }
}
