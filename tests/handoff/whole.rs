//! The whole way with the program itself: found, confirmed, handed off, received, and told once.

use std::path::PathBuf;

use keyfuse::journal::{Journal, Recorded, verify};
use serde_json::Value;

use super::home::{Home, Receiving, holds};
#[cfg(target_os = "linux")]
use super::receiver::{Receiver, Reply};
use crate::scratch::secret;

/// Plants a password in a shell start-up file; gives the password.
fn plant(home: &Home, seed: &str) -> String {
    let line = keyfuse::rules::expand("export SERVICE_TOKEN=\"{base62:40}\"\n", seed).expect("a sound template");
    let line = String::from_utf8(line.text).expect("text");
    std::fs::write(home.work.join(".zshrc"), format!("# start\n{line}")).expect("written");
    line.split('"').nth(1).expect("quoted").to_owned()
}

fn receiver(home: &Home) -> Receiving {
    let receiving = home.receive("secret = 'env:HOOK_KEY'\n", &[]);
    home.hook(&receiving.url);
    receiving
}

fn received(home: &Home) -> Vec<Value> {
    let path = home.base.join("receiver/state/received.jsonl");
    let journal = Journal::<Vec<Recorded>>::open(&path).expect("sound");
    journal.state().iter().map(|one| one.event.data["body"].clone()).collect()
}

#[test]
fn a_planted_credential_is_confirmed_handed_off_and_the_receipt_is_shown() {
    let home = Home::with_key();
    let password = plant(&home, "whole");
    let receiving = receiver(&home);

    // Merely observed: nobody is told.
    let observed = home.run(&["scan", ".", "--handoff"]);
    assert_eq!(observed.code, Some(1), "{observed:?}");
    assert!(!observed.stderr.contains("handed off"), "{observed:?}");
    assert!(!home.base.join("receiver/state/received.jsonl").exists() || received(&home).is_empty());

    let confirmed = home.run(&["confirm", ".zshrc:2", "--reason", "seen in use"]);
    assert_eq!(confirmed.code, Some(0), "{confirmed:?}");
    assert!(confirmed.stdout.contains("confirmed: fp1_"), "{confirmed:?}");

    let handed = home.run(&["scan", ".", "--handoff", "--format", "json"]);
    assert_eq!(handed.code, Some(1), "delivered, and still a finding: {handed:?}");
    let receipt = handed.stderr.split("receipt ").nth(1).expect("a receipt is shown").trim().to_owned();
    assert!(receipt.starts_with("rcpt_"), "{receipt}");
    let told = receiving.lines(1);
    assert!(told[0].starts_with("received evt_") && told[0].ends_with(&receipt) && told[0].contains(" attested "), "{told:?}");
    // And its incident is open there, under the id that the notice names.
    let opened = receiving.lines(2).get(1).cloned().unwrap_or_default();
    let body = &received(&home)[0];
    assert!(opened.starts_with(&format!("opened {} ", body["subject"].as_str().expect("an id"))), "{opened}");
    assert_eq!((&body["data"]["grounds"], &body["data"]["state"]), (&"confirmed".into(), &"declared".into()));
    assert_eq!(body["data"]["exposure"]["locations"][0]["path"], ".zshrc");
    assert_eq!(body["source"], "urn:keyfuse:host:ci-1");

    // Again: told once.
    let again = home.run(&["scan", ".", "--handoff"]);
    assert!(again.code == Some(1) && !again.stderr.contains("handed off"), "{again:?}");
    assert_eq!(received(&home).len(), 1);
    let status = home.run(&["outbox", "status", "--format", "json"]);
    let status: Value = serde_json::from_str(&status.stdout).expect("JSON");
    assert_eq!((&status["undelivered"], &status["endpoints"][0]["delivered"]), (&0.into(), &1.into()));

    // The secret is nowhere but where it was planted.
    for output in [&observed, &confirmed, &handed, &again] {
        assert!(!output.stdout.contains(&password) && !output.stderr.contains(&password), "shown");
    }
    for folder in ["keyfuse", "receiver"] {
        assert_eq!(holds(&home.base.join(folder), password.as_bytes()), None);
        // Nor the key of the hook.
        assert_eq!(holds(&home.base.join(folder), &super::home::shared_key().as_bytes()[6..]), None);
    }
    for journal in ["keyfuse/state/handoff.jsonl", "receiver/state/received.jsonl"] {
        assert!(verify(&home.base.join(journal)).expect("read").is_sound());
    }
}

