//! `vault-accessor:ACCESSOR`: ends a token of Vault or OpenBao by its accessor, which opens nothing itself.

use serde_json::{Value, json};

use super::http::lost;
use super::vault::Vault;
use super::work::{Acted, Driver, Stop, World};
use crate::contain::facts::{Asked, Heard};
use crate::contain::stage::Fate;
use crate::model::{Fingerprint, plain};
use crate::net::Method;

/// Revokes a token by its accessor (OpenBao API documentation, /auth/token: revoke-accessor, lookup-accessor).
#[derive(Clone, Debug)]
pub struct VaultAccessor {
    vault: Vault,
    accessor: String,
}

impl VaultAccessor {
    /// For an accessor.
    pub fn new(vault: Vault, accessor: &str) -> Self {
        Self { vault, accessor: accessor.to_owned() }
    }

    /// Whether there is a token with this accessor: the status of the answer, and none where nothing can be said, with the reason.
    fn look(&self, world: &World<'_>) -> (Option<bool>, Option<u16>, String) {
        let body = json!({ "accessor": self.accessor });
        let answer = match self.vault.send(world, Method::Post, "auth/token/lookup-accessor", Some(&body)) {
            Ok(answer) => answer,
            Err(error) => return (None, None, error.to_string()),
        };
        let says = String::from_utf8_lossy(&answer.body);
        match answer.status {
            200 => (Some(true), Some(200), String::new()),
            // OpenBao says so with 400, Vault with 403; a token that may not look is refused in other words.
            400 | 403 | 404 if says.contains("invalid accessor") => (Some(false), Some(answer.status), String::new()),
            status => (None, Some(status), format!("{} answers {status}, which does not say whether the token is there", answer.host)),
        }
    }
}

impl Driver for VaultAccessor {
    fn action(&self) -> &'static str {
        "vault.revoke-accessor"
    }

    fn requests(&self) -> Vec<String> {
        vec![format!("POST {}/v1/auth/token/revoke-accessor", self.vault.address()), format!("  {{\"accessor\":\"{}\"}}", self.accessor)]
    }

    fn before(&self, world: &World<'_>) -> Result<Value, Stop> {
        match self.look(world) {
            (Some(true), ..) => Ok(Value::Null),
            (Some(false), ..) => {
                Err(Stop::Refused("there is no token with this accessor: revoking would answer success and change nothing".to_owned()))
            }
            (None, _, why) => Err(Stop::Failed(why)),
        }
    }

    fn act(&self, world: &World<'_>, _: &Value) -> Acted {
        let body = json!({ "accessor": self.accessor });
        let answer = match self.vault.send(world, Method::Post, "auth/token/revoke-accessor", Some(&body)) {
            Ok(answer) => answer,
            Err(error) => return lost(&error),
        };
        let result = json!({ "http": { "status": answer.status, "date": answer.header("date").map(|date| plain(date, 40)) } });
        match answer.status {
            200 | 204 => Acted::Done { result, fate: Some(Fate::Accepted) },
            500.. => Acted::Unknown(format!("{} answers {}: it may be revoked", answer.host, answer.status)),
            status => Acted::Failed(format!("{} answers {status}", answer.host)),
        }
    }

    fn probe(&self, world: &World<'_>, fp: &Fingerprint) -> Option<Asked> {
        let control_status = self.vault.control(world);
        let control = control_status == Some(200);
        let (is_there, status, why) = self.look(world);
        let (answer, why) = match is_there {
            Some(true) => (Heard::Alive, String::new()),
            Some(false) if control => (Heard::Dead, String::new()),
            Some(false) => (Heard::Unknown, "the server does not answer the responder".to_owned()),
            None => (Heard::Unknown, why),
        };
        let asked = format!("POST {}/v1/auth/token/lookup-accessor", self.vault.address());
        Some(Asked { fp: fp.clone(), answer, control, asked, status, control_status, why })
    }
}
