//! The lock of a plain bare repository: a `pre-receive` hook that takes nothing, in the place of the one that was there.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::git_lock::{put, words};
use super::work::{Acted, Driver, Stop, World};
use crate::contain::freeze_target::Exception;
use crate::journal::Digest;

/// What marks a hook of ours.
const MARK: &str = "# Placed by keyfuse";

/// Locks a repository by its hook `pre-receive` (githooks(5)): it is run before any ref is updated, and its failure refuses all of them.
#[derive(Clone, Debug)]
pub(super) struct PreReceiveLock {
    repository: PathBuf,
    hook: PathBuf,
    /// Where the hook that was there waits.
    aside: PathBuf,
    text: String,
    /// Who is let through, for people.
    except: Vec<String>,
}

impl PreReceiveLock {
    /// For the repository at `path`; `who` is how a shell learns the name of who pushes, which is held against those that are excepted.
    pub(super) fn new(path: &Path, incident: &str, except: &[Exception], who: &str) -> Self {
        let mut text = format!("#!/bin/sh\n{MARK} for {incident}, which takes it away when it is released.\n");
        if !except.is_empty() {
            let names: Vec<String> = except.iter().map(|one| format!("'{}'", one.who.trim_start_matches("user:"))).collect();
            text.push_str(&format!("case \"{who}\" in\n{})\n", names.join("|")));
            // Whoever is let through is held to the hook that was there.
            text.push_str(&format!("    if [ -x \"$0.before-{incident}\" ]; then exec \"$0.before-{incident}\" \"$@\"; fi\n"));
            text.push_str("    cat > /dev/null\n    exit 0\n    ;;\nesac\n");
        }
        text.push_str(&format!("cat > /dev/null\necho '{}' >&2\nexit 1\n", words(incident)));
        let hooks = path.join("hooks");
        Self {
            repository: path.to_owned(),
            hook: hooks.join("pre-receive"),
            aside: hooks.join(format!("pre-receive.before-{incident}")),
            text,
            except: except.iter().map(Exception::shown).collect(),
        }
    }

    /// The hook that stands there, as a digest; none where there is none.
    fn found(&self) -> Result<Option<Vec<u8>>, String> {
        match fs::read(&self.hook) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound && self.hook.symlink_metadata().is_err() => Ok(None),
            Err(error) => Err(format!("{}: {error}", self.hook.display())),
        }
    }

    /// Why a hook put there would not be run, or would be run for other repositories too.
    fn detour(&self) -> Option<String> {
        let config = self.repository.join("config");
        let text = match fs::read_to_string(&config) {
            Ok(text) => text.to_ascii_lowercase(),
            Err(error) => return Some(format!("{}: {error}", config.display())),
        };
        if ["hookspath", "[include", "worktreeconfig"].iter().any(|word| text.contains(word)) {
            return Some(format!("{} sends hooks elsewhere or includes other files, so the lock might not be run", config.display()));
        }
        let hooks = self.hook.parent().expect("it lies in the folder of hooks");
        if hooks.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink()) {
            return Some(format!("{} is a link, so the lock would hold for other repositories too", hooks.display()));
        }
        None
    }

    fn place(&self, has_hook: bool) -> std::io::Result<()> {
        fs::create_dir_all(self.hook.parent().expect("it lies in the folder of hooks"))?;
        if has_hook {
            // Beside it, not moved: at no moment is there no hook.
            match fs::hard_link(&self.hook, &self.aside) {
                // From a try that was cut short; it has been held against the hook.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                other => other?,
            }
        }
        put(&self.hook, &self.text, 0o755, !has_hook)
    }
}

impl Driver for PreReceiveLock {
    fn action(&self) -> &'static str {
        "git.pre-receive-lock"
    }

    fn requests(&self) -> Vec<String> {
        let mut lines = vec![format!("write {}", self.hook.display())];
        lines.extend(self.text.lines().map(|line| format!("  {line}")));
        lines.extend(self.except.iter().map(|one| format!("except {one}")));
        lines
    }

    fn is_reversible(&self) -> bool {
        true
    }

    fn undo_shown(&self) -> Option<String> {
        Some(format!("put back the hook kept as {}, or remove ours where there was none", self.aside.display()))
    }

    fn before(&self, _: &World<'_>) -> Result<Value, Stop> {
        if let Some(why) = self.detour() {
            return Err(Stop::Refused(format!("{why}; lock it where it is served")));
        }
        let found = self.found().map_err(Stop::Failed)?;
        if found.as_ref().is_some_and(|text| memchr::memmem::find(text, MARK.as_bytes()).is_some()) {
            return Err(Stop::Refused("another incident has locked it already".to_owned()));
        }
        if self.aside.symlink_metadata().is_ok() && fs::read(&self.aside).ok() != found {
            return Err(Stop::Refused(format!("{} stands there from before; look at it and take it away", self.aside.display())));
        }
        Ok(json!({ "hook": found.map(|text| Digest::of(&text).to_string()) }))
    }

    fn act(&self, _: &World<'_>, before: &Value) -> Acted {
        match self.place(!before["hook"].is_null()) {
            Ok(()) => Acted::Done { result: json!({ "written": self.hook.display().to_string() }), fate: None },
            Err(error) => {
                // What was kept aside is of no use where the lock did not come to stand.
                if !matches!(self.is_ours(), Ok(true)) {
                    let _ = fs::remove_file(&self.aside);
                }
                Acted::Failed(format!("{}: {error}", self.hook.display()))
            }
        }
    }

    fn is_in_force(&self, _: &World<'_>, before: &Value) -> Result<bool, String> {
        if self.is_ours()? {
            return match self.detour() {
                None => Ok(true),
                Some(why) => Err(why),
            };
        }
        let found = self.found()?.map(|text| Digest::of(&text).to_string());
        if found.as_deref() == before["hook"].as_str() {
            return Ok(false);
        }
        Err(format!("{} is neither ours nor what stood there before: somebody has changed it", self.hook.display()))
    }

    fn undo(&self, _: &World<'_>, before: &Value) -> Acted {
        let undone = if before["hook"].is_null() { fs::remove_file(&self.hook) } else { fs::rename(&self.aside, &self.hook) };
        match undone {
            Ok(()) => Acted::Done { result: json!({ "restored": self.hook.display().to_string() }), fate: None },
            Err(error) => Acted::Failed(format!("{}: {error}", self.hook.display())),
        }
    }
}

impl PreReceiveLock {
    /// Whether our hook stands there, and can be run.
    fn is_ours(&self) -> Result<bool, String> {
        if self.found()?.as_deref() != Some(self.text.as_bytes()) {
            return Ok(false);
        }
        #[cfg(unix)]
        {
            let metadata = fs::metadata(&self.hook).map_err(|error| format!("{}: {error}", self.hook.display()))?;
            if std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o111 != 0o111 {
                return Err(format!("{} cannot be run by everybody, so it locks nothing", self.hook.display()));
            }
        }
        Ok(true)
    }
}
