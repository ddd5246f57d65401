//! `keyfuse.toml` as written: every key known, every complaint with file, line, key and way out.

use serde::Deserialize;
use toml::Spanned;

use super::complaint::{ConfigError, explain, from_toml, line_of};
use crate::model::Confidence;
use crate::rules::{RuleEntry, RuleFile};

/// All of `keyfuse.toml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    /// `[scan]`: how far to look.
    #[serde(default)]
    pub scan: ScanTable,
    /// `[rules]`: which rules are in force.
    #[serde(default)]
    pub rules: RulesTable,
    /// Who issues the credentials of the rules below that do not say it themselves.
    pub provider: Option<String>,
    /// The page that states their format.
    pub docs: Option<String>,
    /// `[[rule]]`: rules beyond the embedded ones, as in a rule file, each with its own `provider` and `docs` if it likes.
    #[serde(default)]
    rule: Vec<Spanned<toml::Table>>,
    /// `[[allow]]`: what is known to be no secret.
    #[serde(default)]
    pub allow: Vec<Spanned<AllowTable>>,
}

/// `[scan]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScanTable {
    /// The least confidence that is reported.
    pub confidence: Option<Confidence>,
    /// How many encodings inside one another are undone.
    pub decode_depth: Option<u8>,
    /// How many archives inside one another are opened.
    pub archive_depth: Option<u8>,
    /// Files longer than so many bytes are not read, and the run is incomplete.
    pub max_file_size: Option<u64>,
    /// Paths that are not looked at.
    #[serde(default)]
    pub exclude: Vec<Spanned<ExcludeTable>>,
}

/// One entry of `exclude`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExcludeTable {
    /// Path patterns.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Why; mandatory.
    #[serde(default)]
    pub reason: String,
}

/// `[rules]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulesTable {
    /// Ids of rules that do not look.
    #[serde(default)]
    pub disable: Vec<Spanned<String>>,
    /// Ids of the rules that alone look.
    #[serde(default)]
    pub only: Vec<Spanned<String>>,
}

/// One `[[allow]]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllowTable {
    /// Why these are no secrets; mandatory.
    #[serde(default)]
    pub reason: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The last day on which it silences.
    pub expires: Option<toml::Value>,
    /// Rule ids; empty means all.
    #[serde(default)]
    pub rules: Vec<Spanned<String>>,
    /// Path patterns; empty means all.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Exact values.
    #[serde(default)]
    pub values: Vec<String>,
    /// Expressions for whole values.
    #[serde(default)]
    pub regexes: Vec<String>,
}

impl ConfigFile {
    /// Reads the TOML; `name` is the file as complaints name it.
    ///
    /// # Errors
    /// [`ConfigError::Syntax`] when it is not TOML or holds an unknown key.
    pub fn parse(name: &str, text: &str) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error| from_toml(name, text, &error))
    }

    /// The rules of the file, each as a rule file of its own, with the line that it begins on.
    ///
    /// # Errors
    /// [`ConfigError::Syntax`] when a rule holds an unknown key or lacks one.
    pub fn rules(&self, name: &str, text: &str) -> Result<Vec<(usize, RuleFile)>, ConfigError> {
        // Rules stand one after the other, so that the lines are counted once.
        let (mut first, mut counted) = (1, 0);
        let rule = |table: &Spanned<toml::Table>| {
            let start = table.span().start;
            first += text.get(counted..start).map_or(0, |passed| memchr::memchr_iter(b'\n', passed.as_bytes()).count());
            counted = counted.max(start);
            self.one_rule(name, text, first, table)
        };
        self.rule.iter().map(rule).collect()
    }

    fn one_rule(&self, name: &str, text: &str, first: usize, table: &Spanned<toml::Table>) -> Result<(usize, RuleFile), ConfigError> {
        let mut entry = table.get_ref().clone();
        let id = entry.get("id").and_then(toml::Value::as_str).unwrap_or("without `id`").to_owned();
        let complain =
            |line, message: String| ConfigError::Syntax { file: name.to_owned(), line, message: format!("rule `{id}`: {message}") };
        let mut own = |key: &str, outer: &Option<String>| match entry.remove(key) {
            Some(toml::Value::String(text)) => Ok(text),
            Some(_) => Err(complain(first, format!("`{key}` must be a string"))),
            None => Ok(outer.clone().unwrap_or_else(|| "custom".to_owned())),
        };
        let (provider, docs) = (own("provider", &self.provider)?, own("docs", &self.docs)?);
        let keys: Vec<String> = entry.keys().cloned().collect();
        let rule = RuleEntry::deserialize(entry).map_err(|error| {
            // A table that was cut out has no lines of its own: look for the key that the message or the error's path names.
            let shown = error.to_string();
            let unknown = error.message().strip_prefix("unknown field `").and_then(|rest| rest.split('`').next());
            let holder = keys.iter().map(String::as_str).find(|key| shown.contains(&format!("in `{key}`")));
            let offset = unknown.or(holder).and_then(|key| key_offset(text, table.span().start, key)).unwrap_or(table.span().start);
            let named = holder.map(|key| format!("`{key}`: ")).unwrap_or_default();
            complain(line_of(text, offset), format!("{named}{}", explain(error.message())))
        })?;
        Ok((first, RuleFile { provider, docs, class: None, rule: vec![rule], confirm: Vec::new(), contain: Vec::new() }))
    }
}

