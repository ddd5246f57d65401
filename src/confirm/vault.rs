//! Reads one field of a KV store of Vault or OpenBao, so that a finding can be held against it.

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use zeroize::{Zeroize, Zeroizing};

use super::store::StoreError;
use crate::model::{Secret, plain};
use crate::net::{Answer, Method, Request, Transport};

/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// What stands in a path as it is (RFC 3986, 2.3).
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

/// The server to ask.
pub struct VaultServer<'a> {
    /// `https://vault.example.com`, without a path.
    pub address: &'a str,
    /// A token that may read the path; nothing else is needed.
    pub token: &'a Secret,
    /// The namespace, if there are any.
    pub namespace: Option<&'a str>,
}

/// What a field holds.
#[derive(Debug)]
pub struct VaultValue {
    /// The value.
    pub value: Secret,
    /// Which version of it, where the store counts them.
    pub version: Option<u64>,
}

impl VaultServer<'_> {
    /// The newest value of `field` at `path`; nothing but a KV store is read, for a read of others makes a credential.
    ///
    /// The mount is asked for first (GET `sys/internal/ui/mounts/:path`, as the `vault kv` command does), then the value (GET
    /// `:mount/data/:path` of KV version 2, `:mount/:path` of version 1; Vault API documentation).
    ///
    /// # Errors
    /// [`StoreError::Absent`] when there is none, [`StoreError::Unknown`] when that cannot be told; neither repeats what was answered.
    pub fn value(&self, path: &str, field: &str, transport: &dyn Transport) -> Result<VaultValue, StoreError> {
        let told = self.get(&format!("sys/internal/ui/mounts/{path}"), path, transport)?.ok_or_else(|| {
            StoreError::Unknown(format!("the server does not tell on which mount {path} lies; it must be Vault 0.10 or later, or OpenBao"))
        })?;
        let (mount, kind) = (told.pointer("/data/path").and_then(Value::as_str), told.pointer("/data/type").and_then(Value::as_str));
        let (Some(mount), Some(kind)) = (mount, kind) else {
            return Err(StoreError::Unknown(format!("the server does not tell on which mount {path} lies")));
        };
        if !matches!(kind, "kv" | "generic") {
            let kind = plain(kind, 40);
            return Err(StoreError::Unknown(format!(
                "{path} lies on a mount of type {kind}; only kv holds values that are read and left as they are"
            )));
        }
        let is_second = told.pointer("/data/options/version").and_then(Value::as_str) == Some("2");
        let below = path.strip_prefix(mount.trim_end_matches('/')).map(|rest| rest.trim_start_matches('/'));
        let below = below.ok_or_else(|| StoreError::Unknown(format!("the server tells of another mount than that of {path}")))?;
        let asked = match (is_second, below.starts_with("data/")) {
            (true, false) => format!("{}/data/{below}", mount.trim_end_matches('/')),
            _ => path.to_owned(),
        };
        let Some(mut body) = self.get(&asked, path, transport)? else {
            return Err(StoreError::Absent(format!("the store has nothing at {path}, or its newest version is deleted")));
        };
        let version = body.pointer("/data/metadata/version").and_then(Value::as_u64).filter(|_| is_second);
        let fields = body.pointer_mut(if is_second { "/data/data" } else { "/data" }).and_then(Value::as_object_mut);
        match fields.and_then(|fields| fields.get_mut(field)).map(Value::take) {
            Some(Value::String(text)) if !text.is_empty() => Ok(VaultValue { value: Secret::new(text), version }),
            Some(Value::String(_)) => Err(StoreError::Absent(format!("the field `{}` of {path} is empty", plain(field, 60)))),
            Some(_) => Err(StoreError::Unknown(format!("the field `{}` of {path} holds no text", plain(field, 60)))),
            None => Err(StoreError::Absent(format!("{path} has no field `{}`", plain(field, 60)))),
        }
    }

    /// What stands at an address; none where there is nothing.
    fn get(&self, at: &str, path: &str, transport: &dyn Transport) -> Result<Option<Value>, StoreError> {
        let unknown = |why: String| StoreError::Unknown(why);
        let token = std::str::from_utf8(self.token.expose()).map_err(|_| unknown("the token is not UTF-8".to_owned()))?;
        let mut headers = vec![
            ("x-vault-token".to_owned(), Zeroizing::new(token.to_owned())),
            ("x-vault-request".to_owned(), Zeroizing::new("true".to_owned())),
        ];
        if let Some(namespace) = self.namespace {
            headers.push(("x-vault-namespace".to_owned(), Zeroizing::new(namespace.to_owned())));
        }
        let url = format!("{}/v1/{}", self.address.trim_end_matches('/'), utf8_percent_encode(at, PATH));
        let request = Request { method: Method::Get, url: Zeroizing::new(url), headers, body: None, timeout: PATIENCE };
        let mut answer: Answer = transport.send(&request).map_err(|error| unknown(error.to_string()))?;
        let read = match answer.status {
            200 if answer.cut => Err(unknown(format!("{} answers with more than 64 kB", answer.host))),
            200 => serde_json::from_slice(&answer.body).map(Some).map_err(|_| unknown(format!("{} does not answer in JSON", answer.host))),
            404 => Ok(None),
            403 => Err(unknown(format!("{} does not let the token read {path}, or there is no such mount (403)", answer.host))),
            503 => Err(unknown(format!("{} is sealed or out of order (503)", answer.host))),
            status => Err(unknown(format!("{} answers {status}", answer.host))),
        };
        answer.body.zeroize();
        read
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::net::NetError;

    /// Answers that are given in turn, and what was asked.
    struct Script(Mutex<Vec<(u16, String)>>, Mutex<Vec<String>>);

    impl Transport for Script {
        fn send(&self, request: &Request) -> Result<Answer, NetError> {
            self.1.lock().expect("no panic").push(request.url.to_string());
            let mut answers = self.0.lock().expect("no panic");
            if answers.is_empty() {
                return Err(NetError::Timeout { host: "v".to_owned() });
            }
            let (status, body) = answers.remove(0);
            let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
            Ok(Answer { status, headers, body: body.into_bytes(), cut: false, host: "v".to_owned() })
        }
    }

    fn ask(path: &str, answers: &[(u16, &str)]) -> (Result<VaultValue, StoreError>, Vec<String>) {
        let script = Script(Mutex::new(answers.iter().map(|(status, body)| (*status, (*body).to_owned())).collect()), Mutex::default());
        let token = Secret::new("t");
        let found = VaultServer { address: "https://v.test/", token: &token, namespace: None }.value(path, "password", &script);
        (found, script.1.into_inner().expect("no panic"))
    }

    fn mount(kind: &str, version: &str) -> String {
        serde_json::json!({ "data": { "path": "secret/", "type": kind, "options": { "version": version } } }).to_string()
    }

    #[test]
    fn both_versions_are_read_where_they_keep_values() {
        let second = r#"{"data":{"data":{"password":"x"},"metadata":{"version":3}}}"#;
        for path in ["secret/a b", "secret/data/a b"] {
            let (found, asked) = ask(path, &[(200, &mount("kv", "2")), (200, second)]);
            let found = found.expect("read");
            assert_eq!((found.value, found.version), (Secret::new("x"), Some(3)));
            assert_eq!(asked[1], "https://v.test/v1/secret/data/a%20b");
        }
        let (found, asked) = ask("secret/a", &[(200, &mount("kv", "1")), (200, r#"{"data":{"password":"x"}}"#)]);
        assert_eq!((found.expect("read").version, asked[1].as_str()), (None, "https://v.test/v1/secret/a"));
    }

    #[test]
    fn absent_is_told_from_unknown_and_a_mount_that_makes_credentials_is_not_read() {
        let kv = mount("kv", "2");
        for (answers, is_absent) in [
            (vec![(200, kv.as_str()), (404, "{}")], true),
            (vec![(200, &kv), (200, r#"{"data":{"data":{"other":"x"}}}"#)], true),
            (vec![(200, &kv), (200, r#"{"data":{"data":{"password":""}}}"#)], true),
            (vec![(200, &kv), (200, r#"{"data":{"data":{"password":7}}}"#)], false),
            (vec![(200, &kv), (403, "{}")], false),
            (vec![(200, &kv), (503, "{}")], false),
            (vec![(200, &kv), (200, "<html>")], false),
            (vec![(200, &kv)], false),
            (vec![(403, "{}")], false),
            (vec![], false),
        ] {
            let (found, _) = ask("secret/a", &answers);
            assert_eq!(matches!(found, Err(StoreError::Absent(_))), is_absent, "{answers:?} {found:?}");
            assert!(found.is_err());
        }
        let (found, asked) = ask("secret/a", &[(200, &mount("database", "")), (200, "{}")]);
        assert!(matches!(found, Err(StoreError::Unknown(_))) && asked.len() == 1, "a read there would make a login: {asked:?}");
    }
}
