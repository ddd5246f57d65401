//! Locks a namespace of OpenBao or Vault Enterprise: until it is unlocked all of it answers 503.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::http::lost;
use super::vault::Vault;
use super::work::{Acted, Driver, Stop, World};
use crate::keychain::{KeyError, read_private, write_private};
use crate::model::Secret;
use crate::net::Method;

/// Locks a namespace (OpenBao API documentation, /sys/namespaces: lock, unlock).
#[derive(Clone, Debug)]
pub struct VaultNamespace {
    vault: Vault,
    namespace: String,
    /// Where the key that unlocks it is kept, readable by its owner alone.
    key: PathBuf,
}

impl VaultNamespace {
    /// For a namespace such as `team-a`; the key that unlocks it is kept in the file `key`.
    pub fn new(vault: Vault, namespace: &str, key: PathBuf) -> Self {
        Self { vault, namespace: namespace.trim_matches('/').to_owned(), key }
    }

    fn change(&self, what: &str) -> String {
        format!("sys/namespaces/api-lock/{what}/{}", self.namespace)
    }

    /// Whether what is inside answers that it is locked; what it answers is not looked at.
    fn is_locked(&self, world: &World<'_>) -> Result<bool, Stop> {
        let path = format!("{}/sys/mounts", self.namespace);
        let answer = self.vault.send(world, Method::Get, &path, None).map_err(|error| Stop::Failed(error.to_string()))?;
        let says = String::from_utf8_lossy(&answer.body);
        match answer.status {
            503 if says.contains("has been locked by an administrator") => Ok(true),
            // Not locked: it lets the responder see, or not, or knows no such path.
            200 | 403 | 404 => Ok(false),
            status => Err(Stop::Failed(format!("{} answers {status}, which does not say whether the namespace is locked", answer.host))),
        }
    }
}

impl Driver for VaultNamespace {
    fn action(&self) -> &'static str {
        "vault.namespace-lock"
    }

    fn requests(&self) -> Vec<String> {
        vec![
            format!("PUT {}/v1/{}", self.vault.address(), self.change("lock")),
            format!("  the key that unlocks it is kept in {} (0600)", self.key.display()),
        ]
    }

    fn is_reversible(&self) -> bool {
        true
    }

    fn undo_shown(&self) -> Option<String> {
        Some(format!("PUT {}/v1/{} with that key, or with a token that has sudo there", self.vault.address(), self.change("unlock")))
    }

    fn before(&self, world: &World<'_>) -> Result<Value, Stop> {
        let known = self.vault.send(world, Method::Get, &format!("sys/namespaces/{}", self.namespace), None);
        if let Some(answer) = known.ok().filter(|answer| answer.status == 404) {
            return Err(Stop::Refused(format!(
                "{} has no namespace {} that could be locked (HashiCorp Vault has namespaces in its Enterprise edition alone)",
                answer.host, self.namespace
            )));
        }
        if self.is_locked(world)? {
            return Err(Stop::Refused("it is locked already, by another hand; who has its key is not known here".to_owned()));
        }
        if self.key.symlink_metadata().is_ok() {
            return Err(Stop::Refused(format!("{} is there from a lock before; look at it and take it away", self.key.display())));
        }
        Ok(json!({ "locked": false, "key": self.key.display().to_string() }))
    }

    fn act(&self, world: &World<'_>, _: &Value) -> Acted {
        let answer = match self.vault.send(world, Method::Put, &self.change("lock"), Some(&json!({}))) {
            Ok(answer) => answer,
            Err(error) => return lost(&error),
        };
        match answer.status {
            200 => {}
            500.. => return Acted::Unknown(format!("{} answers {}: it may be locked", answer.host, answer.status)),
            400 => return Acted::Failed(format!("{} has no such namespace, or another hand has locked it since (400)", answer.host)),
            403 => return Acted::Failed(format!("{} does not let the responder's token lock it (403)", answer.host)),
            status => return Acted::Failed(format!("{} answers {status}", answer.host)),
        }
        let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
        let key = body.as_ref().and_then(|body| body["data"]["unlock_key"].as_str()).map(Secret::new);
        match key.map(|key| write_private(&self.key, &key)) {
            Some(Ok(())) => Acted::Done { result: json!({ "locked": true, "key": self.key.display().to_string() }), fate: None },
            // Locked all the same: a token with sudo can undo it.
            Some(Err(error)) => Acted::Done { result: json!({ "locked": true, "key": format!("lost: {error}") }), fate: None },
            None => Acted::Done { result: json!({ "locked": true, "key": "not given" }), fate: None },
        }
    }

    fn is_in_force(&self, world: &World<'_>, _: &Value) -> Result<bool, String> {
        self.is_locked(world).map_err(|stop| match stop {
            Stop::Refused(why) | Stop::Failed(why) => why,
        })
    }

    fn undo(&self, world: &World<'_>, _: &Value) -> Acted {
        let body = match read_private(&self.key) {
            Ok(key) => json!({ "unlock_key": String::from_utf8_lossy(key.expose()).trim() }),
            Err(KeyError::File { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => json!({}),
            Err(error) => return Acted::Failed(error.to_string()),
        };
        let answer = match self.vault.send(world, Method::Put, &self.change("unlock"), Some(&body)) {
            Ok(answer) => answer,
            Err(error) => return lost(&error),
        };
        match answer.status {
            200 | 204 => {
                // It opens nothing any more.
                let _ = std::fs::remove_file(&self.key);
                Acted::Done { result: json!({ "locked": false }), fate: None }
            }
            400 => Acted::Failed(format!("{} does not take the key in {}", answer.host, self.key.display())),
            403 => Acted::Failed(format!("{} does not let the responder's token unlock it (403)", answer.host)),
            500 if body["unlock_key"].is_null() => {
                Acted::Failed(format!("{} is gone, and the responder's token has no sudo: unlock it with one that has", self.key.display()))
            }
            status => Acted::Unknown(format!("{} answers {status}", answer.host)),
        }
    }
}
