//! GitLab's Token Revocation API, spoken to as GitLab speaks, and the reference receiver spoken to as anybody might.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{SystemTime, UNIX_EPOCH};

use keyfuse::handoff::Signer;
use keyfuse::journal::{Journal, Recorded};
use keyfuse::model::Secret;
use serde_json::{Value, json};

use super::home::{Home, Receiving, holds, shared_key};

/// Sends a request as it is given; gives status and body.
pub(super) fn send(receiving: &Receiving, method: &str, path: &str, headers: &[(String, String)], body: &[u8]) -> (u16, String) {
    let address = receiving.url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(address).expect("it listens");
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    stream.write_all(&[head.as_bytes(), body].concat()).expect("it reads");
    let mut text = Vec::new();
    // One that says no before it has read all may close at once.
    let _ = stream.read_to_end(&mut text);
    let text = String::from_utf8_lossy(&text).into_owned();
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no answer: {text}"));
    (status, text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
}

pub(super) fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()).expect("it fits")
}

pub(super) fn signed(id: &str, time: i64, body: &[u8]) -> Vec<(String, String)> {
    Signer::parse(&Secret::new(shared_key())).expect("a key").headers(id, time, body)
}

fn event(id: &str) -> Vec<u8> {
    json!({ "specversion": "1.0", "id": id, "source": "urn:test", "type": "t", "subject": "inc-1-1", "data": {} }).to_string().into_bytes()
}

#[test]
fn the_same_message_gets_the_same_receipt_and_a_forged_one_none() {
    let home = Home::new();
    let receiving = home.receive("secret = 'env:HOOK_KEY'\n", &[]);
    let post = |headers: &[(String, String)], body: &[u8]| send(&receiving, "POST", "/hooks/secrets", headers, body);
    let body = event("evt_1");
    let (status, first) = post(&signed("evt_1", now(), &body), &body);
    assert_eq!(status, 202, "{first}");
    // With a fresh signature, and with the very same one.
    for time in [now() - 60, now()] {
        assert_eq!(post(&signed("evt_1", time, &body), &body), (200, first.clone()));
    }
    let other = event("evt_1").into_iter().chain(*b" ").collect::<Vec<u8>>();
    assert_eq!(post(&signed("evt_1", now(), &other), &other).0, 409, "another body under the id");
    for (headers, body, status) in [
        (signed("evt_2", now(), b"{}"), event("evt_2"), 401),
        (signed("evt_2", now() - 301, &event("evt_2")), event("evt_2"), 401),
        (signed("evt_2", now() + 330, &event("evt_2")), event("evt_2"), 401),
        (Vec::new(), event("evt_2"), 400),
        (signed("evt_2", now(), b"<html>"), b"<html>".to_vec(), 422),
        (signed("evt_2", now(), &event("evt_3")), event("evt_3"), 422),
        (signed("evt_2", now(), &vec![b' '; 70_000]), vec![b' '; 70_000], 413),
    ] {
        assert_eq!(post(&headers, &body).0, status, "{headers:?}");
    }
    assert_eq!(send(&receiving, "GET", "/", &[], b"").0, 405);
    assert_eq!(send(&receiving, "POST", "/elsewhere", &[], b"").0, 404);
    assert_eq!(send(&receiving, "POST", "/v1/revoke_tokens", &[], b"[]").0, 404, "GitLab is not answered unless configured");
    assert_eq!(receiving.lines(1).len(), 1, "told once");
    // After a restart it still knows what it received.
    drop(receiving);
    let receiving = home.receive("secret = 'env:HOOK_KEY'\n", &[]);
    assert_eq!(send(&receiving, "POST", "/", &signed("evt_1", now(), &body), &body), (200, first));
}