#[test]
fn what_is_proved_goes_out_as_a_precaution() {
    let home = Home::with_key();
    std::fs::write(home.work.join("app.env"), secret("precaution")).expect("written");
    let _receiving = receiver(&home);
    let handed = home.run(&["scan", ".", "--handoff"]);
    assert!(handed.code == Some(1) && handed.stderr.contains("handed off"), "{handed:?}");
    let body = &received(&home)[0];
    assert_eq!(body["type"], "dev.keyfuse.secret.precautionary.v1");
    assert_eq!((&body["data"]["credential"]["grade"], &body["data"]["severity"]), (&"proved".into(), &"MEDIUM".into()));

    // Confirmed afterwards, it is told once more, as that.
    let fp = body["data"]["credential"]["fp"].as_str().expect("a fingerprint").to_owned();
    assert_eq!(home.run(&["confirm", &fp, "--reason", "its owner saw it used"]).code, Some(0));
    assert_eq!(home.run(&["scan", ".", "--handoff"]).code, Some(1));
    let bodies = received(&home);
    assert_eq!(bodies.len(), 2);
    assert_eq!(bodies[1]["type"], "dev.keyfuse.secret.confirmed.v1");
    assert_eq!(bodies[0]["subject"], bodies[1]["subject"], "one incident");
    assert_ne!(bodies[0]["id"], bodies[1]["id"]);
}

#[test]
fn five_hundred_places_are_one_notice() {
    let home = Home::with_key();
    let line = secret("five hundred");
    for number in 0..500 {
        std::fs::write(home.work.join(format!("{number:03}.env")), &line).expect("written");
    }
    let _receiving = receiver(&home);
    let handed = home.run(&["scan", ".", "--handoff", "--quiet", "--format", "json=report.json"]);
    assert_eq!(handed.code, Some(1), "{}", handed.stderr);
    let bodies = received(&home);
    assert_eq!(bodies.len(), 1);
    let exposure = &bodies[0]["data"]["exposure"];
    assert_eq!(exposure["locations_total"], 500);
    let listed = exposure["locations"].as_array().expect("a list").len();
    assert!((50..500).contains(&listed), "as many as fit: {listed}");
    assert!(bodies[0].to_string().len() <= 16_384);
}

#[test]
fn a_dismissed_finding_is_not_handed_off() {
    let home = Home::with_key();
    std::fs::write(home.work.join("app.env"), secret("dismissed")).expect("written");
    let _receiving = receiver(&home);
    let past = home.run(&["dismiss", "app.env:1", "--reason", "a test server's", "--expires", "2020-01-01"]);
    assert!(past.code == Some(2) && past.stderr.contains("past"), "{past:?}");
    let done = home.run(&["dismiss", "app.env:1", "--reason", "a test server's", "--expires", "2999-12-31"]);
    assert!(done.code == Some(0) && done.stdout.contains("dismissed until 2999-12-31"), "{done:?}");
    let handed = home.run(&["scan", ".", "--handoff"]);
    assert!(handed.code == Some(1) && !handed.stderr.contains("handed off"), "{handed:?}");
}

#[test]
fn without_key_or_endpoint_nothing_is_promised() {
    let home = Home::new();
    std::fs::write(home.work.join("app.env"), secret("no key")).expect("written");
    home.hook("https://127.0.0.1:1/");
    let refused = home.run(&["scan", ".", "--handoff"]);
    assert!(refused.code == Some(2) && refused.stderr.contains("keyfuse key make"), "{refused:?}");
    assert_eq!(home.run(&["key", "check"]).code, Some(2));
    let made = home.run(&["key", "make"]);
    assert_eq!(made.code, Some(0), "{made:?}");
    let again = home.run(&["key", "make"]);
    assert!(again.code == Some(2) && again.stderr.contains("is there already"), "{again:?}");
    let checked = home.run(&["key", "check"]);
    assert!(checked.code == Some(0) && checked.stdout.contains("its mark is"), "{checked:?}");
    home.configure("");
    let nowhere = home.run(&["scan", ".", "--handoff"]);
    assert!(nowhere.code == Some(2) && nowhere.stderr.contains("[[endpoint]]"), "{nowhere:?}");
    let alone = home.run(&["scan", ".", "--handoff-wait", "5s"]);
    assert!(alone.code == Some(2) && alone.stderr.contains("add --handoff"), "{alone:?}");
    // A repository's own configuration names no endpoints, so it cannot send anything anywhere.
    std::fs::write(home.work.join("keyfuse.toml"), "[[endpoint]]\nname = 'x'\n").expect("written");
    let hostile = home.run(&["scan", "."]);
    assert!(hostile.code == Some(2) && hostile.stderr.contains("does not belong here"), "{hostile:?}");
}

