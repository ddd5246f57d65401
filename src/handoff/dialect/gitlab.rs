//! GitLab's Token Revocation API, to whose services the secret itself goes.

use serde::Serialize;
use zeroize::Zeroizing;

use super::kinds::{Outgoing, Reply, json_headers, refused};
use crate::handoff::endpoint::Endpoint;
use crate::handoff::letter::Letter;
use crate::model::Secret;
use crate::net::Answer;

/// One leaked token (GitLab, "Token Revocation API", `POST /v1/revoke_tokens`).
#[derive(Serialize)]
struct Token<'a> {
    r#type: &'a str,
    token: &'a str,
    location: String,
}

pub(super) fn write(letter: &Letter<'_>, endpoint: &Endpoint, secret: &Secret) -> Option<Outgoing> {
    let credential = &letter.notice.credential;
    let location = letter.notice.exposure.locations.first();
    let location = location.map_or(String::new(), |location| format!("{}#L{}", location.path, location.line));
    let token = Token { r#type: &credential.rule, token: std::str::from_utf8(secret.expose()).ok()?, location };
    let body = Zeroizing::new(serde_json::to_vec(&[token]).expect("plain JSON"));
    let key = std::str::from_utf8(endpoint.secret.as_ref()?.expose()).ok()?;
    Some(Outgoing { headers: json_headers(vec![("authorization".to_owned(), key.to_owned())]), body })
}

/// 204: accepted for revocation, at some time.
pub(super) fn read(answer: &Answer) -> Reply {
    if answer.status == 204 { Reply::Delivered(None) } else { refused(answer.status) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handoff::dialect::Dialect;
    use crate::handoff::dialect::kinds::tests::answer;
    use crate::handoff::letter::tests::{letter, notice};
    use crate::rules::expand;

    #[test]
    fn the_request_is_as_gitlab_documents_it() {
        let endpoint =
            Endpoint::new("r", Dialect::GitLabRevocation, "https://r.example.com/v1/revoke_tokens", Some(Secret::new("pre-shared")), true);
        let mut notice = notice(2);
        notice.exposure.locations[0].path = "some/file.rb".to_owned();
        let secret = Secret::new(expand("ghp_{base62:30}{crc32-base62}", "gitlab").expect("a sound template").text);
        let outgoing = write(&letter(&notice), &endpoint.expect("sound"), &secret).expect("text");
        let value: serde_json::Value = serde_json::from_slice(&outgoing.body).expect("JSON");
        let token = std::str::from_utf8(secret.expose()).expect("text");
        let expected = serde_json::json!([{ "type": "github-personal-access-token", "token": token, "location": "some/file.rb#L3" }]);
        assert_eq!(value, expected);
        assert_eq!(outgoing.headers[1], ("authorization".to_owned(), Zeroizing::new("pre-shared".to_owned())));
        assert_eq!(read(&answer(204, "", "")), Reply::Delivered(None));
        assert!(matches!(read(&answer(200, "", "")), Reply::Refused(_)));
    }
}
