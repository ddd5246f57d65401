//! Vault and OpenBao: leases counted before and after, versions of a KV store destroyed, and no command that revokes nothing.

use std::time::Duration;

use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::http::lost;
use super::work::{Acted, Driver, Stop, World};
use crate::contain::facts::{Asked, Heard};
use crate::contain::stage::Fate;
use crate::model::{Fingerprint, Secret, plain};
use crate::net::{Answer, Method, NetError, Request};

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What the responder needs and no more, for `vault policy write`.
pub fn policy(mount: &str) -> String {
    format!(
        "# What keyfuse needs to end what {mount} issued, and to know what kind of mount it is.\n\
         path \"auth/token/lookup-self\" {{ capabilities = [\"read\"] }}\n\
         path \"sys/mounts/*\" {{ capabilities = [\"read\"] }}\n\
         path \"sys/leases/lookup/{mount}/*\" {{ capabilities = [\"list\", \"sudo\"] }}\n\
         path \"sys/leases/revoke-prefix/{mount}/*\" {{ capabilities = [\"update\", \"sudo\"] }}\n\
         path \"{mount}/metadata/*\" {{ capabilities = [\"read\"] }}\n\
         path \"{mount}/destroy/*\" {{ capabilities = [\"update\"] }}\n\
         path \"sys/audit-hash/*\" {{ capabilities = [\"update\"] }}\n\
         path \"auth/token/lookup-accessor\" {{ capabilities = [\"update\"] }}\n\
         path \"auth/token/revoke-accessor\" {{ capabilities = [\"update\"] }}\n\
         path \"sys/namespaces/*\" {{ capabilities = [\"read\"] }}\n\
         path \"sys/namespaces/api-lock/*\" {{ capabilities = [\"update\"] }}\n"
    )
}

/// A server, and the responder's token for it.
#[derive(Clone, Debug)]
pub struct Vault {
    address: String,
    token: Secret,
}

impl Vault {
    /// The server at `address`, which the door must let through.
    pub fn new(address: &str, token: Secret) -> Self {
        Self { address: address.trim_end_matches('/').to_owned(), token }
    }

    /// Where it is.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn send(&self, world: &World<'_>, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, NetError> {
        let token = String::from_utf8_lossy(self.token.expose()).into_owned();
        let mut headers =
            vec![("x-vault-token".to_owned(), Zeroizing::new(token)), ("x-vault-request".to_owned(), Zeroizing::new("true".to_owned()))];
        if body.is_some() {
            headers.push(("content-type".to_owned(), Zeroizing::new("application/json".to_owned())));
        }
        world.transport.send(&Request {
            method,
            url: Zeroizing::new(format!("{}/v1/{path}", self.address)),
            headers,
            body: body.map(|body| Zeroizing::new(body.to_string().into_bytes())),
            timeout: TIMEOUT,
        })
    }

    /// Reads; none where there is nothing.
    fn read(&self, world: &World<'_>, path: &str) -> Result<Option<Value>, String> {
        let answer = self.send(world, Method::Get, path, None).map_err(|error| error.to_string())?;
        let body = || serde_json::from_slice::<Value>(&answer.body).ok();
        match answer.status {
            200 => body().map(Some).ok_or_else(|| format!("{} answers with something else than JSON", answer.host)),
            404 => Ok(None),
            403 => Err(format!("{} does not let the responder's token read {path} (403)", answer.host)),
            status => Err(format!("{} answers {status}", answer.host)),
        }
    }

    /// The mount that a path lies on, with its type; none where that cannot be known.
    fn mount(&self, world: &World<'_>, path: &str) -> Result<Option<(String, String)>, String> {
        let ends: Vec<usize> = path.match_indices('/').map(|(at, _)| at).chain([path.len()]).collect();
        for end in ends {
            // A mount that is not there answers 400.
            let answer = self.send(world, Method::Get, &format!("sys/mounts/{}", &path[..end]), None).map_err(|error| error.to_string())?;
            if answer.status == 403 {
                return Err(format!("{} does not let the responder's token read sys/mounts/{} (403)", answer.host, &path[..end]));
            }
            let body: Option<Value> = serde_json::from_slice(&answer.body).ok().filter(|_| answer.status == 200);
            let kind = body.as_ref().and_then(|body| body.pointer("/data/type").or_else(|| body.get("type"))).and_then(Value::as_str);
            if let Some(kind) = kind {
                return Ok(Some((path[..end].to_owned(), plain(kind, 40))));
            }
        }
        Ok(None)
    }

    /// Leases below a prefix, all levels.
    fn leases(&self, world: &World<'_>, prefix: &str) -> Result<usize, String> {
        let (mut count, mut open) = (0, vec![prefix.trim_end_matches('/').to_owned()]);
        while let Some(path) = open.pop() {
            let Some(body) = self.read(world, &format!("sys/leases/lookup/{path}?list=true"))? else { continue };
            for key in body.pointer("/data/keys").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
                match key.strip_suffix('/') {
                    Some(folder) => open.push(format!("{path}/{folder}")),
                    None => count += 1,
                }
            }
            if open.len() > 10_000 {
                return Err("there are too many prefixes to count".to_owned());
            }
        }
        Ok(count)
    }

    /// Whether the server answers the responder at all, for an answer that says that something is gone.
    pub(super) fn control(&self, world: &World<'_>) -> Option<u16> {
        self.send(world, Method::Get, "auth/token/lookup-self", None).ok().map(|answer| answer.status)
    }
}

