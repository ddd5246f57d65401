//! GitLab's Token Revocation API, which those who run GitLab themselves are asked to provide.

use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use super::inbox::{REPORTED, Reported, receipt};
use super::native::Answer;
use super::server::{Arrival, Shared, told};
use crate::journal::{Actor, Entry, JournalError};
use crate::model::{Identity, Secret, plain};

/// No request holds more tokens than this.
const MAX_TOKENS: usize = 1000;

/// One leaked token (GitLab, "Token Revocation API", `POST /v1/revoke_tokens`).
#[derive(Deserialize)]
struct Token {
    r#type: String,
    #[serde(deserialize_with = "wiped")]
    token: Zeroizing<String>,
    location: String,
}

fn wiped<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(deserializer).map(Zeroizing::new)
}

/// `GET /v1/revocable_token_types`: 200 with `types`, 401.
pub(super) fn types(shared: &Shared, headers: &HeaderMap) -> Answer {
    match is_known(shared, headers) {
        Ok(()) => (StatusCode::OK, json!({ "types": shared.types })),
        Err(answer) => answer,
    }
}

/// `POST /v1/revoke_tokens`: 204 accepted, 400 not to be tried again, 401, 429 and 500 to be tried again.
pub(super) fn revoke(shared: &Shared, headers: &HeaderMap, body: &[u8]) -> Answer {
    if let Err(answer) = is_known(shared, headers) {
        return answer;
    }
    let Some(key) = &shared.key else {
        return told(StatusCode::INTERNAL_SERVER_ERROR, "this receiver has no fingerprint key; `keyfuse key make`");
    };
    let Ok(tokens) = serde_json::from_slice::<Vec<Token>>(body) else {
        return told(StatusCode::BAD_REQUEST, "the body is no list of type, token and location");
    };
    if tokens.is_empty() || tokens.len() > MAX_TOKENS || tokens.iter().any(|token| token.token.is_empty()) {
        return told(StatusCode::BAD_REQUEST, "1 to 1000 tokens, none of them empty");
    }
    if let Some(unknown) = tokens.iter().find(|token| !shared.types.contains(&token.r#type)) {
        return told(StatusCode::BAD_REQUEST, &format!("the type `{}` cannot be revoked here", plain(&unknown.r#type, 100)));
    }
    let stamp = shared.clock.now();
    let secrets: Vec<Secret> = tokens.iter().map(|token| Secret::new(token.token.as_bytes())).collect();
    let reports: Vec<Reported> = tokens
        .iter()
        .zip(&secrets)
        .map(|(token, secret)| Reported {
            fp: key.fingerprint(&Identity::secret(secret)),
            kind: plain(&token.r#type, 100),
            // A location that holds the token itself would keep it.
            location: plain(&token.location.replace(token.token.as_str(), "…"), 300),
        })
        .collect();
    let mut journal = shared.journal();
    let taken = journal.update(|writing| {
        let mut new = Vec::new();
        for (at, report) in reports.iter().enumerate() {
            let is_known = writing.state().token(&report.fp, &report.kind).is_some();
            let is_twice = reports[..at].iter().any(|other| (&other.fp, &other.kind) == (&report.fp, &report.kind));
            if !is_known && !is_twice {
                new.push(at);
            }
        }
        let entries = new.iter().map(|&at| Entry::new(REPORTED, Actor::engine(), &reports[at])).collect();
        let receipts: Vec<String> = writing.append_all(entries, stamp)?.iter().map(|one| receipt(one.digest)).collect();
        Ok::<_, JournalError>(new.into_iter().zip(receipts).collect::<Vec<_>>())
    });
    drop(journal);
    match taken {
        Err(error) => {
            shared.complain(&error.to_string());
            told(StatusCode::INTERNAL_SERVER_ERROR, "it cannot be kept here now; try again")
        }
        Ok(new) => {
            for (at, receipt) in new {
                shared.arrived(&Arrival::Token { report: &reports[at], secret: &secrets[at], receipt: &receipt });
            }
            (StatusCode::NO_CONTENT, json!(null))
        }
    }
}

/// Whether the request shows the token that was agreed.
fn is_known(shared: &Shared, headers: &HeaderMap) -> Result<(), Answer> {
    let Some(expected) = &shared.gitlab_token else {
        return Err(told(StatusCode::NOT_FOUND, "this receiver does not answer GitLab"));
    };
    let given = headers.get("authorization").map(|value| value.as_bytes()).unwrap_or_default();
    let given = given.strip_prefix(b"Bearer ").unwrap_or(given);
    // Digests of equal length: the comparison tells nothing about the token.
    if crate::journal::Digest::of(given) == crate::journal::Digest::of(expected.expose()) {
        Ok(())
    } else {
        Err(told(StatusCode::UNAUTHORIZED, "the Authorization header is not the agreed one"))
    }
}
