//! Freezes at GitHub, against a server that answers as GitHub's REST documentation says (rules, permissions of Actions).

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::desk::{Desk, holds, token};
use super::people::{FREEZERS, approve_freezes, decide, has_ssh_keygen, people};
use crate::probe::script::{Asked, Reply, Script, json as reply};
use crate::scratch::not_run;

/// What the repository `corp/web` is like.
struct State {
    rulesets: Vec<Value>,
    permissions: Value,
    selected: Value,
    /// How many more changes are taken before the server fails.
    patience: usize,
    /// Whether a change that is answered with an error is made all the same.
    fails_late: bool,
}

struct Github {
    script: Script,
    state: Arc<Mutex<State>>,
}

const TOKEN: &str = "Bearer responder-of-the-test";

impl Github {
    fn start() -> Self {
        let state = Arc::new(Mutex::new(State {
            rulesets: vec![
                json!({ "id": 7, "name": "main", "target": "branch", "source_type": "Repository", "enforcement": "active" }),
                json!({ "id": 8, "name": "everywhere", "target": "branch", "source_type": "Organization", "enforcement": "active" }),
            ],
            permissions: json!({ "enabled": true, "allowed_actions": "selected", "selected_actions_url": "https://api.github.com/x" }),
            selected: json!({ "github_owned_allowed": true, "verified_allowed": false, "patterns_allowed": ["corp/*"] }),
            patience: usize::MAX,
            fails_late: false,
        }));
        let shared = Arc::clone(&state);
        let script = Script::start(move |asked| answer(&mut shared.lock().expect("no test panics inside"), asked));
        Self { script, state }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no test panics inside")
    }

    /// Names of the rulesets of the repository.
    fn names(&self) -> Vec<String> {
        self.state().rulesets.iter().map(|one| one["name"].as_str().expect("a name").to_owned()).collect()
    }

    fn changes(&self) -> usize {
        self.script.asked().iter().filter(|asked| !asked.line.starts_with("GET ")).count()
    }
}

