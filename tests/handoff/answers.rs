//! What receivers may answer, with the program itself against real connections: named, refused or survived.

use std::process::Command;
use std::time::{Duration, Instant};

use super::home::Home;
use super::receiver::{Receiver, Reply};
use crate::scratch::{not_run, secret};

/// A home with one finding that is proved, and an endpoint at the receiver.
fn home(receiver: &Receiver, seed: &str) -> Home {
    let home = Home::with_key();
    std::fs::write(home.work.join("app.env"), secret(seed)).expect("written");
    home.hook(&format!("http://{}/hooks/secrets", receiver.address));
    home
}

#[test]
fn redirects_pages_and_silence_are_no_delivery() {
    let page = |status, kind, more: &str, body: &str| Reply::Say(status, kind, more.to_owned(), body.as_bytes().to_vec());
    type Make = Box<dyn Fn() -> Reply + Send + Sync>;
    let cases: [(&str, Make, &str); 6] = [
        (
            "redirect",
            Box::new(move || page(307, "text/plain", "location: http://127.0.0.1:9/\r\n", "")),
            "a redirect, which is not followed",
        ),
        ("page", Box::new(move || page(200, "text/html", "", "<html>Sign in</html>")), "something else than JSON"),
        ("refusal", Box::new(move || page(401, "application/json", "", "{}")), "does not accept the key"),
        ("failure", Box::new(move || page(502, "text/html", "", "<html>Bad gateway")), "it fails"),
        ("break", Box::new(|| Reply::Break), "ended the connection"),
        ("silence", Box::new(|| Reply::Hang(Duration::from_secs(5))), "did not answer in time"),
    ];
    for (name, make, expected) in cases {
        let receiver = Receiver::start(move |_, _| make());
        let home = home(&receiver, name);
        let begun = Instant::now();
        let run = home.run(&["scan", ".", "--handoff", "--handoff-wait", "1s"]);
        assert!(run.code == Some(4) && run.stderr.contains(expected), "{name}: {run:?}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{name} holds nothing up");
        assert!(!receiver.taken().is_empty(), "{name}");
    }
}

#[test]
fn a_gigabyte_is_not_read_and_its_status_counts() {
    let receiver = Receiver::start(|_, _| Reply::Flood(1 << 30));
    let home = home(&receiver, "flood");
    let begun = Instant::now();
    let run = home.run(&["scan", ".", "--handoff", "--handoff-wait", "10s"]);
    assert!(run.code == Some(1) && run.stderr.contains("handed off"), "{run:?}");
    assert!(begun.elapsed() < Duration::from_secs(10));
    // What the sockets of both sides hold is all that went out.
    assert!(receiver.flooded() < 64 << 20, "{} bytes", receiver.flooded());
}

#[test]
fn one_that_wants_no_more_is_left_alone_until_it_is_enabled() {
    let receiver = Receiver::start(|number, _| Reply::status(if number == 0 { 410 } else { 202 }));
    let home = home(&receiver, "gone");
    assert_eq!(home.run(&["scan", ".", "--handoff", "--handoff-wait", "2s"]).code, Some(4));
    assert_eq!(home.run(&["outbox", "flush", "--all"]).code, Some(4));
    assert_eq!(receiver.taken().len(), 1);
    let status = home.run(&["outbox", "status"]);
    assert!(status.stdout.contains("outbox enable hook"), "{status:?}");
    assert_eq!(home.run(&["outbox", "enable", "other"]).code, Some(2));
    assert_eq!(home.run(&["outbox", "enable", "hook"]).code, Some(0));
    assert_eq!(home.run(&["outbox", "flush", "--all"]).code, Some(0));
    assert_eq!(receiver.taken().len(), 2);
}

#[test]
fn what_one_is_owed_can_go_to_another() {
    let (bad, good) = (Receiver::start(|_, _| Reply::status(500)), Receiver::start(|_, _| Reply::status(202)));
    let home = home(&bad, "reroute");
    let endpoint = |name: &str, receiver: &Receiver| {
        format!("[[endpoint]]\nname = '{name}'\ndialect = 'native'\nurl = 'http://{}/'\nsecret = 'env:HOOK_KEY'\n", receiver.address)
    };
    assert_eq!(home.run(&["scan", ".", "--handoff", "--handoff-wait", "1s"]).code, Some(4));
    home.configure(&endpoint("other", &good));
    let status = home.run(&["outbox", "status"]);
    assert!(status.code == Some(4) && status.stdout.contains("not in config.toml"), "{status:?}");
    assert_eq!(home.run(&["outbox", "reroute", "hook", "nobody"]).code, Some(2));
    assert_eq!(home.run(&["outbox", "reroute", "hook", "other"]).code, Some(0));
    assert_eq!(home.run(&["outbox", "flush"]).code, Some(0));
    let (first, last) = (&bad.taken()[0], &good.taken()[0]);
    assert_eq!((first.header("webhook-id"), &first.body), (last.header("webhook-id"), &last.body), "the same notice under the same id");
}

