//! `[[database]]` of the person's own configuration: the responder's own logins, by which those of others are ended.

use std::path::Path;

use serde::Deserialize;

use super::complaint::{ConfigError, from_toml};
use super::discover::read;

/// `[[database]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseTable {
    /// The address of the `[[probe.endpoint]]` that it is a login of, as it stands there.
    pub endpoint: String,
    /// The responder's user.
    pub user: String,
    /// Where its password is kept: `env:NAME`, `file:PATH`, `keychain:NAME`.
    pub password: String,
}

#[derive(Debug, Default, Deserialize)]
struct PersonFile {
    #[serde(default)]
    database: Vec<DatabaseTable>,
}

impl DatabaseTable {
    /// Reads `[[database]]` of `config.toml` in `folder`.
    ///
    /// # Errors
    /// When it cannot be read, is not TOML, or a table holds an unknown key.
    pub fn discover(folder: &Path) -> Result<Vec<Self>, ConfigError> {
        let path = folder.join("config.toml");
        if !path.exists() {
            return Ok(Vec::new());
        }
        let (name, text) = (path.display().to_string(), read(&path)?);
        let file: PersonFile = toml::from_str(&text).map_err(|error| from_toml(&name, &text, &error))?;
        Ok(file.database)
    }

    /// Whether it is a login at that address.
    pub fn is_at(&self, address: &str) -> bool {
        self.endpoint.trim_end_matches('/') == address.trim_end_matches('/')
    }
}
