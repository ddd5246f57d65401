//! A store's own word: what it says that it holds is handed off, what it does not hold is not, and what is not known is no answer.

use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use serde_json::Value;

use super::home::{Home, holds};
use crate::scratch::Run;
use crate::servers::{Keyring, OpenBao};

/// Plants a token in a start-up file; gives it.
fn plant(home: &Home, seed: &str) -> String {
    let line = keyfuse::rules::expand("export SERVICE_TOKEN=\"{base62:40}\"\n", seed).expect("a sound template");
    let line = String::from_utf8(line.text).expect("text");
    std::fs::write(home.work.join(".zshrc"), &line).expect("written");
    line.split('"').nth(1).expect("quoted").to_owned()
}

/// `keyfuse confirm .zshrc:1 --stored-in STORE …` with these variables.
fn held_against(home: &Home, arguments: &[&str], variables: &[(&str, &str)], stdin: Stdio) -> Run {
    let mut command = home.command(&[&["confirm", ".zshrc:1", "--stored-in"], arguments].concat());
    Run::of(command.envs(variables.iter().copied()).stdin(stdin).output().expect("it starts"))
}

fn journal(home: &Home) -> String {
    std::fs::read_to_string(home.state().join("handoff.jsonl")).unwrap_or_default()
}

#[test]
fn what_a_store_holds_is_handed_off_as_matched_and_neither_value_is_shown() {
    let home = Home::with_key();
    let secret = plant(&home, "stored");
    let other = format!("{secret}x");
    let receiving = home.receive("secret = 'env:HOOK_KEY'\n", &[]);
    home.hook(&receiving.url);
    let kept = home.base.join("kept");
    // As a person types it: from the folder that the command runs in.
    let file = "file:../kept";
    let mode = |mode: u32| std::fs::set_permissions(&kept, std::fs::Permissions::from_mode(mode)).expect("changed");
    std::fs::write(&kept, format!("{other}\n")).expect("written");
    mode(0o600);

    // Another value, none, one that others can read: each by its own code, and nothing is recorded.
    let differs = held_against(&home, &["env:STORED"], &[("STORED", &other)], Stdio::null());
    assert!(differs.code == Some(1) && differs.stderr.contains("env:STORED holds something else"), "{differs:?}");
    let differs_in_file = held_against(&home, &[file], &[], Stdio::null());
    assert_eq!(differs_in_file.code, Some(1), "{differs_in_file:?}");
    let absent = held_against(&home, &["env:STORED"], &[], Stdio::null());
    assert!(absent.code == Some(2) && absent.stderr.contains("env:STORED holds nothing"), "{absent:?}");
    mode(0o644);
    let open = held_against(&home, &[file], &[], Stdio::null());
    assert!(open.code == Some(3) && open.stderr.contains("not known") && open.stderr.contains("stdin:NAME"), "{open:?}");
    let empty = held_against(&home, &["stdin:pass"], &[], Stdio::null());
    assert!(empty.code == Some(2) && empty.stderr.contains("nothing came"), "{empty:?}");
    let written_out = held_against(&home, &[&secret], &[], Stdio::null());
    assert!(written_out.code == Some(2) && written_out.stderr.contains("keychain:SERVICE/ACCOUNT"), "{written_out:?}");
    let alone = home.run(&["confirm", ".zshrc:1", "--vault", "https://v.example.com", "--reason", "x"]);
    assert_eq!(alone.code, Some(2), "{alone:?}");
    assert_eq!(journal(&home), "");
    let observed = home.run(&["scan", ".", "--handoff"]);
    assert!(observed.code == Some(1) && !observed.stderr.contains("handed off"), "{observed:?}");

    // What another program writes: the address that the token is the password of.
    std::fs::write(&kept, format!("redis://app:{secret}@cache/0\n")).expect("written");
    let piped = held_against(&home, &["stdin:op://prod/cache"], &[], std::fs::File::open(&kept).expect("a file").into());
    assert!(piped.code == Some(0) && piped.stdout.contains("stdin:op://prod/cache holds it (password)"), "{piped:?}");
    let handed = home.run(&["scan", ".", "--handoff"]);
    assert!(handed.code == Some(1) && handed.stderr.contains("handed off evt_"), "{handed:?}");
    assert!(receiving.lines(1)[0].contains(" store-matched "), "{:?}", receiving.lines(1));
    let received = std::fs::read_to_string(home.base.join("receiver/state/received.jsonl")).expect("kept");
    let notice: Value = serde_json::from_str(received.lines().next().expect("a line")).expect("JSON");
    let data = &notice["data"]["body"]["data"];
    assert_eq!((&data["grounds"], &data["credential"]["grade"]), (&"confirmed".into(), &"store-matched".into()));
    assert!(data["credential"]["evidence"][0].as_str().is_some_and(|text| text.contains("stdin:op://prod/cache")), "{data}");

    // Who, with which store, when: and never what.
    let first: Value = serde_json::from_str(journal(&home).lines().next().expect("a line")).expect("JSON");
    assert_eq!((&first["type"], &first["data"]["store"]), (&"finding.matched".into(), &"stdin:op://prod/cache".into()));
    assert!(first["actor"]["id"].as_str().is_some_and(|id| id.ends_with("@ci-1")) && first["ts"].is_string(), "{first}");
    for output in [&differs, &differs_in_file, &absent, &open, &empty, &written_out, &piped, &handed] {
        assert!(!output.stdout.contains(&secret) && !output.stderr.contains(&secret), "shown");
    }
    assert_eq!(holds(&home.base.join("keyfuse"), secret.as_bytes()), None);
}

