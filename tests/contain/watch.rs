//! Those on duty are told what ran out: clocks, freezes, half hours without an end, and a key that lives on.

use std::io::BufRead;
use std::process::Stdio;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use keyfuse::contain::{CREDENTIAL, FROZEN, Fate, Frozen, Incident, Turned};
use keyfuse::journal::{Actor, Entry, Journal, Stamp};
use serde_json::Value;

use super::desk::{Desk, holds, token};
use super::issuer::{Issuer, Manner};
use super::paged::hook_key;
use crate::probe::script::{Script, json};

/// So many hours ago; of the other clock nothing is known, as after a restart.
fn ago(hours: i64) -> Stamp {
    let wall = Timestamp::now().saturating_sub(SignedDuration::from_hours(hours)).expect("in range");
    Stamp { wall, mono_ms: u64::MAX, is_simulated: false }
}

/// Moves the opening of an incident into the past, and puts more events there.
fn rewritten(desk: &Desk, id: &str, hours: i64, more: &[(&str, Value)]) {
    let path = desk.state().join("incidents").join(id).join("journal.jsonl");
    let before = std::fs::read_to_string(&path).expect("written");
    let lines: Vec<Value> = before.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    std::fs::remove_file(&path).expect("removed");
    let mut journal = Journal::<Incident>::open(&path).expect("new");
    let old = lines.iter().map(|line| (line["type"].as_str().expect("a type").to_owned(), line["data"].clone()));
    let new = more.iter().map(|(kind, facts)| ((*kind).to_owned(), facts.clone()));
    for (kind, facts) in old.chain(new) {
        let entry = Entry::new(&kind, Actor::engine(), &facts).of(id);
        journal
            .update(|writing| writing.append(entry, ago(hours)).map(|_| ()))
            .map_err(|error: keyfuse::journal::JournalError| error)
            .expect("written");
    }
}

/// The evidence of every notice that arrived.
fn told(hook: &Script) -> Vec<String> {
    let body = |text: &str| serde_json::from_str::<Value>(text).expect("JSON")["data"]["credential"]["evidence"][0].clone();
    hook.asked().iter().map(|asked| body(&asked.body).as_str().expect("text").to_owned()).collect()
}

fn pager(hook: &Script) -> String {
    format!("[[endpoint]]\nname = 'pager'\ndialect = 'native'\nurl = '{}'\nsecret = 'file:hook.key'\n", hook.url())
}

#[test]
fn what_ran_out_is_told_once_and_who_is_to_be_told_is_on_record() {
    let (desk, secret) = (Desk::new(), token("watch"));
    let place = desk.plant(&secret);
    let id = desk.open(&[place]);
    // Without anybody to tell it is no watch.
    let nobody = desk.run(&["incident", "watch", "--once"]);
    assert!(nobody.code == Some(2) && nobody.stderr.contains("nobody could be told"), "{nobody:?}");
    let hook = Script::start(|_| json(202, "{}"));
    hook_key(&desk);
    std::fs::write(desk.config("config.toml"), pager(&hook)).expect("written");
    assert_eq!(desk.run(&["incident", "watch", "--once"]).code, Some(0));
    assert_eq!(told(&hook).len(), 1, "the first contact, and no clock ran out");

    let frozen = Frozen { freeze: "app".to_owned(), target: "git /x".to_owned(), undo: Value::Null, except: Vec::new() };
    rewritten(&desk, &id, 25, &[(FROZEN, serde_json::to_value(frozen).expect("JSON"))]);
    let watched = desk.run(&["incident", "watch", &id, "--once"]);
    assert_eq!(watched.code, Some(0), "{watched:?}");
    assert!(watched.stdout.contains("freeze app ran out") && watched.stdout.contains("CISO is to be told"), "{watched:?}");
    let all = told(&hook);
    for part in
        ["the clock of containment ran out", "the freeze app is overdue: it holds for 25 h", "to be told now: Security Manager, CISO"]
    {
        assert_eq!(all.iter().filter(|text| text.contains(part)).count(), 1, "{part}: {all:?}");
    }
    // Looking again says nothing new, and all of it is on record.
    let again = desk.run(&["incident", "watch", "--once"]);
    assert_eq!((again.code, told(&hook).len()), (Some(0), all.len()), "{again:?}");
    assert_eq!(desk.run(&["incident", "clocks", &id]).code, Some(0));
    assert_eq!(told(&hook).len(), all.len());
    let kinds = desk.kinds(&id);
    assert!(kinds.iter().filter(|kind| *kind == "clock.breached").count() >= 3 && kinds.contains(&"comms.sent".to_owned()), "{kinds:?}");
    assert!(desk.run(&["incident", "report", &id]).stdout.contains("The freeze app was not released after 25 h, target 24 h."));
    assert_eq!(holds(&desk.state(), &secret), None);
}

