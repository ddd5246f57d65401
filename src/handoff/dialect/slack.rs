//! A Slack incoming webhook: plain text that nothing in it can turn into links, mentions or layout.

use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::kinds::{Outgoing, Reply, json_headers, refused};
use crate::handoff::letter::Letter;
use crate::model::plain;
use crate::net::Answer;

/// The longest text of a block, in characters (Slack, "Section block").
const MAX_TEXT: usize = 3000;

pub(super) fn write(letter: &Letter<'_>) -> Outgoing {
    let body = Zeroizing::new(serde_json::to_vec(&message(letter)).expect("plain JSON"));
    Outgoing { headers: json_headers(Vec::new()), body }
}

fn message(letter: &Letter<'_>) -> Value {
    let (notice, credential) = (letter.notice, &letter.notice.credential);
    let rehearsal = if notice.drill { "DRILL: " } else { "" };
    let title = format!("{rehearsal}{} {}: {} exposed", notice.severity.sev(), notice.severity.name(), credential.title);
    let mut lines = vec![format!("Incident {} of {}", notice.incident, notice.case)];
    if let Some(preview) = &credential.preview {
        lines.push(format!("Credential {preview} ({})", credential.fp));
    } else {
        lines.push(format!("Credential {}", credential.fp));
    }
    lines.push(format!("Grade {}: {}", notice.grounds.grade().name(), credential.evidence.join("; ")));
    lines.extend(
        notice.exposure.locations.iter().take(5).map(|location| format!("{}:{}:{}", location.path, location.line, location.column)),
    );
    let total = notice.exposure.locations_total;
    if total > 5 {
        lines.push(format!("{total} places in all"));
    }
    let actions: Vec<&str> = notice.asked.actions.iter().map(|verb| verb.name()).collect();
    lines.push(format!("Asked: {} by {}", actions.join(", "), notice.asked.deadline));
    lines.push(format!("Event {} · journal {} {}", letter.id(), letter.head.seq, letter.head.digest));
    // Each line was made plain; their breaks are ours.
    let text = lines.iter().map(|line| plain(line, 400)).collect::<Vec<_>>().join("\n");
    let text: String = text.chars().take(MAX_TEXT).collect();
    json!({
        "text": escaped(&plain(&title, 500)),
        "mrkdwn": false,
        "unfurl_links": false,
        "unfurl_media": false,
        "blocks": [
            { "type": "section", "text": { "type": "plain_text", "emoji": false, "text": plain(&title, 500) } },
            { "type": "section", "text": { "type": "plain_text", "emoji": false, "text": text } },
        ],
    })
}

/// The three characters with which links and mentions begin (Slack, "Escaping text").
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// 200 with `ok`.
pub(super) fn read(answer: &Answer) -> Reply {
    if answer.status == 200 && answer.body.trim_ascii() == b"ok" { Reply::Delivered(None) } else { refused(answer.status) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handoff::dialect::kinds::tests::answer;
    use crate::handoff::letter::tests::{letter, notice};

    #[test]
    fn the_message_is_as_slack_documents_it() {
        let mut notice = notice(1);
        notice.exposure.locations[0].path = "deploy/<!channel> *bold* `x`\\u{202e}.env".to_owned();
        notice.credential.title = "A <https://evil.test|token> & more".to_owned();
        let value = message(&letter(&notice));
        let text = serde_json::to_string_pretty(&value).expect("JSON") + "\n";
        assert_eq!(text, include_str!("golden/slack.json"));
        for block in value["blocks"].as_array().expect("blocks") {
            assert_eq!(block["text"]["type"], "plain_text", "no text is read as mrkdwn");
        }
        assert!(!value["text"].as_str().expect("text").contains('<'));
    }

    #[test]
    fn only_ok_is_ok() {
        assert_eq!(read(&answer(200, "text/html", "ok")), Reply::Delivered(None));
        for body in ["", "no_service", "<html>ok</html>"] {
            assert!(matches!(read(&answer(200, "text/html", body)), Reply::Refused(_)), "{body}");
        }
    }
}
