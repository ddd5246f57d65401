//! Every declared question, filled and asked of a transport that plays its issuer: alive, dead, and nothing shown.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use keyfuse::model::{Liveness, Part, Probed, Secret};
use keyfuse::net::{Answer, NetError, Request, Transport};
use keyfuse::probe::{Endpoint, Options, Prober, hosts};
use keyfuse::rules::{Confirm, Kind, Media, Rule, RuleFile, RuleSet, Sign, Wanted, expand};
use serde_json::{Map, Value};

use super::answers::Still;

/// A secret that the rule's own first example gives.
fn samples() -> HashMap<String, String> {
    let mut samples = HashMap::new();
    for (name, text) in RuleSet::builtin_sources() {
        let file = RuleFile::parse(name, text).expect("the build read it too");
        for entry in &file.rule {
            let Some(template) = entry.examples.first() else { continue };
            let example = expand(template, &entry.id).expect("rules check expands it too");
            let secret = example.secrets.first().map(|span| String::from_utf8_lossy(&example.text[span.clone()]).into_owned());
            samples.extend(secret.map(|secret| (entry.id.clone(), secret)));
        }
    }
    samples
}

/// A value for a part, found by its pattern among what such parts look like.
fn part(confirm: &Confirm, name: &str) -> Option<Part> {
    let pattern = &confirm.near.iter().find(|(near, _)| near == name)?.1;
    let looks = [
        "AC{hex:32}",
        "SK{hex:32}",
        "AKIA{base32:16}",
        "docker login -u acme",
        "acme.myshopify.com",
        "acme-7.okta.com",
        "-us21",
        "webhooks/{digits:18}",
    ];
    looks.iter().find_map(|look| {
        let text = expand(look, name).expect("a sound template").text;
        let (_, found) = pattern.match_at(&text, 0).filter(|(whole, _)| whole.end == text.len())?;
        Some(Part { name: name.to_owned(), value: Secret::new(&text[found]), alone: true })
    })
}

/// A body that holds what a sign wants.
fn body(sign: &Sign, media: Media) -> String {
    let text = sign.text.join(" ");
    let mut root = Value::Object(Map::new());
    let mut said = text.is_empty();
    for (pointer, wanted) in &sign.json {
        let value = match wanted {
            Wanted::Present if !said => {
                said = true;
                Value::from(text.clone())
            }
            Wanted::Present => Value::from("somebody"),
            Wanted::Truth(truth) => Value::from(*truth),
            Wanted::Number(numbers) => Value::from(numbers[0]),
            Wanted::Text(texts) => Value::from(texts[0].clone()),
        };
        put(&mut root, pointer, value);
    }
    match media {
        Media::Xml => format!("<x>{text}</x>"),
        _ if sign.json.is_empty() => text,
        _ => {
            if !said {
                put(&mut root, "/said", Value::from(text));
            }
            root.to_string()
        }
    }
}

/// What an issuer says, to one credential.
#[derive(Clone, Debug)]
struct Said {
    status: u16,
    media: String,
    body: String,
}

impl Said {
    fn new(status: u16, media: &str, body: &str) -> Self {
        Self { status, media: media.to_owned(), body: body.to_owned() }
    }

    fn sign(confirm: &Confirm, sign: &Sign) -> Self {
        let media = if confirm.media == Media::Xml { "application/xml" } else { "application/json" };
        Self::new(sign.status[0], media, &body(sign, confirm.media))
    }

    /// How it refuses what it has never seen.
    fn no(confirm: &Confirm) -> Self {
        Self::sign(confirm, confirm.refused.first().or(confirm.dead.first()).expect("one of them"))
    }
}

fn put(root: &mut Value, pointer: &str, value: Value) {
    let mut place = root;
    for step in pointer.trim_start_matches('/').split('/') {
        if let Ok(index) = step.parse::<usize>() {
            if !place.is_array() {
                *place = Value::Array(Vec::new());
            }
            let list = place.as_array_mut().expect("just made");
            list.resize(list.len().max(index + 1), Value::Null);
            place = &mut list[index];
        } else {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            place = place.as_object_mut().expect("just made").entry(step).or_insert(Value::Null);
        }
    }
    *place = value;
}

/// Plays an issuer that says one thing to a secret, and another to all else.
struct Issuer<'a> {
    listed: &'a keyfuse::net::Hosts,
    secret: &'a str,
    to_it: Said,
    to_others: Said,
    asked: Mutex<Vec<String>>,
}

/// The whole request as text, decoded where it is encoded.
fn text(request: &Request) -> String {
    let mut text = percent_encoding::percent_decode_str(&request.url).decode_utf8_lossy().into_owned();
    for (_, value) in &request.headers {
        text.push('\n');
        text.push_str(value);
        if let Some(basic) = value.strip_prefix("Basic ") {
            text.push_str(&String::from_utf8_lossy(&data_encoding::BASE64.decode(basic.as_bytes()).expect("we wrote it")));
        }
    }
    let body = request.body.as_deref().map(|body| String::from_utf8_lossy(body).into_owned()).unwrap_or_default();
    text + "\n" + &body
}