/// `vault-lease:PREFIX`: revokes every lease below it, and counts.
#[derive(Clone, Debug)]
pub struct VaultLeases {
    vault: Vault,
    prefix: String,
}

impl VaultLeases {
    /// For a prefix such as `database/creds/app`.
    pub fn new(vault: Vault, prefix: &str) -> Self {
        Self { vault, prefix: prefix.trim_matches('/').to_owned() }
    }
}

impl Driver for VaultLeases {
    fn action(&self) -> &'static str {
        "vault.revoke-prefix"
    }

    fn requests(&self) -> Vec<String> {
        vec![
            format!("LIST {}/v1/sys/leases/lookup/{}", self.vault.address, self.prefix),
            format!("PUT {}/v1/sys/leases/revoke-prefix/{}", self.vault.address, self.prefix),
            "  {\"sync\":true}".to_owned(),
            format!("LIST {}/v1/sys/leases/lookup/{}", self.vault.address, self.prefix),
        ]
    }

    fn before(&self, world: &World<'_>) -> Result<Value, Stop> {
        let refused = |why: String| Err(Stop::Refused(why));
        let (mount, kind) = match self.vault.mount(world, &self.prefix).map_err(Stop::Failed)? {
            Some(found) => found,
            None => {
                return refused(format!(
                    "nothing says what kind of mount {} lies on, and the command succeeds where it revokes nothing",
                    self.prefix
                ));
            }
        };
        if matches!(kind.as_str(), "kv" | "generic" | "cubbyhole") {
            let path = self.prefix.strip_prefix(&mount).unwrap_or_default().trim_start_matches('/').trim_start_matches("data/");
            return refused(format!(
                "{mount} is a {kind} mount, which has no leases: revoking there answers success and revokes nothing. Instead: destroy the \
                 versions (`keyfuse incident open --resource vault:{mount}/data/{path}`), rotate the value where it is issued, look in the \
                 audit log who read it"
            ));
        }
        let count = self.vault.leases(world, &self.prefix).map_err(Stop::Failed)?;
        if count == 0 {
            return refused(format!("there is no lease below {}: revoking would answer success and change nothing", self.prefix));
        }
        Ok(json!({ "mount": mount, "type": kind, "leases": count }))
    }

    fn act(&self, world: &World<'_>, before: &Value) -> Acted {
        let answer =
            match self.vault.send(world, Method::Put, &format!("sys/leases/revoke-prefix/{}", self.prefix), Some(&json!({ "sync": true })))
            {
                Ok(answer) => answer,
                Err(error) => return lost(&error),
            };
        let http = json!({ "status": answer.status, "date": answer.header("date").map(|date| plain(date, 40)) });
        match answer.status {
            200 | 202 | 204 => {}
            500.. => return Acted::Unknown(format!("{} answers {}: some leases may be revoked", answer.host, answer.status)),
            status => return Acted::Failed(format!("{} answers {status}", answer.host)),
        }
        match self.vault.leases(world, &self.prefix) {
            Ok(after) => {
                let result = json!({ "leases": { "before": before["leases"], "after": after }, "http": http });
                if after == 0 {
                    Acted::Done { result, fate: Some(Fate::Accepted) }
                } else {
                    Acted::Unknown(format!("{after} leases are still there after the answer {}", answer.status))
                }
            }
            Err(why) => Acted::Unknown(format!("the leases cannot be counted again: {why}")),
        }
    }

    fn probe(&self, world: &World<'_>, fp: &Fingerprint) -> Option<Asked> {
        let control_status = self.vault.control(world);
        let control = control_status == Some(200);
        let (answer, why) = match self.vault.leases(world, &self.prefix) {
            Ok(0) if control => (Heard::Dead, String::new()),
            Ok(0) => (Heard::Unknown, "the server does not answer the responder, so no lease proves nothing".to_owned()),
            Ok(count) => (Heard::Alive, format!("{count} leases are there")),
            Err(why) => (Heard::Unknown, why),
        };
        let asked = format!("LIST {}/v1/sys/leases/lookup/{}", self.vault.address, self.prefix);
        Some(Asked { fp: fp.clone(), answer, control, asked, status: None, control_status, why })
    }
}

