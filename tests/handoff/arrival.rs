//! From notices to incidents: two runners that find one secret open one, a replayed notice changes nothing, a forged one opens none.

use data_encoding::BASE64;
use keyfuse::handoff::Signer;
use keyfuse::model::Secret;
use serde_json::Value;

use super::gitlab::{now, send, signed};
use super::home::{Home, Receiving};
use crate::scratch::{KEYFUSE, Run, secret};

/// A runner of its own, with the team's fingerprint key.
fn runner(home: &Home, name: &str, url: &str, key: &str) -> Run {
    let own = home.base.join(name);
    std::fs::create_dir_all(own.join("config")).expect("made");
    let config = format!(
        "[host]\nname = '{name}'\nrole = 'emitter'\n\
         [[endpoint]]\nname = 'hook'\ndialect = 'native'\nurl = '{url}'\nsecret = 'env:HOOK_KEY'\n"
    );
    std::fs::write(own.join("config/config.toml"), config).expect("written");
    let mut command = home.command(&["scan", ".", "--handoff", "--quiet", "--format", "json=/dev/null"]);
    Run::of(command.env("KEYFUSE_HOME", &own).env("KEYFUSE_KEY", key).output().expect("it starts"))
}

/// The incidents of the receiver, as it lists them.
fn incidents(home: &Home) -> Vec<Value> {
    let mut command = std::process::Command::new(KEYFUSE);
    command.args(["incident", "list", "--format", "json"]).env("KEYFUSE_HOME", home.base.join("receiver"));
    let listed = Run::of(command.output().expect("it starts"));
    assert_eq!(listed.code, Some(0), "{listed:?}");
    serde_json::from_str::<Vec<Value>>(&listed.stdout).expect("JSON")
}

fn journal(home: &Home, id: &str) -> String {
    std::fs::read_to_string(home.base.join("receiver/state/incidents").join(id).join("journal.jsonl")).expect("a journal")
}

fn post(receiving: &Receiving, headers: &[(String, String)], body: &[u8]) -> u16 {
    send(receiving, "POST", "/hooks/secrets", headers, body).0
}

#[cfg(unix)]
#[test]
fn five_hundred_copies_found_by_two_runners_are_one_incident_and_nobody_else_opens_one() {
    let home = Home::new();
    let line = secret("two runners");
    for number in 0..500 {
        std::fs::write(home.work.join(format!("{number:03}.env")), &line).expect("written");
    }
    let receiving = home.receive("secret = 'env:HOOK_KEY'\n", &[]);
    let key = keyfuse::keychain::InstallKey::generate().expect("random bytes").encoded();
    let key = String::from_utf8(key.expose().to_vec()).expect("base64");
    for name in ["runner-1", "runner-2"] {
        let ran = runner(&home, name, &receiving.url, &key);
        assert_eq!(ran.code, Some(1), "{ran:?}");
    }
    let told = receiving.lines(4);
    let of = |word: &str| told.iter().filter(|line| line.starts_with(word)).count();
    assert_eq!((of("received "), of("opened "), of("updated ")), (2, 1, 1), "{told:?}");
    let found = incidents(&home);
    assert_eq!(found.len(), 1, "{found:?}");
    let id = found[0]["incident"].as_str().expect("an id").to_owned();
    let before = journal(&home, &id);
    assert_eq!(before.matches("incident.opened").count(), 1);

    // The first notice again, as whoever recorded it can send it, and signed afresh.
    let text = std::fs::read_to_string(home.base.join("receiver/state/received.jsonl")).expect("kept");
    let first: Value = serde_json::from_str(text.lines().next().expect("a line")).expect("JSON");
    let body: Value = first["data"]["body"].clone();
    let event = body["id"].as_str().expect("an id").to_owned();
    let bytes = serde_json::to_vec(&body).expect("JSON");
    let replayed = post(&receiving, &signed(&event, now(), &bytes), &bytes);
    assert!(matches!(replayed, 200 | 409), "{replayed}");
    assert_eq!(post(&receiving, &signed(&event, now() - 3600, &bytes), &bytes), 401, "an hour old");
    // Another's key, and our own under a subject that is not the credential's.
    let stranger = Signer::parse(&Secret::new(format!("whsec_{}", BASE64.encode(&[8; 32])))).expect("a key");
    let forge = |id: &str, subject: &str| {
        let mut forged = body.clone();
        (forged["id"], forged["subject"]) = (id.into(), subject.into());
        serde_json::to_vec(&forged).expect("JSON")
    };
    let forged = forge("evt_forged", &id);
    assert_eq!(post(&receiving, &stranger.headers("evt_forged", now(), &forged), &forged), 401);
    let elsewhere = forge("evt_elsewhere", "inc-aaaaaaaaaa-1");
    assert_eq!(post(&receiving, &signed("evt_elsewhere", now(), &elsewhere), &elsewhere), 202, "it is signed, and kept");
    assert_eq!((incidents(&home).len(), journal(&home, &id)), (1, before), "and nothing has come of any of them");
}