#[test]
fn openbao_is_asked_for_one_field_with_the_rights_to_it_alone() {
    let Some(bao) = OpenBao::start("openbao_is_asked_for_one_field_with_the_rights_to_it_alone") else { return };
    let home = Home::with_key();
    let secret = plant(&home, "in a vault");
    let put = |path: &str, body: &str, status: u16| assert_eq!(bao.post(path, body).status, status, "{path}");
    put("secret/data/team/app", &serde_json::json!({ "data": { "token": secret, "other": "x" } }).to_string(), 200);
    put("sys/mounts/old", r#"{"type":"kv","options":{"version":"1"}}"#, 204);
    put("old/app", &serde_json::json!({ "token": secret }).to_string(), 204);
    put("sys/mounts/made", r#"{"type":"transit"}"#, 204);
    let policy = "path \"secret/data/team/*\" { capabilities = [\"read\"] }\npath \"old/app\" { capabilities = [\"read\"] }\n\
        path \"made/*\" { capabilities = [\"read\"] }";
    put("sys/policies/acl/reader", &serde_json::json!({ "policy": policy }).to_string(), 204);
    let token = bao.token(r#"{"policies":["reader"],"no_default_policy":true}"#);
    let url = bao.url();
    let ask = |store: &str| held_against(&home, &[store, "--vault", &url], &[("VAULT_TOKEN", &token)], Stdio::null());

    let first = ask("vault:secret/team/app#token");
    assert!(first.code == Some(0) && first.stdout.contains(&format!("at {url}, version 1 holds it")), "{first:?}");
    for store in ["vault:secret/data/team/app#token", "vault:old/app#token"] {
        let told = ask(store);
        assert_eq!(told.code, Some(0), "{store}: {told:?}");
    }
    let recorded = journal(&home);
    assert_eq!(recorded.lines().count(), 3, "{recorded}");
    for (store, code, says) in [
        ("vault:secret/team/app#other", 1, "holds something else"),
        ("vault:secret/team/app#nothing", 2, "has no field `nothing`"),
        ("vault:secret/team/none#token", 2, "has nothing at secret/team/none"),
        ("vault:secret/theirs#token", 3, "does not let the token read secret/theirs"),
        ("vault:nowhere/app#token", 3, "not known"),
        ("vault:made/keys/x#token", 3, "mount of type transit"),
    ] {
        let told = ask(store);
        assert!(told.code == Some(code) && told.stderr.contains(says), "{store}: {told:?}");
    }
    // Rotated there: what leaked is not what the store holds now.
    put("secret/data/team/app", r#"{"data":{"token":"another value than that"}}"#, 200);
    let rotated = ask("vault:secret/team/app#token");
    assert!(rotated.code == Some(1) && rotated.stderr.contains("version 2") && rotated.stderr.contains("rotation"), "{rotated:?}");
    drop(bao);
    let gone = ask("vault:secret/team/app#token");
    assert!(gone.code == Some(3) && gone.stderr.contains("refused the connection"), "{gone:?}");
    // Without a server's name nobody is asked.
    let nowhere = held_against(&home, &["vault:secret/team/app#token"], &[("VAULT_TOKEN", &token)], Stdio::null());
    assert!(nowhere.code == Some(2) && nowhere.stderr.contains("--vault URL"), "{nowhere:?}");
    assert_eq!(journal(&home), recorded, "only what was sure is recorded");
    assert_eq!(holds(&home.base.join("keyfuse"), secret.as_bytes()), None);
    assert_eq!(holds(&home.base.join("keyfuse"), token.as_bytes()), None);
}

#[test]
fn an_audit_log_shows_what_a_vault_holds_without_a_right_to_read_it() {
    let Some(bao) = OpenBao::start_audited("an_audit_log_shows_what_a_vault_holds_without_a_right_to_read_it") else { return };
    let home = Home::with_key();
    let secret = plant(&home, "in an audit log");
    let policy = "path \"sys/audit-hash/*\" { capabilities = [\"update\"] }";
    assert_eq!(bao.post("sys/policies/acl/hasher", &serde_json::json!({ "policy": policy }).to_string()).status, 204);
    let token = bao.token(r#"{"policies":["hasher"],"no_default_policy":true}"#);
    let (url, log) = (bao.url(), bao.audit_log());
    let log = format!("vault-audit:{}", log.display());
    let ask = |device: &str| held_against(&home, &[&log, "--vault", &url, "--device", device], &[("VAULT_TOKEN", &token)], Stdio::null());
    // Asked about before, and hashed for somebody else: neither shows that the server holds it.
    let none = ask("to-file");
    assert!(none.code == Some(1) && none.stderr.contains("shows no request"), "{none:?}");
    let input = data_encoding::BASE64.encode(secret.as_bytes());
    assert_eq!(bao.post("sys/tools/hash", &serde_json::json!({ "input": input }).to_string()).status, 200);
    assert_eq!(ask("to-file").code, Some(1), "what was asked before is in the log now");
    assert_eq!(journal(&home), "");
    let wrong = ask("nope");
    assert!(wrong.code == Some(3) && wrong.stderr.contains("audit device"), "{wrong:?}");

    let stored = bao.post("secret/data/team/app", &serde_json::json!({ "data": { "token": secret } }).to_string());
    assert_eq!(stored.status, 200, "{stored:?}");
    let held = ask("to-file");
    assert!(held.code == Some(0) && held.stdout.contains(&format!("secret/data/team/app at {url}")), "{held:?}");
    assert!(journal(&home).contains("\"type\":\"finding.matched\"") && !journal(&home).contains(&secret));
    // The log never held it, and the token may do nothing else.
    assert_eq!(holds(&home.base.join("keyfuse"), secret.as_bytes()), None);
    let read = held_against(&home, &["vault:secret/team/app#token", "--vault", &url], &[("VAULT_TOKEN", &token)], Stdio::null());
    assert_eq!(read.code, Some(3), "{read:?}");
    drop(bao);
    let gone = ask("to-file");
    assert_eq!(gone.code, Some(2), "its log went with it: {gone:?}");
}

#[test]
fn the_keychain_of_this_machine_is_asked() {
    let Some(mut keyring) = Keyring::start("the_keychain_of_this_machine_is_asked") else { return };
    let home = Home::with_key();
    let secret = plant(&home, "in a keychain");
    keyring.store("https://registry.example.com", "ann", &secret);
    keyring.store("https://registry.example.com", "bob", "another value than that");
    let bus = keyring.bus();
    let ask = |account: &str| {
        let store = format!("keychain:https://registry.example.com/{account}");
        held_against(&home, &[&store], &[("DBUS_SESSION_BUS_ADDRESS", &bus)], Stdio::null())
    };
    assert_eq!(ask("ann").code, Some(0), "{:?}", ask("ann"));
    assert_eq!(ask("bob").code, Some(1));
    let none = ask("eve");
    assert!(none.code == Some(2) && none.stderr.contains("for account `eve`"), "{none:?}");
    keyring.stop();
    let gone = ask("ann");
    assert!(gone.code == Some(3) && gone.stderr.contains("the keychain cannot be used"), "{gone:?}");
}
