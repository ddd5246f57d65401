//! The lock of a Git repository on this machine: gitolite's own where gitolite keeps it, else a hook that takes nothing.

use std::fs;
use std::io::Write;
use std::path::Path;

use super::gitolite::GitoliteLock;
use super::pre_receive::PreReceiveLock;
use super::work::Driver;
use crate::contain::freeze_target::Exception;

/// The driver that locks the bare repository at `path` for `incident`, and lets through whom `except` names as `user:NAME`.
///
/// # Errors
/// When there is no bare repository, with the way out.
pub fn git_lock(path: &Path, incident: &str, except: &[Exception]) -> Result<Box<dyn Driver>, String> {
    if !path.is_absolute() {
        return Err(format!("{}: write the whole path of the repository", path.display()));
    }
    let is_bare = path.join("HEAD").is_file() && path.join("objects").is_dir() && path.join("refs").is_dir();
    if !is_bare {
        return Err(format!("{} is no bare Git repository that can be read here", path.display()));
    }
    // What gitolite writes into every repository that it keeps (gitolite, "internals": gl-conf).
    let is_gitolites = path.join("gl-conf").is_file();
    // Gitolite's own lock knows no exception; the name of who pushes is what its hooks are told (gitolite, "environment variables").
    match (is_gitolites, except) {
        (true, []) => Ok(Box::new(GitoliteLock::new(path, incident))),
        (true, _) => Ok(Box::new(PreReceiveLock::new(path, incident, except, "$GL_USER"))),
        (false, _) => Ok(Box::new(PreReceiveLock::new(path, incident, except, "$(command -p id -un)"))),
    }
}

/// What those who push are told.
pub(super) fn words(incident: &str) -> String {
    format!("frozen by {incident}: nothing is taken until it is released")
}

/// Puts a file in its place whole: as a new one, or over what stands there.
///
/// # Errors
/// What the file system says; `AlreadyExists` where a new one is wanted and one stands there.
pub(super) fn put(path: &Path, text: &str, mode: u32, is_new: bool) -> std::io::Result<()> {
    let folder = path.parent().ok_or(std::io::ErrorKind::InvalidInput)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    // Whoever serves the repository must be able to read it, and is not always who froze it.
    #[cfg(unix)]
    fs::set_permissions(file.path(), std::os::unix::fs::PermissionsExt::from_mode(mode))?;
    #[cfg(not(unix))]
    let _ = (mode, fs::metadata(file.path())?);
    file.as_file().sync_all()?;
    let placed = if is_new { file.persist_noclobber(path) } else { file.persist(path) };
    placed.map_err(|error| error.error)?;
    Ok(())
}
