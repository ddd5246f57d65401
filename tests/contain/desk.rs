//! A responder's keyfuse in a scratch folder, with a planted token.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::scratch::{KEYFUSE, Run};

pub(super) struct Desk {
    _directory: tempfile::TempDir,
    pub(super) base: PathBuf,
    pub(super) work: PathBuf,
}

/// A token as Vault made them before 1.10, and OpenBao does.
pub(super) fn token(seed: &str) -> String {
    String::from_utf8(keyfuse::rules::expand("s.{base62:24}", seed).expect("a sound template").text).expect("text")
}

impl Desk {
    pub(super) fn new() -> Self {
        let directory = tempfile::tempdir().expect("a scratch folder");
        let base = directory.path().canonicalize().expect("it exists");
        let work = base.join("work");
        for folder in [&work, &base.join("keyfuse/config")] {
            std::fs::create_dir_all(folder).expect("made");
        }
        let desk = Self { _directory: directory, base, work };
        assert_eq!(desk.run(&["key", "make"]).code, Some(0));
        desk
    }

    pub(super) fn config(&self, name: &str) -> PathBuf {
        self.base.join("keyfuse/config").join(name)
    }

    pub(super) fn state(&self) -> PathBuf {
        self.base.join("keyfuse/state")
    }

    pub(super) fn issuer(&self, url: &str) {
        let text = format!("[[probe.endpoint]]\nservice = 'vault'\nurl = '{url}'\nprivate = true\nplain = true\n");
        std::fs::write(self.config("config.toml"), text).expect("written");
    }

    /// Says in the configuration whose the tokens of Vault are.
    pub(super) fn class(&self, class: &str) {
        let path = self.config("config.toml");
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        std::fs::write(path, format!("{text}[[class]]\nclass = '{class}'\nservices = ['vault']\n")).expect("written");
    }

    /// A server of Vault's API with the responder's token, as the incident's store and as an issuer that can be asked.
    pub(super) fn vault(&self, url: &str, token: &str) {
        let text = format!(
            "[vault]\naddress = '{url}'\ntoken = 'file:vault.token'\nallow_private = true\n\
             [[probe.endpoint]]\nservice = 'vault'\nurl = '{url}'\nprivate = true\nplain = true\n"
        );
        std::fs::write(self.config("config.toml"), text).expect("written");
        let file = self.config("vault.token");
        std::fs::write(&file, token).expect("written");
        #[cfg(unix)]
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("private");
    }

    /// Plants the token in a start-up file; gives the place.
    pub(super) fn plant(&self, token: &str) -> &'static str {
        std::fs::write(self.work.join(".zshrc"), format!("# start\nexport VAULT_TOKEN={token}\n")).expect("written");
        ".zshrc:2"
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(KEYFUSE);
        command.args(arguments).current_dir(&self.work);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy().to_ascii_lowercase();
            if text.starts_with("keyfuse") || text.starts_with("git_") || text.ends_with("_proxy") || text == "dbus_session_bus_address" {
                command.env_remove(name);
            }
        }
        command.env("KEYFUSE_HOME", self.base.join("keyfuse"));
        command
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Run {
        Run::of(self.command(arguments).output().expect("it starts"))
    }

    /// Opens an incident for the planted token; gives its id.
    pub(super) fn open(&self, arguments: &[&str]) -> String {
        let opened = self.run(&[&["incident", "open"], arguments, &["--reason", "it was seen in use"]].concat());
        assert_eq!(opened.code, Some(0), "{opened:?}");
        opened.stdout.split_whitespace().next().expect("an id").to_owned()
    }

    pub(super) fn show(&self, id: &str) -> Value {
        let shown = self.run(&["incident", "show", id, "--format", "json"]);
        assert_eq!(shown.code, Some(0), "{shown:?}");
        serde_json::from_str(&shown.stdout).expect("JSON")
    }

    /// The types of an incident's events in order.
    pub(super) fn kinds(&self, id: &str) -> Vec<String> {
        let told = self.run(&["incident", "timeline", id, "--format", "json"]);
        assert_eq!(told.code, Some(0), "{told:?}");
        let kind = |line: &str| serde_json::from_str::<Value>(line).expect("JSON")["type"].as_str().expect("a type").to_owned();
        told.stdout.lines().map(kind).collect()
    }

    /// The digest that the plan shows for a step.
    pub(super) fn digest(&self, id: &str, step: &str) -> String {
        let plan = self.run(&["incident", "plan", id]);
        assert_eq!(plan.code, Some(0), "{plan:?}");
        let part = plan.stdout.split(&format!("\n{step} (")).nth(1).unwrap_or_else(|| panic!("no step {step}: {}", plan.stdout));
        part.split("\n  sha256 ").nth(1).expect("a digest").split_whitespace().next().expect("a digest").to_owned()
    }

    /// Writes a decision file; gives its path.
    pub(super) fn decide(&self, id: &str, decision: &str, signer: &str) -> PathBuf {
        let printed = self.run(&["incident", "decide", id, decision, "--signer", signer]);
        assert_eq!(printed.code, Some(0), "{printed:?}");
        let path = self.base.join(format!("{}-{signer}.txt", decision.replace('=', "-")));
        std::fs::write(&path, printed.stdout).expect("written");
        path
    }

    /// Approves the revocation without a signature, as its owner.
    pub(super) fn approve_as_owner(&self, id: &str) {
        let digest = self.digest(id, "revoke");
        let file = self.decide(id, &format!("approve={digest}"), "owner");
        let approved = self.run(&["incident", "approve", id, &file.to_string_lossy(), "--unsigned"]);
        assert_eq!(approved.code, Some(0), "{approved:?}");
    }
}

/// Whether any file below `folder` holds `needle`.
pub(super) fn holds(folder: &Path, needle: &str) -> Option<PathBuf> {
    for entry in std::fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            if let Some(found) = holds(&path, needle) {
                return Some(found);
            }
        } else if std::fs::read(&path).expect("readable").windows(needle.len()).any(|part| part == needle.as_bytes()) {
            return Some(path);
        }
    }
    None
}
