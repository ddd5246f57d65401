//! Every declared question, filled and asked of a transport that plays its issuer: alive, dead, and nothing shown.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use keyfuse::model::{Liveness, Part, Secret};
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
    let looks = ["AC{hex:32}", "SK{hex:32}", "AKIA{base32:16}", "acme.myshopify.com", "acme-7.okta.com", "-us21", "webhooks/{digits:18}"];
    looks.iter().find_map(|look| {
        let text = expand(look, name).expect("a sound template").text;
        let (_, found) = pattern.match_at(&text, 0).filter(|(whole, _)| whole.end == text.len())?;
        Some(Part { name: name.to_owned(), value: Secret::new(&text[found]), alone: true })
    })
}

/// A body that holds what a sign wants.
fn body(sign: &Sign, media: Media) -> String {
    let mut root = Value::Object(Map::new());
    for (pointer, wanted) in &sign.json {
        let value = match wanted {
            Wanted::Present => Value::from("somebody"),
            Wanted::Truth(truth) => Value::from(*truth),
            Wanted::Number(numbers) => Value::from(numbers[0]),
            Wanted::Text(texts) => Value::from(texts[0].clone()),
        };
        put(&mut root, pointer, value);
    }
    let text = sign.text.join(" ");
    match media {
        Media::Json if !text.is_empty() => format!("{{\"text\":{}}}", Value::from(text)),
        _ if sign.json.is_empty() => text,
        _ => root.to_string(),
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

/// Plays an issuer that knows one secret, or none.
struct Issuer<'a> {
    confirm: &'a Confirm,
    listed: &'a keyfuse::net::Hosts,
    living: Option<String>,
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
        let known = self.living.as_ref().is_some_and(|secret| text.contains(secret.as_str()));
        let sign = if known { &self.confirm.alive[0] } else { &self.confirm.dead[0] };
        self.asked.lock().expect("no panic inside").push(text);
        let media = if self.confirm.media == Media::Xml { "application/xml" } else { "application/json" };
        Ok(Answer {
            status: sign.status[0],
            headers: vec![("content-type".to_owned(), media.to_owned())],
            body: body(sign, self.confirm.media).into_bytes(),
            cut: false,
            host: host.to_owned(),
        })
    }
}

/// What is said of `secret` by an issuer that knows `living`, and how often it was asked with and without it.
fn ask(rules: &RuleSet, rule: &Rule, confirm: &Confirm, secret: &str, living: Option<&str>) -> (Liveness, usize, usize) {
    let own = Endpoint { service: confirm.service.clone(), url: "https://own.example.test".to_owned(), ..Endpoint::default() };
    // Refusal means death only where the instance is known.
    let endpoints = if confirm.needs_endpoint() || confirm.self_hosted { vec![own] } else { Vec::new() };
    let options = Options { endpoints, timeout: None };
    let (listed, clock) = (hosts(rules, &options.endpoints).expect("sound"), Still::default());
    let issuer = Issuer { confirm, listed: &listed, living: living.map(str::to_owned), asked: Mutex::default() };
    let parts: Vec<Part> = confirm
        .near
        .iter()
        .map(|(name, _)| part(confirm, name).unwrap_or_else(|| panic!("{}: nothing looks like `{name}`", rule.id)))
        .collect();
    let prober = Prober::new(&issuer, &listed, &options, &clock);
    let probed = prober.ask(rule, &Secret::new(secret), &parts);
    let plan = prober.plan(rule, &Secret::new(secret), &parts).unwrap_or_else(|why| panic!("{}: {why}", rule.id));
    assert!(!format!("{probed:?} {plan}").contains(secret), "{}: the secret is shown: {plan}", rule.id);
    let asked = issuer.asked.lock().expect("no panic inside");
    let with = asked.iter().filter(|text| text.contains(secret)).count();
    (probed.liveness, with, asked.len() - with)
}

#[test]
fn every_question_can_be_asked_and_both_its_answers_are_understood() {
    let (rules, samples) = (RuleSet::builtin(), samples());
    let mut services = HashSet::new();
    for (_, rule) in rules.iter() {
        let Some(confirm) = rule.confirm.as_ref().filter(|confirm| confirm.kind == Kind::Http) else { continue };
        services.insert(confirm.service.as_str());
        let secret = &samples[&rule.id];
        let (alive, with, without) = ask(&rules, rule, confirm, secret, Some(secret));
        assert_eq!((alive, with, without), (Liveness::Alive, 1, 1), "{}", rule.id);
        let (dead, with, without) = ask(&rules, rule, confirm, secret, None);
        assert_eq!(dead, Liveness::Dead, "{}", rule.id);
        assert_eq!(with, without, "{}: each site hears a random value first", rule.id);
    }
    assert!(services.len() >= 45, "{} services", services.len());
}

#[test]
fn the_signs_of_a_question_exclude_one_another() {
    for (_, rule) in RuleSet::builtin().iter() {
        let Some(confirm) = &rule.confirm else { continue };
        for (alive, dead) in confirm.alive.iter().flat_map(|alive| confirm.dead.iter().map(move |dead| (alive, dead))) {
            let apart = alive.status.iter().all(|status| !dead.status.contains(status));
            let differ =
                alive.json.iter().any(|(pointer, wanted)| dead.json.iter().any(|(other, refused)| pointer == other && wanted != refused));
            assert!(apart || differ, "{}: one answer could mean both", rule.id);
        }
    }
}
