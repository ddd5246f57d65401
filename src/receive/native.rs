//! `POST /`: one notice, signed as Standard Webhooks, a CloudEvent in structured mode.

use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::inbox::{RECEIVED, Received, receipt};
use super::server::{Arrival, Shared, told};
use crate::handoff::SignatureError;
use crate::journal::{Actor, Digest, Entry, JournalError};
use crate::model::plain;

/// What is answered.
pub(super) type Answer = (StatusCode, Value);

/// Takes one message.
pub(super) fn take(shared: &Shared, headers: &HeaderMap, body: &[u8]) -> Answer {
    let Some(verifier) = &shared.verifier else {
        return told(StatusCode::NOT_FOUND, "this receiver has no key for signed notices");
    };
    let stamp = shared.clock.now();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let id = match verifier.verify(header, body, stamp.wall.as_second()) {
        Ok(id) => id,
        Err(error @ SignatureError::Header(_)) => return told(StatusCode::BAD_REQUEST, &error.to_string()),
        Err(error) => return told(StatusCode::UNAUTHORIZED, &error.to_string()),
    };
    let event: Value = match serde_json::from_slice(body) {
        Ok(event) => event,
        Err(_) => return told(StatusCode::UNPROCESSABLE_ENTITY, "the body is no JSON"),
    };
    // CloudEvents 1.0.2, 3.1: what every event has.
    let text = |name: &str| event.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    if text("specversion") != Some("1.0") || text("source").is_none() || text("type").is_none() || text("id") != Some(id) {
        return told(StatusCode::UNPROCESSABLE_ENTITY, "the body is no CloudEvent 1.0 with the id of its header");
    }
    let digest = Digest::of(body);
    if shared.only_verifies {
        return (StatusCode::ACCEPTED, json!({ "receipt": receipt(digest) }));
    }
    let subject = text("subject").map(|subject| plain(subject, 100));
    let mut journal = shared.journal();
    let taken = journal.update(|writing| {
        if let Some((before, receipt)) = writing.state().notice(id) {
            return Ok::<_, JournalError>((before == digest, receipt.to_owned(), false));
        }
        let is_drill = event.pointer("/data/drill") == Some(&Value::Bool(true));
        let facts = Received { event: id.to_owned(), sha256: digest, body: event.clone() };
        let entry = Entry { inc: subject.clone(), ..Entry::new(RECEIVED, Actor::engine(), &facts).drill(is_drill) };
        let recorded = writing.append(entry, stamp)?;
        Ok((true, receipt(recorded.digest), true))
    });
    drop(journal);
    match taken {
        Err(error) => {
            shared.complain(&error.to_string());
            told(StatusCode::SERVICE_UNAVAILABLE, "it cannot be kept here now; try again")
        }
        Ok((false, ..)) => told(StatusCode::CONFLICT, "another body came with this id before"),
        Ok((true, receipt, is_new)) => {
            if is_new {
                shared.arrived(&Arrival::Notice { event: &event, receipt: &receipt });
            }
            (if is_new { StatusCode::ACCEPTED } else { StatusCode::OK }, json!({ "receipt": receipt }))
        }
    }
}
