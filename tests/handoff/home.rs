//! A person's keyfuse in a scratch folder, and the programs started there.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::scratch::{KEYFUSE, Run};

/// The key that the tests' endpoints and receivers share.
pub(super) fn shared_key() -> String {
    format!("whsec_{}", data_encoding::BASE64.encode(&[7; 32]))
}

pub(super) struct Home {
    _directory: tempfile::TempDir,
    pub(super) base: PathBuf,
    /// What is scanned.
    pub(super) work: PathBuf,
}

impl Home {
    pub(super) fn new() -> Self {
        let directory = tempfile::tempdir().expect("a scratch folder");
        let base = directory.path().canonicalize().expect("it exists");
        let work = base.join("work");
        for folder in [&work, &base.join("keyfuse/config"), &base.join("receiver/config")] {
            std::fs::create_dir_all(folder).expect("made");
        }
        Self { _directory: directory, base, work }
    }

    /// One with a fingerprint key.
    pub(super) fn with_key() -> Self {
        let home = Self::new();
        assert_eq!(home.run(&["key", "make"]).code, Some(0));
        home
    }

    /// Writes `config.toml`.
    pub(super) fn configure(&self, text: &str) {
        std::fs::write(self.base.join("keyfuse/config/config.toml"), text).expect("written");
    }

    /// An endpoint `hook` at `url`, in our own dialect.
    pub(super) fn hook(&self, url: &str) {
        self.configure(&format!(
            "[host]\nname = 'ci-1'\n[[endpoint]]\nname = 'hook'\ndialect = 'native'\nurl = '{url}'\nsecret = 'env:HOOK_KEY'\n"
        ));
    }

    pub(super) fn state(&self) -> PathBuf {
        self.base.join("keyfuse/state")
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        self.command_of("keyfuse", arguments)
    }

    fn command_of(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(KEYFUSE);
        command.args(arguments).current_dir(&self.work);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy().to_ascii_lowercase();
            if text.starts_with("keyfuse") || text.starts_with("git_") || text.ends_with("_proxy") || text == "dbus_session_bus_address" {
                command.env_remove(name);
            }
        }
        command.env("KEYFUSE_HOME", self.base.join(name)).env("HOOK_KEY", shared_key());
        command
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Run {
        Run::of(self.command(arguments).output().expect("it starts"))
    }

    /// Starts `keyfuse receive` with its own home; `config` is its `[receive]` table's content.
    pub(super) fn receive(&self, config: &str, arguments: &[&str]) -> Receiving {
        std::fs::write(self.base.join("receiver/config/config.toml"), format!("[receive]\n{config}")).expect("written");
        let all = [&["receive", "--listen", "127.0.0.1:0"], arguments].concat();
        let mut command = self.command_of("receiver", &all);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).stdin(Stdio::null());
        Receiving::of(command.spawn().expect("it starts"))
    }

    /// The same after a few words of bash that bound what it may do.
    #[cfg(unix)]
    pub(super) fn receive_within(&self, bounds: &str, config: &str) -> Receiving {
        std::fs::write(self.base.join("receiver/config/config.toml"), format!("[receive]\n{config}")).expect("written");
        let mut command = Command::new("bash");
        command.args(["-c", &format!("{bounds}; exec {KEYFUSE} receive --listen 127.0.0.1:0")]).current_dir(&self.work);
        command.env("KEYFUSE_HOME", self.base.join("receiver")).env("HOOK_KEY", shared_key());
        command.stdout(Stdio::piped()).stderr(Stdio::null()).stdin(Stdio::null());
        Receiving::of(command.spawn().expect("it starts"))
    }
}

/// A receiver that runs, stopped when dropped.
pub(super) struct Receiving {
    child: Child,
    pub(super) url: String,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Receiving {
    fn of(mut child: Child) -> Self {
        let mut out = BufReader::new(child.stdout.take().expect("piped"));
        let mut first = String::new();
        out.read_line(&mut first).expect("it speaks");
        let url = first.trim().strip_prefix("listening at ").unwrap_or_else(|| panic!("it did not start: {first}")).to_owned();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&lines);
        std::thread::spawn(move || keep(out, &kept));
        Self { child, url, lines }
    }

    /// What it has told so far; waits until it has told `count` lines.
    pub(super) fn lines(&self, count: usize) -> Vec<String> {
        let begun = Instant::now();
        loop {
            let lines = self.lines.lock().expect("no panic").clone();
            if lines.len() >= count || begun.elapsed() > Duration::from_secs(20) {
                return lines;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }
}

fn keep(out: BufReader<ChildStdout>, lines: &Mutex<Vec<String>>) {
    for line in out.lines().map_while(Result::ok) {
        lines.lock().expect("no panic").push(line);
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether any file below `folder` holds `needle`.
pub(super) fn holds(folder: &Path, needle: &[u8]) -> Option<PathBuf> {
    for entry in std::fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            if let Some(found) = holds(&path, needle) {
                return Some(found);
            }
        } else if std::fs::read(&path).expect("readable").windows(needle.len()).any(|part| part == needle) {
            return Some(path);
        }
    }
    None
}
