//! The rules in force: the embedded ones, extended or cut down by the user's.

use std::collections::{HashMap, HashSet};

use super::file::{RuleError, RuleFile};
use super::rule::{Parser, Rule};
use crate::model::RuleId;

/// The embedded rules, compiled by the build script.
static COMPILED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rules.bin"));
include!(concat!(env!("OUT_DIR"), "/sources.rs"));

/// The rules in force.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    rules: Vec<Rule>,
    /// Where each id stands, once rules are added.
    places: HashMap<String, usize>,
}

impl RuleSet {
    /// The embedded rules.
    pub fn builtin() -> Self {
        Self { rules: postcard::from_bytes(COMPILED).expect("the build script wrote it with the same types"), places: HashMap::new() }
    }

    /// The embedded rule files as written: name and text, sorted by name.
    pub fn builtin_sources() -> &'static [(&'static str, &'static str)] {
        SOURCES
    }

    /// The rules of one file alone.
    ///
    /// # Errors
    /// The first rule that cannot be, by file, rule and field.
    pub fn from_file(name: &str, file: &RuleFile) -> Result<Self, RuleError> {
        let mut set = Self::default();
        set.extend(name, file)?;
        Ok(set)
    }

    /// Adds the rules of a file; one with the id of an earlier rule takes its place.
    ///
    /// # Errors
    /// The first rule that cannot be, by file, rule and field.
    pub fn extend(&mut self, name: &str, file: &RuleFile) -> Result<(), RuleError> {
        if self.places.is_empty() {
            self.places = self.rules.iter().enumerate().map(|(place, rule)| (rule.id.clone(), place)).collect();
        }
        let mut seen = HashSet::new();
        for rule in file.rules(name)? {
            let complain = |message: String| RuleError::Field { file: name.to_owned(), rule: rule.id.clone(), field: "id", message };
            if !seen.insert(rule.id.clone()) {
                return Err(complain("is used twice in this file".to_owned()));
            }
            match self.places.get(&rule.id) {
                Some(&place) => self.rules[place] = rule,
                None if self.rules.len() < usize::from(u16::MAX) => {
                    self.places.insert(rule.id.clone(), self.rules.len());
                    self.rules.push(rule);
                }
                None => return Err(complain("is one rule too many: 65,535 at most".to_owned())),
            }
        }
        Ok(())
    }

    /// Keeps the rules that `keep` says yes to.
    pub fn retain(&mut self, keep: impl FnMut(&Rule) -> bool) {
        self.rules.retain(keep);
        self.places.clear();
    }

    /// All rules with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (RuleId, &Rule)> {
        (0..).map(RuleId).zip(&self.rules)
    }

    /// The rule of that number.
    pub fn get(&self, id: RuleId) -> &Rule {
        &self.rules[usize::from(id.0)]
    }

    /// The rule of that id, or the one that had it before.
    pub fn find(&self, id: &str) -> Option<(RuleId, &Rule)> {
        self.iter().find(|(_, rule)| rule.id == id).or_else(|| self.iter().find(|(_, rule)| rule.aliases.iter().any(|alias| alias == id)))
    }

    /// The rule that each of the engine's parsers reports under.
    pub fn parsers(&self) -> HashMap<Parser, RuleId> {
        self.iter().filter_map(|(id, rule)| Some((rule.parser()?, id))).collect()
    }

    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}
