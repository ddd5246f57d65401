//! A rule as meant: it compiles, has a bounded length, and names its literals or the parser that stands for them.

use serde::{Deserialize, Serialize};

use super::class::Class;
use super::confirm::Confirm;
use super::contain::Contain;
use super::file::{RuleEntry, RuleError};
use super::pattern::Pattern;
use crate::model::{Confidence, Severity};

/// Where the format is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// The issuer's documentation.
    Documented,
    /// The issuer's own code.
    Sdk,
    /// No shape is published: name, alphabet and length only.
    Contextual,
}

/// How a credential checks itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Checksum {
    /// The last six characters are the CRC-32 of what stands between prefix and them, in base62 (GitHub, npm).
    Crc32Base62,
    /// Base64url of 32 bytes: the last character has four zero bits.
    Axon,
    /// The record's own SHA-256 over its identifier, dates and permissions.
    HftRecord,
}

/// What a secret must decode to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Structure {
    /// A JSON Web Token whose header names an algorithm (RFC 7519).
    Jwt,
    /// Base64 of anything.
    Base64,
    /// Base64 of a JSON object.
    Base64Json,
    /// A UUID (RFC 9562).
    Uuid,
}

/// The engine's own parsers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Parser {
    /// A PEM block that decodes to a private key (RFC 7468 and its elders).
    Pem,
    /// A PGP private key block (RFC 9580).
    Pgp,
    /// A PuTTY private key file.
    Putty,
    /// A JSON Web Key with a private member (RFC 7517).
    Jwk,
    /// The password in a URL's userinfo (RFC 3986, 3.2.1).
    UrlPassword,
    /// The credential of an `Authorization: Basic` header (RFC 7617).
    BasicAuth,
    /// The credential of an `Authorization: Bearer` header (RFC 6750) or another scheme with a token.
    BearerAuth,
    /// A password in an assignment or a configuration.
    Password,
    /// A secret, key or token in an assignment or a configuration.
    AssignedSecret,
    /// The password in a connection string of `key=value;` pairs.
    ConnectionString,
    /// A password given to a command (`curl -u`, `mysql -p…`, `sshpass -p`).
    CommandPassword,
    /// A field of a known secret file.
    SecretFile,
    /// A password hash that can be attacked offline (`/etc/shadow`, `.htpasswd`).
    PasswordHash,
}

/// How the engine comes to look at a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Find {
    /// The match begins with one of these, and one of the keywords (if any) stands near.
    Prefix {
        /// Case-sensitive beginnings.
        literals: Vec<String>,
        /// Lower-case words of which one must stand near; none means no such demand.
        keywords: Vec<String>,
    },
    /// The match holds one of these.
    Infix {
        /// Case-sensitive parts.
        literals: Vec<String>,
    },
    /// The value is the match, and one of the words stands near.
    Keywords {
        /// Lower-case words.
        words: Vec<String>,
        /// Whether the word must stand in the name the value is assigned to.
        assigned: bool,
    },
    /// A parser of the engine recognises it.
    Parser(Parser),
}

/// One kind of credential.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Kebab-case name, unique.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// What it is and what a holder can do.
    pub description: String,
    /// Who issues it.
    pub provider: String,
    /// The page that states the format.
    pub docs: String,
    /// Where the format is known from.
    pub evidence: Evidence,
    /// What a holder can do.
    pub severity: Severity,
    /// Whose it is, for those who may do something about it.
    pub class: Class,
    /// How sure a match is before its value is judged.
    pub confidence: Confidence,
    /// How the engine comes to look.
    pub find: Find,
    /// The shape; parsers have none.
    pub pattern: Option<Pattern>,
    /// The shape as written, for people and for the slow reference.
    pub expression: String,
    /// Least bits per character.
    pub entropy: Option<f32>,
    /// How it checks itself.
    pub checksum: Option<Checksum>,
    /// What it must decode to.
    pub structure: Option<Structure>,
    /// Globs of the paths in which alone it looks; empty means everywhere.
    pub files: Vec<String>,
    /// SHA-256 of the issuer's published samples.
    pub samples: Vec<[u8; 32]>,
    /// Prefixes by which the issuer marks the keys of production.
    pub production: Vec<String>,
    /// Ids that it had before.
    pub aliases: Vec<String>,
    /// The question by which its issuer tells whether a credential lives.
    pub confirm: Option<Confirm>,
    /// The request by which its holder can end it.
    pub contain: Option<Contain>,
}

