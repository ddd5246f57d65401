//! Our own dialect: CloudEvents 1.0 in structured mode, signed as Standard Webhooks.

use zeroize::Zeroizing;

use super::kinds::{Outgoing, Reply, refused};
use crate::handoff::endpoint::Endpoint;
use crate::handoff::letter::Letter;
use crate::model::plain;
use crate::net::Answer;

/// CloudEvents 1.0.2, HTTP protocol binding, 3.2.
pub(super) const CONTENT_TYPE: &str = "application/cloudevents+json; charset=utf-8";

pub(super) fn write(letter: &Letter<'_>, endpoint: &Endpoint, time: i64) -> Option<Outgoing> {
    let body = Zeroizing::new(letter.body());
    let signed = endpoint.signer.as_ref()?.headers(&letter.id(), time, &body);
    let kind = ("content-type".to_owned(), CONTENT_TYPE.to_owned());
    let headers = std::iter::once(kind).chain(signed).map(|(name, value)| (name, Zeroizing::new(value))).collect();
    Some(Outgoing { headers, body })
}

/// Any 2xx with nothing or with JSON: a sign-in page is no delivery.
pub(super) fn read(answer: &Answer) -> Reply {
    if !(200..300).contains(&answer.status) {
        return refused(answer.status);
    }
    if answer.body.trim_ascii().is_empty() {
        return Reply::Delivered(None);
    }
    // More than is read of an answer is dropped, and the status counts, as long as it began as JSON does.
    let starts_as_json = matches!(answer.body.trim_ascii_start().first(), Some(b'{' | b'['));
    match serde_json::from_slice::<serde_json::Value>(&answer.body) {
        Ok(value) => Reply::Delivered(value.get("receipt").and_then(|receipt| receipt.as_str()).map(|receipt| plain(receipt, 128))),
        Err(_) if answer.cut && starts_as_json => Reply::Delivered(None),
        Err(_) => Reply::Refused("a success with something else than JSON: a sign-in page or a proxy's, not a receiver's"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handoff::dialect::Dialect;
    use crate::handoff::dialect::kinds::tests::answer;
    use crate::handoff::letter::tests::{letter, notice};
    use crate::model::Secret;

    #[test]
    fn the_request_is_what_both_specifications_ask_for() {
        let key = Secret::new(format!("whsec_{}", data_encoding::BASE64.encode(&[7; 32])));
        let endpoint = Endpoint::new("hook", Dialect::Native, "https://h.example.com/", Some(key), false).expect("sound");
        let notice = notice(1);
        let letter = letter(&notice);
        let one = write(&letter, &endpoint, 1_795_294_804).expect("signed");
        let names: Vec<&str> = one.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["content-type", "webhook-id", "webhook-timestamp", "webhook-signature"]);
        assert_eq!(one.headers[1].1.as_str(), letter.id());
        assert!(one.headers[0].1.starts_with("application/cloudevents+json"));
        let later = write(&letter, &endpoint, 1_795_294_900).expect("signed");
        assert_eq!(one.body, later.body, "the body is the same at every attempt");
        assert_eq!(one.headers[1], later.headers[1]);
        assert_ne!((&one.headers[2], &one.headers[3]), (&later.headers[2], &later.headers[3]), "time and signature are of the attempt");
    }

    #[test]
    fn receipts_are_kept_and_pages_are_no_receipts() {
        assert_eq!(read(&answer(202, "application/json", r#"{"receipt":"r-1"}"#)), Reply::Delivered(Some("r-1".to_owned())));
        assert_eq!(read(&answer(204, "", "")), Reply::Delivered(None));
        assert_eq!(read(&answer(200, "", "[]")), Reply::Delivered(None));
        assert!(matches!(read(&answer(200, "text/html", "<p>hello")), Reply::Refused(_)));
        assert!(matches!(read(&answer(200, "application/json", "hello")), Reply::Refused(_)));
        let long = format!("{{\"x\":\"{}", "y".repeat(100));
        assert!(matches!(read(&answer(200, "application/json", &long)), Reply::Refused(_)), "broken");
        assert_eq!(read(&Answer { cut: true, ..answer(200, "application/json", &long) }), Reply::Delivered(None), "cut by us");
        assert!(matches!(read(&Answer { cut: true, ..answer(200, "text/html", "<html>") }), Reply::Refused(_)));
    }
}
