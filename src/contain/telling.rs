//! One event as one sentence, with nothing in it that moves a cursor or formats a page.

use super::facts::*;
use super::governing::GOVERNING;
use super::report::text_of;
use crate::journal::Event;
use crate::model::plain;

/// Text of others in Markdown: controls escaped, what formats made harmless, at most 600 characters.
pub fn inert(text: &str) -> String {
    let mut shown = String::new();
    for sign in plain(text, 600).chars() {
        if matches!(sign, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '!') {
            shown.push('\\');
        }
        shown.push(sign);
    }
    shown
}

/// What happened.
pub fn sentence(event: &Event) -> String {
    let data = &event.data;
    let word = |name: &str| inert(text_of(&data[name]).unwrap_or("?"));
    let because = |name: &str| text_of(&data[name]).map(|why| format!(": {}", inert(why))).unwrap_or_default();
    let by = || format!(" ({})", inert(&event.actor.id));
    match event.kind.as_str() {
        OPENED => match data["grounds"].get(0).and_then(text_of) {
            Some(grounds) => ended(&capital(&inert(grounds))),
            None => format!("The incident is declared{}.", by()),
        },
        STATE => {
            let stage = text_of(&data["stage"]).map(|stage| format!("The incident is {}", inert(stage)));
            let severity = text_of(&data["severity"]).map(|severity| format!("Its severity is {}", inert(severity)));
            let all: Vec<String> = stage.into_iter().chain(severity).collect();
            ended(&format!("{}{}", all.join("; "), because("why")))
        }
        LOCATED => format!("It is known in {}.", places(data["total"].as_u64().unwrap_or_default())),
        ASSIGNED => format!("{} takes the role {}.", word("person"), word("role")),
        REQUESTED => format!("Decision {} is waited for.", word("decision")),
        DECIDED => ended(&format!("Decision {} = {} by {}{}", word("decision"), word("choice"), word("signer"), because("reason"))),
        REFUSED => ended(&format!("{} is refused{}", word("action"), because("why"))),
        PLANNED => "A plan is made.".to_owned(),
        INTENT => format!("{} is about to be done.", word("action")),
        DONE => match text_of(&data["result"]["says"]) {
            Some(says) => ended(&inert(says)),
            None => match text_of(&data["result"]["stated"]) {
                Some(says) => format!("Step {}: {} *(stated by {})*", word("step"), ended(&inert(says)), inert(&event.actor.id)),
                None => format!("Step {} is done ({}).", word("step"), word("action")),
            },
        },
        FAILED => ended(&format!("{} has failed{}", word("action"), because("why"))),
        UNKNOWN => ended(&format!("Nobody knows whether {} has changed something{}", word("action"), because("why"))),
        PROBED => {
            let control = if data["control"] == true { "with" } else { "without" };
            format!("Its issuer was asked: {}, {control} a control.", word("answer"))
        }
        CREDENTIAL => match text_of(&data["state"]) {
            Some("requested") => "The end of the credential is asked for.".to_owned(),
            Some("accepted") => "Its issuer says that it is ended, which is a claim.".to_owned(),
            _ => ended(&format!("The credential is {}{}", word("state"), because("why"))),
        },
        GOVERNING => "The authority in force is kept with the evidence.".to_owned(),
        FROZEN => match data["except"].as_array().filter(|list| !list.is_empty()) {
            None => format!("{} is frozen.", word("target")),
            Some(list) => {
                let text = |one: &serde_json::Value, name: &str| inert(text_of(&one[name]).unwrap_or("?"));
                let one = |one: &serde_json::Value| format!("{} as {} ({})", text(one, "who"), text(one, "role"), text(one, "reason"));
                format!("{} is frozen, but for {}.", word("target"), list.iter().map(one).collect::<Vec<_>>().join(", "))
            }
        },
        THAWED => format!("The freeze {} is released.", word("freeze")),
        EVIDENCE => match text_of(&data["path"]) {
            Some(path) => format!("Evidence is added: {}.", inert(path)),
            None => match (text_of(&data["what"]), text_of(&data["says"])) {
                (Some("rca"), _) => format!("The root cause is recorded{}.", by()),
                (Some("clean-scan"), Some(says)) => ended(&capital(&inert(says))),
                _ => format!("{} is recorded{}.", word("what"), by()),
            },
        },
        BREACHED => format!("The clock of {} ran out.", word("clock")),
        SEALED => "The bundle is sealed.".to_owned(),
        COMMS => match text_of(&data["says"]) {
            Some(says) => ended(&inert(says)),
            None => format!("{} is told ({}).", word("to"), word("kind")),
        },
        CORRELATION => ended(&word("says")),
        kind => format!("{}{}.", inert(kind), by()),
    }
}

/// The same with a capital at its beginning.
fn capital(text: &str) -> String {
    let mut signs = text.chars();
    signs.next().map_or_else(String::new, |first| first.to_uppercase().chain(signs).collect())
}

/// So many places.
pub(super) fn places(count: u64) -> String {
    format!("{count} place{}", if count == 1 { "" } else { "s" })
}

fn ended(text: &str) -> String {
    if text.ends_with(['.', '!', '?', '…']) { text.to_owned() } else { format!("{text}.") }
}
