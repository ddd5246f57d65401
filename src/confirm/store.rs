//! A store of secrets as a command line names it, so that a finding can be held against what it holds.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::keychain::{KeyError, Reference, Sources, keychain_value};
use crate::model::Secret;

/// Why a store gives no value.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Not one of the forms; what was written may be a secret and is not repeated.
    #[error(
        "a store is named by env:NAME, file:PATH, keychain:SERVICE/ACCOUNT, vault:PATH#FIELD, vault-audit:LOG or stdin:NAME; the value itself \
         is never an argument"
    )]
    NoStore,
    /// It answers, and has nothing there.
    #[error("{0}")]
    Absent(String),
    /// It cannot be asked, so nothing is known.
    #[error("{0}")]
    Unknown(String),
}

/// Where a value is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Store {
    /// `env:NAME`, `file:PATH`, or an entry of keyfuse in the keychain.
    Kept(Reference),
    /// `keychain:SERVICE/ACCOUNT`: another program's entry; the account is what follows the last slash.
    Keychain {
        /// What the entry is for.
        service: String,
        /// Whose it is.
        account: String,
    },
    /// `vault:PATH#FIELD`: a field of a KV store of Vault or OpenBao.
    Vault {
        /// The path as `vault kv get` takes it, or with `data/` after the mount as the API does.
        path: String,
        /// The field.
        field: String,
    },
    /// `vault-audit:LOG`: the log of a file audit device of Vault or OpenBao, which names values by their HMACs alone.
    VaultAudit(PathBuf),
    /// `stdin:NAME`: standard input, where another program writes what the store NAME holds.
    Stdin(String),
}

impl Store {
    /// The value, of stores that are on this machine; none of those that are asked otherwise.
    ///
    /// # Errors
    /// [`StoreError::Absent`] when there is none, [`StoreError::Unknown`] when that cannot be told.
    pub fn read_here(&self, sources: &Sources<'_>) -> Result<Option<Secret>, StoreError> {
        let read = match self {
            Self::Kept(reference) => reference.read(sources),
            Self::Keychain { service, account } => keychain_value(service, account),
            Self::Vault { .. } | Self::VaultAudit(_) | Self::Stdin(_) => return Ok(None),
        };
        read.map(Some).map_err(|error| match &error {
            KeyError::NotSet(_) | KeyError::NoEntry(_) | KeyError::NoEntryOf { .. } => StoreError::Absent(error.to_string()),
            KeyError::File { source, .. } if source.kind() == std::io::ErrorKind::NotFound => StoreError::Absent(error.to_string()),
            KeyError::TooOpen { path, mode } => StoreError::Unknown(format!(
                "{}: others can read it (mode {mode:04o}), so it is no store; where that is meant, `--stored-in stdin:NAME < FILE` takes it",
                path.display()
            )),
            _ => StoreError::Unknown(error.to_string()),
        })
    }
}

impl FromStr for Store {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_plain = |part: &str| (1..=200).contains(&part.len()) && !part.chars().any(char::is_control);
        let (kind, rest) = text.split_once(':').ok_or(StoreError::NoStore)?;
        match kind {
            "keychain" if rest.contains('/') => {
                let (service, account) = rest.rsplit_once('/').ok_or(StoreError::NoStore)?;
                let parts = (service.to_owned(), account.to_owned());
                if is_plain(service) && is_plain(account) { Ok(parts) } else { Err(StoreError::NoStore) }
                    .map(|(service, account)| Self::Keychain { service, account })
            }
            "vault" => {
                let (path, field) = rest.rsplit_once('#').ok_or(StoreError::NoStore)?;
                let path = path.trim_matches('/');
                // A dot for a step up would be another path at the server than here.
                let is_path = path.contains('/') && path.split('/').all(|part| is_plain(part) && !matches!(part, "." | ".."));
                if !is_path || !is_plain(field) {
                    return Err(StoreError::NoStore);
                }
                Ok(Self::Vault { path: path.to_owned(), field: field.to_owned() })
            }
            "vault-audit" if is_plain(rest) => Ok(Self::VaultAudit(rest.into())),
            "stdin" if is_plain(rest.trim()) => Ok(Self::Stdin(rest.trim().to_owned())),
            "env" | "file" | "keychain" => text.parse().map(Self::Kept).map_err(|_| StoreError::NoStore),
            _ => Err(StoreError::NoStore),
        }
    }
}

impl fmt::Display for Store {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kept(reference) => reference.fmt(formatter),
            Self::Keychain { service, account } => write!(formatter, "keychain:{service}/{account}"),
            Self::Vault { path, field } => write!(formatter, "vault:{path}#{field}"),
            Self::VaultAudit(log) => write!(formatter, "vault-audit:{}", log.display()),
            Self::Stdin(name) => write!(formatter, "stdin:{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn stores_are_named_and_a_value_is_never_repeated() {
        for text in [
            "env:DATABASE_PASSWORD",
            "file:/run/secrets/db",
            "keychain:fingerprint",
            "keychain:registry.example.com/ann",
            "keychain:https://registry.example.com/ann",
            "vault:secret/app#password",
            "vault:team/kv/data/app/db#password",
            "vault-audit:/var/log/openbao/audit.log",
            "stdin:op://prod/db/password",
        ] {
            assert_eq!(text.parse::<Store>().expect(text).to_string(), text);
        }
        for wrong in [
            "hunter2",
            "env:",
            "vault:hunter2",
            "vault:secret#hunter2",
            "vault:secret/../sys#hunter2",
            "vault:a//b#x",
            "keychain:/hunter2",
            "keychain:a/",
            "stdin:",
            "x:hunter2",
        ] {
            let error = wrong.parse::<Store>().expect_err(wrong).to_string();
            assert!(!error.contains("hunter2") && error.contains("vault:PATH#FIELD"), "{error}");
        }
    }

    #[test]
    fn what_is_not_there_is_told_from_what_cannot_be_known() {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let sources = Sources { variable: &|name| (name == "A").then(|| "x".to_owned()), folder: scratch.path() };
        let read = |text: &str| text.parse::<Store>().expect("a store").read_here(&sources);
        assert_eq!(read("env:A").expect("set"), Some(Secret::new("x")));
        assert!(matches!(read("env:B"), Err(StoreError::Absent(_))));
        assert!(matches!(read("file:nowhere"), Err(StoreError::Absent(_))));
        assert!(matches!(read("file:."), Err(StoreError::Unknown(_))), "{}", Path::new(".").display());
        assert_eq!(read("stdin:x").expect("asked otherwise"), None);
    }
}
