//! What an answer says: accepted, refused, or nothing that can be believed.

use serde_json::Value;

use crate::net::Answer;
use crate::rules::{AnswerEntry, Confirm, Meaning, Media, Sign, Wanted};

/// The longest name of an owner that is kept, in characters.
const MAX_NAME: usize = 120;

/// What an answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// The credential opens something, by name of whom if that is told.
    Accepted { who: Option<String> },
    /// The issuer knows no such credential.
    Refused,
    /// The issuer refuses it, in words that a living one can hear too.
    Declined,
    /// Neither can be said, for this reason.
    Unclear(String),
}

/// Reads an answer by the signs that the rule declares.
pub(crate) fn read(confirm: &Confirm, answer: &Answer) -> Reading {
    if let Some(why) = disturbance(answer) {
        return Reading::Unclear(why);
    }
    let media = answer.media_type();
    let fits = match confirm.media {
        Media::Json => media == "application/json" || media == "text/json" || media.ends_with("+json"),
        Media::Xml => media == "application/xml" || media == "text/xml" || media.ends_with("+xml"),
        Media::Any => true,
    };
    if !fits {
        let wanted = if confirm.media == Media::Json { "JSON" } else { "XML" };
        let got = if media.is_empty() { "has no type".to_owned() } else { format!("is {}", printable(&media, 40)) };
        return Reading::Unclear(format!(
            "{} answers {}, but the answer {got} where {} says {wanted}",
            answer.host, answer.status, confirm.service
        ));
    }
    let json: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let text = String::from_utf8_lossy(&answer.body);
    let holds = |signs: &[Sign]| signs.iter().any(|sign| matches(sign, answer.status, json.as_ref(), &text));
    match (holds(&confirm.alive), holds(&confirm.dead), holds(&confirm.refused)) {
        (true, false, false) => {
            let who = confirm.who.as_ref().and_then(|pointer| json.as_ref()?.pointer(pointer)).and_then(name);
            Reading::Accepted { who }
        }
        // A refusal with the reason for it says more than one without.
        (false, true, _) => Reading::Refused,
        (false, false, true) => Reading::Declined,
        _ => Reading::Unclear(format!(
            "{} answers {}, but not in the words by which {} accepts or refuses",
            answer.host, answer.status, confirm.service
        )),
    }
}

/// What a declared answer is taken for, where that is not what it means.
pub(crate) fn mistaken(confirm: &Confirm, told: &AnswerEntry) -> Option<&'static str> {
    let answer = Answer {
        status: told.status,
        headers: vec![("content-type".to_owned(), told.media.clone())],
        body: told.body.clone().into_bytes(),
        cut: false,
        host: confirm.service.clone(),
    };
    let taken = match read(confirm, &answer) {
        Reading::Accepted { .. } => Meaning::Alive,
        Reading::Refused => Meaning::Dead,
        Reading::Declined => Meaning::Refused,
        Reading::Unclear(_) => Meaning::Unknown,
    };
    (taken != told.means).then_some(taken.name())
}

/// What no issuer means by itself: a redirect, a limit, a fault, a page for people.
fn disturbance(answer: &Answer) -> Option<String> {
    let (host, status) = (&answer.host, answer.status);
    let says = match status {
        300..400 => "redirects elsewhere",
        407 => "is a proxy that wants a login",
        429 => "limits requests",
        500.. => "is out of order",
        ..200 => "does not answer",
        _ if is_page(answer) => "answers with a web page, as portals, captchas and firewalls do",
        _ if answer.cut => "answers with more than 64 kB",
        _ => return None,
    };
    Some(format!("{host} {says} ({status})"))
}

fn is_page(answer: &Answer) -> bool {
    let start: Vec<u8> =
        answer.body.iter().copied().skip_while(u8::is_ascii_whitespace).take(14).map(|byte| byte.to_ascii_lowercase()).collect();
    matches!(answer.media_type().as_str(), "text/html" | "application/xhtml+xml")
        || start.starts_with(b"<!doctype html")
        || start.starts_with(b"<html")
}

