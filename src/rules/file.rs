//! A rule file as written: the TOML of one provider, with every key known and every complaint naming file, rule and field.

use serde::Deserialize;

use super::class::Class;
use super::confirm::Confirm;
use super::confirm_entry::ConfirmEntry;
use super::contain::{Contain, ContainEntry};
use super::pattern::PatternError;
use super::rule::{Checksum, Evidence, Parser, Rule, Structure};
use crate::model::{Confidence, Severity};

/// The TOML of one provider, or the rules of a `keyfuse.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFile {
    /// Who issues the credentials.
    pub provider: String,
    /// The page that states their format.
    pub docs: String,
    /// Whose its credentials are, where a rule says nothing else.
    pub class: Option<Class>,
    /// One entry a kind of credential.
    #[serde(default)]
    pub rule: Vec<RuleEntry>,
    /// Questions to the provider by which it tells whether credentials live. A `keyfuse.toml` has none: whoever can change a
    /// repository must not choose where secrets are sent.
    #[serde(default)]
    pub confirm: Vec<ConfirmEntry>,
    /// Revocations.
    #[serde(default)]
    pub contain: Vec<ContainEntry>,
}

/// One rule as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleEntry {
    /// Kebab-case name, unique.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// One sentence on what it is and what a holder can do.
    #[serde(default)]
    pub description: String,
    /// Where the format is known from.
    pub evidence: Evidence,
    /// Literals the match begins with.
    #[serde(default)]
    pub prefix: Vec<String>,
    /// Literals that stand inside the match.
    #[serde(default)]
    pub infix: Vec<String>,
    /// Words of which one must stand near.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// Whether the keyword must stand in the name the value is assigned to.
    #[serde(default)]
    pub assigned: bool,
    /// The engine's own parser that recognises it, in place of a pattern.
    pub parser: Option<Parser>,
    /// The shape, as a bounded regular expression over bytes.
    #[serde(default)]
    pub pattern: String,
    /// Least bits per character.
    pub entropy: Option<f32>,
    /// How the credential checks itself.
    pub checksum: Option<Checksum>,
    /// What it must decode to.
    pub structure: Option<Structure>,
    /// What a holder can do.
    pub severity: Severity,
    /// Whose it is, when that differs from the file's.
    pub class: Option<Class>,
    /// How sure a match is, when that differs from the kind's own.
    pub confidence: Option<Confidence>,
    /// Globs of the paths in which alone the rule looks.
    #[serde(default)]
    pub files: Vec<String>,
    /// SHA-256 (hex) of the issuer's published sample keys.
    #[serde(default)]
    pub samples: Vec<String>,
    /// Prefixes by which the issuer marks the keys of production, where it tells them from those of tests.
    #[serde(default)]
    pub production: Vec<String>,
    /// Templates that must match.
    #[serde(default)]
    pub examples: Vec<String>,
    /// Templates that must not.
    #[serde(default)]
    pub counterexamples: Vec<String>,
    /// Ids that the rule had before.
    #[serde(default)]
    pub aliases: Vec<String>,
}

/// What is wrong with a rule file; the message names file, rule and field.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// Not TOML, an unknown key, or a value of the wrong type.
    #[error("{file}: {message}")]
    Syntax {
        /// The file.
        file: String,
        /// What the parser says, with line and column.
        message: String,
    },
    /// A field holds something that cannot be.
    #[error("{file}: rule `{rule}`: field `{field}`: {message}")]
    Field {
        /// The file.
        file: String,
        /// The rule's id.
        rule: String,
        /// The field.
        field: &'static str,
        /// What is wrong, and the way out.
        message: String,
    },
    /// The pattern is not one of ours.
    #[error("{file}: rule `{rule}`: field `pattern`: {problem}")]
    Pattern {
        /// The file.
        file: String,
        /// The rule's id.
        rule: String,
        /// What is wrong.
        problem: PatternError,
    },
}

impl RuleFile {
    /// Reads one provider's TOML; `name` is the file as complaints name it.
    ///
    /// # Errors
    /// [`RuleError::Syntax`] when it is not TOML or holds an unknown key.
    pub fn parse(name: &str, text: &str) -> Result<Self, RuleError> {
        toml::from_str(text).map_err(|error| RuleError::Syntax { file: name.to_owned(), message: error.to_string().trim_end().to_owned() })
    }