fn answer(state: &mut State, asked: &Asked) -> Reply {
    let mut words = asked.line.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path = target.split('?').next().unwrap_or_default();
    if !asked.head.to_ascii_lowercase().contains(&format!("authorization: {}", TOKEN.to_ascii_lowercase())) {
        return reply(401, r#"{"message":"Bad credentials"}"#);
    }
    let Some(rest) = path.strip_prefix("/repos/corp/web/") else { return reply(404, r#"{"message":"Not Found"}"#) };
    let is_change = method != "GET";
    if is_change && state.patience == 0 && !state.fails_late {
        return reply(502, "{}");
    }
    let done = change(state, method, rest, &serde_json::from_str(&asked.body).unwrap_or_default());
    if is_change && state.patience == 0 {
        return reply(502, "{}");
    }
    if is_change {
        state.patience -= 1;
    }
    done
}

fn change(state: &mut State, method: &str, rest: &str, body: &Value) -> Reply {
    match (method, rest) {
        ("GET", "rulesets") => {
            let short = |one: &Value| json!({ "id": one["id"], "name": one["name"], "target": one["target"], "source_type": one["source_type"], "enforcement": one["enforcement"] });
            reply(200, &Value::from(state.rulesets.iter().map(short).collect::<Vec<_>>()).to_string())
        }
        ("POST", "rulesets") => {
            let is_sound =
                body["name"].is_string() && ["active", "disabled", "evaluate"].contains(&body["enforcement"].as_str().unwrap_or_default());
            if !is_sound {
                return reply(422, r#"{"message":"Validation Failed"}"#);
            }
            let mut made = body.clone();
            made["id"] = Value::from(100 + state.rulesets.len());
            made["source_type"] = Value::from("Repository");
            state.rulesets.push(made.clone());
            reply(201, &made.to_string())
        }
        ("GET", "actions/permissions") => reply(200, &state.permissions.to_string()),
        ("PUT", "actions/permissions") => {
            let Some(enabled) = body["enabled"].as_bool() else { return reply(422, "{}") };
            state.permissions["enabled"] = enabled.into();
            if let Some(allowed) = body["allowed_actions"].as_str() {
                state.permissions["allowed_actions"] = allowed.into();
            }
            reply(204, "")
        }
        ("GET", "actions/permissions/selected-actions") if state.permissions["enabled"] == true => reply(200, &state.selected.to_string()),
        ("GET", "actions/permissions/selected-actions") => reply(409, "{}"),
        ("PUT", "actions/permissions/selected-actions") => {
            state.selected = body.clone();
            reply(204, "")
        }
        (method, rest) => {
            let id: Option<u64> = rest.strip_prefix("rulesets/").and_then(|id| id.parse().ok());
            let Some(at) = id.and_then(|id| state.rulesets.iter().position(|one| one["id"] == id)) else { return reply(404, "{}") };
            match method {
                "GET" => reply(200, &state.rulesets[at].to_string()),
                "DELETE" => {
                    state.rulesets.remove(at);
                    reply(204, "")
                }
                _ => reply(404, "{}"),
            }
        }
    }
}

fn begun(github: &Github) -> (Desk, String) {
    let desk = Desk::new();
    people(&desk, &["alice@sec", "gov@org", "gdpr@org"], FREEZERS);
    let text = format!(
        "[github]\napi = '{}'\ntoken = 'file:github.token'\nallow_private = true\n\
         [[freeze]]\nname = 'refs'\nkind = 'github-ruleset'\ntarget = 'corp/web'\n\
         [[freeze]]\nname = 'runs'\nkind = 'github-actions'\ntarget = 'corp/web'\n",
        github.script.url()
    );
    std::fs::write(desk.config("config.toml"), text).expect("written");
    let file = desk.config("github.token");
    std::fs::write(&file, TOKEN.trim_start_matches("Bearer ")).expect("written");
    #[cfg(unix)]
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("private");
    let place = desk.plant(&token("github"));
    let id = desk.open(&[place]);
    std::fs::create_dir(desk.base.join("clean")).expect("made");
    (desk, id)
}

#[test]
fn rulesets_are_added_and_taken_away_and_actions_are_as_they_were() {
    if !has_ssh_keygen() {
        return not_run("rulesets_are_added_and_taken_away_and_actions_are_as_they_were", "ssh-keygen");
    }
    let github = Github::start();
    let (desk, id) = begun(&github);
    let clean = desk.base.join("clean").display().to_string();
    approve_freezes(&desk, &id, &["freeze-refs", "freeze-runs"], "alice@sec");
    assert_eq!(github.changes(), 0, "a plan does nothing");
    let frozen = desk.run(&["incident", "freeze", &id, "--armed"]);
    assert!(frozen.code == Some(0) && frozen.stdout.contains("frozen: refs, runs"), "{frozen:?}");
    assert_eq!(github.names(), ["main", "everywhere", &format!("keyfuse {id} branch"), &format!("keyfuse {id} tag")]);
    let made = github.state().rulesets[2].clone();
    assert_eq!((&made["enforcement"], &made["bypass_actors"]), (&json!("active"), &json!([])));
    assert_eq!(made["rules"], json!([{ "type": "creation" }, { "type": "update" }, { "type": "deletion" }]));
    assert_eq!(github.state().permissions["enabled"], false);
    assert_eq!(holds(&desk.state(), TOKEN.trim_start_matches("Bearer ")), None);

    // Somebody weakens ours: it is told, and not called released.
    github.state().rulesets[3]["enforcement"] = "disabled".into();
    let weakened = desk.run(&["incident", "freeze", &id, "--armed"]);
    assert!(weakened.code == Some(5) && weakened.stdout.contains("somebody has changed the ruleset"), "{weakened:?}");
    github.state().rulesets[3]["enforcement"] = "active".into();

    assert_eq!(decide(&desk, &id, "d6=release", "gov@org"), Some(0));
    let released = desk.run(&["incident", "release", &id, "--armed", "--scan", &clean]);
    assert_eq!(released.code, Some(0), "{released:?}");
    assert_eq!(github.names(), ["main", "everywhere"], "what was there before is as it was");
    let state = github.state();
    assert_eq!((&state.permissions["enabled"], &state.permissions["allowed_actions"]), (&json!(true), &json!("selected")));
    assert_eq!(state.selected["patterns_allowed"], json!(["corp/*"]));
}

#[test]
fn half_a_freeze_is_none_and_a_lost_answer_is_looked_at() {
    if !has_ssh_keygen() {
        return not_run("half_a_freeze_is_none_and_a_lost_answer_is_looked_at", "ssh-keygen");
    }
    let github = Github::start();
    let (desk, id) = begun(&github);
    // The responder's token does not do: nothing is changed.
    approve_freezes(&desk, &id, &["freeze-refs", "freeze-runs"], "alice@sec");
    let good = std::fs::read(desk.config("github.token")).expect("there");
    std::fs::write(desk.config("github.token"), "another").expect("written");
    let unauthorised = desk.run(&["incident", "freeze", &id, "--armed"]);
    assert!(unauthorised.code == Some(5) && unauthorised.stdout.contains("401"), "{unauthorised:?}");
    std::fs::write(desk.config("github.token"), good).expect("written");
    // The first change is answered with an error, and made all the same; the server fails from then on.
    (github.state().patience, github.state().fails_late) = (1, true);
    let lost = desk.run(&["incident", "freeze", &id, "--armed"]);
    assert!(lost.code == Some(5) && lost.stdout.contains("may have been done"), "{lost:?}");
    assert_eq!(desk.show(&id)["steps"]["freeze-refs"], "unknown");
    assert_eq!(github.names().len(), 4);
    // It was done: seen, and not done twice.
    github.state().patience = usize::MAX;
    let changes = github.changes();
    let seen = desk.run(&["incident", "freeze", &id, "--armed"]);
    assert_eq!(seen.code, Some(0), "{seen:?}");
    assert_eq!((github.names().len(), github.changes()), (4, changes + 1), "Actions alone");
}

#[test]
fn a_ruleset_lets_through_whom_it_names_and_nobody_whom_another_adds() {
    if !has_ssh_keygen() {
        return not_run("a_ruleset_lets_through_whom_it_names_and_nobody_whom_another_adds", "ssh-keygen");
    }
    let github = Github::start();
    let (desk, id) = begun(&github);
    let path = desk.config("config.toml");
    let text = std::fs::read_to_string(&path).expect("written");
    let except = "[[freeze.except]]\nwho = 'team:17'\nrole = 'incident-commander'\nreason = 'takes the elevated role away'\n\
                  [[freeze.except]]\nwho = 'org-admins'\nrole = 'audit-authority'\nreason = 'reads and signs'\n";
    let at = text.find("[[freeze]]\nname = 'runs'").expect("there");
    std::fs::write(&path, format!("{}{except}", &text[..at])).expect("written");
    approve_freezes(&desk, &id, &["freeze-refs"], "alice@sec");
    assert_eq!(desk.run(&["incident", "freeze", &id, "--armed"]).code, Some(0));
    let actors = json!([
        { "actor_id": 17, "actor_type": "Team", "bypass_mode": "always" },
        { "actor_id": 1, "actor_type": "OrganizationAdmin", "bypass_mode": "always" },
    ]);
    let made = github.state().rulesets.split_off(2);
    assert_eq!((&made[0]["bypass_actors"], &made[1]["bypass_actors"]), (&actors, &actors));
    github.state().rulesets.extend(made);
    // GitHub tells an organisation's administrators without a number too.
    github.state().rulesets[2]["bypass_actors"][1]["actor_id"] = Value::Null;
    assert_eq!(desk.run(&["incident", "freeze", &id, "--armed"]).code, Some(0));
    // Somebody lets another team through: that is no freeze of ours any more, and nothing that is released unseen.
    github.state().rulesets[3]["bypass_actors"][0]["actor_id"] = json!(18);
    let widened = desk.run(&["incident", "freeze", &id, "--armed"]);
    assert!(widened.code == Some(5) && widened.stdout.contains("somebody has changed the ruleset"), "{widened:?}");
    github.state().rulesets[3]["bypass_actors"] = actors;
    // What lets through ends with the freeze, whatever the configuration says by then.
    std::fs::write(&path, &text).expect("written");
    assert_eq!(decide(&desk, &id, "d6=release", "gov@org"), Some(0));
    let clean = desk.base.join("clean").display().to_string();
    let released = desk.run(&["incident", "release", &id, "--armed", "--scan", &clean]);
    assert_eq!((released.code, github.names()), (Some(0), vec!["main".to_owned(), "everywhere".to_owned()]), "{released:?}");
}
