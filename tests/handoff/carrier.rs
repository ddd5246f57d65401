//! The courier against receivers that fail, ask for patience, or are gone, by a clock that is moved.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use data_encoding::BASE64;
use jiff::Timestamp;
use keyfuse::handoff::{Courier, Dialect, Endpoint, Outbox, Pace, Status, Verifier};
use keyfuse::journal::{Clock, Journal, ManualClock, Recorded};
use keyfuse::model::{Asked, Exposure, Fingerprint, Grade, Grounds, Location, Notice, Secret, Subject, Urgency, Verb};
use keyfuse::net::{Answer, Hosts, Https, NetError, Proxies, Request, Transport};

/// A notice about the credential number `number`.
pub(super) fn notice(number: u32) -> Notice {
    let mut code = [0; 32];
    code[..4].copy_from_slice(&number.to_be_bytes());
    let fp = Fingerprint::new(&code, true);
    Notice {
        grounds: Grounds::of(Grade::Attested).expect("grounds"),
        incident: fp.incident(1),
        case: "case-abcdefghijkl".to_owned(),
        generation: 1,
        severity: Urgency::High,
        drill: false,
        credential: Subject {
            fp,
            kind: "secret".to_owned(),
            rule: "generic-secret".to_owned(),
            title: "Secret in an assignment".to_owned(),
            provider: "generic".to_owned(),
            verb: Verb::Revoke,
            preview: None,
            ids: BTreeMap::new(),
            evidence: vec!["ann confirmed it".to_owned()],
        },
        exposure: Exposure {
            first_seen: None,
            commit: None,
            pushed: None,
            remotes: Vec::new(),
            stakes: Default::default(),
            file_mode: None,
            locations: vec![Location {
                path: "a.env".to_owned(),
                line: 1,
                column: 1,
                place: "file".to_owned(),
                object: None,
                commit: None,
            }],
            locations_total: 1,
        },
        asked: Asked { actions: vec![Verb::Revoke], deadline: "2026-11-21T21:30:04.512Z".to_owned() },
    }
}

pub(super) fn key() -> Secret {
    Secret::new(format!("whsec_{}", BASE64.encode(&[7; 32])))
}

fn endpoint(name: &str, fallback: Option<&str>) -> Endpoint {
    let url = format!("https://{name}.example.com/hook");
    Endpoint { fallback: fallback.map(str::to_owned), ..Endpoint::new(name, Dialect::Native, &url, Some(key()), false).expect("sound") }
}

/// One request as it came: host, event id, moment in milliseconds, body.
type Came = (String, String, u64, Vec<u8>);
type Script = dyn Fn(&str, u64, usize) -> Result<Answer, NetError> + Send + Sync;

/// Receivers that answer as `script` says (of host, moment and number of the request), and know what came.
struct Scripted<'a> {
    clock: &'a ManualClock,
    script: Box<Script>,
    came: Mutex<Vec<Came>>,
}

impl<'a> Scripted<'a> {
    fn new(clock: &'a ManualClock, script: impl Fn(&str, u64, usize) -> Result<Answer, NetError> + Send + Sync + 'static) -> Self {
        Self { clock, script: Box::new(script), came: Mutex::default() }
    }

    fn came(&self, host: &str) -> Vec<Came> {
        self.came.lock().expect("no panic").iter().filter(|one| one.0 == host).cloned().collect()
    }
}

impl Transport for Scripted<'_> {
    fn send(&self, request: &Request) -> Result<Answer, NetError> {
        let host = request.url.trim_start_matches("https://").split('.').next().expect("a host").to_owned();
        let header = |wanted: &str| request.headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        let now = self.clock.now();
        let body = request.body.as_ref().expect("a body").to_vec();
        let verifier = Verifier::parse(&key()).expect("a key");
        let id = verifier.verify(header, &body, now.wall.as_second()).expect("a fresh signature at every attempt").to_owned();
        let number = {
            let mut came = self.came.lock().expect("no panic");
            came.push((host.clone(), id, now.mono_ms, body));
            came.len()
        };
        (self.script)(&host, now.mono_ms, number)
    }
}