#[test]
fn gitlab_finds_the_server_it_asks_for() {
    let home = Home::new();
    let run = std::process::Command::new(crate::scratch::KEYFUSE)
        .args(["key", "make"])
        .env("KEYFUSE_HOME", home.base.join("receiver"))
        .output()
        .expect("it starts");
    assert!(run.status.success());
    let kind = "gitleaks_rule_id_gitlab_personal_access_token";
    let receiving = home.receive(&format!("gitlab_token = 'env:HOOK_KEY'\ntypes = ['{kind}']\n"), &[]);
    let known = [("Authorization".to_owned(), shared_key())];
    let (status, body) = send(&receiving, "GET", "/v1/revocable_token_types", &known, b"");
    assert_eq!((status, serde_json::from_str::<Value>(&body).expect("JSON")), (200, json!({ "types": [kind] })));
    let token = String::from_utf8(keyfuse::rules::expand("glpat-{base62:20}", "gitlab").expect("a sound template").text).expect("text");
    let location = format!("https://gitlab.example.com/some/path/{token}.rb#L13");
    let leaked = json!([{ "type": kind, "token": token, "location": location }]).to_string();
    for _ in 0..2 {
        assert_eq!(send(&receiving, "POST", "/v1/revoke_tokens", &known, leaked.as_bytes()), (204, String::new()), "idempotent");
    }
    for (headers, body, status) in [
        (&known[..0], leaked.as_str(), 401),
        (&[("Authorization".to_owned(), "wrong".to_owned())][..], leaked.as_str(), 401),
        (&known[..], "{}", 400),
        (&known[..], "[]", 400),
        (&known[..], r#"[{"type":"other","token":"x","location":"y"}]"#, 400),
    ] {
        assert_eq!(send(&receiving, "POST", "/v1/revoke_tokens", headers, body.as_bytes()).0, status, "{body}");
    }
    assert_eq!(send(&receiving, "GET", "/v1/revocable_token_types", &[], b"").0, 401);
    assert_eq!(send(&receiving, "DELETE", "/v1/revoke_tokens", &known, b"").0, 405);
    assert_eq!(receiving.lines(1).len(), 1);
    let journal = Journal::<Vec<Recorded>>::open(&home.base.join("receiver/state/received.jsonl")).expect("sound");
    assert_eq!(journal.state().len(), 1);
    assert_eq!(journal.state()[0].event.data["kind"], kind);
    assert_eq!(holds(&home.base.join("receiver/state"), token.as_bytes()), None, "the token itself is kept nowhere");
    // More than GitLab ever sends in a minute.
    let too_many =
        (0..620).map(|_| send(&receiving, "GET", "/v1/revocable_token_types", &known, b"").0).filter(|&status| status == 429).count();
    assert!(too_many > 0);
}

#[test]
fn our_own_dialect_reaches_it() {
    let home = Home::with_key();
    let run = std::process::Command::new(crate::scratch::KEYFUSE)
        .args(["key", "make"])
        .env("KEYFUSE_HOME", home.base.join("receiver"))
        .output()
        .expect("it starts");
    assert!(run.status.success());
    let receiving = home.receive("gitlab_token = 'env:HOOK_KEY'\n", &[]);
    let table = format!(
        "[[endpoint]]\nname = 'issuer'\ndialect = 'gitlab-token-revocation'\nurl = '{}v1/revoke_tokens'\nsecret = 'env:HOOK_KEY'\n",
        receiving.url
    );
    let line = crate::scratch::secret("issuer");
    std::fs::write(home.work.join("app.env"), &line).expect("written");
    home.configure(&table);
    let refused = home.run(&["scan", ".", "--handoff"]);
    assert!(refused.code == Some(2) && refused.stderr.contains("plaintext_to_issuer"), "{refused:?}");
    home.configure(&format!("{table}plaintext_to_issuer = true\n"));
    let handed = home.run(&["scan", ".", "--handoff"]);
    assert!(handed.code == Some(1) && handed.stderr.contains("handed off"), "{handed:?}");
    assert!(receiving.lines(1)[0].contains("github-personal-access-token"));
    let secret = line.trim().split_once('=').expect("NAME=value").1;
    assert_eq!(holds(&home.base.join("keyfuse"), secret.as_bytes()), None);
}

#[test]
fn others_than_this_machine_need_encryption() {
    let home = Home::new();
    std::fs::write(home.base.join("keyfuse/config/config.toml"), "[receive]\nsecret = 'env:HOOK_KEY'\n").expect("written");
    let run = home.run(&["receive", "--listen", "0.0.0.0:0"]);
    assert!(run.code == Some(2) && run.stderr.contains("--tls-cert"), "{run:?}");
    home.configure("");
    let run = home.run(&["receive"]);
    assert!(run.code == Some(2) && run.stderr.contains("[receive]"), "{run:?}");
}
