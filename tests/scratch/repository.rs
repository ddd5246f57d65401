//! Scratch repositories made by the real git, cut off from the configuration of whoever runs the tests.

use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) struct Scratch {
    /// Removed with everything in it when dropped.
    _directory: tempfile::TempDir,
    pub(crate) base: PathBuf,
    /// The work tree.
    pub(crate) root: PathBuf,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    pub(crate) fn with(init: &[&str]) -> Self {
        let directory = tempfile::tempdir().expect("a scratch directory");
        let base = directory.path().canonicalize().expect("it exists");
        let root = base.join("repository");
        let scratch = Self { _directory: directory, base, root: root.clone() };
        std::fs::create_dir(&root).expect("a fresh directory");
        scratch.git(&[&["init", "-q", "-b", "main"], init].concat());
        scratch
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        git_in(&self.root, arguments, &[])
    }

    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().expect("below the root")).expect("directories");
        std::fs::write(path, content).expect("a file");
    }

    pub(crate) fn commit(&self, message: &str) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }
}

pub(crate) fn git_in(directory: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let output = command(directory, arguments, variables).output().expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

pub(crate) fn command(directory: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(directory).args(arguments);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            command.env_remove(name);
        }
    }
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", if cfg!(windows) { "NUL" } else { "/dev/null" });
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "A U Thor").env(format!("GIT_{role}_EMAIL"), "thor@example.com");
        command.env(format!("GIT_{role}_DATE"), "2024-02-03T04:05:06+0100");
    }
    command.envs(variables.iter().copied());
    command
}
