//! An allow-list entry: which findings it silences, and why.

use std::fmt;

use jiff::civil::Date;
use regex::bytes::{Regex, RegexBuilder};

use super::paths::PathSet;
use crate::model::Secret;
use crate::rules::Rule;

/// The longest value that an expression may match.
const MAX_VALUE: usize = 4096;
/// The most memory that an expression may compile to.
const MAX_COMPILED: usize = 1 << 20;

/// An entry as written, before it is checked.
#[derive(Clone, Debug, Default)]
pub struct AllowSpec {
    /// Where it is written, such as `keyfuse.toml:12`.
    pub place: String,
    /// Why these are no secrets.
    pub reason: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The last day on which it silences.
    pub expires: Option<Date>,
    /// Rule ids; empty means all.
    pub rules: Vec<String>,
    /// Path patterns; empty means all.
    pub paths: Vec<String>,
    /// Exact values.
    pub values: Vec<String>,
    /// Expressions for whole values.
    pub regexes: Vec<String>,
}

/// An entry in force.
pub struct AllowEntry {
    place: String,
    reason: String,
    owner: Option<String>,
    rules: Vec<String>,
    paths: PathSet,
    values: Vec<Secret>,
    regexes: Vec<Regex>,
}

impl AllowEntry {
    /// Checks an entry; one that has expired on the day `today` is as little an entry as a malformed one.
    ///
    /// # Errors
    /// A sentence that begins with the place and names what is wrong and the way out, but no value.
    pub fn new(spec: AllowSpec, today: Date) -> Result<Self, String> {
        let place = spec.place;
        let refuse = |why: String| Err(format!("{place}: this allow-list entry silences nothing: {why}"));
        if spec.reason.trim().is_empty() {
            return refuse("it gives no reason; add `reason = \"…\"`".to_owned());
        }
        if let Some(last) = spec.expires.filter(|&last| last < today) {
            return refuse(format!("it expired on {last}; renew `expires` or delete it ({})", spec.reason.trim()));
        }
        let paths = match PathSet::new(&spec.paths) {
            Ok(paths) => paths,
            Err(complaint) => return refuse(complaint),
        };
        let has_values = !spec.values.is_empty() || !spec.regexes.is_empty();
        if !has_values && paths.is_empty() {
            return refuse("it names neither `paths` nor `values` nor `regexes`; to switch a rule off use `[rules] disable`".to_owned());
        }
        if !has_values && spec.rules.is_empty() && paths.covers_all() {
            return refuse("its `paths` cover everything; name folders, or the `values` that are no secrets".to_owned());
        }
        if spec.values.iter().any(String::is_empty) {
            return refuse("one of its `values` is empty".to_owned());
        }
        let mut regexes = Vec::with_capacity(spec.regexes.len());
        for (number, expression) in (1..).zip(&spec.regexes) {
            match whole_value(expression) {
                Ok(regex) => regexes.push(regex),
                Err(why) => return refuse(format!("its expression number {number} {why}")),
            }
        }
        let values = spec.values.into_iter().map(Secret::new).collect();
        let owner = spec.owner.filter(|owner| !owner.trim().is_empty());
        Ok(Self { place, reason: spec.reason, owner, rules: spec.rules, paths, values, regexes })
    }

    /// Whether it answers for a finding of that rule and value at that path.
    pub(super) fn covers(&self, path: &[u8], rule: &Rule, secret: &Secret) -> bool {
        let names_rule = |id: &String| *id == rule.id || rule.aliases.contains(id);
        (self.rules.is_empty() || self.rules.iter().any(names_rule))
            && (self.paths.is_empty() || self.paths.contains(path))
            && ((self.values.is_empty() && self.regexes.is_empty()) || self.is_known(secret))
    }

    fn is_known(&self, secret: &Secret) -> bool {
        self.values.contains(secret) || self.regexes.iter().any(|regex| regex.is_match(secret.expose()))
    }

    /// Where it is written, and whose it is.
    pub(super) fn place(&self) -> String {
        match &self.owner {
            Some(owner) => format!("{} ({owner})", self.place),
            None => self.place.clone(),
        }
    }

    /// Why these are no secrets.
    pub(super) fn reason(&self) -> &str {
        &self.reason
    }
}

/// An entry may hold what somebody took for no secret in error: it shows its place alone.
impl fmt::Debug for AllowEntry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "AllowEntry({})", self.place)
    }
}

