//! A secret named by where it is kept, as configurations name it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::error::KeyError;
use super::private_file::read_private;
use super::system;
use crate::model::Secret;

/// Where a secret is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// `env:NAME`: a variable of the environment, for runners.
    Env(String),
    /// `file:PATH`: a file that only its owner may read.
    File(PathBuf),
    /// `keychain:NAME`: an entry of keyfuse in the keychain of the system.
    Keychain(String),
}

/// What references are looked up in.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// A variable of the environment.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// The folder that relative paths count from.
    pub folder: &'a Path,
}

impl Reference {
    /// The secret.
    ///
    /// # Errors
    /// When there is none, or it is not private.
    pub fn read(&self, sources: &Sources<'_>) -> Result<Secret, KeyError> {
        match self {
            Self::Env(name) => {
                let value = (sources.variable)(name).filter(|value| !value.trim().is_empty());
                value.map(|value| Secret::new(value.trim())).ok_or_else(|| KeyError::NotSet(name.clone()))
            }
            Self::File(path) => read_private(&sources.folder.join(path)),
            Self::Keychain(name) => system::get(name),
        }
    }

    /// Keeps a secret there; what is there already stays.
    ///
    /// # Errors
    /// When something is there, or it cannot be written. The environment of others cannot be written at all.
    pub fn write(&self, secret: &Secret, sources: &Sources<'_>) -> Result<(), KeyError> {
        match self {
            Self::Env(name) => Err(KeyError::NotSet(name.clone())),
            Self::File(path) => super::private_file::write_private(&sources.folder.join(path), secret),
            Self::Keychain(name) => system::set(name, secret),
        }
    }
}

impl FromStr for Reference {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_name = |name: &str| {
            !name.is_empty() && name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
        };
        match text.split_once(':') {
            Some(("env", name)) if is_name(name) => Ok(Self::Env(name.to_owned())),
            Some(("keychain", name)) if is_name(name) => Ok(Self::Keychain(name.to_owned())),
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            // Whatever was written may be the secret itself: it is not repeated.
            _ => Err(KeyError::NoReference),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(formatter, "env:{name}"),
            Self::File(path) => write!(formatter, "file:{}", path.display()),
            Self::Keychain(name) => write!(formatter, "keychain:{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_name_and_never_repeat() {
        for text in ["env:KEYFUSE_KEY", "file:keys/hook", "file:/etc/keyfuse/key", "keychain:fingerprint"] {
            assert_eq!(text.parse::<Reference>().expect(text).to_string(), text);
        }
        for wrong in ["hunter2", "whsec_hunter2", "env:", "env:a b", "file:", "keychain:", "vault:hunter2"] {
            let error = wrong.parse::<Reference>().expect_err(wrong).to_string();
            assert!(!error.contains("hunter2") && error.contains("env:NAME"), "{error}");
        }
    }

    #[test]
    fn a_variable_is_trimmed_and_must_be_set() {
        let sources = Sources { variable: &|name| (name == "A").then(|| " x \n".to_owned()), folder: Path::new(".") };
        assert_eq!(Reference::Env("A".to_owned()).read(&sources).expect("set"), Secret::new("x"));
        assert!(Reference::Env("B".to_owned()).read(&sources).is_err_and(|error| error.to_string().contains('B')));
    }
}
