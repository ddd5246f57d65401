//! A real gitolite in a scratch folder, reached as sshd would reach it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::scratch::{Scratch, not_run};

pub(super) struct Gitolite {
    program: PathBuf,
    home: PathBuf,
    /// The program that stands for ssh: it signs in as `admin`.
    pub(super) ssh: String,
}

impl Gitolite {
    /// Sets it up below the base of `work`; none where a part is missing, which is said.
    pub(super) fn start(test: &str, program: &Path, work: &Scratch) -> Option<Self> {
        // What sshd would start for this key; gitolite's shell is where its programs are.
        let shell = Path::new("/usr/share/gitolite3/gitolite-shell");
        if !shell.is_file() {
            not_run(test, "gitolite-shell");
            return None;
        }
        let home = work.base.join("gitolite");
        std::fs::create_dir(&home).expect("made");
        let key = home.join("admin");
        let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key).status();
        assert!(made.is_ok_and(|one| one.success()));
        let ssh = home.join("ssh.sh");
        let text = format!(
            "#!/bin/sh\nshift\nHOME='{}' SSH_CONNECTION='127.0.0.1 1 127.0.0.1 22' SSH_ORIGINAL_COMMAND=\"$*\" exec '{}' \"${{AS:-admin}}\"\n",
            home.display(),
            shell.display()
        );
        std::fs::write(&ssh, text).expect("written");
        #[cfg(unix)]
        std::fs::set_permissions(&ssh, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("it can be run");
        let gitolite = Self { program: program.to_owned(), home, ssh: ssh.display().to_string() };
        let made = gitolite.run(&["setup", "-pk", "admin.pub"]);
        assert!(made.status.success(), "{made:?}");
        Some(gitolite)
    }

    /// Runs one of its commands.
    pub(super) fn run(&self, arguments: &[&str]) -> Output {
        let ran = Command::new(&self.program).args(arguments).env("HOME", &self.home).env("USER", "git").current_dir(&self.home).output();
        ran.expect("gitolite runs")
    }

    /// The folder of a repository.
    pub(super) fn repository(&self, name: &str) -> PathBuf {
        self.home.join(format!("repositories/{name}.git"))
    }
}