fn answer(status: u16, headers: &[(&str, &str)]) -> Result<Answer, NetError> {
    let headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    Ok(Answer { status, headers, body: Vec::new(), cut: false, host: "h".to_owned() })
}

fn down() -> Result<Answer, NetError> {
    Err(NetError::Broken { host: "h".to_owned(), why: "it refused the connection" })
}

fn start() -> ManualClock {
    ManualClock::at("2026-11-21T21:00:00Z".parse::<Timestamp>().expect("a time"))
}

fn courier<'a>(folder: &Path, endpoints: &'a [Endpoint], transport: &'a dyn Transport, clock: &'a dyn Clock) -> Courier<'a> {
    let journal = Journal::<Outbox>::open(&folder.join("handoff.jsonl")).expect("opened");
    Courier { journal, endpoints, transport, clock, host: "ci-1", secrets: HashMap::new() }
}

fn minutes(number: u64) -> Duration {
    Duration::from_secs(60 * number)
}

#[test]
fn a_receiver_that_is_down_ten_minutes_is_told_once_and_its_fallback_at_three() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let clock = start();
    let receivers = Scripted::new(&clock, |host, now, _| if host == "hook" && now < 600_000 { down() } else { answer(202, &[]) });
    let endpoints = [endpoint("hook", Some("pager")), endpoint("pager", None)];
    let mut carrier = courier(scratch.path(), &endpoints, &receivers, &clock);
    assert_eq!(carrier.owe(vec![notice(1)]).expect("written"), 1);
    // An hour: its three quarters come after the three minutes.
    let tally = carrier.deliver(Pace::For(minutes(60))).expect("carried");
    assert_eq!((tally.undelivered, tally.delivered.len()), (0, 2), "{tally:?}");
    let (hook, pager) = (receivers.came("hook"), receivers.came("pager"));
    assert_eq!(pager.len(), 1);
    assert!((180_000..182_000).contains(&pager[0].2), "the fallback at three minutes: {}", pager[0].2);
    assert!(
        hook.len() >= 8 && hook[..hook.len() - 1].iter().all(|one| one.2 < 600_000),
        "{:?}",
        hook.iter().map(|one| one.2).collect::<Vec<_>>()
    );
    assert!(hook[4].2 < 80_000, "the head is dense");
    // One id, the same bytes, at both.
    assert!(hook.iter().chain(&pager).all(|one| one.1 == hook[0].1 && one.3 == hook[0].3));
    // Nothing more, in another process, ever.
    let mut carrier = courier(scratch.path(), &endpoints, &receivers, &clock);
    clock.advance(minutes(600));
    assert_eq!(carrier.deliver(Pace::Once { all: true }).expect("carried").delivered, []);
    assert_eq!(receivers.came("hook").len(), hook.len());
}

#[test]
fn a_short_run_tells_the_fallback_before_it_ends_and_still_owes_the_first() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let clock = start();
    let receivers =
        Scripted::new(&clock, |host, now, _| if host == "hook" && now < 3_600_000 { answer(503, &[]) } else { answer(202, &[]) });
    let endpoints = [endpoint("hook", Some("pager")), endpoint("pager", None)];
    let mut carrier = courier(scratch.path(), &endpoints, &receivers, &clock);
    carrier.owe(vec![notice(1)]).expect("written");
    let tally = carrier.deliver(Pace::For(Duration::from_secs(60))).expect("carried");
    assert_eq!(tally.undelivered, 1, "fallback delivered, primary not: still owed");
    let pager = receivers.came("pager");
    assert!(pager.len() == 1 && (45_000..47_000).contains(&pager[0].2), "{:?}", pager.first().map(|one| one.2));
    assert!(clock.now().mono_ms <= 61_000, "the run ends when it said");
    assert_eq!(tally.failures.keys().collect::<Vec<_>>(), ["hook"]);
    clock.advance(minutes(70));
    let mut carrier = courier(scratch.path(), &endpoints, &receivers, &clock);
    let tally = carrier.deliver(Pace::Once { all: false }).expect("carried");
    assert_eq!((tally.undelivered, tally.delivered.len()), (0, 1));
    assert_eq!(receivers.came("pager").len(), 1, "told once");
}