#[test]
fn two_processes_that_flush_one_outbox_deliver_once() {
    let receiver = Receiver::start(|_, _| {
        std::thread::sleep(Duration::from_millis(20));
        Reply::status(202)
    });
    let home = home(&receiver, "two");
    home.hook("http://127.0.0.1:9/");
    for number in 0..30 {
        std::fs::write(home.work.join(format!("{number}.env")), secret(&format!("two {number}"))).expect("written");
    }
    assert_eq!(home.run(&["scan", ".", "--handoff", "--handoff-wait", "0s"]).code, Some(4));
    home.hook(&format!("http://{}/", receiver.address));
    let flushes: Vec<_> = (0..3)
        .map(|_| home.command(&["outbox", "flush", "--all"]).stderr(std::process::Stdio::null()).spawn().expect("it starts"))
        .collect();
    for mut flush in flushes {
        assert_eq!(flush.wait().expect("it ends").code(), Some(0));
    }
    let mut ids: Vec<String> = receiver.taken().iter().map(|one| one.header("webhook-id").to_owned()).collect();
    assert_eq!(ids.len(), 31);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 31);
}

#[cfg(unix)]
#[test]
fn a_state_that_cannot_be_written_is_said() {
    use std::os::unix::fs::PermissionsExt;
    let receiver = Receiver::start(|_, _| Reply::status(202));
    let home = home(&receiver, "unwritable");
    // A file stands where the folder should be: nobody can write there, not even root.
    std::fs::write(home.state(), "").expect("written");
    let run = home.run(&["scan", ".", "--handoff"]);
    assert!(run.code == Some(4) && run.stderr.contains("nothing is handed off"), "{run:?}");
    assert!(run.stdout.contains("app.env"), "the findings are told all the same");
    // A device in the journal's place is not written through.
    std::fs::remove_file(home.state()).expect("removed");
    std::fs::create_dir(home.state()).expect("made");
    std::os::unix::fs::symlink("/dev/full", home.state().join("handoff.jsonl")).expect("a link");
    let run = home.run(&["scan", ".", "--handoff"]);
    assert!(run.code == Some(4) && run.stderr.contains("not a regular file"), "{run:?}");
    assert!(receiver.taken().is_empty(), "what is not on disk is not sent");
    // A key that others can read is no key.
    let key = home.base.join("keyfuse/data/fingerprint.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).expect("changed");
    let run = home.run(&["scan", ".", "--handoff"]);
    assert!(run.code == Some(2) && run.stderr.contains("chmod 600"), "{run:?}");
}

#[cfg(unix)]
#[test]
fn a_disk_that_fills_up_loses_nothing_that_was_told() {
    let receiver = Receiver::start(|_, _| Reply::status(202));
    let home = home(&receiver, "full");
    for number in 0..40 {
        std::fs::write(home.work.join(format!("{number}.env")), secret(&format!("full {number}"))).expect("written");
    }
    // No file may grow beyond 16 blocks of 1024 bytes: what a full disk does, to this process alone.
    let script = format!("ulimit -f 16; trap '' XFSZ; exec {} scan . --handoff --quiet --format json=/dev/null", crate::scratch::KEYFUSE);
    let limited = |script: &str| {
        let mut command = Command::new("bash");
        command.args(["-c", script]).current_dir(&home.work).env("KEYFUSE_HOME", home.base.join("keyfuse"));
        command.env("HOOK_KEY", super::home::shared_key()).output().expect("bash runs")
    };
    let run = limited(&script);
    let told = String::from_utf8_lossy(&run.stderr).into_owned();
    assert_eq!(run.status.code(), Some(4), "{told}");
    assert!(told.contains("cannot be written"), "{told}");
    let journal = home.state().join("handoff.jsonl");
    assert!(keyfuse::journal::verify(&journal).expect("read").is_sound());
    let run = home.run(&["scan", ".", "--handoff"]);
    assert!(run.code == Some(1) && run.stderr.contains("handed off"), "{run:?}");
    assert_eq!(receiver.taken().len(), 41);
}

#[cfg(unix)]
#[test]
fn a_receiver_whose_disk_is_full_promises_nothing() {
    let home = Home::with_key();
    std::fs::write(home.work.join("app.env"), secret("full there")).expect("written");
    {
        // No file of the receiver may grow beyond a block of 1024 bytes.
        let full = home.receive_within("ulimit -f 1; trap '' XFSZ", "secret = 'env:HOOK_KEY'\n");
        home.hook(&full.url);
        let run = home.run(&["scan", ".", "--handoff", "--handoff-wait", "1s"]);
        assert!(run.code == Some(4) && run.stderr.contains("503: it fails") && !run.stderr.contains("receipt"), "{run:?}");
    }
    let receiving = home.receive("secret = 'env:HOOK_KEY'\n", &[]);
    home.hook(&receiving.url);
    let run = home.run(&["outbox", "flush", "--all"]);
    assert!(run.code == Some(0) && run.stderr.contains("receipt rcpt_"), "{run:?}");
    let received = home.base.join("receiver/state/received.jsonl");
    assert!(keyfuse::journal::verify(&received).expect("read").is_sound());
    assert_eq!(receiving.lines(1).iter().filter(|line| line.starts_with("received ")).count(), 1);
}

#[test]
fn a_wrong_certificate_is_refused_and_a_named_one_taken() {
    let openssl = |folder: &std::path::Path, name: &str, host: &str| {
        let output = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj"])
            .arg(format!("/CN={host}"))
            .args(["-addext", "basicConstraints=critical,CA:FALSE"])
            .args(["-addext", &format!("subjectAltName={host}"), "-keyout"])
            .arg(folder.join(format!("{name}.key")))
            .arg("-out")
            .arg(folder.join(format!("{name}.pem")))
            .output();
        output.is_ok_and(|output| output.status.success())
    };
    let home = Home::with_key();
    if !openssl(&home.base, "right", "IP:127.0.0.1") || !openssl(&home.base, "other", "DNS:other.example.com") {
        return not_run("a wrong certificate is refused and a named one taken", "openssl");
    }
    std::fs::write(home.work.join("app.env"), secret("certificate")).expect("written");
    let hook = |url: &str, ca: &str| {
        home.configure(&format!("[[endpoint]]\nname = 'hook'\ndialect = 'native'\nurl = '{url}'\nsecret = 'env:HOOK_KEY'\n{ca}"));
    };
    let ca = |name: &str| format!("ca = '{}'\n", home.base.join(format!("{name}.pem")).display());
    let serve = |name: &str| {
        let (pem, key) = (home.base.join(format!("{name}.pem")), home.base.join(format!("{name}.key")));
        #[cfg(unix)]
        std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("changed");
        let (pem, key) = (pem.display().to_string(), key.display().to_string());
        home.receive("secret = 'env:HOOK_KEY'\n", &["--tls-cert", &pem, "--tls-key", &key])
    };
    let scan = || home.run(&["scan", ".", "--handoff", "--handoff-wait", "1s"]);
    {
        let other = serve("other");
        assert!(other.url.starts_with("https://"));
        hook(&other.url, "");
        let run = scan();
        assert!(run.code == Some(4) && run.stderr.contains("issuer that this machine does not trust"), "{run:?}");
        hook(&other.url, &ca("other"));
        let run = home.run(&["outbox", "flush", "--all"]);
        assert!(run.code == Some(4) && run.stderr.contains("certificate"), "another name: {run:?}");
        assert!(other.lines(0).is_empty());
    }
    let right = serve("right");
    hook(&right.url, &ca("right"));
    let run = home.run(&["outbox", "flush", "--all"]);
    assert!(run.code == Some(0) && run.stderr.contains("receipt rcpt_"), "{run:?}");
}

#[test]
fn names_that_try_to_inject_come_out_harmless() {
    let receiver = Receiver::start(|_, _| Reply::status(202));
    let home = home(&receiver, "names");
    std::fs::remove_file(home.work.join("app.env")).expect("removed");
    let folder = home.work.join("**bold** [a](http:\u{202e}evil) `x` <!channel> \"},{\"y\":\"");
    if std::fs::create_dir_all(&folder).is_err() {
        return;
    }
    std::fs::write(folder.join("\u{1b}[2Jz\n.env"), secret("names")).expect("written");
    let run = home.run(&["scan", ".", "--handoff"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    let is_harmless =
        |run: &crate::scratch::Run| [&run.stdout, &run.stderr].iter().all(|text| !text.contains('\u{1b}') && !text.contains('\u{202e}'));
    assert!(is_harmless(&run), "{run:?}");
    let body: serde_json::Value = serde_json::from_slice(&receiver.taken()[0].body).expect("JSON stays JSON");
    let path = body["data"]["exposure"]["locations"][0]["path"].as_str().expect("text");
    assert!(!path.contains(|sign: char| sign.is_control() || sign == '\u{202e}'), "{path}");
    assert!(path.contains("\\u{202e}evil") && path.contains("\\u{1b}[2Jz"), "{path}");
    // What a person is told of it, and what the journal keeps.
    let report: serde_json::Value = serde_json::from_str(&home.run(&["scan", ".", "--format", "json"]).stdout).expect("JSON");
    let name = report["findings"][0]["fingerprint"].as_str().expect("a name").to_owned();
    let confirmed = home.run(&["confirm", &name, "--reason", "\u{1b}[2Jseen\nby <!channel>"]);
    assert!(confirmed.code == Some(0) && is_harmless(&confirmed), "{confirmed:?}");
    assert!(is_harmless(&home.run(&["outbox", "status"])));
    let journal = std::fs::read_to_string(home.state().join("handoff.jsonl")).expect("kept");
    assert!(!journal.contains(['\u{1b}', '\u{202e}']) && !journal.contains("\\u001b"), "{journal}");
    assert!(keyfuse::journal::verify(&home.state().join("handoff.jsonl")).expect("read").is_sound());
}
