//! Against a real OpenBao: a token that its holder ends, a command that would revoke nothing, versions that are destroyed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::desk::Desk;
use crate::scratch::{not_run, server};

/// A server in memory, stopped when dropped.
pub(super) struct Bao {
    child: Child,
    pub(super) url: String,
    pub(super) root: String,
    program: std::path::PathBuf,
}

impl Bao {
    pub(super) fn start(folder: &Path) -> Option<Self> {
        let program = server("bao")?;
        let root = String::from_utf8(keyfuse::rules::expand("root-{base62:20}", "bao").expect("sound").text).expect("text");
        // A free port, told apart from those of other tests by asking the system for it.
        let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound").port();
        let mut command = Command::new(&program);
        command.args(["server", "-dev", "-dev-no-store-token", &format!("-dev-listen-address=127.0.0.1:{port}")]);
        command.env("HOME", folder).env("BAO_DEV_ROOT_TOKEN_ID", &root).env("VAULT_DEV_ROOT_TOKEN_ID", &root);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).stdin(Stdio::null()).spawn().expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        while let Some(Ok(line)) = lines.next() {
            if line.contains("Root Token:") {
                break;
            }
        }
        // Nobody reads on, and nobody must wait for that.
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self { child, url: format!("http://127.0.0.1:{port}"), root, program })
    }

    fn run(&self, arguments: &[&str]) -> Value {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .env("BAO_ADDR", &self.url)
            .env("VAULT_ADDR", &self.url)
            .env("BAO_TOKEN", &self.root)
            .env("VAULT_TOKEN", &self.root);
        let output = command.output().expect("it runs");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
    }
}

impl Drop for Bao {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn configure(desk: &Desk, bao: &Bao) {
    let text = format!(
        "[vault]\naddress = '{0}'\ntoken = 'file:vault.token'\nallow_private = true\n[[probe.endpoint]]\nservice = 'vault'\nurl = '{0}'\nprivate = true\nplain = true\n",
        bao.url
    );
    std::fs::write(desk.config("config.toml"), text).expect("written");
    let token = desk.config("vault.token");
    std::fs::write(&token, &bao.root).expect("written");
    #[cfg(unix)]
    std::fs::set_permissions(&token, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("private");
}

#[test]
fn a_real_token_dies_and_a_command_that_revokes_nothing_is_refused() {
    let name = "a_real_token_dies_and_a_command_that_revokes_nothing_is_refused";
    let desk = Desk::new();
    let Some(bao) = Bao::start(&desk.base) else { return not_run(name, "OpenBao") };
    configure(&desk, &bao);

    // The holder's own end.
    let made = bao.run(&["token", "create", "-policy=default", "-format=json"]);
    let token = made["auth"]["client_token"].as_str().expect("a token").to_owned();
    let place = desk.plant(&token);
    let id = desk.open(&[place]);
    assert_eq!(desk.run(&["incident", "probe", &id]).stdout.split(':').next(), Some("alive"));
    desk.approve_as_owner(&id);
    let contained = desk.run(&["incident", "contain", &id, "--armed"]);
    assert_eq!(contained.code, Some(0), "{contained:?}");
    assert_eq!(desk.show(&id)["credential_state"], "dead");

    // The runbook's own command, as it stands there: refused, with the right way.
    bao.run(&["kv", "put", "-format=json", "secret/app", "password=one"]);
    bao.run(&["kv", "put", "-format=json", "secret/app", "password=two"]);
    let id = desk.open(&["--resource", "vault-lease:secret/data/app"]);
    desk.approve_as_owner(&id);
    let refused = desk.run(&["incident", "contain", &id, "--armed"]);
    assert_eq!(refused.code, Some(5), "{refused:?}");
    assert!(refused.stdout.contains("has no leases") && refused.stdout.contains("vault:secret/data/app"), "{refused:?}");
    assert!(desk.kinds(&id).contains(&"action.refused".to_owned()) && !desk.kinds(&id).contains(&"step.intent".to_owned()));

    // The right way: every version, and it is seen.
    let id = desk.open(&["--resource", "vault:secret/data/app"]);
    desk.approve_as_owner(&id);
    let destroyed = desk.run(&["incident", "contain", &id, "--armed"]);
    assert_eq!(destroyed.code, Some(0), "{destroyed:?}");
    let metadata = bao.run(&["kv", "metadata", "get", "-format=json", "secret/app"]);
    let versions = metadata["data"]["versions"].as_object().expect("versions");
    assert!(versions.len() == 2 && versions.values().all(|one| one["destroyed"] == true), "{metadata}");
}
