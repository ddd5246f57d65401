//! Why a key cannot be had, with the way out.

use std::io;
use std::path::PathBuf;

/// Why a key or secret that is kept somewhere cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Not one of the three forms.
    #[error("a secret is named by `env:NAME`, `file:PATH` or `keychain:NAME`, not written out")]
    NoReference,
    /// The variable is not set, or empty.
    #[error("the environment variable {0} is not set")]
    NotSet(String),
    /// The file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is a link, a device, or too long for a key.
    #[error("{}: {why}", path.display())]
    BadFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Others than its owner can read the file.
    #[error("{}: others can read it (mode {mode:04o}); chmod 600 it, and replace the secret if they may have", path.display())]
    TooOpen {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// There is one already.
    #[error("{} is there already; with another key every fingerprint would be another, so it is not replaced", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The keychain has no such entry.
    #[error("the keychain has no entry `{0}` of keyfuse")]
    NoEntry(String),
    /// The keychain has no such entry of another program's.
    #[error("the keychain has no entry of service `{service}` for account `{account}`")]
    NoEntryOf {
        /// What the entry is for.
        service: String,
        /// Whose it is.
        account: String,
    },
    /// The keychain cannot be asked.
    #[error("the keychain cannot be used: {0}")]
    Keychain(&'static str),
    /// The key is not what it should be.
    #[error("the fingerprint key must be 32 bytes in base64 (44 characters), as `keyfuse key make` makes it")]
    NoKey,
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    NoRandom,
}
