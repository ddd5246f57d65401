//! Asks Vault or OpenBao for the HMACs that its audit device writes in place of a credential.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::Value;
use zeroize::Zeroizing;

use super::scope::Needle;
use crate::model::{Secret, forms};
use crate::net::{Method, Request, Transport};

/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// The store to ask.
pub struct Store<'a> {
    /// `https://vault.example.com`, without a path.
    pub address: &'a str,
    /// A token that may update `sys/audit-hash/*`; nothing else is needed.
    pub token: &'a Secret,
    /// The audit device, as `vault audit list` names it.
    pub device: &'a str,
    /// The namespace, if there are any.
    pub namespace: Option<&'a str>,
}

/// What the store said.
#[derive(Debug, Default)]
pub struct Hashes {
    /// The HMAC of each form.
    pub needles: Vec<Needle>,
    /// The requests that asked, which stand in the log too.
    pub requests: HashSet<String>,
}

/// Asks for every form of `secret` (POST `sys/audit-hash/:path`, Vault API documentation, `/sys/audit-hash`).
///
/// # Errors
/// Why there is no answer; never with what was asked for.
pub fn hashes(store: &Store<'_>, secret: &Secret, transport: &dyn Transport) -> Result<Hashes, String> {
    let mut found = Hashes::default();
    for (form, value) in forms(secret) {
        // A JSON string holds no other bytes.
        let Ok(text) = std::str::from_utf8(value.expose()) else { continue };
        let body = Zeroizing::new(serde_json::to_vec(&serde_json::json!({ "input": text })).expect("a string is plain JSON"));
        let token = std::str::from_utf8(store.token.expose()).map_err(|_| "the token is not UTF-8".to_owned())?;
        let mut headers = vec![
            ("x-vault-token".to_owned(), Zeroizing::new(token.to_owned())),
            ("content-type".to_owned(), Zeroizing::new("application/json".to_owned())),
        ];
        if let Some(namespace) = store.namespace {
            headers.push(("x-vault-namespace".to_owned(), Zeroizing::new(namespace.to_owned())));
        }
        let url = Zeroizing::new(format!("{}/v1/sys/audit-hash/{}", store.address.trim_end_matches('/'), store.device));
        let request = Request { method: Method::Post, url, headers, body: Some(body), timeout: PATIENCE };
        let answer = transport.send(&request).map_err(|error| error.to_string())?;
        let way = match answer.status {
            200 => None,
            400 | 404 => {
                Some(format!("there is no audit device `{}` (`vault audit list` names them)", crate::model::plain(store.device, 60)))
            }
            403 => Some("the token may not `update` sys/audit-hash/*".to_owned()),
            other => Some(format!("status {other}")),
        };
        if let Some(way) = way {
            return Err(format!("{} gave no HMAC: {way}", answer.host));
        }
        let told: Value = serde_json::from_slice(&answer.body).map_err(|_| format!("{} did not answer in JSON", answer.host))?;
        let hmac = told["data"]["hash"].as_str().or_else(|| told["hash"].as_str()).filter(|hmac| is_hmac(hmac));
        let hmac = hmac.ok_or_else(|| format!("{} answered with no HMAC", answer.host))?;
        found.requests.extend(told["request_id"].as_str().map(str::to_owned));
        found.needles.push(Needle { form: form.to_owned(), hmac: hmac.to_owned() });
    }
    Ok(found)
}

/// Whether it is one, as a log writes it.
pub fn is_hmac(text: &str) -> bool {
    text.strip_prefix("hmac-sha256:")
        .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))
}