#[test]
fn telling_again_what_is_told_sends_nothing_unless_it_is_worse() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let clock = start();
    let receivers = Scripted::new(&clock, |_, _, _| answer(202, &[]));
    let endpoints = [endpoint("hook", None)];
    let mut carrier = courier(scratch.path(), &endpoints, &receivers, &clock);
    let suspected = Notice { grounds: Grounds::of(Grade::Proved).expect("grounds"), severity: Urgency::Medium, ..notice(1) };
    let worse = Notice { severity: Urgency::Critical, ..notice(1) };
    for (told, owed) in [(&suspected, 1), (&suspected, 0), (&notice(1), 1), (&suspected, 0), (&notice(1), 0), (&worse, 1), (&notice(1), 0)]
    {
        assert_eq!(carrier.owe(vec![told.clone()]).expect("written"), owed);
    }
    assert_eq!(carrier.deliver(Pace::For(minutes(1))).expect("carried").delivered.len(), 3);
    // In their order, though they could go at once: they are of one incident.
    let kinds: Vec<String> = receivers
        .came("hook")
        .iter()
        .map(|one| {
            serde_json::from_slice::<serde_json::Value>(&one.3).expect("JSON")["data"]["severity"].as_str().expect("a severity").to_owned()
        })
        .collect();
    assert_eq!(kinds, ["MEDIUM", "HIGH", "CRITICAL"]);
}

#[test]
fn order_holds_within_an_incident_and_not_across() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let clock = start();
    // The first notice of the incident fails three times.
    let receivers = Scripted::new(&clock, |_, now, _| if now < 20_000 { answer(500, &[]) } else { answer(202, &[]) });
    let endpoints = [endpoint("hook", None)];
    let mut carrier = courier(scratch.path(), &endpoints, &receivers, &clock);
    carrier.owe(vec![Notice { severity: Urgency::Medium, ..notice(1) }, notice(1), notice(2)]).expect("written");
    assert_eq!(carrier.deliver(Pace::For(minutes(10))).expect("carried").undelivered, 0);
    let came = receivers.came("hook");
    let ids: Vec<&str> = came.iter().map(|one| one.1.as_str()).collect();
    let first = ids[0];
    let severity = |one: &Came| serde_json::from_slice::<serde_json::Value>(&one.3).expect("JSON")["data"]["severity"].clone();
    let second = came
        .iter()
        .find(|one| severity(one) == "HIGH" && one.3.windows(16).any(|part| part == notice(1).incident.as_bytes()))
        .expect("it came");
    assert!(
        second.2 >= came.iter().filter(|one| one.1 == first).map(|one| one.2).max().expect("it came"),
        "the second waits for the first"
    );
    assert!(came.iter().any(|one| one.1 != first && one.2 < 20_000), "another incident does not");
}