pub(crate) fn matches(sign: &Sign, status: u16, json: Option<&Value>, text: &str) -> bool {
    let there = |(pointer, wanted): &(String, Wanted)| {
        let Some(value) = json.and_then(|json| json.pointer(pointer)) else { return false };
        match wanted {
            Wanted::Present => !value.is_null(),
            Wanted::Truth(truth) => value.as_bool() == Some(*truth),
            Wanted::Number(numbers) => value.as_i64().is_some_and(|value| numbers.contains(&value)),
            Wanted::Text(texts) => value.as_str().is_some_and(|value| texts.iter().any(|text| text == value)),
        }
    };
    sign.status.contains(&status) && sign.json.iter().all(there) && sign.text.iter().all(|part| text.contains(part.as_str()))
}

/// A name as an issuer gives it, fit to be shown.
fn name(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let shown = printable(&text, MAX_NAME);
    (!shown.is_empty()).then_some(shown)
}

/// Text without control characters, cut.
pub(crate) fn printable(text: &str, most: usize) -> String {
    text.chars().filter(|sign| !sign.is_control()).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RuleSet;

    fn question(id: &str) -> Confirm {
        RuleSet::builtin().find(id).and_then(|(_, rule)| rule.confirm.clone()).expect("a rule with a question")
    }

    fn answer(status: u16, media: &str, body: &str) -> Answer {
        let headers = vec![("content-type".to_owned(), media.to_owned())];
        Answer { status, headers, body: body.as_bytes().to_vec(), cut: false, host: "api.test".to_owned() }
    }

    #[test]
    fn an_answer_of_200_may_be_a_refusal() {
        let slack = question("slack-bot-token");
        let json = "application/json; charset=utf-8";
        assert_eq!(read(&slack, &answer(200, json, r#"{"ok":false,"error":"token_revoked"}"#)), Reading::Refused);
        // A living token hears this too where its app lets no such address in.
        assert_eq!(read(&slack, &answer(200, json, r#"{"ok":false,"error":"invalid_auth"}"#)), Reading::Declined);
        assert!(
            matches!(read(&slack, &answer(200, json, r#"{"ok":true,"user":"bot","user_id":"U1"}"#)), Reading::Accepted { who: Some(who) } if who == "bot")
        );
        assert!(matches!(read(&slack, &answer(200, json, r#"{"ok":false,"error":"ratelimited"}"#)), Reading::Unclear(_)));
    }

    #[test]
    fn what_is_in_the_way_says_nothing() {
        let github = question("github-personal-access-token");
        for (status, media, body) in [
            (200, "text/html", "<html>Sign in</html>"),
            (200, "application/json", "  <!DOCTYPE html><title>captcha"),
            (401, "text/html", "<html>401</html>"),
            (403, "text/html", "<html>Access denied</html>"),
            (403, "application/json", r#"{"message":"Forbidden"}"#),
            (429, "application/json", r#"{"message":"slow down"}"#),
            (302, "application/json", r#"{"login":"x","id":1}"#),
            (503, "application/json", r#"{"message":"Bad credentials"}"#),
            (407, "application/json", "{}"),
            (200, "application/json", "{}"),
            (200, "", r#"{"login":"x","id":1}"#),
            (401, "application/json", r#"{"message":"Requires authentication"}"#),
        ] {
            assert!(matches!(read(&github, &answer(status, media, body)), Reading::Unclear(_)), "{status} {media} {body}");
        }
        let mut long = answer(200, "application/json", r#"{"login":"x","id":1}"#);
        assert!(matches!(read(&github, &long), Reading::Accepted { .. }));
        long.cut = true;
        assert!(matches!(read(&github, &long), Reading::Unclear(_)));
        assert_eq!(read(&github, &answer(401, "application/json", r#"{"message":"Bad credentials"}"#)), Reading::Refused);
    }

    #[test]
    fn a_name_cannot_move_the_cursor() {
        assert_eq!(name(&Value::from("a\u{1b}[31mb\n")), Some("a[31mb".to_owned()));
    }
}
