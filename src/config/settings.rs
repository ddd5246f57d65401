//! The configuration as meant: rules in force, limits, and what is silenced.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use toml::Spanned;

use super::complaint::{ConfigError, line_of, near};
use super::discover::{NAME, foreign, read, root};
use super::file::{AllowTable, ConfigFile};
use crate::model::Confidence;
use crate::rules::{RuleError, RuleFile, RuleSet};
use crate::suppress::{AllowEntry, AllowSpec, Exclude, PathSet, SuppressOptions};

/// What a configuration says; the default is what holds without one.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The file that was read, if any.
    pub path: Option<PathBuf>,
    /// The least confidence that is reported, if stated.
    pub confidence: Option<Confidence>,
    /// How many encodings inside one another are undone, if stated.
    pub decode_depth: Option<u8>,
    /// How many archives inside one another are opened, if stated.
    pub archive_depth: Option<u8>,
    /// The size of the longest file that is read, if stated.
    pub max_file_size: Option<u64>,
    /// What the user should know: files of other tools that have no effect yet.
    pub warnings: Vec<String>,
    /// The file as complaints name it.
    name: String,
    text: String,
    file: ConfigFile,
    rules: Vec<(usize, RuleFile)>,
}

impl Settings {
    /// Reads the configuration that was named, else `keyfuse.toml` at the root of the repository that `start` lies in, else none.
    ///
    /// The command line hands over `--config` or `KEYFUSE_CONFIG` as `explicit`.
    ///
    /// # Errors
    /// When the file cannot be read, is not TOML, or holds a key that it may not.
    pub fn discover(explicit: Option<&Path>, start: &Path) -> Result<Self, ConfigError> {
        let root = root(start);
        let mut settings = match explicit.filter(|path| !path.as_os_str().is_empty()) {
            Some(path) => Self::parse(&path.display().to_string(), &read(path)?, Some(path))?,
            None => {
                let path = root.join(NAME);
                // A link that leads nowhere is there all the same: somebody meant something by it.
                match path.symlink_metadata() {
                    Ok(_) => Self::parse(NAME, &read(&path)?, Some(&path))?,
                    Err(_) => Self::default(),
                }
            }
        };
        settings.warnings = foreign(&root);
        Ok(settings)
    }

    /// Reads a configuration's text; `name` is the file as complaints name it.
    ///
    /// # Errors
    /// When it is not TOML, or holds a key that it may not.
    pub fn parse(name: &str, text: &str, path: Option<&Path>) -> Result<Self, ConfigError> {
        let file = ConfigFile::parse(name, text)?;
        Ok(Self {
            path: path.map(Path::to_owned),
            confidence: file.scan.confidence,
            decode_depth: file.scan.decode_depth,
            archive_depth: file.scan.archive_depth,
            max_file_size: file.scan.max_file_size,
            warnings: Vec::new(),
            name: name.to_owned(),
            text: text.to_owned(),
            rules: file.rules(name, text)?,
            file,
        })
    }

    /// The embedded rules, extended and cut down.
    ///
    /// # Errors
    /// A rule that cannot be, or an id that no rule has, by file, line and field.
    pub fn rule_set(&self) -> Result<RuleSet, RuleError> {
        let mut set = RuleSet::builtin();
        let mut own: HashSet<&str> = HashSet::new();
        for (line, file) in &self.rules {
            let name = format!("{}:{line}", self.name);
            for entry in &file.rule {
                if !own.insert(&entry.id) {
                    let message = "is used twice in this file".to_owned();
                    return Err(RuleError::Field { file: name, rule: entry.id.clone(), field: "id", message });
                }
            }
            set.extend(&name, file)?;
        }
        let disabled = self.resolve(&set, &self.file.rules.disable, "disable")?;
        let only = self.resolve(&set, &self.file.rules.only, "only")?;
        for allow in &self.file.allow {
            self.resolve(&set, &allow.get_ref().rules, "rules")?;
        }
        set.retain(|rule| !disabled.contains(&rule.id) && (self.file.rules.only.is_empty() || only.contains(&rule.id)));
        Ok(set)
    }

    /// The ids as the rules have them now.
    fn resolve(&self, set: &RuleSet, ids: &[Spanned<String>], field: &'static str) -> Result<Vec<String>, RuleError> {
        let find = |id: &Spanned<String>| {
            set.find(id.get_ref()).map(|(_, rule)| rule.id.clone()).ok_or_else(|| {
                let near = near(id.get_ref(), set.iter().map(|(_, rule)| rule.id.as_str()));
                let near: Vec<String> = near.iter().map(|id| format!("`{id}`")).collect();
                let way_out = if near.is_empty() {
                    "; `keyfuse rules list` shows them all".to_owned()
                } else {
                    format!("; did you mean {}?", near.join(" or "))
                };
                let shown: String = id.get_ref().chars().filter(|character| !character.is_control()).take(60).collect();
                RuleError::Field { file: self.place(id.span().start), rule: shown, field, message: format!("no rule has this id{way_out}") }
            })
        };
        ids.iter().map(find).collect()
    }

