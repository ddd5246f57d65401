//! Freezes the refs of a repository at GitHub by rulesets of our own, added to what protects them already.

use serde_json::{Value, json};

use super::github::Github;
use super::work::{Acted, Driver, Stop, World};
use crate::contain::freeze_target::Exception;
use crate::net::Method;

/// What a ruleset can be about that a push changes.
const KINDS: [&str; 2] = ["branch", "tag"];
/// Rulesets of one page, and pages at most.
const PAGE: (usize, usize) = (100, 20);
/// What nobody may do (docs.github.com, "Available rules for rulesets").
const RULES: [&str; 3] = ["creation", "update", "deletion"];

/// Adds one ruleset for branches and one for tags (docs.github.com, REST API, "Rules": create, get, delete a repository ruleset).
#[derive(Clone, Debug)]
pub struct GithubRuleset {
    github: Github,
    repository: String,
    incident: String,
    except: Vec<Exception>,
}

impl GithubRuleset {
    /// For `owner/repository`; `except` names whom GitHub lets through.
    pub fn new(github: Github, repository: &str, incident: &str, except: &[Exception]) -> Self {
        Self { github, repository: repository.to_owned(), incident: incident.to_owned(), except: except.to_vec() }
    }

    /// Whom GitHub lets through (docs.github.com, REST API, "Rules": `bypass_actors`).
    fn bypass(&self) -> Vec<Value> {
        self.except.iter().filter_map(|one| actor(&one.who)).collect()
    }

    fn path(&self) -> String {
        format!("repos/{}/rulesets", self.repository)
    }

    fn name(&self, kind: &str) -> String {
        format!("keyfuse {} {kind}", self.incident)
    }

    fn body(&self, kind: &str) -> Value {
        json!({
            "name": self.name(kind),
            "target": kind,
            "enforcement": "active",
            "bypass_actors": self.bypass(),
            "conditions": { "ref_name": { "include": ["~ALL"], "exclude": [] } },
            "rules": RULES.map(|rule| json!({ "type": rule })),
        })
    }

    /// Numbers of the repository's own rulesets by name, those of its organisation left out.
    fn listed(&self, world: &World<'_>) -> Result<Vec<(String, u64)>, String> {
        let mut found = Vec::new();
        for page in 1..=PAGE.1 {
            let path = format!("{}?includes_parents=false&per_page={}&page={page}", self.path(), PAGE.0);
            let body = self.github.read(world, &path)?;
            let rulesets = body.as_array().ok_or("the list of rulesets is none")?;
            for one in rulesets.iter().filter(|one| one["source_type"].as_str().is_none_or(|kind| kind == "Repository")) {
                if let (Some(name), Some(id)) = (one["name"].as_str(), one["id"].as_u64()) {
                    found.push((name.to_owned(), id));
                }
            }
            if rulesets.len() < PAGE.0 {
                return Ok(found);
            }
        }
        Err("there are more rulesets than can be looked through".to_owned())
    }

    /// Ours, each with its kind.
    fn ours(&self, world: &World<'_>) -> Result<Vec<(&'static str, u64)>, String> {
        let listed = self.listed(world)?;
        let ours = |kind: &'static str| listed.iter().filter(move |(name, _)| *name == self.name(kind)).map(move |(_, id)| (kind, *id));
        Ok(KINDS.into_iter().flat_map(ours).collect())
    }

    /// Whether a ruleset says what we made it say.
    fn is_whole(&self, world: &World<'_>, id: u64) -> Result<bool, String> {
        let found = self.github.read(world, &format!("{}/{id}", self.path()))?;
        let has_rule = |rule: &&str| found["rules"].as_array().is_some_and(|rules| rules.iter().any(|one| one["type"] == **rule));
        let names = &found["conditions"]["ref_name"];
        let is_empty = |list: &Value| list.as_array().is_none_or(Vec::is_empty);
        Ok(found["enforcement"] == "active"
            && RULES.iter().all(has_rule)
            && names["include"].as_array().is_some_and(|include| include.iter().any(|one| one == "~ALL"))
            && is_empty(&names["exclude"])
            && same_actors(&found["bypass_actors"], &self.bypass()))
    }

    fn delete(&self, world: &World<'_>, id: u64) -> Result<(), Acted> {
        self.github.change(world, Method::Delete, &format!("{}/{id}", self.path()), None, &[204, 404]).map(|_| ())
    }
}