impl Transport for Issuer<'_> {
    fn send(&self, request: &Request) -> Result<Answer, NetError> {
        let host = request.url.split("://").nth(1).and_then(|rest| rest.split('/').next()).expect("a host");
        self.listed.get(host, 443)?;
        let text = text(request);
        let said = if text.contains(self.secret) { &self.to_it } else { &self.to_others };
        self.asked.lock().expect("no panic inside").push(text);
        Ok(Answer {
            status: said.status,
            headers: vec![("content-type".to_owned(), said.media.clone())],
            body: said.body.clone().into_bytes(),
            cut: false,
            host: host.to_owned(),
        })
    }
}

/// What a run came to: what is said of the secret, and how often was asked with and without it.
struct Told {
    probed: Probed,
    with: usize,
    without: usize,
}

/// A question, a secret of its rule, and where it may be asked.
struct Stand<'a> {
    rule: &'a Rule,
    confirm: &'a Confirm,
    secret: &'a str,
    options: Options,
    listed: keyfuse::net::Hosts,
    parts: Vec<Part>,
}

impl<'a> Stand<'a> {
    fn new(rules: &RuleSet, rule: &'a Rule, secret: &'a str) -> Self {
        let confirm = rule.confirm.as_ref().expect("a question");
        let own = Endpoint { service: confirm.service.clone(), url: "https://own.example.test".to_owned(), ..Endpoint::default() };
        // Refusal means death only where the instance is known.
        let endpoints = if confirm.needs_endpoint() || confirm.self_hosted { vec![own] } else { Vec::new() };
        let options = Options { endpoints, timeout: None };
        let listed = hosts(rules, &options.endpoints).expect("sound");
        let part = |name: &String| part(confirm, name).unwrap_or_else(|| panic!("{}: nothing looks like `{name}`", rule.id));
        Self { rule, confirm, secret, options, listed, parts: confirm.near.iter().map(|(name, _)| part(name)).collect() }
    }

    /// Asks an issuer that says `to_it` to the secret and `to_others` to all else.
    fn ask(&self, to_it: Said, to_others: Said) -> Told {
        let (rule, secret, clock) = (self.rule, self.secret, Still::default());
        let issuer = Issuer { listed: &self.listed, secret, to_it, to_others, asked: Mutex::default() };
        let prober = Prober::new(&issuer, &self.listed, &self.options, &clock);
        let probed = prober.ask(rule, &Secret::new(secret), &self.parts);
        let plan = prober.plan(rule, &Secret::new(secret), &self.parts).unwrap_or_else(|why| panic!("{}: {why}", rule.id));
        assert!(!format!("{probed:?} {plan}").contains(secret), "{}: the secret is shown: {plan}", rule.id);
        let asked = issuer.asked.lock().expect("no panic inside");
        let with = asked.iter().filter(|text| text.contains(secret)).count();
        Told { probed, with, without: asked.len() - with }
    }
}

/// Whether something can be said, and what.
fn word(probed: &Probed) -> &'static str {
    match (&probed.liveness, probed.declined) {
        (Liveness::Alive, false) => "alive",
        (Liveness::Dead, false) => "dead",
        (Liveness::Unknown { .. }, true) => "refused",
        (Liveness::Unknown { .. }, false) => "unknown",
        (_, true) => "nonsense",
    }
}

