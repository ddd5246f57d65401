//! Who may do what: `authority.toml`, where what no entry allows is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::journal::Digest;
use crate::rules::Class;

/// The authority that holds where nobody has written another: roles without people, so the engine alone may act, on what the
/// key-management guide lets an automated system rotate.
pub const BUILTIN: &str = include_str!("authority.toml");

/// Verbs that an entry can allow.
pub const VERBS: [&str; 16] = [
    "revoke",
    "rotate",
    "rekey",
    "disable",
    "delete",
    "freeze",
    "kill",
    "exec",
    "attest",
    "signoff",
    "comms.external",
    "d1",
    "d2",
    "d3",
    "d4",
    "d5",
];
/// And the last decision.
const RELEASE: &str = "d6";
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AuthorityFile {
    #[serde(default)]
    roles: BTreeMap<String, RoleTable>,
    #[serde(default)]
    allow: Vec<AllowTable>,
    #[serde(default)]
    program: Vec<Program>,
    #[serde(default)]
    limits: LimitsTable,
}

/// A program that steps of playbooks may run, once they are approved.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// Its whole path.
    pub path: String,
    /// What it must be, where that is to be held.
    pub sha256: Option<Digest>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleTable {
    #[serde(default)]
    people: Vec<String>,
    #[serde(default)]
    automated: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AllowTable {
    verb: String,
    #[serde(default)]
    class: Vec<String>,
    by: Vec<String>,
    #[serde(default = "one")]
    need: usize,
    #[serde(default)]
    undo_by: Vec<String>,
    #[serde(default)]
    after: Vec<String>,
    #[serde(default)]
    unsigned: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitsTable {
    #[serde(default = "five")]
    armed_mutations_per_hour: usize,
}

impl Default for LimitsTable {
    fn default() -> Self {
        Self { armed_mutations_per_hour: five() }
    }
}

fn one() -> usize {
    1
}

fn five() -> usize {
    5
}

/// Why an authority file cannot be one.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// It cannot be read, or others can write it.
    #[error("{}: {why}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why, with the way out.
        why: String,
    },
    /// It says something that cannot be.
    #[error("{name}: {why}")]
    Wrong {
        /// The file.
        name: String,
        /// What is wrong.
        why: String,
    },
}

/// One entry: a verb on some classes, by some roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow {
    /// What.
    pub verb: String,
    /// On which classes; none means all.
    pub classes: Vec<String>,
    /// Roles that may.
    pub by: Vec<String>,
    /// How many people of those must agree.
    pub need: usize,
    /// Roles that may undo it; those of `by` where none are named.
    pub undo_by: Vec<String>,
    /// Decisions that must stand before it.
    pub after: Vec<String>,
    /// Whether a word that nobody signed will do.
    pub unsigned: bool,
}

/// Who may do what.
#[derive(Clone, Debug)]
pub struct Authority {
    roles: BTreeMap<String, BTreeSet<String>>,
    automated: BTreeSet<String>,
    allow: Vec<Allow>,
    programs: Vec<Program>,
    /// Armed mutations in an hour, for the whole installation.
    pub per_hour: usize,
    /// The file as it stood there, for the evidence.
    pub text: String,
}