/// Where the line that begins with `key =` stands, from `from` on.
fn key_offset(text: &str, from: usize, key: &str) -> Option<usize> {
    let mut offset = from;
    for line in text.get(from..)?.split_inclusive('\n') {
        let assigned = line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='));
        if assigned {
            return Some(offset);
        }
        offset += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "id = 'acme-token'\ntitle = 'Acme token'\nevidence = 'documented'\nseverity = 'high'\nprefix = ['acme_']\n\
        pattern = 'acme_[a-z]{20}'\n";

    fn complaint(text: &str) -> String {
        let file = ConfigFile::parse("keyfuse.toml", text);
        file.and_then(|file| file.rules("keyfuse.toml", text)).expect_err(text).to_string()
    }

    #[test]
    fn complaints_name_file_line_key_and_way_out() {
        for (text, expected) in [
            ("[scan]\nconfidense = 'low'", "keyfuse.toml:2: unknown key `confidense`; did you mean `confidence`?"),
            ("[scan]\n\nzzz = 1", "keyfuse.toml:3: unknown key `zzz`; known here: `confidence`"),
            ("[scan]\nconfidence = 'hunter2'", "keyfuse.toml:2: `confidence`: unknown value; write one of `low`, `medium`, `high`"),
            ("[scan]\ndecode_depth = 'hunter2'", "keyfuse.toml:2: `decode_depth`: invalid type: string; write u8"),
            ("[scan]\ndecode_depth = 300", "keyfuse.toml:2: `decode_depth`: invalid value: integer"),
            ("[[allow]]\nreason = 'x'\nvalue = ['hunter2']", "keyfuse.toml:3: unknown key `value`; did you mean `values`?"),
            ("[handoff]\nurl = 'x'", "keyfuse.toml:1: `handoff` does not belong here"),
            ("[scan]\nwebhook_url = 'x'", "keyfuse.toml:2: `webhook_url` does not belong here"),
            ("\n[contain]\n", "keyfuse.toml:2: `contain` does not belong here"),
            ("authority = ['me']", "keyfuse.toml:1: `authority` does not belong here"),
            ("[scan]\npre_commands = ['rm']", "keyfuse.toml:2: `pre_commands` does not belong here"),
            ("x = ", "keyfuse.toml:1: "),
        ] {
            let complaint = complaint(text);
            assert!(complaint.starts_with(expected), "{complaint}");
            assert!(!complaint.contains("hunter2"), "{complaint}");
        }
    }

    #[test]
    fn complaints_about_rules_name_the_rule_and_the_line() {
        for (extra, line, expected) in [
            ("prefixes = ['x']\n", 8, "unknown key `prefixes`; did you mean `prefix`?"),
            ("\n[rule.confirm]\nget = 'x'\n", 1, "`confirm` does not belong here"),
            ("entropy = 'high'\n", 8, "`entropy`: invalid type: string"),
            ("provider = 3\n", 1, "`provider` must be a string"),
        ] {
            let complaint = complaint(&format!("[[rule]]\n{RULE}{extra}"));
            assert!(complaint.starts_with(&format!("keyfuse.toml:{line}: rule `acme-token`: {expected}")), "{complaint}");
        }
        let complaint = complaint("[[rule]]\nid = 'acme-token'\n");
        assert!(complaint.contains("missing field `title`"), "{complaint}");
    }

    #[test]
    fn a_rule_says_its_provider_or_takes_the_files() {
        let text = format!("provider = 'Acme'\n[[rule]]\n{RULE}[[rule]]\n{RULE}provider = 'Other'\n");
        let rules = ConfigFile::parse("k", &text).expect("TOML").rules("k", &text).expect("sound rules");
        let shown: Vec<_> = rules.iter().map(|(line, file)| (*line, file.provider.as_str(), file.docs.as_str())).collect();
        assert_eq!(shown, [(2, "Acme", "custom"), (9, "Other", "custom")]);
    }
}
