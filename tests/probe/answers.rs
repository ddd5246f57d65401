//! Every kind of answer, over real HTTP: what it means, how often was asked, and whether the secret was sent.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use keyfuse::model::{Liveness, Part, Probed, Secret};
use keyfuse::net::{Https, Proxies};
use keyfuse::probe::{Clock, Endpoint, Options, Prober, hosts};
use keyfuse::rules::{RuleSet, expand};

use super::script::{Asked, Reply, Script, json};

const REFUSED: &str = r#"{"message":"401 Unauthorized"}"#;
const ALIVE: &str = r#"{"id":7,"name":"deploy"}"#;

/// A clock that does not wait, but remembers that it was to.
#[derive(Default)]
pub(crate) struct Still(Mutex<(Duration, Vec<Duration>)>);

impl Clock for Still {
    fn elapsed(&self) -> Duration {
        self.0.lock().expect("no panic inside").0
    }
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }
    fn sleep(&self, time: Duration) {
        let mut inner = self.0.lock().expect("no panic inside");
        inner.0 += time;
        inner.1.push(time);
    }
}

pub(crate) fn token(seed: &str) -> String {
    String::from_utf8(expand("glpat-{base62:20}", seed).expect("a sound template").text).expect("ASCII")
}

/// An endpoint on loopback, as a user would configure it for a server in the next room.
pub(crate) fn endpoint(service: &str, url: &str) -> Endpoint {
    Endpoint { service: service.to_owned(), url: url.to_owned(), private: true, plain: true, roots: Vec::new() }
}

/// Asks about all `secrets` of `rule`, in one run.
pub(crate) fn ask(endpoints: Vec<Endpoint>, rule: &str, secrets: &[(&str, &[Part])], clock: &Still) -> Vec<Probed> {
    let rules = RuleSet::builtin();
    let options = Options { endpoints, timeout: Some(Duration::from_millis(1500)) };
    let hosts = hosts(&rules, &options.endpoints).expect("sound endpoints");
    let transport = Https::new(hosts.clone(), Proxies::default());
    let prober = Prober::new(&transport, &hosts, &options, clock);
    let (_, rule) = rules.find(rule).expect("a rule of ours");
    secrets.iter().map(|(secret, parts)| prober.ask(rule, &Secret::new(*secret), parts)).collect()
}

/// One GitLab token, at a server that answers `control` to a random value and `real` to the token.
fn gitlab(control: Reply, real: Reply) -> (Probed, Vec<Asked>) {
    let secret = token("one");
    let own = secret.clone();
    let script = Script::start(move |asked| if asked.holds(&own) { real.clone() } else { control.clone() });
    let probed = ask(vec![endpoint("gitlab", &script.url())], "gitlab-access-token", &[(&secret, &[])], &Still::default()).remove(0);
    assert!(!format!("{probed:?}").contains(&secret), "the secret is shown: {probed:?}");
    (probed, script.asked())
}

fn why(probed: &Probed) -> &str {
    match &probed.liveness {
        Liveness::Unknown { why } => why,
        other => panic!("not unknown but {other:?}"),
    }
}

#[test]
fn alive_is_what_is_accepted_where_a_random_value_is_refused() {
    let (probed, asked) = gitlab(json(401, REFUSED), json(200, ALIVE));
    assert_eq!(probed.liveness, Liveness::Alive, "{probed:?}");
    assert_eq!((probed.status, probed.control, probed.who.as_deref()), (Some(200), Some(401), Some("deploy")));
    assert!(probed.asked.starts_with("GET http://127.0.0.1:") && probed.asked.ends_with("/api/v4/personal_access_tokens/self"));
    assert_eq!(asked.len(), 2);
    assert!(!asked[0].holds(&token("one")) && asked[1].holds(&token("one")), "the control comes first");
    assert!(asked[0].head.to_ascii_lowercase().contains("private-token: glpat-"), "it has the shape: {:?}", asked[0]);
}

