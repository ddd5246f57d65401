//! Asks the inline markers and the lists about a finding, and counts which entries acted.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use super::allow::AllowEntry;
use super::inline;
use super::paths::Exclude;
use crate::model::{Secret, Suppression};
use crate::rules::{Rule, RuleSet};

/// What may silence a finding.
#[derive(Debug)]
pub struct SuppressOptions {
    /// Whether inline markers count.
    pub inline: bool,
    /// Allow-list entries in force.
    pub entries: Vec<AllowEntry>,
    /// Paths that are not looked at.
    pub excludes: Vec<Exclude>,
    /// Entries that were refused, as sentences for people.
    pub problems: Vec<String>,
    /// Ids of rules beyond the embedded ones, so that markers can name them.
    pub rule_ids: Vec<String>,
}

impl Default for SuppressOptions {
    fn default() -> Self {
        Self { inline: true, entries: Vec::new(), excludes: Vec::new(), problems: Vec::new(), rule_ids: Vec::new() }
    }
}

/// Says which findings are silenced, and by what; shared by all threads.
#[derive(Clone, Debug, Default)]
pub struct Suppressor {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    options: SuppressOptions,
    /// How often each allow-list entry acted, and after them each exclusion.
    acted: Vec<AtomicU64>,
    /// Every id that a marker can name; read when a marker is followed by a word.
    ids: OnceLock<HashSet<String>>,
}

impl Suppressor {
    /// A suppressor with these options.
    pub fn new(options: SuppressOptions) -> Self {
        let acted = (0..options.entries.len() + options.excludes.len()).map(|_| AtomicU64::new(0)).collect();
        Self { inner: Arc::new(Inner { options, acted, ids: OnceLock::new() }) }
    }

    /// What the user should know: entries that are expired or malformed and so silence nothing.
    pub fn warnings(&self) -> Vec<String> {
        self.inner.options.problems.clone()
    }

    /// The inline marker that silences a finding of `rule` on `line`, if there is one; a next-line marker stands on `line_above`.
    ///
    /// The marker's reason is text of the scanned line, cut before anything that looks like a value; mask secrets in it all the same.
    pub fn inline(&self, line: &[u8], line_above: Option<&[u8]>, rule: &Rule) -> Option<Suppression> {
        if !self.inner.options.inline {
            return None;
        }
        inline::find(line, line_above, rule, &|word| self.is_rule(word))
    }

    /// The allow-list entry that silences a finding of `rule` with that value at `path`, if there is one.
    pub fn listed(&self, path: &[u8], rule: &Rule, secret: &Secret) -> Option<Suppression> {
        let mut entries = self.inner.options.entries.iter().zip(&self.inner.acted);
        let (entry, acted) = entries.find(|(entry, _)| entry.covers(path, rule, secret))?;
        acted.fetch_add(1, Ordering::Relaxed);
        Some(Suppression { by: entry.place(), reason: Some(entry.reason().to_owned()), in_source: false })
    }

    /// The reason why `path` is not looked at, if the configuration excludes it.
    pub fn excludes(&self, path: &[u8]) -> Option<&str> {
        let excludes = &self.inner.options.excludes;
        let mut counted = excludes.iter().zip(&self.inner.acted[self.inner.options.entries.len()..]);
        let (exclude, acted) = counted.find(|(exclude, _)| exclude.paths.contains(path))?;
        acted.fetch_add(1, Ordering::Relaxed);
        Some(&exclude.reason)
    }

    /// Places of the entries and exclusions that acted, and how often, in the order in which they are written.
    pub fn acted(&self) -> Vec<(String, u64)> {
        self.counts().filter(|&(_, count)| count > 0).collect()
    }

    /// Places of the entries and exclusions that never acted; after a run over the whole tree they can be deleted.
    pub fn dead(&self) -> Vec<String> {
        self.counts().filter(|&(_, count)| count == 0).map(|(place, _)| place).collect()
    }

    fn counts(&self) -> impl Iterator<Item = (String, u64)> {
        let options = &self.inner.options;
        let places = options.entries.iter().map(AllowEntry::place).chain(options.excludes.iter().map(|exclude| exclude.place.clone()));
        places.zip(self.inner.acted.iter().map(|count| count.load(Ordering::Relaxed)))
    }

    fn is_rule(&self, word: &str) -> bool {
        let ids = self.inner.ids.get_or_init(|| {
            let builtin = RuleSet::builtin();
            let ids = builtin.iter().flat_map(|(_, rule)| std::iter::once(&rule.id).chain(&rule.aliases));
            ids.chain(&self.inner.options.rule_ids).cloned().collect()
        });
        ids.contains(word)
    }
}

#[cfg(test)]
mod tests {
    use super::super::allow::tests::rule;
    use super::super::{AllowSpec, PathSet};
    use super::*;

    fn entry(place: &str, paths: &str) -> AllowEntry {
        let spec = AllowSpec {
            place: place.to_owned(),
            reason: "a fixture".to_owned(),
            owner: Some("Build team".to_owned()),
            paths: vec![paths.to_owned()],
            ..AllowSpec::default()
        };
        AllowEntry::new(spec, jiff::civil::date(2026, 1, 1)).expect("a sound entry")
    }

    #[test]
    fn each_act_is_counted_and_the_dead_are_named() {
        let exclude = |place: &str, pattern: &str| Exclude {
            place: place.to_owned(),
            paths: PathSet::new(&[pattern.to_owned()]).expect("a sound pattern"),
            reason: "generated".to_owned(),
        };
        let suppressor = Suppressor::new(SuppressOptions {
            entries: vec![entry("k:1", "tests"), entry("k:5", "gone")],
            excludes: vec![exclude("k:9", "dist"), exclude("k:11", "build")],
            ..SuppressOptions::default()
        });
        let secret = Secret::new("ppp_abcdefgh");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| suppressor.clone().listed(b"tests/a", &rule(), &secret).expect("silenced"));
            }
        });
        let silenced = suppressor.listed(b"tests/a", &rule(), &secret).expect("silenced");
        assert_eq!(silenced, Suppression { by: "k:1 (Build team)".to_owned(), reason: Some("a fixture".to_owned()), in_source: false });
        assert_eq!(suppressor.listed(b"src/a", &rule(), &secret), None);
        assert_eq!(suppressor.excludes(b"dist/x.js"), Some("generated"));
        assert_eq!(suppressor.excludes(b"src/x.js"), None);
        assert_eq!(suppressor.acted(), [("k:1 (Build team)".to_owned(), 5), ("k:9".to_owned(), 1)]);
        assert_eq!(suppressor.dead(), ["k:5 (Build team)", "k:11"]);
    }

    #[test]
    fn markers_can_be_turned_off() {
        let line = b"token = x # keyfuse:allow";
        assert!(Suppressor::default().inline(line, None, &rule()).is_some());
        let off = Suppressor::new(SuppressOptions { inline: false, ..SuppressOptions::default() });
        assert_eq!(off.inline(line, None, &rule()), None);
    }

    #[test]
    fn a_marker_may_name_the_users_own_rules() {
        let options = SuppressOptions { rule_ids: vec!["own-rule".to_owned()], ..SuppressOptions::default() };
        let line = b"token = x # keyfuse:allow own-rule seen";
        assert_eq!(Suppressor::new(options).inline(line, None, &rule()), None, "it names another rule");
        assert!(Suppressor::default().inline(line, None, &rule()).is_some(), "it names no rule: the words are a reason");
    }
}
