//! Ends a credential by the request that its own rule declares: whoever holds it may, and nobody else need.

use std::time::Duration;

use serde_json::{Value, json};

use super::work::{Acted, Driver, Stop, World};
use crate::contain::stage::Fate;
use crate::model::{Fingerprint, plain};
use crate::net::{Method, NetError, Request};
use crate::probe::{Target, canary_of, fill, matches, targets};
use crate::rules::{Contain, Sign};

/// The holder's own revocation.
#[derive(Clone, Debug)]
pub struct HolderRevoke {
    fp: Fingerprint,
    contain: Contain,
    /// The address of the user's own instance, where one is configured.
    base: Option<String>,
}

impl HolderRevoke {
    /// For a credential of a rule that declares it; `base` is the address of the configured endpoint of that service.
    pub fn new(fp: Fingerprint, contain: Contain, base: Option<String>) -> Self {
        Self { fp, contain, base }
    }

    fn request(&self, world: &World<'_>) -> Result<Request, String> {
        let held = world.held.ok_or("the credential could not be read again from where it stood; name where it stands, with --at PATH")?;
        let contain = held.rule.contain.as_ref().ok_or("its rule declares no revocation")?;
        let places = targets(&contain.request, world.endpoints, &held.parts)?;
        let [Target::Http { url, endpoint }] = places.as_slice() else {
            return Err(format!(
                "several endpoints are configured for `{}`; which of them issued it is not known",
                contain.request.service
            ));
        };
        let timeout = Duration::from_millis(u64::from(contain.request.timeout));
        let mut question = fill(&contain.request, url, *endpoint, &held.secret, &held.parts, timeout)?.request;
        if contain.deletes {
            question.method = Method::Delete;
        }
        Ok(question)
    }
}

impl Driver for HolderRevoke {
    fn action(&self) -> &'static str {
        "holder.revoke"
    }

    fn asks_before(&self) -> bool {
        true
    }

    fn requests(&self) -> Vec<String> {
        let request = &self.contain.request;
        let method = if self.contain.deletes { "DELETE" } else { "POST" };
        let shown = |text: &str| text.replace("{secret}", &format!("‹{}›", self.fp)).replace("{{", "{").replace("}}", "}");
        let url = match (&self.base, request.urls[0].strip_prefix("{endpoint}")) {
            (Some(base), Some(path)) => format!("{}{path}", base.trim_end_matches('/')),
            (Some(base), None) => {
                let path = request.urls[0].split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
                format!("{}/{path}", base.trim_end_matches('/'))
            }
            (None, _) => request.urls[0].clone(),
        };
        let mut lines = vec![format!("{method} {}", shown(&url))];
        lines.extend(request.headers.iter().map(|(name, value)| format!("  {name}: {}", shown(value))));
        lines.extend(request.form.iter().map(|(name, value)| format!("  {name}={}", shown(value))));
        lines.extend(request.json.iter().map(|body| format!("  {}", shown(body))));
        lines
    }

    fn needs_secret(&self) -> bool {
        true
    }

    fn before(&self, world: &World<'_>) -> Result<Value, Stop> {
        if let Some(canary) = world.held.and_then(|held| canary_of(&held.secret, &held.parts)) {
            return Err(Stop::Refused(canary.sentence()));
        }
        self.request(world).map(|_| Value::Null).map_err(Stop::Failed)
    }

    fn act(&self, world: &World<'_>, _: &Value) -> Acted {
        let request = match self.request(world) {
            Ok(request) => request,
            Err(why) => return Acted::Failed(why),
        };
        let answer = match world.transport.send(&request) {
            Ok(answer) => answer,
            Err(error) => return lost(&error),
        };
        let json: Option<Value> = serde_json::from_slice(&answer.body).ok();
        let text = String::from_utf8_lossy(&answer.body);
        let holds = |signs: &[Sign]| signs.iter().any(|sign| matches(sign, answer.status, json.as_ref(), &text));
        let date = answer.header("date").map(|date| plain(date, 40));
        let result = json!({ "http": { "status": answer.status, "date": date, "host": answer.host } });
        match (holds(&self.contain.done), holds(&self.contain.accepted), answer.status) {
            (true, ..) | (_, true, _) => Acted::Done { result, fate: Some(Fate::Accepted) },
            (.., 500..) => Acted::Unknown(format!("{} answers {}: it may have been done", answer.host, answer.status)),
            (.., status) => Acted::Failed(format!("{} answers {status}, which is no word for having revoked it", answer.host)),
        }
    }
}

/// What a request without an answer means: what never left has changed nothing.
pub(super) fn lost(error: &NetError) -> Acted {
    match error {
        NetError::NotListed { .. }
        | NetError::Plain { .. }
        | NetError::Private { .. }
        | NetError::Malformed(_)
        | NetError::NotFound { .. } => Acted::Failed(error.to_string()),
        other => Acted::Unknown(format!("{other}: it may have been done")),
    }
}
