//! Where configuration and state of this person lie on this system.

use std::env;
use std::path::PathBuf;

use anyhow::Context;

/// The folders of this person's keyfuse.
#[cfg_attr(not(feature = "respond"), expect(dead_code, reason = "a scanner alone keeps nothing but its cache"))]
pub(super) struct Folders {
    /// `config.toml`; no secrets.
    pub(super) config: PathBuf,
    /// Journals.
    pub(super) state: PathBuf,
    /// The key of fingerprints, unless it lies elsewhere.
    pub(super) data: PathBuf,
    /// What can be found out anew.
    #[cfg_attr(not(feature = "git"), expect(dead_code, reason = "only histories are remembered"))]
    pub(super) cache: PathBuf,
}

impl Folders {
    /// Below `KEYFUSE_HOME` where that is set, else where the system keeps such things.
    pub(super) fn find() -> anyhow::Result<Self> {
        let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        if let Some(home) = variable("KEYFUSE_HOME") {
            let part = |name: &str| home.join(name);
            return Ok(Self { config: part("config"), state: part("state"), data: part("data"), cache: part("cache") });
        }
        let home = env::home_dir().filter(|path| !path.as_os_str().is_empty());
        let home = home.context("your home directory is not known; say where keyfuse keeps its state: KEYFUSE_HOME=FOLDER")?;
        if cfg!(windows) {
            let roaming = variable("APPDATA").unwrap_or_else(|| home.join("AppData/Roaming")).join("keyfuse");
            let local = variable("LOCALAPPDATA").unwrap_or_else(|| home.join("AppData/Local")).join("keyfuse");
            return Ok(Self { config: roaming, state: local.join("state"), cache: local.join("cache"), data: local });
        }
        if cfg!(target_os = "macos") {
            let support = home.join("Library/Application Support/keyfuse");
            let cache = home.join("Library/Caches/keyfuse");
            return Ok(Self { config: support.clone(), state: support.join("state"), data: support, cache });
        }
        // XDG Base Directory Specification: a relative path there is invalid.
        let base =
            |name: &str, usual: &str| variable(name).filter(|path| path.is_absolute()).unwrap_or_else(|| home.join(usual)).join("keyfuse");
        Ok(Self {
            config: base("XDG_CONFIG_HOME", ".config"),
            state: base("XDG_STATE_HOME", ".local/state"),
            data: base("XDG_DATA_HOME", ".local/share"),
            cache: base("XDG_CACHE_HOME", ".cache"),
        })
    }
}