#[test]
fn findings_are_named_by_line_by_fingerprint_and_not_by_guess() {
    let home = Home::with_key();
    std::fs::write(home.work.join("app.env"), format!("{}{}", secret("one"), secret("two"))).expect("written");
    let report = home.run(&["scan", ".", "--format", "json"]);
    let report: Value = serde_json::from_str(&report.stdout).expect("JSON");
    let names: Vec<&str> =
        report["findings"].as_array().expect("a list").iter().map(|one| one["fingerprint"].as_str().expect("text")).collect();
    assert_eq!(names.len(), 2);
    let whole = home.run(&["confirm", names[0], "--reason", "x"]);
    assert!(whole.code == Some(0) && whole.stdout.contains("app.env:"), "{whole:?}");
    let part = home.run(&["confirm", &names[0][..10], "--reason", "x", "app.env"]);
    // Both lines look alike but for the secret, so their names begin alike.
    assert!(part.code == Some(0) || part.stderr.contains("means 2 credentials"), "{part:?}");
    for (name, expected) in [("app.env:7", "is no finding here"), ("nonsense", "names no finding"), ("00000000", "is no finding here")] {
        let refused = home.run(&["confirm", name, "--reason", "x"]);
        assert!(refused.code == Some(2) && refused.stderr.contains(expected), "{name}: {refused:?}");
    }
    let silent = home.run(&["confirm", "app.env:1", "--reason", " "]);
    assert!(silent.code == Some(2) && silent.stderr.contains("--reason is empty"), "{silent:?}");
}

#[test]
fn what_cannot_be_delivered_is_kept_and_said() {
    let home = Home::with_key();
    std::fs::write(home.work.join("app.env"), secret("kept")).expect("written");
    // Nobody listens there.
    home.hook("http://127.0.0.1:9/");
    let down = home.run(&["scan", ".", "--handoff", "--handoff-wait", "1s", "--format", "json"]);
    assert_eq!(down.code, Some(4), "{down:?}");
    assert!(down.stderr.contains("1 notice is undelivered") && down.stderr.contains("outbox flush"), "{down:?}");
    let report: Value = serde_json::from_str(&down.stdout).expect("JSON");
    assert_eq!(report["outcome"]["exit_code"], 4);
    assert_eq!(report["outcome"]["conditions"], serde_json::json!(["undelivered", "findings"]));
    assert_eq!(home.run(&["outbox", "status"]).code, Some(4));
    assert_eq!(home.run(&["outbox", "flush", "--all"]).code, Some(4));
    // A file without secrets, and still something is owed.
    let clean = home.work.join("clean");
    std::fs::write(&clean, "nothing\n").expect("written");
    assert_eq!(home.run(&["scan", "clean", "--handoff", "--handoff-wait", "0s"]).code, Some(4));

    let receiving = receiver(&home);
    let flushed = home.run(&["outbox", "flush", "--all"]);
    assert!(flushed.code == Some(0) && flushed.stderr.contains("receipt rcpt_"), "{flushed:?}");
    assert_eq!(receiving.lines(1).iter().filter(|line| line.starts_with("received ")).count(), 1);
    assert_eq!(home.run(&["outbox", "status"]).code, Some(0));
    assert_eq!(home.run(&["scan", "clean", "--handoff"]).code, Some(0));
}