impl Rule {
    /// Validates one entry of `file`.
    ///
    /// # Errors
    /// Names the file, the rule and the field that cannot be.
    pub fn new(file: &str, provider: &str, docs: &str, entry: &RuleEntry) -> Result<Self, RuleError> {
        let complain = |field, message: String| RuleError::Field { file: file.to_owned(), rule: entry.id.clone(), field, message };
        let is_kebab = |id: &str| {
            id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
                && !id.is_empty()
                && !id.starts_with('-')
                && !id.ends_with('-')
        };
        if !is_kebab(&entry.id) {
            return Err(complain("id", "use lower-case letters, digits and single dashes".to_owned()));
        }
        if entry.title.trim().is_empty() {
            return Err(complain("title", "must not be empty".to_owned()));
        }
        let (find, own_confidence) = Self::find(entry).map_err(|(field, message)| complain(field, message))?;
        let pattern = match find {
            Find::Parser(_) if entry.pattern.is_empty() => None,
            Find::Parser(_) => return Err(complain("pattern", "a parser has no pattern; leave it out".to_owned())),
            _ => Some(Pattern::new(&entry.pattern).map_err(|problem| RuleError::Pattern {
                file: file.to_owned(),
                rule: entry.id.clone(),
                problem,
            })?),
        };
        if let (Find::Prefix { literals, .. }, Some(pattern)) = (&find, &pattern)
            && let Some(alien) = literals.iter().find(|literal| !pattern.can_begin(literal.as_bytes()[0]))
        {
            return Err(complain("prefix", format!("no match of the pattern can begin with `{alien}`")));
        }
        if let (Find::Keywords { .. }, Some(pattern)) = (&find, &pattern)
            && pattern.min_len() < 8
        {
            return Err(complain("pattern", "a value known by its context alone must have at least 8 bytes".to_owned()));
        }
        if entry.entropy.is_some_and(|bits| !(0.0..=8.0).contains(&bits)) {
            return Err(complain("entropy", "bits per character lie between 0 and 8".to_owned()));
        }
        for glob in &entry.files {
            globset::Glob::new(glob).map_err(|error| complain("files", error.to_string()))?;
        }
        let literals = match &find {
            Find::Prefix { literals, .. } => literals.as_slice(),
            _ => &[],
        };
        // A mark of production at which no match can begin marks nothing.
        if let Some(alien) = entry.production.iter().find(|mark| !literals.iter().any(|literal| mark.starts_with(literal.as_str()))) {
            return Err(complain("production", format!("`{alien}` begins with none of the rule's prefixes")));
        }
        let samples = entry.samples.iter().map(|hex| sha256(hex)).collect::<Option<Vec<_>>>();
        Ok(Self {
            id: entry.id.clone(),
            title: entry.title.clone(),
            description: entry.description.clone(),
            provider: provider.to_owned(),
            docs: docs.to_owned(),
            evidence: entry.evidence,
            severity: entry.severity,
            class: entry.class.unwrap_or_default(),
            confidence: entry.confidence.unwrap_or(own_confidence),
            find,
            pattern,
            expression: entry.pattern.clone(),
            entropy: entry.entropy,
            checksum: entry.checksum,
            structure: entry.structure,
            files: entry.files.clone(),
            samples: samples.ok_or_else(|| complain("samples", "write SHA-256 as 64 hex digits".to_owned()))?,
            production: entry.production.clone(),
            aliases: entry.aliases.clone(),
            confirm: None,
            contain: None,
        })
    }

    /// Where to look, and how sure a match of that kind is.
    fn find(entry: &RuleEntry) -> Result<(Find, Confidence), (&'static str, String)> {
        let named = [!entry.prefix.is_empty(), !entry.infix.is_empty(), entry.parser.is_some()].iter().filter(|&&given| given).count();
        if named > 1 {
            return Err(("prefix", "give one of prefix, infix and parser".to_owned()));
        }
        let least = |literals: &[String], least: usize, field: &'static str| match literals.iter().find(|literal| literal.len() < least) {
            Some(short) => Err((field, format!("`{short}` is too short to look for: {least} bytes at least"))),
            None => Ok(()),
        };
        if entry.keywords.iter().any(|word| word.bytes().any(|byte| byte.is_ascii_uppercase())) {
            return Err(("keywords", "write keywords in lower case; they match in any case".to_owned()));
        }
        least(&entry.keywords, 3, "keywords")?;
        if let Some(parser) = entry.parser {
            return Ok((Find::Parser(parser), Confidence::Medium));
        }
        if !entry.prefix.is_empty() {
            least(&entry.prefix, 3, "prefix")?;
            return Ok((Find::Prefix { literals: entry.prefix.clone(), keywords: entry.keywords.clone() }, Confidence::High));
        }
        if !entry.infix.is_empty() {
            least(&entry.infix, 3, "infix")?;
            return Ok((Find::Infix { literals: entry.infix.clone() }, Confidence::High));
        }
        if !entry.keywords.is_empty() {
            return Ok((Find::Keywords { words: entry.keywords.clone(), assigned: entry.assigned }, Confidence::Medium));
        }
        Err(("prefix", "say where to look: prefix, infix, keywords or parser".to_owned()))
    }

    /// The engine's parser that stands for this rule, if one does.
    pub fn parser(&self) -> Option<Parser> {
        match self.find {
            Find::Parser(parser) => Some(parser),
            _ => None,
        }
    }

    /// Whether the rule names a provider's credential rather than a general shape of one.
    pub fn is_named(&self) -> bool {
        self.parser().is_none()
    }
}

/// Thirty-two bytes from 64 hex digits.
fn sha256(hex: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    if hex.len() != 64 {
        return None;
    }
    for (byte, pair) in digest.iter_mut().zip(hex.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(digest)
}