#[test]
fn retry_after_binds_later_processes_and_410_ends_it() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let clock = start();
    let receivers = Scripted::new(&clock, |host, now, _| match host {
        "busy" if now < 1_000_000 => answer(429, &[("retry-after", "1000")]),
        "gone" => answer(410, &[]),
        _ => answer(202, &[]),
    });
    let endpoints = [endpoint("busy", None), endpoint("gone", Some("pager")), endpoint("pager", None)];
    courier(scratch.path(), &endpoints, &receivers, &clock).owe(vec![notice(1), notice(2)]).expect("written");
    for _ in 0..30 {
        courier(scratch.path(), &endpoints, &receivers, &clock).deliver(Pace::Once { all: true }).expect("carried");
        clock.advance(Duration::from_secs(30));
    }
    assert!(receivers.came("busy").len() <= 2, "both may have been under way: {}", receivers.came("busy").len());
    assert!(receivers.came("gone").len() <= 2);
    assert_eq!(receivers.came("pager").len(), 2, "what a disabled endpoint is owed goes to its fallback at once");
    clock.advance(Duration::from_secs(200));
    let mut carrier = courier(scratch.path(), &endpoints, &receivers, &clock);
    let tally = carrier.deliver(Pace::Once { all: false }).expect("carried");
    assert_eq!(tally.undelivered, 2, "the disabled endpoint's stay undelivered");
    let status = Status::of(carrier.journal.state(), &["busy", "gone", "pager"], clock.now());
    let one = |name: &str| status.endpoints.iter().find(|one| one.name == name).expect("listed").clone();
    assert_eq!((one("busy").delivered, one("gone").disabled, one("gone").waiting + one("gone").due), (2, true, 2));
}

#[test]
fn what_has_no_answer_or_no_endpoint_stays_owed() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let clock = start();
    let receivers = Scripted::new(&clock, |_, _, number| match number % 3 {
        0 => Err(NetError::Timeout { host: "h".to_owned() }),
        1 => answer(302, &[("location", "https://evil.test/")]),
        _ => Ok(Answer { body: b"<html>Sign in</html>".to_vec(), ..answer(200, &[("content-type", "text/html")])? }),
    });
    let endpoints = [endpoint("hook", None)];
    let mut carrier = courier(scratch.path(), &endpoints, &receivers, &clock);
    carrier.owe(vec![notice(1)]).expect("written");
    let tally = carrier.deliver(Pace::For(minutes(5))).expect("carried");
    assert_eq!((tally.undelivered, tally.delivered.len()), (1, 0));
    assert!(receivers.came("hook").len() >= 6);
    // The endpoint was taken out of the configuration: nothing is forgotten.
    let mut carrier = courier(scratch.path(), &[], &receivers, &clock);
    assert_eq!(carrier.deliver(Pace::Once { all: true }).expect("carried").undelivered, 1);
}

#[test]
fn a_clock_that_is_set_back_an_hour_stops_nothing() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let endpoints = [endpoint("hook", None)];
    let late = ManualClock::at("2026-11-21T22:00:00Z".parse::<Timestamp>().expect("a time"));
    let failing = Scripted::new(&late, |_, _, _| answer(500, &[]));
    let mut carrier = courier(scratch.path(), &endpoints, &failing, &late);
    carrier.owe(vec![notice(1)]).expect("written");
    carrier.deliver(Pace::Once { all: false }).expect("carried");
    let clock = start();
    let receivers = Scripted::new(&clock, |_, _, _| answer(202, &[]));
    let mut carrier = courier(scratch.path(), &endpoints, &receivers, &clock);
    assert_eq!(carrier.deliver(Pace::Once { all: false }).expect("carried").undelivered, 0);
}

#[test]
fn a_clock_that_is_an_hour_off_is_named_and_mended() {
    let home = super::home::Home::new();
    let receiving = home.receive("secret = 'env:HOOK_KEY'\n", &[]);
    let endpoints = [Endpoint::new("hook", Dialect::Native, &receiving.url, Some(key()), false).expect("sound")];
    let mut hosts = Hosts::default();
    hosts.allow(endpoints[0].host.clone());
    let transport = Https::new(hosts, Proxies::default());
    let scratch = tempfile::tempdir().expect("a scratch folder");
    for wrong in [-3600, 3600] {
        let off = ManualClock::at(Timestamp::now() + jiff::SignedDuration::from_secs(wrong));
        let mut carrier = courier(scratch.path(), &endpoints, &transport, &off);
        carrier.owe(vec![notice(1)]).expect("written");
        let tally = carrier.deliver(Pace::Once { all: true }).expect("carried");
        assert_eq!(tally.undelivered, 1, "{tally:?}");
        let why = &tally.failures["hook"];
        assert!(why.starts_with("401: ") && (why.contains("3600 s apart") || why.contains("3599 s") || why.contains("3601 s")), "{why}");
    }
    // Set right, it is delivered at the next occasion, once.
    let right = ManualClock::at(Timestamp::now());
    let mut carrier = courier(scratch.path(), &endpoints, &transport, &right);
    assert_eq!(carrier.deliver(Pace::Once { all: false }).expect("carried").undelivered, 0);
    assert_eq!(receiving.lines(1).iter().filter(|line| line.starts_with("received ")).count(), 1);
}

