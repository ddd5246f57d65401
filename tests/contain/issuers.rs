//! Every issuer whose tokens their holder can end, as its documentation describes it: honest, lying, refusing.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use keyfuse::contain::{
    Authority, BUILTIN, Credential, Driver, Fate, Held, HolderRevoke, Incident, Opened, Outcome, Plan, Playbook, Responder, Shelf, Stage,
    World, asked,
};
use keyfuse::journal::{Actor, Clock, ManualClock};
use keyfuse::model::{Fingerprint, Grade, Part, Secret, Urgency, Verb};
use keyfuse::net::{Host, Hosts, Https, Proxies};
use keyfuse::probe::{self, Endpoint, Options, Prober};
use keyfuse::rules::RuleSet;

use crate::probe::script::{Asked, Reply, Script, json};

/// What an issuer's pages say.
struct Issuer {
    rule: &'static str,
    template: &'static str,
    parts: &'static [(&'static str, &'static str)],
    /// What it answers to a question about a living token, and about another.
    alive: (u16, &'static str),
    dead: (u16, &'static str),
    /// How it is asked to end the token, where that stands, and what it answers.
    revoke: &'static str,
    carries: &'static str,
    answer: (u16, &'static str),
    /// Whether a login refuses the request.
    is_anonymous: bool,
}

const fn issuer(rule: &'static str, template: &'static str) -> Issuer {
    let (alive, dead, answer) = ((200, "{}"), (401, "{}"), (204, ""));
    Issuer { rule, template, parts: &[], alive, dead, revoke: "", carries: "", answer, is_anonymous: false }
}

fn issuers() -> Vec<Issuer> {
    let github = |rule, template| Issuer {
        alive: (200, r#"{"login":"svc-ingest","id":1}"#),
        dead: (401, r#"{"message":"Bad credentials","status":"401"}"#),
        revoke: "POST /credentials/revoke ",
        carries: r#"{"credentials": ["%"]}"#,
        answer: (202, ""),
        is_anonymous: true,
        ..issuer(rule, template)
    };
    let slack = |rule, template| Issuer {
        alive: (200, r#"{"ok":true,"user":"svc"}"#),
        dead: (200, r#"{"ok":false,"error":"invalid_auth"}"#),
        revoke: "POST /api/auth.revoke ",
        carries: "authorization: Bearer %",
        answer: (200, r#"{"ok":true,"revoked":true}"#),
        ..issuer(rule, template)
    };
    vec![
        github("github-personal-access-token", "ghp_{base62:30}{crc32-base62}"),
        github("github-fine-grained-token", "github_pat_{base62:22}_{base62:59}"),
        github("github-oauth-token", "gho_{base62:30}{crc32-base62}"),
        github("github-app-user-token", "ghu_{base62:30}{crc32-base62}"),
        Issuer {
            alive: (200, r#"{"id":4,"name":"ci","active":true}"#),
            dead: (401, r#"{"message":"401 Unauthorized"}"#),
            revoke: "DELETE /api/v4/personal_access_tokens/self ",
            carries: "private-token: %",
            ..issuer("gitlab-access-token", "glpat-{base62:20}")
        },
        slack("slack-bot-token", "xoxb-{digits:12}-{digits:12}-{base62:24}"),
        slack("slack-user-token", "xoxp-{digits:12}-{digits:12}-{digits:12}-{hex:32}"),
        Issuer {
            alive: (200, r#"{"data":{"accessor":"a","display_name":"token"}}"#),
            dead: (403, r#"{"errors":["permission denied"]}"#),
            revoke: "POST /v1/auth/token/revoke-self ",
            carries: "x-vault-token: %",
            ..issuer("vault-service-token", "hvs.{base62:90}")
        },
        Issuer {
            alive: (200, r#"{"scopes":["read_build"],"uuid":"b63254c0"}"#),
            dead: (401, r#"{"message":"Authentication required"}"#),
            revoke: "DELETE /v2/access-token ",
            carries: "authorization: Bearer %",
            ..issuer("buildkite-api-token", "bkua_{hex:40}")
        },
        Issuer {
            alive: (200, r#"{"user":{"id":"u","username":"svc"}}"#),
            dead: (403, r#"{"error":{"code":"forbidden","message":"Not authorized","invalidToken":true}}"#),
            revoke: "DELETE /v3/user/tokens/current ",
            carries: "authorization: Bearer %",
            answer: (200, r#"{"tokenId":"5d9f"}"#),
            ..issuer("vercel-token", "vcp_{base62:56}")
        },
        Issuer {
            alive: (200, r#"{"id":"5Yo3","name":"svc"}"#),
            dead: (401, r#"{"msg":"Provided credentials are missing or invalid"}"#),
            revoke: "DELETE /tokens/self ",
            carries: "fastly-key: %",
            ..issuer("fastly-api-token", "{base62:32}")
        },
        Issuer {
            alive: (200, r#"{"account_id":"dbid:A","email":"a@example.com"}"#),
            dead: (401, r#"{"error_summary":"invalid_access_token/..","error":{".tag":"invalid_access_token"}}"#),
            revoke: "POST /2/auth/token/revoke ",
            carries: "authorization: Bearer %",
            answer: (200, "null"),
            ..issuer("dropbox-short-lived-token", "sl.{base62:140}")
        },
        Issuer {
            alive: (200, r#"{"type":"service_token","name":"svc"}"#),
            dead: (401, r#"{"messages":["Invalid Auth token"],"success":false}"#),
            revoke: "POST /v3/auth/revoke ",
            carries: r#"{"token": "%"}"#,
            answer: (200, ""),
            is_anonymous: true,
            ..issuer("doppler-service-token", "dp.st.prd.{base62:43}")
        },
        Issuer {
            parts: &[("org", "acme")],
            alive: (200, r#"{"id":"00u1","profile":{"login":"svc@example.com"}}"#),
            dead: (401, r#"{"errorCode":"E0000011","errorSummary":"Invalid token provided"}"#),
            revoke: "DELETE /api/v1/api-tokens/current ",
            carries: "authorization: SSWS %",
            ..issuer("okta-api-token", "00{base62:40}")
        },
        Issuer {
            alive: (200, r#"{"username":"svc"}"#),
            dead: (401, r#"{"message":"Unauthorized"}"#),
            revoke: "DELETE /-/user/token/%",
            carries: "authorization: Bearer %",
            ..issuer("npm-access-token", "npm_{base62:30}{crc32-base62}")
        },
        Issuer {
            parts: &[("id", "123456789012345678")],
            alive: (200, r#"{"id":"123456789012345678","name":"deploys"}"#),
            dead: (404, r#"{"message":"Unknown Webhook","code":10015}"#),
            revoke: "DELETE /api/v10/webhooks/123456789012345678/%",
            carries: "%",
            is_anonymous: true,
            ..issuer("discord-webhook-url", "{base62:68}")
        },
        Issuer {
            alive: (200, r#"{"crates":[],"meta":{"total":0,"next_page":null}}"#),
            dead: (403, r#"{"errors":[{"detail":"authentication failed"}]}"#),
            revoke: "DELETE /api/v1/tokens/current ",
            carries: "authorization: %",
            ..issuer("crates-io-token", "cio{base62:32}")
        },
        Issuer {
            alive: (200, r#"{"account":{"uuid":"b6fr","email":"a@example.com"}}"#),
            dead: (401, r#"{"id":"Unauthorized","message":"Unable to authenticate you"}"#),
            revoke: "POST /v1/oauth/revoke ",
            carries: "token=%",
            answer: (200, "{}"),
            ..issuer("digitalocean-oauth-token", "doo_v1_{hex:64}")
        },
    ]
}

/// How it behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Manner {
    Honest,
    Lies,
    Refuses,
}

/// A clock on which nothing takes time, and pauses pass at once.
struct Swift(AtomicU64);

impl probe::Clock for Swift {
    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::SeqCst))
    }

    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn sleep(&self, time: Duration) {
        self.0.fetch_add(u64::try_from(time.as_millis()).expect("short"), Ordering::SeqCst);
    }
}

/// What a run came to.
struct Ended {
    outcome: Outcome,
    fate: Fate,
    stage: Stage,
    asked: Vec<Asked>,
}

fn revoke(issuer: &Issuer, manner: Manner) -> (Ended, String) {
    let token = String::from_utf8(keyfuse::rules::expand(issuer.template, issuer.rule).expect("a sound template").text).expect("text");
    let revoke = issuer.revoke.replace('%', &token);
    let dead = Arc::new(AtomicBool::new(false));
    let (known, alive, gone, answer) = (token.clone(), issuer.alive, issuer.dead, issuer.answer);
    let (line, is_anonymous, is_dead) = (revoke.clone(), issuer.is_anonymous, Arc::clone(&dead));
    let script = Script::start(move |asked: &Asked| {
        let reply = |(status, body): (u16, &str)| json(status, body);
        let holds = asked.holds(&known) && !is_dead.load(Ordering::SeqCst);
        if !asked.line.starts_with(&line) {
            return reply(if holds { alive } else { gone });
        }
        if is_anonymous && asked.head.to_ascii_lowercase().contains("authorization:") {
            return json(403, r#"{"message":"a login is not taken here"}"#);
        }
        match (manner, holds) {
            (Manner::Refuses, _) => json(422, r#"{"message":"Validation failed"}"#),
            (_, false) => reply(gone),
            (Manner::Lies, true) => reply(answer),
            (Manner::Honest, true) => {
                is_dead.store(true, Ordering::SeqCst);
                match answer {
                    (204, _) => Reply::Plain(204, "", String::new()),
                    answer => reply(answer),
                }
            }
        }
    });
    let rules = RuleSet::builtin();
    let (_, rule) = rules.find(issuer.rule).unwrap_or_else(|| panic!("no rule {}", issuer.rule));
    let contain = rule.contain.clone().unwrap_or_else(|| panic!("{} declares no revocation", issuer.rule));
    let url = script.url();
    let endpoint = Endpoint { service: contain.request.service.clone(), url: url.clone(), private: true, plain: true, roots: Vec::new() };
    let options = Options { endpoints: vec![endpoint], timeout: None };
    let mut hosts = Hosts::default();
    hosts.allow(Host { name: "127.0.0.1".to_owned(), port: script.port, private: true, plain: true, roots: Vec::new() });
    let transport = Https::new(hosts.clone(), Proxies::from_vars(|_| None));
    let part = |(name, value): &(&str, &str)| Part { name: (*name).to_owned(), value: Secret::new(*value), alone: true };
    let held = Held { secret: Secret::new(token.as_str()), parts: issuer.parts.iter().map(part).collect(), rule: rule.clone() };
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let clock = ManualClock::at("2026-11-21T21:00:00Z".parse().expect("a time"));
    let fp = Fingerprint::new(&[3; 32], true);
    let opened = Opened {
        case: "case-issuer".to_owned(),
        generation: 1,
        grade: Grade::Live,
        severity: Urgency::High,
        credential: Credential {
            fp: fp.clone(),
            rule: issuer.rule.to_owned(),
            title: rule.title.clone(),
            provider: rule.provider.clone(),
            verb: Verb::Revoke,
            // What the built-in authority lets the engine do alone.
            class: "internal-service".to_owned(),
            preview: None,
            ids: Default::default(),
            resources: Vec::new(),
            has_sessions: false,
        },
        by: "manual".to_owned(),
        grounds: Vec::new(),
        exposed_at: None,
        detected_at: None,
        pushed: None,
        stakes: Default::default(),
        deadline: None,
    };
    let shelf = Shelf::new(&scratch.path().join("incidents"));
    let mut journal = shelf.open(&opened, &[], Actor::engine(), false, clock.now()).expect("opened").journal;
    let authority = Authority::parse("built-in", BUILTIN).expect("sound");
    let plan = |incident: &Incident| {
        let driver = |_: &_| Ok(Box::new(HolderRevoke::new(fp.clone(), contain.clone(), Some(url.clone()))) as Box<dyn Driver>);
        Plan::new(incident, &Playbook::of(&opened.credential), &driver).expect("a plan")
    };
    let shown = plan(journal.state()).text(journal.state(), &authority, &[], clock.now().wall);
    assert!(!shown.contains(&token) && shown.contains(fp.as_str()), "{}: {shown}", issuer.rule);
    let (swift, asks) = (Swift(AtomicU64::new(0)), Cell::new(0));
    let ask = || {
        asks.set(asks.get() + 1);
        asked(&fp, &Prober::new(&transport, &hosts, &options, &swift).ask(&held.rule, &held.secret, &held.parts))
    };
    assert_eq!(ask().answer, keyfuse::contain::Heard::Alive, "{}: it lives before", issuer.rule);
    let world = World { transport: &transport, clock: &clock, endpoints: &options.endpoints, held: Some(&held) };
    let installation = scratch.path().join("handoff.jsonl");
    let made = plan(journal.state());
    let outcomes = Responder { journal: &mut journal, installation: &installation, authority: &authority, standing: &[], clock: &clock }
        .run(&made, &world, &|_| true, &ask)
        .expect("written");
    let outcome = outcomes.into_iter().find(|(step, _)| step == "revoke").expect("a step that revokes").1;
    let text = std::fs::read_to_string(journal.path()).expect("a journal");
    assert!(!text.contains(&token), "{}: the journal holds the token", issuer.rule);
    let asked = script.asked().into_iter().filter(|asked| asked.line.starts_with(&revoke)).collect();
    (Ended { outcome, fate: journal.state().fate(), stage: journal.state().stage(), asked }, token)
}

#[test]
fn each_issuer_is_asked_as_its_pages_say_and_believed_when_a_probe_fails() {
    let issuers = issuers();
    // Each waits for answers alone; together they take as long as the slowest.
    let wrong: Mutex<Vec<String>> = Mutex::default();
    std::thread::scope(|scope| {
        for issuer in &issuers {
            let wrong = &wrong;
            scope.spawn(move || {
                for manner in [Manner::Honest, Manner::Lies, Manner::Refuses] {
                    let (ended, token) = revoke(issuer, manner);
                    let carries = issuer.carries.replace('%', &token);
                    let (name, value) = carries.split_once(": ").unwrap_or(("", &carries));
                    let is_carried = |asked: &Asked| {
                        let in_head = asked.head.lines().any(|line| {
                            line.split_once(": ").is_some_and(|(own, told)| own.eq_ignore_ascii_case(name) && told.trim_end() == value)
                        });
                        in_head || asked.body == carries || (name.is_empty() && asked.line.contains(value))
                    };
                    let holds = match manner {
                        Manner::Honest => (ended.outcome == Outcome::Done, ended.fate == Fate::Dead, ended.stage == Stage::Contained),
                        // A claim is no death, whatever the status: 202 and 204 alike.
                        Manner::Lies => {
                            (matches!(ended.outcome, Outcome::Failed(_)), ended.fate == Fate::Live, ended.stage == Stage::Containing)
                        }
                        Manner::Refuses => {
                            (matches!(ended.outcome, Outcome::Failed(_)), ended.fate == Fate::Live, ended.stage == Stage::Containing)
                        }
                    };
                    let is_once = ended.asked.len() == 1 && ended.asked.iter().all(is_carried);
                    if holds != (true, true, true) || !is_once {
                        let told = format!(
                            "{} {manner:?}: {:?}, {:?}, {:?}, asked {:?}",
                            issuer.rule, ended.outcome, ended.fate, ended.stage, ended.asked
                        );
                        wrong.lock().expect("no panic").push(told.replace(&token, "‹token›"));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no panic");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // No rule declares a revocation that was not tried here.
    let tried: Vec<&str> = issuers.iter().map(|issuer| issuer.rule).collect();
    let rules = RuleSet::builtin();
    let services: Vec<&str> =
        tried.iter().filter_map(|id| rules.find(id)?.1.contain.as_ref()).map(|contain| contain.request.service.as_str()).collect();
    for (_, rule) in rules.iter() {
        if let Some(contain) = &rule.contain {
            assert!(services.contains(&contain.request.service.as_str()), "{}: nobody tried how it is ended", rule.id);
        }
    }
}
