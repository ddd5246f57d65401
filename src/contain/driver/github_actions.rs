//! Turns GitHub Actions of a repository off, and on again as they were.

use serde_json::{Value, json};

use super::github::Github;
use super::work::{Acted, Driver, Stop, World};
use crate::net::Method;

/// What of the permissions is written back, besides whether they are on (docs.github.com, REST API, "GitHub Actions permissions").
const FIELDS: [&str; 2] = ["allowed_actions", "sha_pinning_required"];

/// Turns Actions off (docs.github.com, REST API, "Set GitHub Actions permissions for a repository").
#[derive(Clone, Debug)]
pub struct GithubActions {
    github: Github,
    repository: String,
}

impl GithubActions {
    /// For `owner/repository`.
    pub fn new(github: Github, repository: &str) -> Self {
        Self { github, repository: repository.to_owned() }
    }

    fn path(&self) -> String {
        format!("repos/{}/actions/permissions", self.repository)
    }

    /// The permissions, field by field, with the list of what is allowed where a list decides.
    fn state(&self, world: &World<'_>) -> Result<Value, String> {
        let found = self.github.read(world, &self.path())?;
        let enabled = found["enabled"].as_bool().ok_or("the permissions do not say whether Actions are on")?;
        let mut state = json!({ "enabled": enabled });
        for field in FIELDS.iter().filter(|field| !found[**field].is_null()) {
            state[*field] = found[*field].clone();
        }
        if enabled && found["allowed_actions"] == "selected" {
            state["selected"] = self.github.read(world, &format!("{}/selected-actions", self.path()))?;
        }
        Ok(state)
    }

    fn set(&self, world: &World<'_>, path: &str, body: &Value) -> Result<(), Acted> {
        self.github.change(world, Method::Put, path, Some(body), &[204]).map(|_| ())
    }
}

impl Driver for GithubActions {
    fn action(&self) -> &'static str {
        "github.actions-off"
    }

    fn requests(&self) -> Vec<String> {
        vec![format!("PUT {}", self.github.url(&self.path())), "  {\"enabled\":false}".to_owned()]
    }

    fn is_reversible(&self) -> bool {
        true
    }

    fn undo_shown(&self) -> Option<String> {
        Some(format!("PUT {} with what it answered before", self.github.url(&self.path())))
    }

    fn before(&self, world: &World<'_>) -> Result<Value, Stop> {
        let state = self.state(world).map_err(Stop::Failed)?;
        if state["enabled"] == false {
            return Err(Stop::Refused("Actions are off already; releasing would turn on what somebody else has turned off".to_owned()));
        }
        Ok(state)
    }

    fn act(&self, world: &World<'_>, _: &Value) -> Acted {
        match self.set(world, &self.path(), &json!({ "enabled": false })) {
            Ok(()) => Acted::Done { result: json!({ "enabled": false }), fate: None },
            Err(acted) => acted,
        }
    }

    fn is_in_force(&self, world: &World<'_>, _: &Value) -> Result<bool, String> {
        Ok(self.state(world)?["enabled"] == false)
    }

    fn undo(&self, world: &World<'_>, before: &Value) -> Acted {
        let mut body = before.clone();
        if let Some(body) = body.as_object_mut() {
            body.remove("selected");
        }
        if let Err(acted) = self.set(world, &self.path(), &body) {
            return acted;
        }
        if !before["selected"].is_null()
            && let Err(acted) = self.set(world, &format!("{}/selected-actions", self.path()), &before["selected"])
        {
            return acted;
        }
        match self.state(world) {
            Ok(state) if state == *before => Acted::Done { result: json!({ "restored": state }), fate: None },
            Ok(_) => Acted::Unknown("Actions are on again, and not all of it is as it was".to_owned()),
            Err(why) => Acted::Unknown(why),
        }
    }
}
