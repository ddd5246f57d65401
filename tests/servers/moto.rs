//! moto, a server of AWS's API that checks signatures.

use super::http::{Reply, request};
use super::process::{Process, folder, free_port, program};
use crate::scratch::not_run;

/// Requests that are let through unsigned, to make the first user: user, key, policy.
const UNSIGNED: u8 = 3;

/// A running moto, with one IAM user.
pub(crate) struct Moto {
    process: Process,
    /// The user's key id.
    pub(crate) id: String,
    /// The user's secret key.
    pub(crate) secret: String,
}

impl Moto {
    /// Starts one, or says that `test` did not run.
    pub(crate) fn start(test: &str) -> Option<Self> {
        let Some(server) = program("moto_server", &[]) else {
            not_run(test, "moto");
            return None;
        };
        let (folder, port) = (folder(), free_port());
        let mut command = std::process::Command::new(server);
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]).env("INITIAL_NO_AUTH_ACTION_COUNT", UNSIGNED.to_string());
        let process = Process::start(command, folder, port);
        let iam = |parameters: &str| {
            let made = iam(port, parameters);
            assert_eq!(made.status, 200, "{made:?}");
            made.body
        };
        iam("Action=CreateUser&UserName=svc-ingest");
        let key = iam("Action=CreateAccessKey&UserName=svc-ingest");
        let policy = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22%2A%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D";
        iam(&format!("Action=PutUserPolicy&UserName=svc-ingest&PolicyName=all&PolicyDocument={policy}"));
        let field = |name: &str| {
            let inner = key.split_once(&format!("<{name}>")).and_then(|(_, rest)| rest.split_once(&format!("</{name}>")));
            inner.unwrap_or_else(|| panic!("no {name}")).0.to_owned()
        };
        Some(Self { id: field("AccessKeyId"), secret: field("SecretAccessKey"), process })
    }

    /// Where it is.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.process.port)
    }
}

fn iam(port: u16, parameters: &str) -> Reply {
    // The scope of the signature tells moto which service is meant; the signature itself is not looked at yet.
    let scope = "AWS4-HMAC-SHA256 Credential=none/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=none";
    let headers = [("Authorization", scope), ("Content-Type", "application/x-www-form-urlencoded")];
    request(port, "POST", "/", &headers, &format!("{parameters}&Version=2010-05-08"))
}