    /// What is silenced on the day `today`; entries that are malformed or expired become problems.
    pub fn suppress(&self, today: Date) -> SuppressOptions {
        let mut options = SuppressOptions::default();
        for exclude in &self.file.scan.exclude {
            let (place, table) = (self.place(exclude.span().start), exclude.get_ref());
            let paths = PathSet::new(&table.paths).and_then(|paths| match () {
                () if table.reason.trim().is_empty() => Err("it gives no reason; add `reason = \"…\"`".to_owned()),
                () if paths.is_empty() => Err("it names no `paths`".to_owned()),
                () if paths.covers_all() => Err("its `paths` cover everything; name folders".to_owned()),
                () => Ok(paths),
            });
            match paths {
                Ok(paths) => options.excludes.push(Exclude { place, paths, reason: table.reason.clone() }),
                Err(why) => options.problems.push(format!("{place}: this exclusion leaves nothing out: {why}")),
            }
        }
        for allow in &self.file.allow {
            let place = self.place(allow.span().start);
            match self.entry(place, allow.get_ref(), today) {
                Ok(entry) => options.entries.push(entry),
                Err(problem) => options.problems.push(problem),
            }
        }
        let entries = self.rules.iter().flat_map(|(_, file)| &file.rule);
        options.rule_ids = entries.flat_map(|entry| std::iter::once(&entry.id).chain(&entry.aliases)).cloned().collect();
        options
    }

    fn entry(&self, place: String, table: &AllowTable, today: Date) -> Result<AllowEntry, String> {
        let expires = table
            .expires
            .as_ref()
            .map(|written| date(written).ok_or(()))
            .transpose()
            .map_err(|()| format!("{place}: this allow-list entry silences nothing: `expires` is no date; write it as {today}"))?;
        let rules = table.rules.iter().map(|id| id.get_ref().clone()).collect();
        let spec = AllowSpec {
            place,
            reason: table.reason.clone(),
            owner: table.owner.clone(),
            expires,
            rules,
            paths: table.paths.clone(),
            values: table.values.clone(),
            regexes: table.regexes.clone(),
        };
        AllowEntry::new(spec, today)
    }

    fn place(&self, offset: usize) -> String {
        format!("{}:{}", self.name, line_of(&self.text, offset))
    }
}

