//! Real servers judge: OpenBao tokens, PostgreSQL and Redis logins, AWS keys at moto; alive before, dead after.

use std::path::Path;

use serde_json::Value;

use crate::scratch::{Run, keyfuse};
use crate::servers::{Moto, OpenBao, Postgres, Redis};

/// A scan of `text` with `--probe`, and a configuration of one's own with these endpoints: service and address.
struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new(endpoints: &[(&str, String)]) -> Self {
        let folder = tempfile::tempdir().expect("a scratch directory");
        let own = folder.path().join("own/config");
        std::fs::create_dir_all(&own).expect("made");
        std::fs::create_dir(folder.path().join("work")).expect("made");
        let mut text = "[probe]\ntimeout = 20\n".to_owned();
        for (service, url) in endpoints {
            text.push_str(&format!("[[probe.endpoint]]\nservice = '{service}'\nurl = '{url}'\nprivate = true\nplain = true\n"));
        }
        std::fs::write(own.join("config.toml"), text).expect("written");
        Self { folder }
    }

    fn work(&self) -> std::path::PathBuf {
        self.folder.path().join("work")
    }

    /// What the report says of the finding under `rule`, after asking.
    fn ask(&self, text: &str, rule: &str) -> Value {
        std::fs::write(self.work().join("app.env"), text).expect("written");
        let run = probe(&self.work(), self.folder.path(), &["scan", ".", "--probe", "--format", "json"]);
        let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
        let findings = report["findings"].as_array().expect("findings");
        let found = findings.iter().find(|finding| finding["rule"] == rule).unwrap_or_else(|| panic!("no {rule}: {run:?}"));
        assert_eq!(run.code, Some(1), "{run:?}");
        found["liveness"].clone()
    }
}

/// The program with a configuration folder of the test's own, and no proxy of the machine's.
fn probe(directory: &Path, base: &Path, arguments: &[&str]) -> Run {
    let mut command = keyfuse(directory, arguments);
    command.env("KEYFUSE_HOME", base.join("own")).env("HOME", base).env("HTTPS_PROXY", super::NOWHERE);
    Run::of(command.output().expect("it starts"))
}