    /// The rules of the file, validated, each with the question that is declared for it.
    ///
    /// # Errors
    /// The first rule or question that cannot be, by file, rule and field.
    pub fn rules(&self, name: &str) -> Result<Vec<Rule>, RuleError> {
        let mut rules: Vec<Rule> =
            self.rule.iter().map(|entry| Rule::new(name, &self.provider, &self.docs, entry)).collect::<Result<_, _>>()?;
        for (rule, entry) in rules.iter_mut().zip(&self.rule) {
            rule.class = entry.class.or(self.class).unwrap_or_default();
        }
        for entry in &self.confirm {
            let complain =
                |field, message| RuleError::Field { file: name.to_owned(), rule: format!("confirm {}", entry.service), field, message };
            let confirm = Confirm::new(entry).map_err(|(field, message)| complain(field, message))?;
            if entry.rules.is_empty() {
                return Err(complain("rules", "name the rules whose credentials it is for".to_owned()));
            }
            for id in &entry.rules {
                let Some(rule) = rules.iter_mut().find(|rule| rule.id == *id) else {
                    return Err(complain("rules", format!("no rule of this file has the id `{id}`")));
                };
                if rule.confirm.replace(confirm.clone()).is_some() {
                    return Err(complain("rules", format!("`{id}` has another question already")));
                }
            }
        }
        for entry in &self.contain {
            let complain =
                |field, message| RuleError::Field { file: name.to_owned(), rule: format!("contain {}", entry.service), field, message };
            let contain = Contain::new(entry).map_err(|(field, message)| complain(field, message))?;
            if entry.rules.is_empty() {
                return Err(complain("rules", "name the rules whose credentials it is for".to_owned()));
            }
            for id in &entry.rules {
                let Some(rule) = rules.iter_mut().find(|rule| rule.id == *id) else {
                    return Err(complain("rules", format!("no rule of this file has the id `{id}`")));
                };
                // What cannot be asked about could be claimed to be dead, never proved.
                if rule.confirm.as_ref().is_none_or(|confirm| confirm.service != entry.service) {
                    return Err(complain(
                        "rules",
                        format!("`{id}` has no [[confirm]] of the same service, so its death could not be proved"),
                    ));
                }
                if rule.contain.replace(contain.clone()).is_some() {
                    return Err(complain("rules", format!("`{id}` has another revocation already")));
                }
            }
        }
        Ok(rules)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "provider = 'P'\ndocs = 'd'\n[[rule]]\nid = 'a-b'\ntitle = 'A'\nevidence = 'documented'\nprefix = ['aaa_']\n\
                        pattern = 'aaa_[a-z]{9}'\nseverity = 'low'\n";
    const QUESTION: &str = "[[confirm]]\nrules = ['a-b']\nservice = 's'\ndocs = 'https://d.test'\nevidence = 'documented'\n\
                            get = 'https://api.test/me'\nheaders = { X-Key = '{secret}' }\n\
                            alive = { status = [200], json = { '/id' = '*' } }\nrefused = { status = [401] }\n";

    fn rules(text: &str) -> Result<Vec<Rule>, String> {
        RuleFile::parse("p.toml", text).and_then(|file| file.rules("p.toml")).map_err(|error| error.to_string())
    }

    #[test]
    fn a_question_belongs_to_the_rules_it_names() {
        assert!(rules(&format!("{RULE}{QUESTION}")).is_ok_and(|rules| rules[0].confirm.is_some()));
        let complaint = |text: String| rules(&text).expect_err("it cannot be");
        assert_eq!(
            complaint(format!("{RULE}{}", QUESTION.replace("'a-b'", "'c-d'"))),
            "p.toml: rule `confirm s`: field `rules`: no rule of this file has the id `c-d`"
        );
        assert!(complaint(format!("{RULE}{QUESTION}{QUESTION}")).contains("`a-b` has another question already"));
        assert!(complaint(format!("{RULE}{}", QUESTION.replace("'a-b'", ""))).contains("name the rules"));
        assert!(complaint(format!("{RULE}{}", QUESTION.replace("https://api.test", "http://10.0.0.1"))).contains("begin with https://"));
    }
}