#[test]
fn a_key_that_lives_on_is_found_by_watching() {
    let (desk, secret) = (Desk::new(), token("lives"));
    let issuer = Issuer::new(&secret, Manner::Lies);
    let hook = Script::start(|_| json(202, "{}"));
    hook_key(&desk);
    desk.issuer(&issuer.url);
    let text = std::fs::read_to_string(desk.config("config.toml")).expect("written");
    std::fs::write(desk.config("config.toml"), text + &pager(&hook)).expect("written");
    let place = desk.plant(&secret);
    let id = desk.open(&[place]);
    // Nobody has tried to end it: its issuer is not asked.
    let quiet = desk.run(&["incident", "watch", "--once", "--probe"]);
    assert!(quiet.code == Some(0) && !quiet.stdout.contains("its issuer says"), "{quiet:?}");
    let fp = serde_json::from_value(desk.show(&id)["fp"].clone()).expect("a fingerprint");
    let claimed = Turned { fp, state: Fate::Accepted, why: String::new() };
    rewritten(&desk, &id, 1, &[(CREDENTIAL, serde_json::to_value(claimed).expect("JSON"))]);
    let found = desk.run(&["incident", "watch", "--once", "--probe"]);
    assert!(found.code == Some(5) && found.stdout.contains("its issuer says alive"), "{found:?}");
    assert!(told(&hook).iter().any(|text| text.contains("it still opens what it opened")), "{:?}", told(&hook));
    // Not again within ten minutes.
    let soon = desk.run(&["incident", "watch", "--once", "--probe"]);
    assert!(soon.code == Some(0) && !soon.stdout.contains("its issuer says"), "{soon:?}");
}

#[test]
#[cfg(unix)]
fn it_stops_when_it_is_asked_to_and_is_alone() {
    let desk = Desk::new();
    let hook = Script::start(|_| json(202, "{}"));
    hook_key(&desk);
    std::fs::write(desk.config("config.toml"), pager(&hook)).expect("written");
    let place = desk.plant(&token("stops"));
    let id = desk.open(&[place]);
    let mut watching = desk.command(&["incident", "watch", "--every", "1h"]).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut line = String::new();
    std::io::BufReader::new(watching.stdout.take().expect("piped")).read_line(&mut line).expect("text");
    assert_eq!(line, format!("{id}: Security Team is to be told\n"));
    let second = desk.run(&["incident", "watch", "--once"]);
    assert!(second.code == Some(7) && second.stderr.contains("another watch"), "{second:?}");
    let pid = rustix::process::Pid::from_raw(i32::try_from(watching.id()).expect("small")).expect("a process");
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("sent");
    let end = Instant::now() + Duration::from_secs(30);
    let status = loop {
        match watching.try_wait().expect("ours") {
            Some(status) => break status,
            None if Instant::now() > end => panic!("it does not stop"),
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    assert_eq!(status.code(), Some(0));
    assert_eq!(desk.run(&["incident", "watch", "--once"]).code, Some(0), "nothing is left behind");
}