/// The expression, held to the whole value and to a bounded length.
fn whole_value(expression: &str) -> Result<Regex, String> {
    let hir = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(expression);
    // The parser's message quotes the expression, which may hold a value.
    let hir = hir.map_err(|_| "is no valid regular expression".to_owned())?;
    if hir.properties().maximum_len().is_none_or(|length| length > MAX_VALUE) {
        return Err(format!("has no bound of {MAX_VALUE} bytes; write {{n,m}} in place of * and +"));
    }
    if hir.properties().minimum_len().is_none_or(|length| length == 0) {
        return Err("can match nothing at all; give it at least one character".to_owned());
    }
    let anchored = format!(r"\A(?:{expression})\z");
    let built = RegexBuilder::new(&anchored).unicode(false).dot_matches_new_line(true).size_limit(MAX_COMPILED).build();
    built.map_err(|_| "is too large".to_owned())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::rules::{RuleFile, RuleSet};

    pub(in super::super) const RULE: &str = "provider = 'P'\ndocs = 'd'\n[[rule]]\nid = 'p-token'\ntitle = 'P'\nevidence = 'documented'\n\
        severity = 'high'\nprefix = ['ppp_']\npattern = 'ppp_[a-z]{8}'\naliases = ['old-token']\n";

    pub(in super::super) fn rule() -> Rule {
        let set = RuleSet::from_file("p.toml", &RuleFile::parse("p.toml", RULE).expect("TOML")).expect("a sound rule");
        set.find("p-token").expect("it is there").1.clone()
    }

    fn today() -> Date {
        jiff::civil::date(2026, 1, 15)
    }

    fn spec() -> AllowSpec {
        AllowSpec { place: "keyfuse.toml:3".to_owned(), reason: "a fixture".to_owned(), ..AllowSpec::default() }
    }

    fn strings(words: &[&str]) -> Vec<String> {
        words.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn all_that_is_named_must_hold() {
        let secret = Secret::new("ppp_abcdefgh");
        let entry = |rules: &[&str], paths: &[&str], values: &[&str], regexes: &[&str]| {
            let (rules, paths, values, regexes) = (strings(rules), strings(paths), strings(values), strings(regexes));
            AllowEntry::new(AllowSpec { rules, paths, values, regexes, ..spec() }, today()).expect("a sound entry")
        };
        let covers = |entry: AllowEntry, path: &str| entry.covers(path.as_bytes(), &rule(), &secret);
        assert!(covers(entry(&[], &["tests"], &[], &[]), "tests/a"));
        assert!(!covers(entry(&[], &["tests"], &[], &[]), "src/a"));
        assert!(covers(entry(&["old-token"], &["tests"], &[], &[]), "tests/a"), "an old id still names its rule");
        assert!(!covers(entry(&["other"], &["tests"], &[], &[]), "tests/a"));
        assert!(covers(entry(&[], &[], &["ppp_abcdefgh"], &[]), "src/a"));
        assert!(!covers(entry(&[], &[], &["abcdefgh"], &[]), "src/a"), "a value is exact");
        assert!(covers(entry(&[], &[], &["no"], &["ppp_[a-h]{8}"]), "src/a"));
        assert!(!covers(entry(&[], &[], &[], &["pp_[a-h]{8}", "ppp_[a-h]{7}", "x|ppp_"]), "src/a"), "an expression is for the whole value");
        assert!(!covers(entry(&[], &["tests"], &["ppp_abcdefgh"], &[]), "src/a"));
    }

    #[test]
    fn what_is_malformed_or_expired_says_so() {
        let refused = |spec: AllowSpec| AllowEntry::new(spec, today()).expect_err("refused");
        let paths = || AllowSpec { paths: strings(&["tests"]), ..spec() };
        let regex = |expression: &str| AllowSpec { regexes: strings(&[expression]), ..spec() };
        for (spec, part) in [
            (AllowSpec { reason: " ".to_owned(), ..paths() }, "no reason"),
            (AllowSpec { expires: Some(jiff::civil::date(2026, 1, 14)), ..paths() }, "expired on 2026-01-14"),
            (spec(), "neither"),
            (AllowSpec { rules: strings(&["p-token"]), ..spec() }, "[rules] disable"),
            (AllowSpec { paths: strings(&["**"]), ..spec() }, "cover everything"),
            (AllowSpec { paths: strings(&["a\\b"]), ..spec() }, "`/` between segments"),
            (AllowSpec { values: strings(&[""]), ..spec() }, "empty"),
            (regex("ppp_.*"), "no bound"),
            (regex("(?:ppp_)?"), "nothing at all"),
            (regex("ppp_("), "no valid"),
        ] {
            let complaint = refused(spec);
            assert!(complaint.starts_with("keyfuse.toml:3: ") && complaint.contains(part), "{complaint}");
            assert!(!complaint.contains("ppp_"), "no value is shown: {complaint}");
        }
        assert!(AllowEntry::new(AllowSpec { expires: Some(today()), ..paths() }, today()).is_ok(), "the last day counts");
    }
}
