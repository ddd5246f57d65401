//! GitHub's REST API with the responder's own token (docs.github.com, "Getting started with the REST API").

use std::time::Duration;

use serde_json::Value;
use zeroize::Zeroizing;

use super::http::lost;
use super::work::{Acted, World};
use crate::model::Secret;
use crate::net::{Answer, Method, NetError, Request};

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(20);
/// The version of the API that these requests are written for.
const VERSION: &str = "2022-11-28";

/// The API, and the responder's token for it.
#[derive(Clone, Debug)]
pub struct Github {
    api: String,
    token: Secret,
}

impl Github {
    /// The API at `api`, which the door must let through.
    pub fn new(api: &str, token: Secret) -> Self {
        Self { api: api.trim_end_matches('/').to_owned(), token }
    }

    /// The address of a path, as shown.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.api)
    }

    pub(super) fn send(&self, world: &World<'_>, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, NetError> {
        let bearer =
            Zeroizing::new(format!("Bearer {}", Zeroizing::new(String::from_utf8_lossy(self.token.expose()).into_owned()).as_str()));
        let plain = |name: &str, value: &str| (name.to_owned(), Zeroizing::new(value.to_owned()));
        let mut headers = vec![
            ("authorization".to_owned(), bearer),
            plain("accept", "application/vnd.github+json"),
            plain("x-github-api-version", VERSION),
        ];
        if body.is_some() {
            headers.push(plain("content-type", "application/json"));
        }
        world.transport.send(&Request {
            method,
            url: Zeroizing::new(self.url(path)),
            headers,
            body: body.map(|body| Zeroizing::new(body.to_string().into_bytes())),
            timeout: TIMEOUT,
        })
    }

    /// Reads; `what` is needed for it, for whoever has to grant it.
    pub(super) fn read(&self, world: &World<'_>, path: &str) -> Result<Value, String> {
        let answer = self.send(world, Method::Get, path, None).map_err(|error| error.to_string())?;
        match answer.status {
            200 => serde_json::from_slice(&answer.body).map_err(|_| format!("{} answers with something else than JSON", answer.host)),
            status => Err(refusal(&answer.host, status)),
        }
    }

    /// Changes something; done where the answer is one of these.
    pub(super) fn change(
        &self,
        world: &World<'_>,
        method: Method,
        path: &str,
        body: Option<&Value>,
        good: &[u16],
    ) -> Result<Answer, Acted> {
        match self.send(world, method, path, body) {
            Ok(answer) if good.contains(&answer.status) => Ok(answer),
            Ok(answer) if answer.status >= 500 => {
                Err(Acted::Unknown(format!("{} answers {}: it may have been done", answer.host, answer.status)))
            }
            Ok(answer) => Err(Acted::Failed(refusal(&answer.host, answer.status))),
            Err(error) => Err(lost(&error)),
        }
    }
}

/// What a status that is no success means, with the way out.
fn refusal(host: &str, status: u16) -> String {
    let way = match status {
        401 => ": the responder's token is no good any more",
        403 => ": the responder's token may not (it needs the repository permission \"Administration\", write), or asks too often",
        404 => ": there is no such repository, or the responder's token may not see it",
        409 => ": an organisation's policy decides this",
        422 => ": it does not take this, which is an error of keyfuse or a limit of the plan",
        _ => "",
    };
    format!("{host} answers {status}{way}")
}