#[test]
fn dead_is_what_is_refused_in_the_words_of_the_issuer() {
    let (probed, asked) = gitlab(json(401, REFUSED), json(401, r#"{"error":"invalid_token","error_description":"Token was revoked."}"#));
    assert_eq!((probed.liveness, asked.len()), (Liveness::Dead, 2));
}

#[test]
fn an_endpoint_that_accepts_anything_never_sees_the_secret() {
    let (probed, asked) = gitlab(json(200, ALIVE), json(200, ALIVE));
    assert!(why(&probed).contains("a random value is accepted too"), "{probed:?}");
    assert_eq!(asked.len(), 1);
}

#[test]
fn what_is_in_the_way_is_unknown_and_the_secret_stays_here() {
    let elsewhere = Script::start(|_| json(401, REFUSED));
    let page = Reply::Plain(200, "text/html", "<!doctype html><title>Sign in</title>".to_owned());
    let blocked = Reply::Plain(403, "text/html", "<html>Access denied</html>".to_owned());
    let gate = Reply::Plain(401, "application/json", r#"{"detail":"gateway login"}"#.to_owned());
    for (reply, said) in [
        (page, "web page"),
        (blocked, "web page"),
        (gate, "not in the words"),
        (json(403, r#"{"message":"403 Forbidden"}"#), "not in the words"),
        (json(429, r#"{"message":"Retry later"}"#), "limits requests"),
        (json(503, "{}"), "out of order"),
        (Reply::Redirect(elsewhere.url()), "redirects"),
        (Reply::Huge, "more than 64 kB"),
        (Reply::Silence, "did not answer in time"),
        (Reply::Drip, "did not answer in time"),
        (Reply::Noise, "no HTTP"),
        (Reply::Gone, "ended the connection"),
    ] {
        let started = Instant::now();
        let (probed, asked) = gitlab(reply.clone(), json(200, ALIVE));
        assert!(why(&probed).contains(said), "{reply:?}: {probed:?}");
        assert!(asked.iter().all(|asked| !asked.holds(&token("one"))), "{reply:?}: the secret was sent");
        assert!(started.elapsed() < Duration::from_secs(15), "{reply:?} took {:?}", started.elapsed());
    }
    assert!(elsewhere.asked().is_empty(), "a redirect was followed");
}

#[test]
fn the_same_answers_to_the_secret_itself_are_unknown_too() {
    for (reply, said) in [
        (Reply::Plain(200, "text/html", "<html>captcha</html>".to_owned()), "web page"),
        (json(429, "{}"), "limits requests"),
        (json(200, "{}"), "not in the words"),
        (Reply::Silence, "in time"),
        (Reply::Huge, "more than 64 kB"),
    ] {
        let (probed, asked) = gitlab(json(401, REFUSED), reply);
        assert!(why(&probed).contains(said) && probed.control == Some(401), "{probed:?}");
        assert_eq!(asked.len(), 2);
    }
}

#[test]
fn credentials_of_one_kind_share_a_control() {
    let living = token("b");
    let own = living.clone();
    let script = Script::start(move |asked| if asked.holds(&own) { json(200, ALIVE) } else { json(401, REFUSED) });
    let dead = token("a");
    let clock = Still::default();
    let probed = ask(vec![endpoint("gitlab", &script.url())], "gitlab-access-token", &[(&dead, &[]), (&living, &[])], &clock);
    assert_eq!([&probed[0].liveness, &probed[1].liveness], [&Liveness::Dead, &Liveness::Alive]);
    assert_eq!(script.asked().len(), 3);
    let waited = clock.0.lock().expect("no panic inside").1.clone();
    assert_eq!(waited.len(), 2, "each further request waits for its turn: {waited:?}");
}

#[test]
fn a_service_that_fails_or_limits_is_left_alone() {
    let secrets: Vec<String> = (0..5).map(|number| token(&format!("many {number}"))).collect();
    let secrets: Vec<(&str, &[Part])> = secrets.iter().map(|secret| (secret.as_str(), &[][..])).collect();
    for (reply, most) in [(Reply::Gone, 2), (json(429, "{}"), 1)] {
        let script = Script::start(move |_| reply.clone());
        let probed = ask(vec![endpoint("gitlab", &script.url())], "gitlab-access-token", &secrets, &Still::default());
        assert!(probed.iter().all(|probed| matches!(probed.liveness, Liveness::Unknown { .. })), "{probed:?}");
        // A control is asked for once a minute; a connection that ends at once is tried again by the client.
        assert!(script.asked().len() <= 2 * most, "{} requests", script.asked().len());
    }
}

#[test]
fn what_a_service_asks_for_is_heeded_for_the_rest_of_the_run() {
    let secrets: Vec<String> = (0..6).map(|number| token(&format!("busy {number}"))).collect();
    let all: Vec<(&str, &[Part])> = secrets.iter().map(|secret| (secret.as_str(), &[][..])).collect();
    let run = |reply: Reply, busy_times: usize| {
        let seen = Mutex::new(0);
        let script = Script::start(move |_| {
            let mut seen = seen.lock().expect("no panic inside");
            *seen += 1;
            if *seen <= busy_times { reply.clone() } else { json(401, REFUSED) }
        });
        let clock = Still::default();
        let probed = ask(vec![endpoint("gitlab", &script.url())], "gitlab-access-token", &all, &clock);
        let waited: Vec<u64> = clock.0.lock().expect("no panic inside").1.iter().map(Duration::as_secs).filter(|time| *time > 1).collect();
        (probed.into_iter().map(|probed| probed.liveness).collect::<Vec<_>>(), waited, script.asked().len())
    };
    let is_unknown = |liveness: &Liveness, says: &str| matches!(liveness, Liveness::Unknown { why } if why.contains(says));

    // Busy once: that one is unknown, the next ones are asked when the time is over.
    for status in [429, 503] {
        let (probed, waited, asked) = run(Reply::Busy(status, "7"), 1);
        assert!(is_unknown(&probed[0], if status == 429 { "limits requests" } else { "out of order" }), "{probed:?}");
        assert!(probed[1..].iter().all(|one| *one == Liveness::Dead), "{probed:?}");
        assert_eq!((waited, asked), (vec![7], 7), "the hold, a control, and five credentials");
    }
    // Busy for longer than a run waits: nobody is asked again.
    let (probed, waited, asked) = run(Reply::Busy(429, "120"), 9);
    assert!(probed[1..].iter().all(|one| is_unknown(one, "left alone for 120 s")), "{probed:?}");
    assert_eq!((waited.len(), asked), (0, 1));
    // Always busy for a little: the waiting has an end.
    let (probed, waited, asked) = run(Reply::Busy(503, "25"), 99);
    assert!(
        probed.iter().all(|one| matches!(one, Liveness::Unknown { .. })) && is_unknown(&probed[5], "left alone for 25 s"),
        "{probed:?}"
    );
    assert_eq!((waited, asked), (vec![25, 25], 3));
    // What is no time is none.
    let (probed, waited, asked) = run(Reply::Busy(429, "soon"), 9);
    assert!(probed.iter().all(|one| is_unknown(one, "limits requests")), "{probed:?}");
    assert_eq!((waited.len(), asked), (0, 1));
}

#[test]
fn the_public_instances_refusal_is_not_death_where_others_run_the_service() {
    // Asked without a configured endpoint, with a transport that plays the public instance.
    struct Public;
    impl keyfuse::net::Transport for Public {
        fn send(&self, request: &keyfuse::net::Request) -> Result<keyfuse::net::Answer, keyfuse::net::NetError> {
            assert!(request.url.starts_with("https://gitlab.com/"), "{request:?}");
            let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
            Ok(keyfuse::net::Answer { status: 401, headers, body: REFUSED.as_bytes().to_vec(), cut: false, host: "gitlab.com".to_owned() })
        }
    }
    let (rules, options, clock) = (RuleSet::builtin(), Options::default(), Still::default());
    let hosts = hosts(&rules, &[]).expect("sound rules");
    let prober = Prober::new(&Public, &hosts, &options, &clock);
    let (_, rule) = rules.find("gitlab-access-token").expect("a rule");
    let probed = prober.ask(rule, &Secret::new(token("x")), &[]);
    assert!(why(&probed).contains("another instance"), "{probed:?}");
}

#[test]
fn a_wrong_pair_is_not_a_dead_one() {
    let refused = r#"{"errors":"[API] Invalid API key or access token (unrecognized login or wrong password)"}"#;
    let script = Script::start(move |_| json(401, refused));
    let secret = String::from_utf8(expand("shpat_{hex:32}", "shopify").expect("a sound template").text).expect("ASCII");
    let part = |alone| [Part { name: "shop".to_owned(), value: Secret::new("acme"), alone }];
    let of = |parts: &[Part]| {
        ask(vec![endpoint("shopify", &script.url())], "shopify-access-token", &[(&secret, parts)], &Still::default()).remove(0)
    };
    assert_eq!(of(&part(true)).liveness, Liveness::Dead);
    assert!(why(&of(&part(false))).contains("may belong to another"));
    let key = String::from_utf8(expand("{hex:32}", "twilio").expect("a sound template").text).expect("ASCII");
    let lone = ask(vec![endpoint("twilio", &script.url())], "twilio-auth-token", &[(&key, &[])], &Still::default()).remove(0);
    assert!(why(&lone).contains("needs the `sid`"));
    assert_eq!(script.asked().len(), 4);
}

#[test]
fn canaries_are_never_touched() {
    let script = Script::start(|_| json(200, "{}"));
    // The key id of a public crate's example; its account is that of canarytokens.org.
    let id = ["AKIA", "SP2TPHJSQH3FJXYZ"].concat();
    let secret = String::from_utf8(expand("{base62:40}", "canary").expect("a sound template").text).expect("ASCII");
    let parts = [Part { name: "id".to_owned(), value: Secret::new(id), alone: true }];
    let probed = ask(vec![endpoint("aws", &script.url())], "aws-secret-access-key", &[(&secret, &parts)], &Still::default()).remove(0);
    assert!(why(&probed).contains("canary token of canarytokens.org"), "{probed:?}");
    assert!(script.asked().is_empty() && probed.asked.is_empty());
}

#[test]
fn a_token_in_a_path_is_in_no_error() {
    let secret = String::from_utf8(expand("{digits:10}:AA{base62:33}", "telegram").expect("a sound template").text).expect("ASCII");
    let tail = &secret[13..];
    for reply in [Reply::Silence, Reply::Gone, Reply::Noise, Reply::Drip, json(302, "{}")] {
        let own = tail.to_owned();
        let refused = json(401, r#"{"ok":false,"error_code":401,"description":"Unauthorized"}"#);
        let script = Script::start(move |asked| if asked.holds(&own) { reply.clone() } else { refused.clone() });
        let probed = ask(vec![endpoint("telegram", &script.url())], "telegram-bot-token", &[(&secret, &[])], &Still::default()).remove(0);
        assert!(script.asked().last().is_some_and(|asked| asked.holds(tail)), "the token itself was asked about: {probed:?}");
        assert!(!format!("{probed:?}").contains(tail), "{probed:?}");
        why(&probed);
    }
}

#[test]
fn death_is_proved_by_two_refusals_apart() {
    let secret = token("dying");
    let own = secret.clone();
    let seen = Mutex::new(0);
    // It is refused once, and then it lives again, as behind servers that do not agree yet.
    let script = Script::start(move |asked| {
        if !asked.holds(&own) {
            return json(401, REFUSED);
        }
        let mut seen = seen.lock().expect("no panic inside");
        *seen += 1;
        if *seen == 2 { json(200, ALIVE) } else { json(401, REFUSED) }
    });
    let (rules, clock) = (RuleSet::builtin(), Still::default());
    let options = Options { endpoints: vec![endpoint("gitlab", &script.url())], timeout: None };
    let hosts = hosts(&rules, &options.endpoints).expect("sound endpoints");
    let transport = Https::new(hosts.clone(), Proxies::default());
    let prober = Prober::new(&transport, &hosts, &options, &clock);
    let (_, rule) = rules.find("gitlab-access-token").expect("a rule of ours");
    assert_eq!(prober.prove_death(rule, &Secret::new(secret.clone()), &[]).liveness, Liveness::Alive);
    assert_eq!(prober.prove_death(rule, &Secret::new(secret), &[]).liveness, Liveness::Dead);
    let waited = clock.0.lock().expect("no panic inside").1.clone();
    assert_eq!(waited.iter().filter(|time| **time >= Duration::from_secs(10)).count(), 2, "{waited:?}");
}