/// Each question over HTTP, with a secret of its rule.
fn each(mut look: impl FnMut(&Stand<'_>)) {
    let (rules, samples) = (RuleSet::builtin(), samples());
    for (_, rule) in rules.iter() {
        if rule.confirm.as_ref().is_none_or(|confirm| confirm.kind != Kind::Http) {
            continue;
        }
        look(&Stand::new(&rules, rule, &samples[&rule.id]));
    }
}

#[test]
fn every_question_can_be_asked_and_each_of_its_answers_is_understood() {
    let mut services = HashSet::new();
    each(|stand| {
        let (rule, confirm) = (stand.rule, stand.confirm);
        services.insert(confirm.service.clone());
        for sign in &confirm.alive {
            let told = stand.ask(Said::sign(confirm, sign), Said::no(confirm));
            assert_eq!((word(&told.probed), told.with, told.without), ("alive", 1, 1), "{} {sign:?}", rule.id);
            // What says yes to all says nothing, and never sees the secret.
            let told = stand.ask(Said::sign(confirm, sign), Said::sign(confirm, sign));
            assert_eq!((word(&told.probed), told.with), ("unknown", 0), "{} {sign:?}", rule.id);
        }
        for (signs, expected) in [(&confirm.dead, "dead"), (&confirm.refused, "refused")] {
            for sign in signs {
                let told = stand.ask(Said::sign(confirm, sign), Said::no(confirm));
                assert_eq!(word(&told.probed), expected, "{} {sign:?}", rule.id);
                assert_eq!(told.with, told.without, "{}: each site hears a random value first", rule.id);
            }
        }
    });
    assert!(services.len() >= 65, "{} services", services.len());
}

#[test]
fn the_answers_that_the_sources_give_are_taken_for_what_they_mean() {
    let (rules, samples) = (RuleSet::builtin(), samples());
    let mut played = 0;
    for (name, text) in RuleSet::builtin_sources() {
        for entry in RuleFile::parse(name, text).expect("the build read it too").confirm {
            for id in entry.rules.iter().filter(|_| !entry.answers.is_empty()) {
                let (_, rule) = rules.find(id).expect("a rule of ours");
                let stand = Stand::new(&rules, rule, &samples[id]);
                for answer in &entry.answers {
                    let told = stand.ask(Said::new(answer.status, &answer.media, &answer.body), Said::no(stand.confirm));
                    assert_eq!(word(&told.probed), answer.means.name(), "{id}: {}", answer.body);
                    played += 1;
                }
            }
        }
    }
    assert!(played >= 150, "{played} answers");
}

#[test]
fn what_stands_in_the_way_of_any_question_is_unknown() {
    let ways = [
        Said::new(200, "text/html", "<!doctype html><title>Sign in</title>"),
        Said::new(401, "text/html; charset=utf-8", "<html><body>401 Authorization Required</body></html>"),
        Said::new(403, "text/html", "<html><title>Access denied</title></html>"),
        Said::new(403, "application/json", r#"{"message":"Forbidden"}"#),
        Said::new(403, "application/json", r#"{"error":"forbidden","status":403}"#),
        Said::new(404, "application/json", r#"{"message":"Not Found"}"#),
        Said::new(429, "application/json", r#"{"message":"Too many requests"}"#),
        Said::new(500, "application/json", r#"{"message":"Internal error"}"#),
        Said::new(503, "application/json", r#"{"message":"Unavailable"}"#),
        Said::new(200, "application/json", "{}"),
    ];
    each(|stand| {
        let (rule, confirm) = (stand.rule, stand.confirm);
        for way in &ways {
            let told = stand.ask(way.clone(), Said::no(confirm));
            assert_eq!(word(&told.probed), "unknown", "{}: {way:?}", rule.id);
            let told = stand.ask(Said::sign(confirm, &confirm.alive[0]), way.clone());
            assert_eq!((word(&told.probed), told.with), ("unknown", 0), "{}: a control that is answered by {way:?}", rule.id);
        }
    });
}

#[test]
fn a_kind_that_the_address_does_not_know_is_not_asked_about() {
    let rules = RuleSet::builtin();
    for (id, template) in [
        ("vercel-token", "vck_{base62:56}"),
        ("tailscale-api-token", "tskey-client-{base62:16}-{base62:32}"),
        ("cloudflare-scannable-token", "cfat_{base62:40}{hex:8}"),
    ] {
        let secret = String::from_utf8(expand(template, id).expect("a sound template").text).expect("ASCII");
        let (_, rule) = rules.find(id).expect("a rule of ours");
        let options = Options::default();
        let (listed, clock) = (hosts(&rules, &[]).expect("sound"), Still::default());
        let said = Said::new(401, "application/json", "{}");
        let issuer = Issuer { listed: &listed, secret: &secret, to_it: said.clone(), to_others: said, asked: Mutex::default() };
        let probed = Prober::new(&issuer, &listed, &options, &clock).ask(rule, &Secret::new(secret.as_str()), &[]);
        assert!(matches!(&probed.liveness, Liveness::Unknown { why } if why.contains("cannot be asked")), "{id}: {probed:?}");
        assert!(!probed.sent && issuer.asked.lock().expect("no panic inside").is_empty(), "{id}");
    }
}

#[test]
fn the_signs_of_a_question_exclude_one_another() {
    for (_, rule) in RuleSet::builtin().iter() {
        let Some(confirm) = &rule.confirm else { continue };
        let refusals: Vec<&Sign> = confirm.dead.iter().chain(&confirm.refused).collect();
        for (alive, no) in confirm.alive.iter().flat_map(|alive| refusals.iter().map(move |no| (alive, no))) {
            let apart = alive.status.iter().all(|status| !no.status.contains(status));
            let differ =
                alive.json.iter().any(|(pointer, wanted)| no.json.iter().any(|(other, refused)| pointer == other && wanted != refused));
            assert!(apart || differ, "{}: one answer could mean both", rule.id);
        }
    }
}
