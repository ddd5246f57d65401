//! Ten thousand notices to a receiver that fails half of the time, judged by the official libraries; and a killed process that loses none.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use keyfuse::handoff::{Courier, Dialect, Endpoint, Outbox, Pace};
use keyfuse::journal::{Journal, SystemClock, verify};
use keyfuse::net::{Hosts, Https, Proxies};
use serde_json::json;

use super::carrier::{key, notice};
use super::home::{Home, shared_key};
use super::receiver::{Receiver, Reply, Taken};
use crate::scratch::{not_run, server};

/// A number that looks random, the same each time.
fn chance(seed: u64) -> u64 {
    let mut value = seed.wrapping_add(0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value ^= value >> 29;
    value.wrapping_mul(0x94d0_49bb_1331_11eb) >> 32
}

/// Runs one of the official libraries over the requests; gives how many verified.
fn judged(mut command: Command, taken: &[Taken]) -> usize {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut text = shared_key() + "\n";
    for one in taken {
        let mut line = json!({ "body": data_encoding::BASE64.encode(&one.body) });
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            line[name] = one.header(name).into();
        }
        text.push_str(&format!("{line}\n"));
    }
    child.stdin.take().expect("piped").write_all(text.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "the judge refused a signature");
    String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number")
}

#[test]
fn ten_thousand_notices_survive_a_receiver_that_fails_half_of_the_time() {
    const COUNT: u32 = 10_000;
    const TEST: &str = "ten thousand notices survive a receiver that fails half of the time";
    let (Some(python), Some(javascript)) = (server("python3"), judges()) else {
        return not_run(TEST, "standardwebhooks");
    };
    // Before it took the notice, after it did, by answer and by a broken connection.
    let receiver = Receiver::start(|number, _| match chance(number as u64) % 8 {
        0 => Reply::status(500),
        1 => Reply::status(503),
        2 => Reply::Break,
        3 => Reply::Say(200, "text/html", String::new(), b"<html>".to_vec()),
        _ => Reply::Say(202, "application/json", String::new(), format!("{{\"receipt\":\"r-{number}\"}}").into_bytes()),
    });
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let endpoint = Endpoint::new("hook", Dialect::Native, &format!("http://{}/", receiver.address), Some(key()), false).expect("sound");
    let mut hosts = Hosts::default();
    hosts.allow(endpoint.host.clone());
    let (transport, clock, endpoints) = (Https::new(hosts, Proxies::default()), SystemClock::new(), [endpoint]);
    let path = scratch.path().join("handoff.jsonl");
    let journal = Journal::<Outbox>::open(&path).expect("opened");
    let mut courier =
        Courier { journal, endpoints: &endpoints, transport: &transport, clock: &clock, host: "ci-1", secrets: HashMap::new() };
    assert_eq!(courier.owe((0..COUNT).map(notice).collect()).expect("written"), COUNT as usize);
    let (mut delivered, mut passes) = (Vec::new(), 0);
    loop {
        let tally = courier.deliver(Pace::Once { all: true }).expect("carried");
        delivered.extend(tally.delivered);
        passes += 1;
        assert!(passes < 60, "{} are left", tally.undelivered);
        if tally.undelivered == 0 {
            break;
        }
    }
    let taken = receiver.taken();
    assert!(taken.len() > COUNT as usize * 3 / 2, "half of the requests failed: {}", taken.len());
    // None lost, and each under one id only, with one body.
    let mut by_incident: BTreeMap<String, (String, Vec<u8>)> = BTreeMap::new();
    for one in &taken {
        let event: serde_json::Value = serde_json::from_slice(&one.body).expect("JSON");
        let incident = event["subject"].as_str().expect("a subject").to_owned();
        let first = by_incident.entry(incident).or_insert_with(|| (one.header("webhook-id").to_owned(), one.body.clone()));
        assert_eq!((first.0.as_str(), &first.1), (one.header("webhook-id"), &one.body));
    }
    assert_eq!((by_incident.len(), delivered.len()), (COUNT as usize, COUNT as usize));
    let mut ids: Vec<&String> = delivered.iter().map(|(_, id, _)| id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), COUNT as usize);
    assert!(verify(&path).expect("read").is_sound());
    // A process that starts now has nothing to do.
    assert_eq!(Journal::<Outbox>::open(&path).expect("opened").state().undelivered(), 0);

    let mut command = Command::new(python);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/judges/verify.py"));
    assert_eq!(judged(command, &taken), taken.len(), "Python");
    let mut command = Command::new("node");
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/judges/verify.js")).env("NODE_PATH", javascript);
    assert_eq!(judged(command, &taken), taken.len(), "JavaScript");
}

