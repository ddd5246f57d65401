//! PagerDuty's Events API v2: one alert a case, however many keys leaked at once.

use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::kinds::{Outgoing, Reply, json_headers, refused};
use crate::handoff::endpoint::Endpoint;
use crate::handoff::letter::Letter;
use crate::model::{Urgency, plain};
use crate::net::Answer;

/// Where events are sent (PagerDuty, Events API v2, "Send an alert event").
pub(super) const URL: &str = "https://events.pagerduty.com/v2/enqueue";
/// The longest summary that is accepted, in characters.
const MAX_SUMMARY: usize = 1024;

pub(super) fn write(letter: &Letter<'_>, endpoint: &Endpoint) -> Option<Outgoing> {
    let key = std::str::from_utf8(endpoint.secret.as_ref()?.expose()).ok()?;
    let body = Zeroizing::new(serde_json::to_vec(&event(letter, key)).expect("plain JSON"));
    Some(Outgoing { headers: json_headers(Vec::new()), body })
}

fn event(letter: &Letter<'_>, routing_key: &str) -> Value {
    let (notice, credential) = (letter.notice, &letter.notice.credential);
    let first = notice.exposure.locations.first();
    let place = first.map_or(String::new(), |location| format!(" in {}:{}", location.path, location.line));
    let rehearsal = if notice.drill { "DRILL: " } else { "" };
    let summary = format!("{rehearsal}{}: {} exposed{place} [{}]", notice.severity.sev(), credential.title, notice.incident);
    json!({
        "routing_key": routing_key,
        "event_action": "trigger",
        "dedup_key": notice.case,
        "client": "keyfuse",
        "payload": {
            "summary": plain(&summary, MAX_SUMMARY - 1),
            "source": letter.host,
            "severity": severity(notice.severity),
            "timestamp": letter.time,
            "component": credential.provider,
            "group": notice.case,
            "class": "secret-leak",
            "custom_details": {
                "tags": ["secret-leak"],
                "severity": notice.severity,
                "sev": notice.severity.sev(),
                "drill": notice.drill,
                "incident": notice.incident,
                "event": letter.id(),
                "grade": notice.grounds.grade(),
                "fingerprint": credential.fp,
                "rule": credential.rule,
                "preview": credential.preview,
                "asked": notice.asked,
                "places": notice.exposure.locations_total,
                "journal": letter.head,
            },
        },
    })
}

fn severity(urgency: Urgency) -> &'static str {
    match urgency {
        Urgency::Critical | Urgency::High => "critical",
        Urgency::Medium => "error",
        Urgency::Low => "warning",
    }
}

/// 202 alone is acceptance.
pub(super) fn read(answer: &Answer) -> Reply {
    if answer.status == 202 {
        let value: Option<Value> = serde_json::from_slice(&answer.body).ok();
        let key = value.as_ref().and_then(|value| value.get("dedup_key")).and_then(Value::as_str);
        return Reply::Delivered(key.map(|key| plain(key, 128)));
    }
    refused(answer.status)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handoff::dialect::kinds::tests::answer;
    use crate::handoff::letter::tests::{letter, notice};

    #[test]
    fn the_event_is_as_pagerduty_documents_it() {
        let mut notice = notice(2);
        notice.exposure.locations[0].path = "deploy/prod.env".to_owned();
        let value = event(&letter(&notice), "R0UTINGKEY");
        let text = serde_json::to_string_pretty(&value).expect("JSON") + "\n";
        assert_eq!(text, include_str!("golden/pagerduty.json"));
        // The limits that the documentation states.
        assert!(value["dedup_key"].as_str().is_some_and(|key| key.len() <= 255));
        notice.exposure.locations[0].path = "x".repeat(4000);
        let value = event(&letter(&notice), "R0UTINGKEY");
        assert!(value["payload"]["summary"].as_str().is_some_and(|text| text.chars().count() <= MAX_SUMMARY));
    }

    #[test]
    fn twelve_keys_of_one_case_are_one_alert_and_each_severity_has_its_own() {
        let one = notice(1);
        let other = crate::model::Notice { incident: "inc-zzzzzzzzzz-1".to_owned(), severity: Urgency::Medium, ..one.clone() };
        let (first, second) = (event(&letter(&one), "k"), event(&letter(&other), "k"));
        assert_eq!(first["dedup_key"], second["dedup_key"]);
        assert_eq!((&first["payload"]["severity"], &second["payload"]["severity"]), (&json!("critical"), &json!("error")));
    }

    #[test]
    fn only_202_is_acceptance() {
        assert_eq!(
            read(&answer(202, "application/json", r#"{"status":"success","dedup_key":"case-1"}"#)),
            Reply::Delivered(Some("case-1".to_owned()))
        );
        assert!(matches!(read(&answer(200, "application/json", "{}")), Reply::Refused(_)));
    }
}