#[test]
fn a_broken_journal_is_named_and_nothing_is_pretended() {
    let home = Home::with_key();
    std::fs::write(home.work.join("app.env"), secret("broken")).expect("written");
    let _receiving = receiver(&home);
    assert_eq!(home.run(&["scan", ".", "--handoff"]).code, Some(1));
    let path: PathBuf = home.state().join("handoff.jsonl");
    let text = std::fs::read_to_string(&path).expect("written");
    std::fs::write(&path, text.replacen("\"ci-1\"", "\"ci-2\"", 1)).expect("edited");
    let edited = home.run(&["scan", ".", "--handoff"]);
    assert!(edited.code == Some(6) && edited.stderr.contains("is broken at line 2"), "{edited:?}");
    assert_eq!(home.run(&["outbox", "flush"]).code, Some(6));
    // A torn tail is no edit: it is set aside, and work goes on.
    std::fs::write(&path, format!("{text}{{\"v\":1,\"se")).expect("torn");
    assert_eq!(home.run(&["confirm", "app.env:1", "--reason", "seen"]).code, Some(0));
    let handed = home.run(&["scan", ".", "--handoff"]);
    assert!(handed.code == Some(1) && handed.stderr.contains("handed off"), "{handed:?}");
    assert!(home.state().join("handoff.jsonl.torn").is_file());
    assert!(verify(&path).expect("read").is_sound());
}

#[cfg(unix)]
#[test]
fn no_argument_environment_or_file_shows_the_secret_while_it_works() {
    use std::process::Stdio;
    let home = Home::with_key();
    let password = plant(&home, "sampled");
    let receiving = receiver(&home);
    assert_eq!(home.run(&["confirm", ".zshrc:2", "--reason", "seen"]).code, Some(0));
    let mut child = home.command(&["scan", ".", "--handoff"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    let mut samples = 0;
    while child.try_wait().expect("a child of ours").is_none() {
        for id in [child.id(), receiving.id()] {
            for file in ["cmdline", "environ"] {
                if let Ok(bytes) = std::fs::read(format!("/proc/{id}/{file}")) {
                    assert!(!bytes.windows(password.len()).any(|part| part == password.as_bytes()), "{file}");
                    samples += 1;
                }
            }
        }
    }
    assert!(samples > 0 || !std::path::Path::new("/proc/self").exists());
    assert_eq!(receiving.lines(1).iter().filter(|line| line.starts_with("received ")).count(), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_crash_writes_no_memory_to_disk() {
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Child, Command, Stdio};
    let home = Home::with_key();
    let password = plant(&home, "crashed");
    assert_eq!(home.run(&["confirm", ".zshrc:2", "--reason", "seen"]).code, Some(0));
    // It has the planted secret in its memory as long as this one does not answer.
    let slow = Receiver::start(|_, _| Reply::Hang(std::time::Duration::from_secs(20)));
    home.hook(&format!("http://{}/", slow.address));
    std::fs::write(home.base.join("receiver/config/config.toml"), "[receive]\nsecret = 'env:HOOK_KEY'\n").expect("written");
    // With and without our program: where the system writes no cores at all, nothing is shown.
    let crashed = |program: &str, folder: &str, ready: &dyn Fn(&mut Child)| {
        let script = format!("ulimit -c unlimited; exec {program}");
        let mut command = Command::new("bash");
        command.args(["-c", &script]).current_dir(&home.work).env("KEYFUSE_HOME", home.base.join(folder)).stderr(Stdio::null());
        let mut child = command.env("HOOK_KEY", super::home::shared_key()).stdout(Stdio::piped()).spawn().expect("bash runs");
        ready(&mut child);
        let killed = Command::new("kill").args(["-ABRT", &child.id().to_string()]).status().expect("kill runs");
        assert!(killed.success());
        child.wait().expect("a child of ours").core_dumped()
    };
    let speaks = |child: &mut Child| {
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().expect("piped")), &mut line).expect("it speaks");
        assert!(line.starts_with("listening"), "{line}");
    };
    let sends = |_: &mut Child| {
        for _ in 0..1000 {
            if !slow.taken().is_empty() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("it sends nothing");
    };
    assert!(!crashed(&format!("{} receive --listen 127.0.0.1:0", crate::scratch::KEYFUSE), "receiver", &speaks));
    assert!(!crashed(&format!("{} scan . --handoff", crate::scratch::KEYFUSE), "keyfuse", &sends));
    for entry in std::fs::read_dir(&home.work).expect("a folder").flatten().filter(|entry| entry.file_name() != ".zshrc") {
        let bytes = std::fs::read(entry.path()).expect("readable");
        assert!(!bytes.windows(password.len()).any(|part| part == password.as_bytes()), "{} holds the secret", entry.path().display());
    }
    // Whether this machine writes cores at all decides how much that proves.
    let others = crashed("sleep 60", "keyfuse", &|_| std::thread::sleep(std::time::Duration::from_millis(300)));
    eprintln!("cores of other programs are written here: {others}");
}