impl Authority {
    /// `authority.toml` in `folder`, or the built-in one where there is none.
    ///
    /// # Errors
    /// When it cannot be read, others can write it, or it says what cannot be.
    pub fn discover(folder: &Path) -> Result<Self, AuthorityError> {
        let path = folder.join("authority.toml");
        let fail = |why: String| AuthorityError::Unreadable { path: path.clone(), why };
        if path.symlink_metadata().is_err() {
            return Self::parse("the built-in authority", BUILTIN);
        }
        #[cfg(unix)]
        {
            let metadata = std::fs::metadata(&path).map_err(|error| fail(error.to_string()))?;
            let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions());
            if mode & 0o022 != 0 {
                return Err(fail(format!("others can write it (mode {:04o}); chmod go-w it", mode & 0o7777)));
            }
        }
        let text = std::fs::read_to_string(&path).map_err(|error| fail(error.to_string()))?;
        Self::parse(&path.display().to_string(), &text)
    }

    /// Reads the text; `name` is the file as complaints name it.
    ///
    /// # Errors
    /// [`AuthorityError::Wrong`], naming the entry.
    pub fn parse(name: &str, text: &str) -> Result<Self, AuthorityError> {
        let wrong = |why: String| AuthorityError::Wrong { name: name.to_owned(), why };
        let file: AuthorityFile = toml::from_str(text).map_err(|error| wrong(error.to_string().trim_end().to_owned()))?;
        let has_role = |role: &String| file.roles.contains_key(role);
        for (at, entry) in file.allow.iter().enumerate() {
            let place = |why: String| wrong(format!("[[allow]] {} ({}): {why}", at + 1, entry.verb));
            if !VERBS.contains(&entry.verb.as_str()) && entry.verb != RELEASE {
                return Err(place(format!("no such verb; there are {}, {RELEASE}", VERBS.join(", "))));
            }
            if let Some(class) = entry.class.iter().find(|class| Class::parse(class).is_none()) {
                return Err(place(format!("no such class `{class}`; there are {}", Class::ALL.map(Class::name).join(", "))));
            }
            if let Some(role) = entry.by.iter().chain(&entry.undo_by).find(|role| !has_role(role)) {
                return Err(place(format!("`{role}` is no role; write [roles.{role}]")));
            }
            if entry.by.is_empty() || entry.need == 0 {
                return Err(place("name who may, in `by`, and how many of them must, in `need`".to_owned()));
            }
            let is_automated = entry.by.iter().any(|role| file.roles[role].automated);
            if is_automated && (entry.need > 1 || entry.by.len() > 1) {
                return Err(place("what the engine may do alone needs nobody else; write two entries".to_owned()));
            }
        }
        if let Some(program) = file.program.iter().find(|program| !Path::new(&program.path).is_absolute()) {
            return Err(wrong(format!("[[program]] path: `{}`: write the whole path", program.path)));
        }
        let automated = file.roles.iter().filter(|(_, role)| role.automated);
        if let Some((role, _)) = automated.clone().find(|(_, role)| !role.people.is_empty()) {
            return Err(wrong(format!("[roles.{role}]: is automated, and has people; make it two roles")));
        }
        Ok(Self {
            automated: automated.map(|(name, _)| name.clone()).collect(),
            allow: file.allow.iter().cloned().map(Allow::from).collect(),
            programs: file.program,
            per_hour: file.limits.armed_mutations_per_hour,
            roles: file.roles.into_iter().map(|(name, role)| (name, role.people.into_iter().collect())).collect(),
            text: text.to_owned(),
        })
    }

    /// The entry of a program; what none names is not run.
    pub fn program(&self, path: &str) -> Option<&Program> {
        self.programs.iter().find(|program| program.path == path)
    }

    /// The program git, where it is named.
    pub fn git(&self) -> Option<&Program> {
        self.programs.iter().find(|program| Path::new(&program.path).file_name().is_some_and(|name| name == "git"))
    }

    /// The roles that a person has.
    pub fn roles_of(&self, person: &str) -> Vec<String> {
        self.roles.iter().filter(|(_, people)| people.contains(person)).map(|(role, _)| role.clone()).collect()
    }

    /// The roles with their people.
    pub fn roles(&self) -> impl Iterator<Item = (&str, &BTreeSet<String>)> {
        self.roles.iter().map(|(role, people)| (role.as_str(), people))
    }

    /// Entries for a verb on a class.
    pub fn entries(&self, verb: &str, class: &str) -> impl Iterator<Item = &Allow> {
        self.allow
            .iter()
            .filter(move |allow| allow.verb == verb && (allow.classes.is_empty() || allow.classes.iter().any(|one| one == class)))
    }

    /// Whether the engine may do it alone.
    pub fn lets_engine(&self, verb: &str, class: &str) -> bool {
        self.entries(verb, class).any(|allow| allow.by.iter().any(|role| self.automated.contains(role)))
    }

    /// Roles whose people may do it, with a person at least.
    pub fn deciders(&self, verb: &str, class: &str) -> Vec<String> {
        let mut found: Vec<String> = self
            .entries(verb, class)
            .flat_map(|allow| &allow.by)
            .filter(|role| self.roles.get(*role).is_some_and(|people| !people.is_empty()))
            .cloned()
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether anything on that class may be approved without a signature.
    pub fn entries_any_unsigned(&self, class: &str) -> bool {
        self.allow.iter().any(|allow| allow.unsigned && (allow.classes.is_empty() || allow.classes.iter().any(|one| one == class)))
    }
}

impl From<AllowTable> for Allow {
    fn from(table: AllowTable) -> Self {
        let undo_by = if table.undo_by.is_empty() { table.by.clone() } else { table.undo_by };
        Self {
            verb: table.verb,
            classes: table.class,
            by: table.by,
            need: table.need,
            undo_by,
            after: table.after,
            unsigned: table.unsigned,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        Authority::parse("authority.toml", text).expect_err(text).to_string()
    }

    #[test]
    fn the_built_in_authority_lets_the_engine_do_what_the_documents_do() {
        let authority = Authority::parse("built-in", BUILTIN).expect("sound");
        for (verb, class, is_allowed) in [
            ("revoke", "internal-service", true),
            ("revoke", "database", true),
            ("rotate", "database", true),
            ("revoke", "exchange", false),
            ("revoke", "personal", false),
            ("rekey", "master", false),
            ("delete", "database", false),
            ("freeze", "internal-service", false),
        ] {
            assert_eq!(authority.lets_engine(verb, class), is_allowed, "{verb} {class}");
        }
        assert_eq!(authority.per_hour, 5);
        assert!(authority.deciders("rekey", "master").is_empty(), "nobody is named yet");
        assert_eq!(authority.entries("rekey", "exchange").count(), 0, "deny by default");
    }

    #[test]
    fn what_cannot_be_is_named() {
        assert!(wrong("[[allow]]\nverb = 'shred'\nby = ['x']").contains("no such verb"));
        assert!(wrong("[[allow]]\nverb = 'revoke'\nby = ['ciso']").contains("`ciso` is no role"));
        assert!(wrong("[roles.a]\n[[allow]]\nverb = 'revoke'\nclass = ['x']\nby = ['a']").contains("no such class `x`"));
        assert!(wrong("[roles.a]\n[[allow]]\nverb = 'revoke'\nby = []").contains("name who may"));
        assert!(
            wrong("[roles.a]\nautomated = true\n[roles.b]\n[[allow]]\nverb = 'delete'\nby = ['a', 'b']\nneed = 2").contains("two entries")
        );
        assert!(wrong("[roles.a]\nautomated = true\npeople = ['x']").contains("two roles"));
        assert!(wrong("[alow]\n").contains("unknown field"));
    }
}
