//! A notice on its way: its id, and its body as a CloudEvent.

use data_encoding::BASE32_NOPAD;
use serde_json::{Value, json};

use super::seal::Sealed;
use crate::journal::Head;
use crate::model::Notice;

/// No body is longer than this many bytes: receivers of Standard Webhooks take 20 kB.
pub const MAX_BODY: usize = 16_384;
/// The types of our events.
const CONFIRMED: &str = "dev.keyfuse.secret.confirmed.v1";
const PRECAUTIONARY: &str = "dev.keyfuse.secret.precautionary.v1";

/// A notice with all that its body holds: the same bytes at every attempt.
#[derive(Clone, Debug)]
pub struct Letter<'a> {
    /// Where the journal stood when it was owed: the line that caused it. It names the letter, and whoever reads it is a witness.
    pub head: Head,
    /// When it was owed, RFC 3339.
    pub time: String,
    /// The machine it comes from.
    pub host: &'a str,
    /// The notice.
    pub notice: &'a Notice,
    /// The secret, encrypted, where recipients are configured.
    pub sealed: Option<&'a Sealed>,
}

impl Letter<'_> {
    /// The id: stable over attempts, unlike any other host's.
    pub fn id(&self) -> String {
        id(self.head)
    }

    /// The address that its source is named by.
    pub fn source(&self) -> String {
        let encoded = percent_encoding::utf8_percent_encode(self.host, percent_encoding::NON_ALPHANUMERIC).to_string();
        format!("urn:keyfuse:host:{}", encoded.replace("%2D", "-").replace("%2E", "."))
    }

    /// The body: a CloudEvent in the structured JSON form (CloudEvents 1.0.2, JSON event format).
    pub fn body(&self) -> Vec<u8> {
        let notice = self.notice;
        let (kind, grounds) = if notice.grounds.is_confirmed() { (CONFIRMED, "confirmed") } else { (PRECAUTIONARY, "precautionary") };
        let mut credential = json!(notice.credential);
        credential["grade"] = json!(notice.grounds.grade());
        let event = json!({
            "specversion": "1.0",
            "id": self.id(),
            "source": self.source(),
            "type": kind,
            "subject": notice.incident,
            "time": self.time,
            "datacontenttype": "application/json",
            "data": {
                "case": notice.case,
                "generation": notice.generation,
                "state": "declared",
                "severity": notice.severity,
                "grounds": grounds,
                "drill": notice.drill,
                "credential": credential,
                "exposure": notice.exposure,
                "asked": notice.asked,
                "journal": self.head,
                "secret": self.sealed.map_or(Value::Null, |sealed| json!(sealed)),
            },
        });
        serde_json::to_vec(&event).expect("plain JSON")
    }
}

/// The id of the letter that the journal's line `head` caused.
pub(super) fn id(head: Head) -> String {
    let mut text = BASE32_NOPAD.encode(head.digest.bytes()).to_ascii_lowercase();
    text.truncate(26);
    format!("evt_{text}")
}

