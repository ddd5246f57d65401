//! The dialects by name, and what each makes of a letter and of an answer.

use zeroize::Zeroizing;

use super::{gitlab, native, pagerduty, slack};
use crate::handoff::endpoint::Endpoint;
use crate::handoff::letter::Letter;
use crate::model::Secret;
use crate::net::Answer;

/// What a receiver speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// CloudEvents, signed as Standard Webhooks.
    Native,
    /// PagerDuty's Events API v2.
    PagerDuty,
    /// A Slack incoming webhook.
    Slack,
    /// GitLab's Token Revocation API.
    GitLabRevocation,
}

/// A request, but for its address.
pub struct Outgoing {
    /// Header names and values.
    pub headers: Vec<(String, Zeroizing<String>)>,
    /// The body.
    pub body: Zeroizing<Vec<u8>>,
}

/// What an answer means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The receiver has it; with the receipt it gave.
    Delivered(Option<String>),
    /// The receiver wants no more (410).
    Gone,
    /// Not delivered; in a few words of ours.
    Refused(&'static str),
}

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Native, Self::PagerDuty, Self::Slack, Self::GitLabRevocation];

    /// The name in configurations.
    pub fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::PagerDuty => "pagerduty",
            Self::Slack => "slack",
            Self::GitLabRevocation => "gitlab-token-revocation",
        }
    }

    /// The address, where the issuer has one for everybody.
    pub fn usual_url(self) -> Option<&'static str> {
        match self {
            Self::PagerDuty => Some(pagerduty::URL),
            _ => None,
        }
    }

    /// Whether the secret itself is sent.
    pub fn sends_plaintext(self) -> bool {
        self == Self::GitLabRevocation
    }

    /// Whether the body is signed with the endpoint's secret.
    pub(in crate::handoff) fn is_signed(self) -> bool {
        self == Self::Native
    }

    /// What the endpoint's secret is; none where the dialect has none.
    pub(in crate::handoff) fn secret_is(self) -> Option<&'static str> {
        match self {
            Self::Native => Some("the signing secret that the receiver shares (`whsec_…`)"),
            Self::PagerDuty => Some("the integration's routing key"),
            Self::Slack => None,
            Self::GitLabRevocation => Some("the token that the service expects in the Authorization header"),
        }
    }

    /// The request for one attempt at `time` (seconds since 1970); none when it needs the secret and there is none.
    pub(in crate::handoff) fn write(
        self,
        letter: &Letter<'_>,
        endpoint: &Endpoint,
        secret: Option<&Secret>,
        time: i64,
    ) -> Option<Outgoing> {
        match self {
            Self::Native => native::write(letter, endpoint, time),
            Self::PagerDuty => pagerduty::write(letter, endpoint),
            Self::Slack => Some(slack::write(letter)),
            Self::GitLabRevocation => gitlab::write(letter, endpoint, secret?),
        }
    }

    /// What the answer means.
    pub(in crate::handoff) fn read(self, answer: &Answer) -> Reply {
        if answer.status == 410 {
            return Reply::Gone;
        }
        match self {
            Self::Native => native::read(answer),
            Self::PagerDuty => pagerduty::read(answer),
            Self::Slack => slack::read(answer),
            Self::GitLabRevocation => gitlab::read(answer),
        }
    }
}

/// What a status that is no success means.
pub(super) fn refused(status: u16) -> Reply {
    Reply::Refused(match status {
        200..=299 => "another success than the one that its dialect defines",
        300..=399 => "a redirect, which is not followed",
        401 | 403 => "it does not accept the key",
        429 => "too many requests",
        400..=499 => "it refuses the request",
        500..=599 => "it fails",
        _ => "no final answer",
    })
}

/// The JSON content type and whatever else.
pub(super) fn json_headers(more: Vec<(String, String)>) -> Vec<(String, Zeroizing<String>)> {
    let json = ("content-type".to_owned(), "application/json".to_owned());
    std::iter::once(json).chain(more).map(|(name, value)| (name, Zeroizing::new(value))).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::handoff) fn answer(status: u16, kind: &str, body: &str) -> Answer {
        let headers = if kind.is_empty() { Vec::new() } else { vec![("content-type".to_owned(), kind.to_owned())] };
        Answer { status, headers, body: body.as_bytes().to_vec(), cut: false, host: "h".to_owned() }
    }

    #[test]
    fn only_what_a_dialect_defines_is_delivery() {
        for dialect in Dialect::ALL {
            for status in [301, 302, 307, 400, 401, 403, 404, 422, 429, 500, 503] {
                assert!(matches!(dialect.read(&answer(status, "application/json", "{}")), Reply::Refused(_)), "{dialect:?} {status}");
            }
            assert_eq!(dialect.read(&answer(410, "", "")), Reply::Gone);
            assert!(matches!(dialect.read(&answer(200, "text/html", "<html>Sign in</html>")), Reply::Refused(_)), "{dialect:?}");
        }
    }
}