/// A day, as TOML's own date or as a string.
fn date(written: &toml::Value) -> Option<Date> {
    match written {
        toml::Value::String(text) => text.parse().ok().filter(|_| text.len() == 10),
        toml::Value::Datetime(moment) => Some(moment.to_string()).filter(|text| text.len() == 10)?.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::suppress::Suppressor;

    const ACME: &str = "[[rule]]\nid = 'acme-token'\ntitle = 'Acme token'\nevidence = 'documented'\nseverity = 'high'\nprefix = ['acme_']\n\
        pattern = 'acme_[a-z]{20}'\n";

    fn parse(text: &str) -> Settings {
        Settings::parse("keyfuse.toml", text, None).unwrap_or_else(|error| panic!("{error}"))
    }

    fn today() -> Date {
        jiff::civil::date(2026, 1, 15)
    }

    #[test]
    fn the_named_file_goes_before_the_repositorys() {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let (root, other) = (scratch.path().join("repo"), scratch.path().join("other.toml"));
        fs::create_dir_all(root.join(".git")).expect("scratch");
        fs::create_dir_all(root.join("deep/er")).expect("scratch");
        let discover = |explicit| Settings::discover(explicit, &root.join("deep/er")).expect("sound");
        assert!(discover(None).path.is_none());
        fs::write(root.join(NAME), "[scan]\ndecode_depth = 1\n").expect("scratch");
        fs::write(&other, "[scan]\ndecode_depth = 2\n").expect("scratch");
        fs::write(root.join(".gitleaks.toml"), "").expect("scratch");
        assert_eq!(discover(None).decode_depth, Some(1));
        assert_eq!(discover(Some(Path::new(""))).decode_depth, Some(1), "an empty variable names nothing");
        let named = discover(Some(&other));
        assert_eq!((named.decode_depth, named.path.as_deref()), (Some(2), Some(other.as_path())));
        assert!(named.warnings.iter().any(|warning| warning.starts_with(".gitleaks.toml is not read yet")));
        assert!(Settings::discover(Some(&root.join("none.toml")), &root).is_err(), "a file that was named must be there");
    }

    #[test]
    fn rules_are_added_switched_off_and_singled_out() {
        let builtin = RuleSet::builtin();
        let first = builtin.iter().next().expect("there are rules").1.id.clone();
        let set = parse(&format!("{ACME}[rules]\ndisable = ['{first}']\n")).rule_set().expect("sound");
        assert_eq!(set.len(), builtin.len());
        assert!(set.find(&first).is_none() && set.find("acme-token").is_some());
        let set = parse(&format!("{ACME}[rules]\nonly = ['acme-token']\n")).rule_set().expect("sound");
        assert_eq!(set.iter().map(|(_, rule)| rule.id.as_str()).collect::<Vec<_>>(), ["acme-token"]);
    }

    #[test]
    fn unknown_and_repeated_ids_are_errors() {
        for (text, expected) in [
            (
                "[rules]\n\ndisable = ['acme-tokem']\n",
                "keyfuse.toml:10: rule `acme-tokem`: field `disable`: no rule has this id; did you mean `acme-token`?",
            ),
            (
                "[rules]\nonly = ['qqqqqqqqqqqq']\n",
                "keyfuse.toml:9: rule `qqqqqqqqqqqq`: field `only`: no rule has this id; `keyfuse rules list`",
            ),
            ("[[allow]]\nreason = 'x'\nrules = ['acme']\n", "keyfuse.toml:10: rule `acme`: field `rules`: no rule has this id"),
            (ACME, "keyfuse.toml:8: rule `acme-token`: field `id`: is used twice in this file"),
        ] {
            let complaint = parse(&format!("{ACME}{text}")).rule_set().expect_err(text).to_string();
            assert!(complaint.starts_with(expected), "{complaint}");
        }
        let broken = ACME.replace("{20}", "+");
        let complaint = parse(&broken).rule_set().expect_err("unbounded").to_string();
        assert!(complaint.starts_with("keyfuse.toml:1: rule `acme-token`: field `pattern`: "), "{complaint}");
    }

    #[test]
    fn what_is_malformed_or_expired_silences_nothing_and_says_so() {
        let settings = parse(
            "[scan]\nexclude = [\n  { paths = ['dist'], reason = 'built' },\n  { paths = ['lib'] },\n  { paths = ['*'], reason = 'all' },\n  \
             { reason = 'nothing' },\n]\n\
             [[allow]]\nreason = 'sample'\npaths = ['a']\nexpires = 2026-01-15\n\
             [[allow]]\nreason = 'sample'\npaths = ['b']\nexpires = '2026-01-14'\n\
             [[allow]]\npaths = ['c']\n\
             [[allow]]\nreason = 'x'\npaths = ['d']\nexpires = 'soon'\n\
             [[allow]]\nreason = 'x'\npaths = ['e']\nexpires = 2027-01-01T00:00:00Z\n",
        );
        let options = settings.suppress(today());
        assert_eq!((options.entries.len(), options.excludes.len()), (1, 1));
        let places: Vec<&str> = options.problems.iter().map(|problem| problem.split(": ").next().unwrap_or_default()).collect();
        assert_eq!(places, [4, 5, 6, 12, 16, 18, 22].map(|line| format!("keyfuse.toml:{line}")));
        for (problem, part) in
            options.problems.iter().zip(["reason", "everything", "no `paths`", "expired on 2026-01-14", "reason", "no date", "no date"])
        {
            assert!(problem.contains(part), "{problem}");
        }
        let suppressor = Suppressor::new(options);
        assert_eq!(suppressor.warnings().len(), 7);
        assert_eq!(suppressor.excludes(b"dist/x"), Some("built"));
        assert_eq!(suppressor.excludes(b"lib/x"), None);
    }

    #[test]
    fn every_example_in_the_documents_holds() {
        for (page, text) in [
            ("configuration.md", include_str!("../../docs/configuration.md")),
            ("suppression.md", include_str!("../../docs/suppression.md")),
        ] {
            let blocks: Vec<&str> = text.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default()).collect();
            assert!(!blocks.is_empty(), "{page} shows no example");
            for block in blocks {
                let settings = Settings::parse(page, block, None).unwrap_or_else(|error| panic!("{error}\n{block}"));
                settings.rule_set().unwrap_or_else(|error| panic!("{error}\n{block}"));
                let problems = settings.suppress(today()).problems;
                assert!(problems.is_empty(), "{problems:?}\n{block}");
            }
        }
    }
}