/// Leaves out the last locations until the body fits; their total stays.
pub fn fit(notice: &mut Notice, host: &str, sealed: Option<&Sealed>) {
    let longest = Head { seq: u64::MAX, digest: crate::journal::Digest::ZERO };
    let time = "2026-01-01T00:00:00.000Z".to_owned();
    loop {
        let length = Letter { head: longest, time: time.clone(), host, notice, sealed }.body().len();
        let count = notice.exposure.locations.len();
        if length <= MAX_BODY || count == 0 {
            return;
        }
        let listed: usize = notice.exposure.locations.iter().map(|location| json!(location).to_string().len() + 1).sum();
        let average = (listed / count).max(1);
        notice.exposure.locations.truncate(count.saturating_sub(((length - MAX_BODY) / average).max(1)));
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::handoff::{Recipients, seal};
    use crate::journal::Digest;
    use crate::model::{Asked, Exposure, Grade, Grounds, Location, Secret, Subject, Urgency, Verb};

    pub(in crate::handoff) fn notice(places: usize) -> Notice {
        let location = |at: usize| Location {
            path: format!("deploy/{at}/{}", "é\"".repeat(40)),
            line: 3,
            column: 14,
            place: "file".to_owned(),
            object: None,
            commit: None,
        };
        Notice {
            grounds: Grounds::of(Grade::Attested).expect("grounds"),
            incident: "inc-aaaqeayeau-1".to_owned(),
            case: "case-abcdefghijkl".to_owned(),
            generation: 1,
            severity: Urgency::High,
            drill: false,
            credential: Subject {
                fp: "fp1_aaaqeayeaudaocajbifqydiob4".parse().expect("a fingerprint"),
                kind: "secret".to_owned(),
                rule: "github-personal-access-token".to_owned(),
                title: "GitHub personal access token (classic)".to_owned(),
                provider: "GitHub".to_owned(),
                verb: Verb::Revoke,
                preview: Some("ghp_…k9Qz".to_owned()),
                ids: BTreeMap::new(),
                evidence: vec!["ann confirmed it: seen in use".to_owned()],
            },
            exposure: Exposure {
                first_seen: None,
                commit: None,
                pushed: None,
                remotes: Vec::new(),
                stakes: Default::default(),
                file_mode: Some("0644".to_owned()),
                locations: (0..places).map(location).collect(),
                locations_total: places,
            },
            asked: Asked { actions: vec![Verb::Revoke], deadline: "2026-11-21T21:30:04.512Z".to_owned() },
        }
    }

    pub(in crate::handoff) fn letter(notice: &Notice) -> Letter<'_> {
        let head = Head { seq: 7, digest: Digest::of(b"the line that caused it") };
        Letter { head, time: "2026-11-21T21:00:04.512Z".to_owned(), host: "ci-runner.12 a", notice, sealed: None }
    }

    #[test]
    fn the_body_is_a_cloud_event() {
        let notice = notice(1);
        let letter = letter(&notice);
        let event: Value = serde_json::from_slice(&letter.body()).expect("JSON");
        // CloudEvents 1.0.2, 3.1: the required attributes, non-empty strings; the source a URI reference.
        for name in ["id", "source", "specversion", "type"] {
            assert!(event[name].as_str().is_some_and(|text| !text.is_empty()), "{name}");
        }
        assert_eq!(event["specversion"], "1.0");
        assert_eq!(event["source"], "urn:keyfuse:host:ci-runner.12%20a");
        assert_eq!((&event["type"], &event["data"]["grounds"]), (&json!(CONFIRMED), &json!("confirmed")));
        assert_eq!(event["data"]["credential"]["grade"], "attested");
        assert_eq!(event["data"]["journal"], json!({ "seq": 7, "head": letter.head.digest }));
        assert_eq!(event["data"]["secret"], Value::Null);
        assert!(event["id"].as_str().is_some_and(|id| id.len() == 30 && id.starts_with("evt_")));
        assert_eq!(letter.body(), letter.body());
        let suspected = Notice { grounds: Grounds::of(Grade::Proved).expect("grounds"), ..notice.clone() };
        let event: Value = serde_json::from_slice(&Letter { notice: &suspected, ..letter }.body()).expect("JSON");
        assert_eq!((&event["type"], &event["data"]["grounds"]), (&json!(PRECAUTIONARY), &json!("precautionary")));
    }

    #[test]
    fn as_many_places_as_fit_and_the_count_of_all() {
        let to = Recipients::parse(&[age::x25519::Identity::generate().to_public().to_string()]).expect("a recipient");
        for sealed_bytes in [0, 1000, 4096] {
            let mut notice = notice(500);
            let sealed = (sealed_bytes > 0)
                .then(|| seal(&Secret::new("x".repeat(sealed_bytes)), &notice.incident, &notice.credential.fp, &to).expect("sealed"));
            fit(&mut notice, "ci-runner.12 a", sealed.as_ref());
            let body = Letter { sealed: sealed.as_ref(), ..letter(&notice) }.body();
            assert!(body.len() <= MAX_BODY, "{}", body.len());
            assert!(body.len() > MAX_BODY - 600, "the room is used: {}", body.len());
            assert_eq!(notice.exposure.locations_total, 500);
            assert!(!notice.exposure.locations.is_empty());
        }
    }
}
