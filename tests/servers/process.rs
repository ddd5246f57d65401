//! A server's process: its folder, its port, and its end.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a server may take until it answers.
const START: Duration = Duration::from_secs(60);

/// A running server; dropped, it ends.
pub(crate) struct Process {
    child: Child,
    /// Its own folder, removed with it.
    pub(crate) folder: tempfile::TempDir,
    pub(crate) port: u16,
}

/// A port of loopback that nobody listens at.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr()).expect("loopback has free ports").port()
}

/// A folder for a server.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("keyfuse-server-").tempdir().expect("a scratch directory")
}

impl Process {
    /// Starts `command`, which will listen at `port`, with its output in `folder`, and waits until it does.
    pub(crate) fn start(mut command: Command, folder: tempfile::TempDir, port: u16) -> Self {
        let log = std::fs::File::create(folder.path().join("log")).expect("a log");
        if command.get_args().all(|argument| argument != "-") {
            command.stdin(Stdio::null());
        }
        let child = command.stdout(log.try_clone().expect("a log")).stderr(log).spawn().expect("the server starts");
        let mut process = Self { child, folder, port };
        let end = Instant::now() + START;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            let exited = process.child.try_wait().expect("a child of ours");
            assert!(exited.is_none() && Instant::now() < end, "the server does not listen ({exited:?}):\n{}", process.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        process
    }

    /// What it has said so far.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.folder.path().join("log")).unwrap_or_default()).into_owned()
    }

    /// Stops it and waits for its end.
    pub(crate) fn stop(&mut self) {
        // SIGINT first: PostgreSQL then ends its children and its shared memory.
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").args(["-INT", &pid]).stderr(Stdio::null()).status();
        let end = Instant::now() + Duration::from_secs(10);
        while Instant::now() < end {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The program `name`: in the environment that `install.sh` made, in `folders` (one may end in `*`), or on the PATH.
pub(crate) fn program(name: &str, folders: &[&str]) -> Option<PathBuf> {
    if let Some(installed) = crate::scratch::server(name) {
        return Some(installed);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = folders.iter().flat_map(|folder| versions(folder)).collect();
    places.extend(std::env::split_paths(&path));
    places.into_iter().map(|place| place.join(name)).find(|file| file.is_file())
}

/// The folders that `/usr/lib/postgresql/*/bin` names, the newest first.
fn versions(folder: &str) -> Vec<PathBuf> {
    let Some((before, after)) = folder.split_once("*/") else {
        return vec![PathBuf::from(folder)];
    };
    let mut found: Vec<PathBuf> = std::fs::read_dir(before).into_iter().flatten().flatten().map(|entry| entry.path().join(after)).collect();
    found.sort();
    found.reverse();
    found
}

/// `program` as an ordinary user: as `nobody` where the tests run as root, for some servers refuse to serve root.
pub(crate) fn ordinary(program: &Path, folder: &Path) -> Command {
    let root = cfg!(unix) && std::fs::metadata("/proc/self").is_ok_and(|own| is_root(&own));
    if !root {
        return Command::new(program);
    }
    let owned = Command::new("chown").args(["-R", "65534:65534"]).arg(folder).status();
    assert!(owned.is_ok_and(|status| status.success()), "chown works for root");
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(program);
    command
}

#[cfg(unix)]
fn is_root(own: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    own.uid() == 0
}

#[cfg(not(unix))]
fn is_root(_: &std::fs::Metadata) -> bool {
    false
}