#[test]
fn openbao_tokens_live_until_they_are_revoked() {
    let Some(bao) = OpenBao::start("OpenBao tokens live until they are revoked") else { return };
    let bench = Bench::new(&[("vault", bao.url())]);
    let token = bao.token(r#"{"ttl":"1h","display_name":"ingest"}"#);
    let text = format!("VAULT_TOKEN={token}\n");
    let alive = bench.ask(&text, "vault-legacy-token");
    assert_eq!(alive["state"], "alive", "{alive}");
    assert_eq!((&alive["who"], &alive["status"], &alive["control"]), (&"token-ingest".into(), &200.into(), &403.into()), "{alive}");
    bao.revoke(&token);
    // OpenBao has the same words for a token that it does not know and for one that is bound to other addresses.
    let refused = bench.ask(&text, "vault-legacy-token");
    assert_eq!((&refused["state"], &refused["status"]), (&"unknown".into(), &403.into()), "{refused}");
    assert!(refused["why"].as_str().is_some_and(|why| why.contains("a living one can hear")), "{refused}");
    // A token without the right to look itself up lives all the same: that must not be called dead.
    let mute = bao.token(r#"{"ttl":"1h","no_default_policy":true,"policies":["nothing"]}"#);
    let unknown = bench.ask(&format!("VAULT_TOKEN={mute}\n"), "vault-legacy-token");
    assert_eq!(unknown["state"], "unknown", "{unknown}");
}

#[test]
fn postgresql_logins_are_tried_and_their_end_is_seen() {
    let Some(postgres) = Postgres::start("PostgreSQL logins are tried and their end is seen") else { return };
    let password = secret("{base62:22}", "postgres");
    postgres.run(&[
        "create database shop",
        "create database trusting",
        "create database old",
        &format!("create role app login password '{password}'"),
        "set password_encryption = md5",
        &format!("create role elder login password '{password}'"),
    ]);
    let place = format!("postgres://127.0.0.1:{}", postgres.port());
    let bench = Bench::new(&[("postgres", place)]);
    let url = |user: &str, database: &str| format!("DATABASE_URL=postgres://{user}:{password}@127.0.0.1:{}/{database}\n", postgres.port());
    let alive = bench.ask(&url("app", "shop"), "url-password");
    assert_eq!((&alive["state"], &alive["who"]), (&"alive".into(), &"app".into()), "{alive}");
    assert!(alive["asked"].as_str().is_some_and(|asked| asked.starts_with("log in as app at postgres://127.0.0.1:")), "{alive}");
    // The password is right though the database is not there.
    assert_eq!(bench.ask(&url("app", "gone"), "url-password")["state"], "alive");
    // The older kind of login.
    assert_eq!(bench.ask(&url("elder", "old"), "url-password")["state"], "alive");
    // Where everybody is let in, an open door proves no key.
    let trusting = bench.ask(&url("app", "trusting"), "url-password");
    assert!(trusting["state"] == "unknown" && trusting["why"].as_str().is_some_and(|why| why.contains("random value")), "{trusting}");
    postgres.run(&["alter role app password 'another one'"]);
    assert_eq!(bench.ask(&url("app", "shop"), "url-password")["state"], "dead");
    assert_eq!(bench.ask(&url("nobody", "shop"), "url-password")["state"], "dead");
    // A database that nobody configured is not spoken to.
    let elsewhere = Bench::new(&[]).ask(&url("app", "shop"), "url-password");
    assert!(elsewhere["state"] == "unknown" && elsewhere["asked"] == "", "{elsewhere}");
}

#[test]
fn redis_logins_are_tried_and_their_end_is_seen() {
    let password = secret("{base62:22}", "redis");
    let configuration = format!("user app on >{password} ~* +@all\nuser default on nopass ~* +@all");
    let Some(redis) = Redis::start("Redis logins are tried and their end is seen", &configuration) else { return };
    let bench = Bench::new(&[("redis", format!("redis://127.0.0.1:{}", redis.port()))]);
    let url = |user: &str| format!("REDIS_URL=redis://{user}:{password}@127.0.0.1:{}\n", redis.port());
    assert_eq!(bench.ask(&url("app"), "url-password")["state"], "alive");
    // The default user without a password takes any: nothing is proved.
    let open = bench.ask(&url(""), "url-password");
    assert_eq!(open["state"], "unknown", "{open}");
    assert_eq!(redis.talk(&["ACL SETUSER app off"]), ["+OK"]);
    assert_eq!(bench.ask(&url("app"), "url-password")["state"], "dead");
}

#[test]
fn aws_keys_live_until_they_are_deleted() {
    let Some(moto) = Moto::start("AWS keys live until they are deleted") else { return };
    let bench = Bench::new(&[("aws", moto.url())]);
    let text = format!("AWS_ACCESS_KEY_ID={}\nAWS_SECRET_ACCESS_KEY={}\n", moto.id, moto.secret);
    let alive = bench.ask(&text, "aws-secret-access-key");
    assert_eq!(alive["state"], "alive", "{alive}");
    assert!(alive["who"].as_str().is_some_and(|who| who.ends_with(":user/svc-ingest")), "{alive}");
    // Another secret for the same id: the id lives, so nothing is said to be dead.
    let other = format!("AWS_ACCESS_KEY_ID={}\nAWS_SECRET_ACCESS_KEY={}\n", moto.id, secret("{base64:40}", "other"));
    let unknown = bench.ask(&other, "aws-secret-access-key");
    assert_eq!(unknown["state"], "unknown", "{unknown}");
    let gone =
        format!("AWS_ACCESS_KEY_ID={}\nAWS_SECRET_ACCESS_KEY={}\n", secret("AKIA{base32:16}", "gone"), secret("{base64:40}", "gone"));
    let dead = bench.ask(&gone, "aws-secret-access-key");
    assert_eq!(dead["state"], "dead", "{dead}");
}

fn secret(template: &str, seed: &str) -> String {
    String::from_utf8(keyfuse::rules::expand(template, seed).expect("a sound template").text).expect("ASCII")
}