/// Where the JavaScript library is installed, with node to run it.
fn judges() -> Option<PathBuf> {
    let modules = server("python3")?.parent()?.parent()?.join("judges/node_modules");
    let has_node = Command::new("node").arg("--version").output().is_ok_and(|output| output.status.success());
    (has_node && modules.join("standardwebhooks").is_dir()).then_some(modules)
}

#[test]
fn a_process_that_is_killed_two_hundred_times_loses_nothing() {
    const KILLS: usize = 200;
    let receiver = Receiver::start(|number, _| {
        std::thread::sleep(Duration::from_millis(chance(number as u64) % 4));
        Reply::status(if chance(number as u64 + 7).is_multiple_of(4) { 500 } else { 202 })
    });
    let home = Home::with_key();
    home.hook(&format!("http://{}/", receiver.address));
    let path = home.state().join("handoff.jsonl");
    // Enough that not all can be delivered before the last kill.
    let owed = {
        let endpoints = [Endpoint::new("hook", Dialect::Native, "https://127.0.0.1/", Some(key()), false).expect("sound")];
        let (transport, clock) = (Https::new(Hosts::default(), Proxies::default()), SystemClock::new());
        let journal = Journal::<Outbox>::open(&path).expect("opened");
        let mut courier =
            Courier { journal, endpoints: &endpoints, transport: &transport, clock: &clock, host: "ci-1", secrets: HashMap::new() };
        courier.owe((0..3000).map(notice).collect()).expect("written")
    };
    let mut killed = 0;
    for round in 0..KILLS {
        // Also while notices become owed: a scan that finds one more each time.
        let is_scan = round % 4 == 0;
        let mut command = if is_scan {
            let line = crate::scratch::secret(&format!("kill {round}"));
            std::fs::write(home.work.join("app.env"), line).expect("written");
            home.command(&["scan", ".", "--handoff", "--handoff-wait", "5s", "--quiet"])
        } else {
            home.command(&["outbox", "flush", "--all"])
        };
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        std::thread::sleep(Duration::from_millis(5 + chance(round as u64) % 120));
        killed += usize::from(child.try_wait().expect("a child of ours").is_none());
        // SIGKILL: nothing of it runs any more.
        let _ = child.kill();
        child.wait().expect("a child of ours");
        let verified = verify(&path).expect("read");
        assert!(verified.is_sound(), "round {round}: {:?}", verified.breaches);
    }
    assert!(killed > KILLS / 2, "only {killed} were killed at work");
    for _ in 0..40 {
        if home.run(&["outbox", "flush", "--all"]).code == Some(0) {
            break;
        }
    }
    let outbox = Journal::<Outbox>::open(&path).expect("sound");
    assert_eq!(outbox.state().undelivered(), 0);
    let mut by_incident: BTreeMap<String, (String, Vec<u8>)> = BTreeMap::new();
    for one in receiver.taken() {
        let event: serde_json::Value = serde_json::from_slice(&one.body).expect("JSON");
        let incident = event["subject"].as_str().expect("a subject").to_owned();
        let first = by_incident.entry(incident).or_insert_with(|| (one.header("webhook-id").to_owned(), one.body.clone()));
        assert_eq!((first.0.as_str(), &first.1), (one.header("webhook-id"), &one.body), "duplicates carry one id and one body");
    }
    assert!(by_incident.len() >= owed, "{} of {owed}", by_incident.len());
    assert_eq!(by_incident.len() as u64, outbox.state().delivered("hook"));
}
