//! Scope by a real audit log: OpenBao writes it, keyfuse reads it, the credential stands nowhere in it.

use std::process::Command;

use serde_json::Value;

use super::desk::Desk;
use crate::scratch::{not_run, server};
use crate::servers::OpenBao;

/// Asks the server from another address of loopback; gives the status.
fn from_address(bao: &OpenBao, address: &str, token: &str, path: &str) -> u16 {
    let script = "import http.client, sys\n\
        source, port, token, path = sys.argv[1:]\n\
        line = http.client.HTTPConnection('127.0.0.1', int(port), source_address=(source, 0), timeout=20)\n\
        line.request('GET', '/v1/' + path, headers={'X-Vault-Token': token})\n\
        print(line.getresponse().status)\n";
    let python = server("python").unwrap_or_else(|| "python3".into());
    let told = Command::new(python).args(["-c", script, address, &bao.port().to_string(), token, path]).output().expect("python");
    String::from_utf8_lossy(&told.stdout).trim().parse().unwrap_or_else(|_| panic!("no status: {told:?}"))
}

#[test]
fn readers_addresses_and_use_after_revocation_are_told_without_the_plaintext() {
    let test = "readers_addresses_and_use_after_revocation_are_told_without_the_plaintext";
    if !cfg!(target_os = "linux") {
        return not_run(test, "a loopback with many addresses");
    }
    let Some(bao) = OpenBao::start_audited(test) else { return };
    let store = |path: &str, key: &str, value: &str| {
        let stored = bao.post(&format!("secret/data/{path}"), &serde_json::json!({ "data": { key: value } }).to_string());
        assert_eq!(stored.status, 200, "{stored:?}");
    };
    // A password: alone, inside an address, and encoded.
    let desk = Desk::new("scope");
    store("app", "password", &desk.secret);
    store("uri", "uri", &format!("postgres://app:{}@db/app", desk.secret));
    store("b64", "blob", &data_encoding::BASE64.encode(desk.secret.as_bytes()));
    let reader = bao.token(r#"{"policies":["root"],"display_name":"svc-ingest"}"#);
    for address in ["127.0.0.1", "127.0.0.7"] {
        assert_eq!(from_address(&bao, address, &reader, "secret/data/app"), 200);
    }
    assert_eq!(from_address(&bao, "127.0.0.1", &reader, "secret/data/b64"), 200);
    let changed = bao.post("sys/policies/acl/wide", r#"{"policy":"path \"*\" { capabilities = [\"read\"] }"}"#);
    assert_eq!(changed.status, 204, "{changed:?}");

    let log = bao.audit_log();
    let plain = std::fs::read(&log).expect("a log");
    assert!(!plain.windows(desk.secret.len()).any(|window| window == desk.secret.as_bytes()), "the log never held it");
    let (log, url) = (log.to_str().expect("UTF-8").to_owned(), bao.url());
    let ask = ["incident", "scope", &desk.id, "--vault-audit", &log, "--vault", &url, "--device", "to-file", "--format", "json"];
    let told = desk.with_secret(bao.root(), &[&ask[..], &["--stdin"]].concat());
    assert_eq!(told.code, Some(0), "{told:?}");
    assert!(!told.stdout.contains(&desk.secret));
    let found: Value = serde_json::from_str(&told.stdout).expect("JSON");
    let rows = found["rows"].as_array().expect("rows");
    let of = |path: &str, operation: &str| -> Vec<&Value> {
        rows.iter().filter(|row| row["path"] == path && row["operation"] == operation).collect()
    };
    assert_eq!(of("secret/data/app", "create").len(), 1, "{told:?}");
    let reads = of("secret/data/app", "read");
    let mut addresses: Vec<&str> = reads.iter().filter_map(|row| row["remote_address"].as_str()).collect();
    addresses.sort_unstable();
    assert_eq!(addresses, ["127.0.0.1", "127.0.0.7"]);
    assert!(reads.iter().all(|row| row["identity"] == "token-svc-ingest" && row["success"] == true), "{reads:?}");
    assert_eq!((of("secret/data/b64", "read").len(), of("secret/data/b64", "read")[0]["forms"][0].as_str()), (1, Some("base64")));
    assert!(of("secret/data/uri", "create").is_empty(), "an address has another HMAC than its password");
    assert!(rows.iter().all(|row| !row["path"].as_str().unwrap_or_default().starts_with("sys/audit-hash")), "our own questions are no use");
    let kinds: Vec<&str> = found["correlations"].as_array().expect("a list").iter().filter_map(|one| one["kind"].as_str()).collect();
    assert!(kinds.contains(&"several-addresses") && kinds.contains(&"role-change"), "{kinds:?}");
    let shown = desk.incident("show", &["--format", "json"]);
    assert!(shown.stdout.contains("CRITICAL"), "a change of roles near to anomalous use: {shown:?}");
    assert_eq!(desk.incident("verify", &[]).code, Some(0));

    // The whole address, found in a file, gives the password too.
    let uri = Desk::holding(&format!("DATABASE_URL=\"postgres://app:{}@db.internal/app\"\n", desk.secret));
    let ask = ["incident", "scope", &uri.id, "--vault-audit", &log, "--vault", &url, "--device", "to-file", "--from", "app.env"];
    let told = uri.with_secret(bao.root(), &ask);
    assert!(told.code == Some(0) && told.stdout.contains("secret/data/app"), "{told:?}");
    // What is not this incident's credential is not handed to the server.
    let ask = ["incident", "scope", &uri.id, "--vault-audit", &log, "--vault", &url, "--device", "to-file", "--from", "/etc/hostname"];
    assert_eq!(uri.with_secret(bao.root(), &ask).code, Some(2));
    let wrong = ["incident", "scope", &desk.id, "--vault-audit", &log, "--vault", &url, "--device", "nope", "--stdin"];
    let told = desk.with_secret(bao.root(), &wrong);
    assert!(told.code == Some(2) && told.stderr.contains("audit device"), "{told:?}");
}

#[test]
fn a_leaked_token_is_followed_beyond_its_end() {
    let Some(bao) = OpenBao::start_audited("a_leaked_token_is_followed_beyond_its_end") else { return };
    let leaked = bao.token(r#"{"policies":["root"],"display_name":"deploy"}"#);
    let desk = Desk::holding(&format!("VAULT_TOKEN=\"{leaked}\"\n"));
    assert_eq!(from_address(&bao, "127.0.0.1", &leaked, "secret/data/none"), 404);
    bao.revoke(&leaked);
    assert_eq!(from_address(&bao, "127.0.0.1", &leaked, "secret/data/none"), 403);
    let (log, url) = (bao.audit_log().to_str().expect("UTF-8").to_owned(), bao.url());
    let ask = ["incident", "scope", &desk.id, "--vault-audit", &log, "--vault", &url, "--device", "to-file", "--stdin", "-f", "json"];
    let told = desk.with_secret(bao.root(), &ask);
    assert_eq!(told.code, Some(0), "{told:?}");
    let found: Value = serde_json::from_str(&told.stdout).expect("JSON");
    assert!(found["revoked_at"].is_string(), "the log itself tells when it was revoked: {told:?}");
    let after: Vec<&Value> = found["rows"].as_array().expect("rows").iter().filter(|row| row["after_revocation"] == true).collect();
    assert_eq!(after.len(), 1, "{told:?}");
    assert_eq!((&after[0]["success"], &after[0]["as_token"], &after[0]["identity"]), (&false.into(), &true.into(), &"unknown".into()));
    let uses = found["rows"].as_array().expect("rows").iter().filter(|row| row["as_token"] == true).count();
    assert_eq!(uses, 2);
}

#[test]
fn what_cannot_be_read_is_said_and_is_no_zero() {
    let desk = Desk::new("unread");
    let log = desk.base.join("audit.log");
    std::fs::write(&log, "{\"time\":\"2026-11-22T03:56:40Z\",\"type\":\"request\"}\nnot json\n").expect("written");
    let hmac = format!("hmac-sha256:{}", "a".repeat(64));
    let told = desk.incident("scope", &["--vault-audit", log.to_str().expect("UTF-8"), "--hmac", &hmac]);
    assert!(told.code == Some(3) && told.stderr.contains("audit.log:2"), "{told:?}");
    let told = desk.incident("scope", &["--vault-audit", log.to_str().expect("UTF-8"), "--hmac", "hmac-sha256:zz"]);
    assert_eq!(told.code, Some(2), "{told:?}");
    let told = desk.incident("scope", &["--vault-audit", "/nowhere", "--hmac", &hmac]);
    assert_eq!(told.code, Some(2), "{told:?}");
    let told = desk.incident(
        "scope",
        &["--vault-audit", log.to_str().expect("UTF-8"), "--vault", "http://vault.example.com", "--device", "f", "--stdin"],
    );
    assert_eq!(told.code, Some(2), "{told:?}");
}
