//! `[probe]` of the person's own configuration: services of one's own that may be asked, and how long.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::complaint::{ConfigError, from_toml, line_of};
use super::discover::read;

/// `[probe]` of the person's `config.toml`, never of a repository's `keyfuse.toml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeTable {
    /// Seconds that one question may take, in place of the rule's own time.
    pub timeout: Option<u64>,
    /// `[[probe.endpoint]]`: services of one's own.
    #[serde(default)]
    pub endpoint: Vec<EndpointTable>,
}

/// One `[[probe.endpoint]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointTable {
    /// The service's short name, as docs/probes.md lists it.
    pub service: String,
    /// Where it is.
    pub url: String,
    /// Whether it may be at a private or loopback address.
    #[serde(default)]
    pub private: bool,
    /// Whether it may be asked without encryption.
    #[serde(default)]
    pub plain: bool,
    /// A file of certificates (PEM) that are trusted for it in place of the system's; relative to the configuration.
    pub ca: Option<PathBuf>,
}

/// The file as far as probes go: its other tables are read elsewhere.
#[derive(Debug, Default, Deserialize)]
struct PersonFile {
    probe: Option<Spanned<toml::Table>>,
}

impl ProbeTable {
    /// Reads `[probe]` of the file at `path`; a file that is not there says nothing.
    ///
    /// # Errors
    /// When it cannot be read, is not TOML, or the table holds an unknown key.
    pub fn of_file(path: &Path) -> Result<Self, ConfigError> {
        if !path.exists() {
            return Ok(Self::default());
        }
        Self::parse(&path.display().to_string(), &read(path)?)
    }

    /// Reads `[probe]` of a configuration; `name` is the file as complaints name it.
    ///
    /// # Errors
    /// When it is not TOML, or the table holds an unknown key.
    pub fn parse(name: &str, text: &str) -> Result<Self, ConfigError> {
        let file: PersonFile = toml::from_str(text).map_err(|error| from_toml(name, text, &error))?;
        let Some(table) = file.probe else {
            return Ok(Self::default());
        };
        let line = line_of(text, table.span().start);
        table.into_inner().try_into().map_err(|error: toml::de::Error| ConfigError::Syntax {
            file: name.to_owned(),
            line,
            message: format!("[probe]: {}", super::complaint::explain(error.message())),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_read_and_other_tables_left() {
        let text = "[fingerprint]\nkey = 'env:X'\n[probe]\ntimeout = 5\n[[probe.endpoint]]\nservice = 'vault'\nurl = 'https://v.test'\nprivate = true\n";
        let table = ProbeTable::parse("config.toml", text).expect("sound");
        assert_eq!((table.timeout, table.endpoint.len()), (Some(5), 1));
        assert!(table.endpoint[0].private && !table.endpoint[0].plain);
        assert!(ProbeTable::parse("config.toml", "").expect("empty").endpoint.is_empty());
    }

    #[test]
    fn unknown_keys_are_named_without_values() {
        let complaint = ProbeTable::parse("config.toml", "[probe]\ntimeot = 'hunter2'\n").expect_err("unknown").to_string();
        assert!(complaint.starts_with("config.toml:1: [probe]: unknown key `timeot`") && !complaint.contains("hunter2"), "{complaint}");
    }
}
