//! `[vault]` of the person's own configuration: the server whose secrets can be ended, and the responder's token for it.

use std::path::Path;

use serde::Deserialize;

use super::complaint::{ConfigError, from_toml};
use super::discover::read;

/// `[vault]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaultTable {
    /// `https://vault.corp.example`; http to this machine alone.
    pub address: String,
    /// Where the responder's token is kept: `env:NAME`, `file:PATH`, `keychain:NAME`.
    pub token: String,
    /// The name of the audit device whose log is read.
    pub audit_device: Option<String>,
    /// Whether it may be at a private or loopback address.
    #[serde(default)]
    pub allow_private: bool,
}

#[derive(Debug, Default, Deserialize)]
struct PersonFile {
    vault: Option<VaultTable>,
}

impl VaultTable {
    /// Reads `[vault]` of `config.toml` in `folder`; none where it is not there.
    ///
    /// # Errors
    /// When it cannot be read, is not TOML, or the table holds an unknown key.
    pub fn discover(folder: &Path) -> Result<Option<Self>, ConfigError> {
        let path = folder.join("config.toml");
        if !path.exists() {
            return Ok(None);
        }
        let (name, text) = (path.display().to_string(), read(&path)?);
        let file: PersonFile = toml::from_str(&text).map_err(|error| from_toml(&name, &text, &error))?;
        Ok(file.vault)
    }

    /// Host and port, and whether it is asked without encryption.
    ///
    /// # Errors
    /// What is wrong with the address, and the way out.
    pub fn place(&self) -> Result<(String, u16, bool), &'static str> {
        place_of(&self.address)
    }
}

/// Host and port of an address, and whether it is asked without encryption.
pub(super) fn place_of(address: &str) -> Result<(String, u16, bool), &'static str> {
    let (scheme, rest) = address.split_once("://").ok_or("begin with https://")?;
    let is_plain = match scheme {
        "https" => false,
        "http" => true,
        _ => return Err("use https"),
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.is_empty() || authority.contains('@') || rest.trim_end_matches('/') != authority {
        return Err("write scheme, host and port alone");
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, digits)) if !digits.contains(']') => (host, digits.parse().map_err(|_| "the port is no number")?),
        _ => (authority, if is_plain { 80 } else { 443 }),
    };
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    let is_loopback = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    if is_plain && !is_loopback {
        return Err("http goes to this machine alone; use https");
    }
    Ok((host, port, is_plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        let of = |address: &str| {
            let table = VaultTable { address: address.to_owned(), token: "env:X".to_owned(), audit_device: None, allow_private: true };
            table.place()
        };
        assert_eq!(of("https://Vault.corp.test"), Ok(("vault.corp.test".to_owned(), 443, false)));
        assert_eq!(of("http://127.0.0.1:8200/"), Ok(("127.0.0.1".to_owned(), 8200, true)));
        assert_eq!(of("https://[::1]:8200"), Ok(("::1".to_owned(), 8200, false)));
        for wrong in ["http://vault.corp.test", "vault.corp.test", "https://u@h", "https://h/path", "ftp://h"] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }
}