/// `vault:MOUNT/data/PATH`: destroys every version of a KV version 2 secret.
#[derive(Clone, Debug)]
pub struct VaultKv {
    vault: Vault,
    mount: String,
    path: String,
}

impl VaultKv {
    /// For a path such as `secret/data/app`; none where it has no `/data/`.
    pub fn new(vault: Vault, resource: &str) -> Option<Self> {
        let (mount, path) = resource.split_once("/data/")?;
        Some(Self { vault, mount: mount.to_owned(), path: path.to_owned() })
    }

    /// Versions that are not destroyed; none where there is no such secret.
    fn versions(&self, world: &World<'_>) -> Result<Option<Vec<u64>>, String> {
        let Some(body) = self.vault.read(world, &format!("{}/metadata/{}", self.mount, self.path))? else { return Ok(None) };
        let versions = body.pointer("/data/versions").and_then(Value::as_object).ok_or("its metadata names no versions")?;
        let open = versions.iter().filter(|(_, facts)| facts["destroyed"] != Value::Bool(true));
        let mut open: Vec<u64> = open.filter_map(|(number, _)| number.parse().ok()).collect();
        open.sort_unstable();
        Ok(Some(open))
    }
}

impl Driver for VaultKv {
    fn action(&self) -> &'static str {
        "vault.kv-destroy"
    }

    fn requests(&self) -> Vec<String> {
        vec![
            format!("GET {}/v1/{}/metadata/{}", self.vault.address, self.mount, self.path),
            format!("PUT {}/v1/{}/destroy/{}", self.vault.address, self.mount, self.path),
            "  {\"versions\":[every one]}".to_owned(),
        ]
    }

    fn before(&self, world: &World<'_>) -> Result<Value, Stop> {
        match self.vault.mount(world, &self.mount).map_err(Stop::Failed)? {
            Some((_, kind)) if kind == "kv" => {}
            Some((mount, kind)) => {
                return Err(Stop::Refused(format!("{mount} is a {kind} mount, not kv; leases are named vault-lease:PREFIX")));
            }
            None => return Err(Stop::Refused(format!("nothing says what kind of mount {} is", self.mount))),
        }
        match self.versions(world).map_err(Stop::Failed)? {
            Some(open) if !open.is_empty() => Ok(json!({ "versions": open })),
            Some(_) => Err(Stop::Refused(format!("every version of {}/{} is destroyed already", self.mount, self.path))),
            None => Err(Stop::Refused(format!("there is no secret {}/{}", self.mount, self.path))),
        }
    }

    fn act(&self, world: &World<'_>, before: &Value) -> Acted {
        let body = json!({ "versions": before["versions"] });
        let answer = match self.vault.send(world, Method::Put, &format!("{}/destroy/{}", self.mount, self.path), Some(&body)) {
            Ok(answer) => answer,
            Err(error) => return lost(&error),
        };
        match answer.status {
            200 | 204 => {
                let date = answer.header("date").map(|date| plain(date, 40));
                let result = json!({ "versions": before["versions"], "http": { "status": answer.status, "date": date } });
                // The value is destroyed in the store; what it opens elsewhere is another matter.
                Acted::Done { result, fate: Some(Fate::Accepted) }
            }
            500.. => Acted::Unknown(format!("{} answers {}", answer.host, answer.status)),
            status => Acted::Failed(format!("{} answers {status}", answer.host)),
        }
    }

    fn probe(&self, world: &World<'_>, fp: &Fingerprint) -> Option<Asked> {
        let control_status = self.vault.control(world);
        let control = control_status == Some(200);
        let (answer, why) = match self.versions(world) {
            Ok(Some(open)) if open.is_empty() && control => (Heard::Dead, String::new()),
            Ok(Some(open)) if open.is_empty() => (Heard::Unknown, "the server does not answer the responder".to_owned()),
            Ok(Some(open)) => (Heard::Alive, format!("{} versions can be read", open.len())),
            Ok(None) => (Heard::Unknown, "there is no such secret".to_owned()),
            Err(why) => (Heard::Unknown, why),
        };
        let asked = format!("GET {}/v1/{}/metadata/{}", self.vault.address, self.mount, self.path);
        Some(Asked { fp: fp.clone(), answer, control, asked, status: None, control_status, why })
    }
}
