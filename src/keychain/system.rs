//! The keychain of the operating system: Secret Service, macOS Keychain, Windows Credential Manager.

use keyring::{Entry, Error};

use super::error::KeyError;
use crate::model::Secret;

/// The service under which all entries of ours stand.
const SERVICE: &str = "keyfuse";

/// The entry `name`.
pub(super) fn get(name: &str) -> Result<Secret, KeyError> {
    let entry = Entry::new(SERVICE, name).map_err(|error| told(name, &error))?;
    entry.get_secret().map(Secret::new).map_err(|error| told(name, &error))
}

/// The value that `account` has with `service` in the keychain of this person, whoever put it there.
///
/// # Errors
/// When there is none, or the keychain cannot be asked.
pub fn keychain_value(service: &str, account: &str) -> Result<Secret, KeyError> {
    let none = || KeyError::NoEntryOf { service: service.to_owned(), account: account.to_owned() };
    let tell = |error: &Error| if matches!(error, Error::NoEntry) { none() } else { told(account, error) };
    let entry = Entry::new(service, account).map_err(|error| tell(&error))?;
    match entry.get_password() {
        Ok(text) => Ok(Secret::new(text)),
        // Windows keeps passwords in UTF-16, others keep whatever bytes they were given.
        Err(Error::BadEncoding(_)) => entry.get_secret().map(Secret::new).map_err(|error| tell(&error)),
        Err(error) => Err(tell(&error)),
    }
}

/// Keeps `secret` as the entry `name`, unless there is one.
pub(super) fn set(name: &str, secret: &Secret) -> Result<(), KeyError> {
    let entry = Entry::new(SERVICE, name).map_err(|error| told(name, &error))?;
    match entry.get_secret() {
        Ok(_) => Err(KeyError::Exists { path: format!("keychain:{name}").into() }),
        Err(Error::NoEntry) => entry.set_secret(secret.expose()).map_err(|error| told(name, &error)),
        Err(error) => Err(told(name, &error)),
    }
}

/// What went wrong, in our words: the library's may hold what was read.
fn told(name: &str, error: &Error) -> KeyError {
    match error {
        Error::NoEntry => KeyError::NoEntry(name.to_owned()),
        Error::NoDefaultStore => KeyError::Keychain("none is running here; keep the key in a file (`file:PATH`)"),
        Error::NoStorageAccess(_) => KeyError::Keychain("it is locked or refuses access; unlock it"),
        Error::Ambiguous(_) => KeyError::Keychain("it has several entries of this name; remove all but one"),
        _ => KeyError::Keychain("it does not work"),
    }
}
