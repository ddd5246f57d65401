//! OpenBao, the open server of HashiCorp Vault's API, in development mode.

use super::http::{Reply, attempt, request};
use super::process::{Process, folder, free_port, program};
use crate::scratch::not_run;

/// A running OpenBao.
pub(crate) struct OpenBao {
    process: Process,
    root: String,
}

impl OpenBao {
    /// Starts one, or says that `test` did not run.
    pub(crate) fn start(test: &str) -> Option<Self> {
        Self::begin(test, false)
    }

    /// The same with a file audit device, `to-file`.
    pub(crate) fn start_audited(test: &str) -> Option<Self> {
        Self::begin(test, true)
    }

    fn begin(test: &str, is_audited: bool) -> Option<Self> {
        let Some(bao) = program("bao", &[]) else {
            not_run(test, "OpenBao (bao)");
            return None;
        };
        let (folder, port) = (folder(), free_port());
        // Made for this server, which forgets it with its memory.
        let root = String::from_utf8(keyfuse::rules::expand("root-{base62:24}", &format!("root {port}")).expect("a sound template").text)
            .expect("templates are text");
        let mut command = std::process::Command::new(bao);
        command.args(["server", "-dev", "-dev-no-store-token", &format!("-dev-listen-address=127.0.0.1:{port}")]);
        if is_audited {
            let log = folder.path().join("audit.log");
            let text = format!("audit \"file\" \"to-file\" {{\n  options {{\n    file_path = {log:?}\n    mode = \"0600\"\n  }}\n}}\n");
            std::fs::write(folder.path().join("audit.hcl"), text).expect("written");
            command.arg("-config=audit.hcl");
        }
        command.env("BAO_DEV_ROOT_TOKEN_ID", &root).env("HOME", folder.path()).current_dir(folder.path());
        let process = Process::start(command, folder, port);
        let bao = Self { process, root };
        for _ in 0..200 {
            if attempt(port, "GET", "/v1/sys/health", &[], "").is_ok_and(|reply| reply.status == 200) {
                return Some(bao);
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("OpenBao is not ready:\n{}", bao.process.log());
    }

    /// Where it is.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.process.port)
    }

    /// Its port.
    pub(crate) fn port(&self) -> u16 {
        self.process.port
    }

    /// The token that may do all.
    pub(crate) fn root(&self) -> &str {
        &self.root
    }

    /// What its audit device writes, where it has one.
    pub(crate) fn audit_log(&self) -> std::path::PathBuf {
        self.process.folder.path().join("audit.log")
    }

    /// Posts to `path` as root.
    pub(crate) fn post(&self, path: &str, body: &str) -> Reply {
        request(self.process.port, "POST", &format!("/v1/{path}"), &[("X-Vault-Token", &self.root)], body)
    }

    /// A token made with these parameters.
    pub(crate) fn token(&self, parameters: &str) -> String {
        let made = self.post("auth/token/create", parameters);
        made.json()["auth"]["client_token"].as_str().unwrap_or_else(|| panic!("no token: {made:?}")).to_owned()
    }

    /// Ends a token.
    pub(crate) fn revoke(&self, token: &str) {
        let revoked = self.post("auth/token/revoke", &serde_json::json!({ "token": token }).to_string());
        assert_eq!(revoked.status, 204, "{revoked:?}");
    }
}