impl Driver for GithubRuleset {
    fn action(&self) -> &'static str {
        "github.ruleset"
    }

    fn requests(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for kind in KINDS {
            lines.push(format!("POST {}", self.github.url(&self.path())));
            lines.push(format!("  {}", self.body(kind)));
        }
        lines.extend(self.except.iter().map(|one| format!("except {}", one.shown())));
        lines
    }

    fn is_reversible(&self) -> bool {
        true
    }

    fn undo_shown(&self) -> Option<String> {
        Some(format!("DELETE {}/ID of each ruleset named \"keyfuse {} …\"", self.github.url(&self.path()), self.incident))
    }

    fn before(&self, world: &World<'_>) -> Result<Value, Stop> {
        let listed = self.listed(world).map_err(Stop::Failed)?;
        if listed.iter().any(|(name, _)| KINDS.iter().any(|kind| *name == self.name(kind))) {
            return Err(Stop::Refused(format!("there are rulesets of {} already; take them away first", self.incident)));
        }
        let mut others: Vec<u64> = listed.into_iter().map(|(_, id)| id).collect();
        others.sort_unstable();
        Ok(json!({ "rulesets": others }))
    }

    fn act(&self, world: &World<'_>, _: &Value) -> Acted {
        let mut made: Vec<u64> = Vec::new();
        for kind in KINDS {
            match self.github.change(world, Method::Post, &self.path(), Some(&self.body(kind)), &[201]) {
                Ok(answer) => {
                    let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
                    made.extend(body.and_then(|body| body["id"].as_u64()));
                }
                // Half a freeze is none: what was made is taken away again.
                Err(Acted::Failed(why)) => {
                    return match made.iter().try_for_each(|id| self.delete(world, *id)) {
                        Ok(()) => Acted::Failed(why),
                        Err(_) => Acted::Unknown(format!("{why}; and the ruleset that was made could not be taken away again")),
                    };
                }
                Err(other) => return other,
            }
        }
        Acted::Done { result: json!({ "rulesets": made }), fate: None }
    }

    fn is_in_force(&self, world: &World<'_>, _: &Value) -> Result<bool, String> {
        let ours = self.ours(world)?;
        if ours.is_empty() {
            return Ok(false);
        }
        let kinds: std::collections::BTreeSet<&str> = ours.iter().map(|(kind, _)| *kind).collect();
        if kinds.len() < KINDS.len() {
            return Err(format!(
                "only {} of {} rulesets named \"keyfuse {} …\" are there: look at them",
                kinds.len(),
                KINDS.len(),
                self.incident
            ));
        }
        for (kind, id) in ours {
            if !self.is_whole(world, id)? {
                return Err(format!("somebody has changed the ruleset \"{}\": look at it", self.name(kind)));
            }
        }
        Ok(true)
    }

    fn undo(&self, world: &World<'_>, _: &Value) -> Acted {
        let ours = match self.ours(world) {
            Ok(ours) => ours,
            Err(why) => return Acted::Failed(why),
        };
        for (_, id) in &ours {
            if let Err(acted) = self.delete(world, *id) {
                return acted;
            }
        }
        Acted::Done { result: json!({ "deleted": ours.iter().map(|(_, id)| *id).collect::<Vec<_>>() }), fate: None }
    }
}

/// Whom GitHub knows by `team:ID`, `app:ID`, `role:ID`, `org-admins` or `deploy-keys`; none where that is no such name.
pub fn actor(who: &str) -> Option<Value> {
    let (kind, id) = match who.split_once(':') {
        Some(("team", id)) => ("Team", json!(id.parse::<u64>().ok()?)),
        Some(("app", id)) => ("Integration", json!(id.parse::<u64>().ok()?)),
        Some(("role", id)) => ("RepositoryRole", json!(id.parse::<u64>().ok()?)),
        None if who == "org-admins" => ("OrganizationAdmin", json!(1)),
        None if who == "deploy-keys" => ("DeployKey", Value::Null),
        _ => return None,
    };
    Some(json!({ "actor_id": id, "actor_type": kind, "bypass_mode": "always" }))
}

/// Whether a list of actors holds these and no other, whatever else is said of them.
fn same_actors(found: &Value, wanted: &[Value]) -> bool {
    let of = |one: &Value| (one["actor_type"].to_string(), one["actor_id"].to_string(), one["bypass_mode"].to_string());
    let mut found: Vec<_> = found.as_array().map(|list| list.iter().map(of).collect()).unwrap_or_default();
    let mut wanted: Vec<_> = wanted.iter().map(of).collect();
    found.sort();
    wanted.sort();
    // An organisation's administrators have no number of their own, and are told with one or with none.
    let blur = |list: &mut Vec<(String, String, String)>| {
        list.iter_mut().filter(|(kind, ..)| kind.contains("OrganizationAdmin") || kind.contains("DeployKey")).for_each(|one| one.1.clear());
    };
    blur(&mut found);
    blur(&mut wanted);
    found == wanted
}
