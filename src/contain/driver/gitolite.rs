//! Gitolite's own lock: the file that `gitolite writable REPO off` writes (gitolite 3, `commands/writable`, `Triggers/Writable.pm`).

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::git_lock::{put, words};
use super::work::{Acted, Driver, Stop, World};
use crate::model::plain;

/// The file's name within the repository.
const DOWN: &str = ".gitolite.down";

/// Locks a repository that gitolite keeps.
#[derive(Clone, Debug)]
pub(super) struct GitoliteLock {
    file: PathBuf,
    text: String,
}

impl GitoliteLock {
    /// For the repository at `path`.
    pub(super) fn new(path: &Path, incident: &str) -> Self {
        Self { file: path.join(DOWN), text: format!("{}\n", words(incident)) }
    }

    /// What stands in the file; none where it is not there.
    fn found(&self) -> Result<Option<String>, String> {
        match fs::read(&self.file) {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("{}: {error}", self.file.display())),
        }
    }
}

impl Driver for GitoliteLock {
    fn action(&self) -> &'static str {
        "gitolite.writable-off"
    }

    fn requests(&self) -> Vec<String> {
        vec![format!("write {}", self.file.display()), format!("  {}", self.text.trim_end())]
    }

    fn is_reversible(&self) -> bool {
        true
    }

    fn undo_shown(&self) -> Option<String> {
        Some(format!("remove {}, if it still says the same", self.file.display()))
    }

    fn before(&self, _: &World<'_>) -> Result<Value, Stop> {
        match self.found().map_err(Stop::Failed)? {
            None => Ok(json!({ "writable": true })),
            Some(text) => Err(Stop::Refused(format!(
                "it is locked already, by another hand: {}. Releasing would take away that lock too",
                plain(text.trim(), 200)
            ))),
        }
    }

    fn act(&self, _: &World<'_>, _: &Value) -> Acted {
        match put(&self.file, &self.text, 0o644, true) {
            Ok(()) => Acted::Done { result: json!({ "written": self.file.display().to_string() }), fate: None },
            Err(error) => Acted::Failed(format!("{}: {error}", self.file.display())),
        }
    }

    fn is_in_force(&self, _: &World<'_>, _: &Value) -> Result<bool, String> {
        match self.found()? {
            None => Ok(false),
            Some(text) if text == self.text => Ok(true),
            Some(text) => Err(format!("{} is not ours any more: {}", self.file.display(), plain(text.trim(), 200))),
        }
    }

    fn undo(&self, _: &World<'_>, _: &Value) -> Acted {
        match fs::remove_file(&self.file) {
            Ok(()) => Acted::Done { result: json!({ "removed": self.file.display().to_string() }), fate: None },
            Err(error) => Acted::Failed(format!("{}: {error}", self.file.display())),
        }
    }
}
