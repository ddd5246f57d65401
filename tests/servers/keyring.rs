//! A keychain of this machine's own kind without a desktop: GNOME's on a bus of its own, unlocked with a word that is piped in.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::process::{folder, program};
use crate::scratch::not_run;

/// A running keychain.
pub(crate) struct Keyring {
    bus: Child,
    daemon: Child,
    tool: PathBuf,
    folder: tempfile::TempDir,
}

/// A session bus that starts nothing by itself, so that a keychain that is gone stays gone.
const BUS: &str = "<busconfig><type>session</type><listen>unix:path=PATH</listen><auth>EXTERNAL</auth>\
    <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>";

impl Keyring {
    /// Starts one, or says that `test` did not run.
    pub(crate) fn start(test: &str) -> Option<Self> {
        let found = ["dbus-daemon", "gnome-keyring-daemon", "secret-tool"].map(|name| program(name, &[]));
        let [Some(dbus), Some(keyring), Some(tool)] = found else {
            not_run(test, "a keychain (dbus-daemon, gnome-keyring-daemon, secret-tool)");
            return None;
        };
        let folder = folder();
        let file = folder.path().join("bus.conf");
        std::fs::write(&file, BUS.replace("PATH", &folder.path().join("bus").to_string_lossy())).expect("written");
        let quiet = |command: &mut Command| {
            command.env("HOME", folder.path()).env("XDG_RUNTIME_DIR", folder.path()).env("XDG_DATA_HOME", folder.path());
            command.stdout(Stdio::null()).stderr(Stdio::null());
        };
        let mut command = Command::new(dbus);
        command.arg("--config-file").arg(&file).args(["--nofork", "--nopidfile"]).stdin(Stdio::null());
        quiet(&mut command);
        let bus = command.spawn().expect("a bus");
        let address = format!("unix:path={}", folder.path().join("bus").display());
        for _ in 0..200 {
            if folder.path().join("bus").exists() {
                break;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        let mut command = Command::new(keyring);
        command.args(["--foreground", "--unlock", "--components=secrets"]).env("DBUS_SESSION_BUS_ADDRESS", &address);
        quiet(&mut command);
        let mut daemon = command.stdin(Stdio::piped()).spawn().expect("a keychain");
        daemon.stdin.take().expect("piped").write_all(b"a word for this keychain alone\n").expect("it reads");
        Some(Self { bus, daemon, tool, folder })
    }

    /// How programs find its bus.
    pub(crate) fn bus(&self) -> String {
        format!("unix:path={}", self.folder.path().join("bus").display())
    }

    /// Keeps a password as another program does; waits until the keychain is ready.
    pub(crate) fn store(&self, service: &str, account: &str, password: &str) {
        for _ in 0..50 {
            let mut command = Command::new(&self.tool);
            command.args(["store", "--label=test", "service", service, "username", account]);
            command.env("DBUS_SESSION_BUS_ADDRESS", self.bus()).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
            let mut child = command.spawn().expect("secret-tool");
            // One that finds no keychain yet may be gone before it reads.
            let _ = child.stdin.take().expect("piped").write_all(password.as_bytes());
            if has_done(&mut child) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the keychain takes nothing");
    }

    /// Ends the keychain; its bus stays.
    pub(crate) fn stop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

/// Whether it ends well within two seconds; asked before the keychain is ready it may wait for an answer that never comes.
fn has_done(child: &mut Child) -> bool {
    for _ in 0..80 {
        if let Some(status) = child.try_wait().expect("a child of ours") {
            return status.success();
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    let _ = child.kill();
    let _ = child.wait();
    false
}

impl Drop for Keyring {
    fn drop(&mut self) {
        self.stop();
        let _ = self.bus.kill();
        let _ = self.bus.wait();
    }
}
