//! `config.toml` of a person or an organisation: endpoints, keys and policies, each secret by reference.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::complaint::{ConfigError, from_toml, line_of};
use super::discover::read;
use crate::confirm::Policy;
use crate::handoff::{Dialect, Endpoint, Filter, Recipients};
use crate::keychain::{Reference, Sources};
use crate::model::{Secret, plain};

/// All of `config.toml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonFile {
    #[serde(default)]
    fingerprint: FingerprintTable,
    #[serde(default)]
    host: HostTable,
    #[serde(default)]
    endpoint: Vec<Spanned<EndpointTable>>,
    #[serde(default)]
    policy: Vec<Spanned<PolicyTable>>,
    #[serde(default)]
    receive: ReceiveTable,
    // Read by those whom it concerns.
    #[serde(default)]
    #[expect(dead_code, reason = "it must be known here, so that other keys are not")]
    probe: toml::Table,
    #[serde(default)]
    #[expect(dead_code, reason = "it must be known here, so that other keys are not")]
    vault: toml::Table,
    #[serde(default)]
    #[expect(dead_code, reason = "it must be known here, so that other keys are not")]
    class: Vec<toml::Table>,
    #[serde(default)]
    #[expect(dead_code, reason = "it must be known here, so that other keys are not")]
    public: Vec<toml::Table>,
    #[serde(default)]
    #[expect(dead_code, reason = "it must be known here, so that other keys are not")]
    production: Vec<toml::Table>,
    #[serde(default)]
    #[expect(dead_code, reason = "it must be known here, so that other keys are not")]
    freeze: Vec<toml::Table>,
    #[serde(default)]
    #[expect(dead_code, reason = "it must be known here, so that other keys are not")]
    github: toml::Table,
    #[serde(default)]
    #[expect(dead_code, reason = "it must be known here, so that other keys are not")]
    database: Vec<toml::Table>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FingerprintTable {
    key: Option<Spanned<String>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct HostTable {
    role: Option<Role>,
    name: Option<String>,
}

/// What a machine does with what it confirms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It opens incidents itself.
    #[default]
    Responder,
    /// It only owes and delivers notices.
    Emitter,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EndpointTable {
    name: String,
    dialect: String,
    url: Option<String>,
    secret: Option<String>,
    fallback: Option<String>,
    #[serde(default)]
    recipients: Vec<String>,
    #[serde(default)]
    rules: Vec<String>,
    #[serde(default)]
    plaintext_to_issuer: bool,
    ca: Option<PathBuf>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyTable {
    #[serde(default)]
    rules: Vec<String>,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    paths: Vec<String>,
    #[serde(default)]
    reason: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReceiveTable {
    secret: Option<Spanned<String>>,
    gitlab_token: Option<Spanned<String>>,
    #[serde(default)]
    types: Vec<String>,
}

/// The configuration of a person or an organisation.
#[derive(Clone, Debug, Default)]
pub struct Person {
    /// What this machine does with what it confirms.
    pub role: Role,
    /// What this machine is called in notices, if stated.
    pub host: Option<String>,
    /// Where the fingerprint key is kept, if stated.
    pub fingerprint_key: Option<Reference>,
    /// What counts as exposed by assumption.
    pub policies: Vec<Policy>,
    /// Where the key is kept that messages to `receive` are verified with.
    pub receive_secret: Option<Reference>,
    /// Where the token is kept that GitLab shows.
    pub receive_gitlab_token: Option<Reference>,
    /// The types that GitLab is told can be revoked.
    pub receive_types: Vec<String>,
    endpoints: Vec<(usize, EndpointTable)>,
    name: String,
    folder: PathBuf,
}

impl Person {
    /// Reads `config.toml` in `folder`; without one, all defaults.
    ///
    /// # Errors
    /// When it cannot be read, others can write it, it is not TOML, or holds what it may not. No message repeats a value.
    pub fn discover(folder: &Path) -> Result<Self, ConfigError> {
        let path = folder.join("config.toml");
        if path.symlink_metadata().is_err() {
            return Ok(Self { folder: folder.to_owned(), name: path.display().to_string(), ..Self::default() });
        }
        #[cfg(unix)]
        if let Ok(metadata) = fs::metadata(&path) {
            // Whoever can write it decides where notices go.
            let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions());
            if mode & 0o022 != 0 {
                let message = format!("others can write it (mode {:04o}); chmod go-w it", mode & 0o7777);
                return Err(ConfigError::Unreadable { path, message });
            }
        }
        #[cfg(not(unix))]
        let _ = fs::metadata(&path);
        Self::parse(&path.display().to_string(), &read(&path)?, folder)
    }

    /// Reads the text; `name` is the file as complaints name it, `folder` what relative paths of references count from.
    ///
    /// # Errors
    /// As [`Person::discover`].
    pub fn parse(name: &str, text: &str, folder: &Path) -> Result<Self, ConfigError> {
        let file: PersonFile = toml::from_str(text).map_err(|error| from_toml(name, text, &error))?;
        let complain = |offset: usize, message: String| ConfigError::Syntax { file: name.to_owned(), line: line_of(text, offset), message };
        let reference = |written: &Option<Spanned<String>>| {
            let read =
                |one: &Spanned<String>| one.get_ref().parse::<Reference>().map_err(|error| complain(one.span().start, error.to_string()));
            written.as_ref().map(read).transpose()
        };
        let mut policies = Vec::new();
        for table in file.policy {
            let offset = table.span().start;
            let PolicyTable { rules, names, paths, reason } = table.into_inner();
            policies.push(Policy::new(rules, &names, &paths, &reason).map_err(|error| complain(offset, error.to_string()))?);
        }
        let mut endpoints: Vec<(usize, EndpointTable)> = Vec::new();
        for table in file.endpoint {
            let offset = table.span().start;
            let endpoint = table.into_inner();
            let is_name = |name: &str| {
                (1..=40).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
            };
            if !is_name(&endpoint.name) {
                return Err(complain(offset, "an endpoint's `name` is 1 to 40 letters, digits, `-`, `_` or `.`".to_owned()));
            }
            if endpoints.iter().any(|(_, other)| other.name == endpoint.name) {
                return Err(complain(offset, format!("the endpoint `{}` stands there twice", endpoint.name)));
            }
            endpoints.push((line_of(text, offset), endpoint));
        }
        for (line, endpoint) in &endpoints {
            let Some(fallback) = &endpoint.fallback else { continue };
            let is_other = *fallback != endpoint.name && endpoints.iter().any(|(_, other)| other.name == *fallback);
            if !is_other {
                let message = format!("`fallback` of `{}` names no other endpoint", endpoint.name);
                return Err(ConfigError::Syntax { file: name.to_owned(), line: *line, message });
            }
        }
        Ok(Self {
            role: file.host.role.unwrap_or_default(),
            host: file.host.name.map(|name| plain(&name, 100)),
            fingerprint_key: reference(&file.fingerprint.key)?,
            policies,
            receive_secret: reference(&file.receive.secret)?,
            receive_gitlab_token: reference(&file.receive.gitlab_token)?,
            receive_types: file.receive.types,
            endpoints,
            name: name.to_owned(),
            folder: folder.to_owned(),
        })
    }

    /// What relative paths of references count from.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Names of the endpoints, as they stand there.
    pub fn endpoint_names(&self) -> Vec<&str> {
        self.endpoints.iter().map(|(_, endpoint)| endpoint.name.as_str()).collect()
    }

    /// The endpoints with their secrets; `variable` looks up a variable of the environment.
    ///
    /// # Errors
    /// When a secret cannot be had, or an endpoint's parts do not go together.
    pub fn endpoints(&self, variable: &dyn Fn(&str) -> Option<String>) -> Result<Vec<Endpoint>, ConfigError> {
        let sources = Sources { variable, folder: &self.folder };
        self.endpoints.iter().map(|(line, table)| self.endpoint(*line, table, &sources)).collect()
    }

    fn endpoint(&self, line: usize, table: &EndpointTable, sources: &Sources<'_>) -> Result<Endpoint, ConfigError> {
        let complain = |message: String| ConfigError::Syntax {
            file: self.name.clone(),
            line,
            message: format!("endpoint `{}`: {message}", table.name),
        };
        let dialect = Dialect::ALL.into_iter().find(|dialect| dialect.name() == table.dialect).ok_or_else(|| {
            let all: Vec<String> = Dialect::ALL.iter().map(|dialect| format!("`{}`", dialect.name())).collect();
            complain(format!("`dialect` is one of {}", all.join(", ")))
        })?;
        let secret_of = |reference: &str| {
            reference.parse::<Reference>().and_then(|reference| reference.read(sources)).map_err(|error| complain(error.to_string()))
        };
        let url: Secret = match (&table.url, dialect.usual_url()) {
            (Some(url), _) if url.starts_with("https:") || url.starts_with("http:") => Secret::new(url.as_bytes()),
            // An address that is a secret itself is kept as one.
            (Some(reference), _) => secret_of(reference)?,
            (None, Some(usual)) => Secret::new(usual),
            (None, None) => return Err(complain("`url` is missing".to_owned())),
        };
        let url = std::str::from_utf8(url.expose()).map_err(|_| complain("its `url` is not UTF-8".to_owned()))?;
        let secret = table.secret.as_deref().map(secret_of).transpose()?;
        let endpoint =
            Endpoint::new(&table.name, dialect, url, secret, table.plaintext_to_issuer).map_err(|error| complain(error.to_string()))?;
        let recipients = Recipients::parse(&table.recipients).map_err(|error| complain(error.to_string()))?;
        let mut host = endpoint.host.clone();
        if let Some(path) = &table.ca {
            let pem = fs::read(self.folder.join(path)).map_err(|error| complain(format!("`ca`: {error}")))?;
            host.roots = crate::net::certificates(&pem).ok_or_else(|| complain("`ca` holds no certificate in PEM".to_owned()))?;
        }
        Ok(Endpoint { host, fallback: table.fallback.clone(), recipients, filter: Filter { rules: table.rules.clone() }, ..endpoint })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(name: &str) -> Option<String> {
        match name {
            "HOOK" => Some(format!("whsec_{}", data_encoding::BASE64.encode(&[7; 32]))),
            "SLACK" => Some("https://hooks.slack.example.com/services/hunter2".to_owned()),
            "ROUTING" => Some("hunter2".to_owned()),
            _ => None,
        }
    }

    fn parsed(text: &str) -> Result<Vec<Endpoint>, String> {
        let person = Person::parse("config.toml", text, Path::new(".")).map_err(|error| error.to_string())?;
        person.endpoints(&variable).map_err(|error| error.to_string())
    }

    const HOOK: &str = "[[endpoint]]\nname = 'hook'\ndialect = 'native'\nurl = 'https://h.example.com/'\nsecret = 'env:HOOK'\n";

    #[test]
    fn what_is_written_is_meant() {
        let text = format!(
            "[fingerprint]\nkey = 'keychain:fingerprint'\n[host]\nrole = 'emitter'\nname = 'ci-1'\n{HOOK}fallback = 'pager'\nrules = ['jwt']\n\
             [[endpoint]]\nname = 'pager'\ndialect = 'pagerduty'\nsecret = 'env:ROUTING'\n\
             [[endpoint]]\nname = 'chat'\ndialect = 'slack'\nurl = 'env:SLACK'\n\
             [[policy]]\nnames = ['*_API_KEY']\npaths = ['/home/*/.zshrc']\nreason = 'a bastion'\n"
        );
        let person = Person::parse("config.toml", &text, Path::new(".")).expect("sound");
        assert_eq!((person.role, person.host.as_deref(), person.policies.len()), (Role::Emitter, Some("ci-1"), 1));
        assert_eq!(person.fingerprint_key, Some(Reference::Keychain("fingerprint".to_owned())));
        let endpoints = person.endpoints(&variable).expect("sound");
        assert_eq!(person.endpoint_names(), ["hook", "pager", "chat"]);
        assert_eq!(endpoints[0].fallback.as_deref(), Some("pager"));
        assert_eq!(endpoints[1].host.name, "events.pagerduty.com");
        assert!(!format!("{endpoints:?}").contains("hunter2"));
    }

    #[test]
    fn complaints_name_the_line_and_the_way_out_and_no_value() {
        for (text, expected) in [
            ("[fingerprint]\nkey = 'hunter2'\n".to_owned(), "config.toml:2: a secret is named by `env:NAME`"),
            ("[fingerprint]\nkey = 3\n".to_owned(), "config.toml:2: `key`: "),
            (
                "[[endpoint]]\nname = 'x'\ndialect = 'native'\nurl = 'https://x.example.com'\nsecret = 'hunter2'\n".to_owned(),
                "config.toml:1: endpoint `x`: a secret is named by",
            ),
            (HOOK.replace("env:HOOK", "env:NONE"), "config.toml:1: endpoint `hook`: the environment variable NONE is not set"),
            (HOOK.replace("native", "morse"), "config.toml:1: endpoint `hook`: `dialect` is one of `native`"),
            (HOOK.replace("https:", "http:"), "config.toml:1: endpoint `hook`: its `url` is http"),
            (HOOK.replace("secret = 'env:HOOK'\n", ""), "config.toml:1: endpoint `hook`: the dialect `native` needs a `secret`"),
            (format!("{HOOK}fallback = 'nobody'\n"), "config.toml:1: `fallback` of `hook` names no other endpoint"),
            (format!("{HOOK}fallback = 'hook'\n"), "config.toml:1: `fallback` of `hook`"),
            (format!("{HOOK}{HOOK}"), "config.toml:6: the endpoint `hook` stands there twice"),
            (format!("{HOOK}recipients = ['AGE-SECRET-KEY-HUNTER2']\n"), "config.toml:1: endpoint `hook`: `…` is no age recipient"),
            (HOOK.replace("'hook'", "'a b'"), "config.toml:1: an endpoint's `name`"),
            ("[[policy]]\nreason = 'x'\n".to_owned(), "config.toml:1: a policy names"),
            ("[endpoints]\n".to_owned(), "config.toml:1: unknown key `endpoints`; did you mean `endpoint`?"),
            (format!("{HOOK}token = 'hunter2'\n"), "config.toml:6: "),
        ] {
            let complaint = parsed(&text).expect_err(&text);
            assert!(complaint.starts_with(expected), "{complaint}");
            assert!(!complaint.to_lowercase().contains("hunter2"), "{complaint}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_others_can_write_decides_nothing() {
        use std::os::unix::fs::PermissionsExt;
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let path = scratch.path().join("config.toml");
        assert!(Person::discover(scratch.path()).expect("none is needed").endpoint_names().is_empty());
        fs::write(&path, HOOK).expect("written");
        for (mode, is_taken) in [(0o600, true), (0o644, true), (0o664, false), (0o646, false)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("changed");
            assert_eq!(Person::discover(scratch.path()).is_ok(), is_taken, "{mode:o}");
        }
    }
}