#[test]
fn the_issuers_secret_is_sent_while_it_is_at_hand_and_kept_nowhere() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let clock = start();
    /// Takes what GitLab's interface takes.
    struct Issuer(Mutex<Vec<Vec<u8>>>);
    impl Transport for Issuer {
        fn send(&self, request: &Request) -> Result<Answer, NetError> {
            self.0.lock().expect("no panic").push(request.body.as_ref().expect("a body").to_vec());
            answer(204, &[])
        }
    }
    let issuer = Issuer(Mutex::default());
    let url = "https://issuer.example.com/v1/revoke_tokens";
    let endpoints = [Endpoint::new("issuer", Dialect::GitLabRevocation, url, Some(Secret::new("pre-shared")), true).expect("sound")];
    let mut carrier = courier(scratch.path(), &endpoints, &issuer, &clock);
    carrier.owe(vec![notice(1)]).expect("written");
    // A later process has no secret: nothing goes out, and it says why.
    let tally = courier(scratch.path(), &endpoints, &issuer, &clock).deliver(Pace::Once { all: true }).expect("carried");
    assert!(tally.undelivered == 1 && tally.failures["issuer"].contains("scan again"), "{tally:?}");
    assert!(issuer.0.lock().expect("no panic").is_empty());
    let secret = keyfuse::rules::expand("{base62:40}", "issuer").expect("a sound template").text;
    carrier.secrets.insert(notice(1).credential.fp, Secret::new(secret.clone()));
    assert_eq!(carrier.deliver(Pace::Once { all: true }).expect("carried").undelivered, 0);
    assert!(issuer.0.lock().expect("no panic")[0].windows(40).any(|part| part == secret));
    let journal = std::fs::read(scratch.path().join("handoff.jsonl")).expect("written");
    assert!(!journal.windows(40).any(|part| part == secret));
}

#[test]
fn the_journal_tells_what_was_sent_and_no_more() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let clock = start();
    let receivers =
        Scripted::new(
            &clock,
            |_, _, number| if number == 1 { answer(500, &[]) } else { answer(202, &[("date", "Sat, 21 Nov 2026 21:00:02 GMT")]) },
        );
    let endpoints = [endpoint("hook", None)];
    let mut carrier = courier(scratch.path(), &endpoints, &receivers, &clock);
    carrier.owe(vec![notice(1)]).expect("written");
    carrier.deliver(Pace::For(minutes(1))).expect("carried");
    let events = Journal::<Vec<Recorded>>::open(&scratch.path().join("handoff.jsonl")).expect("sound");
    let kinds: Vec<&str> = events.state().iter().map(|one| one.event.kind.as_str()).collect();
    assert_eq!(kinds, ["notice.due", "notice.attempt", "notice.delivered"]);
    let delivered = &events.state()[2].event;
    assert_eq!(delivered.inc.as_deref(), Some(notice(1).incident.as_str()));
    assert_eq!((&delivered.data["attempt"], &delivered.data["date"]), (&2.into(), &"Sat, 21 Nov 2026 21:00:02 GMT".into()));
    let body = &receivers.came("hook")[0].3;
    let told: serde_json::Value = serde_json::from_slice(body).expect("JSON");
    assert_eq!(told["data"]["journal"]["head"], events.state()[0].digest.to_string(), "whoever is told is a witness");
}
