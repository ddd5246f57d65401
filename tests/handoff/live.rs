//! Found, asked of a real server, handed off because it is alive; revoked, and no more told.

use serde_json::Value;

use super::home::{Home, holds};
use crate::servers::OpenBao;

#[test]
fn a_live_token_of_a_real_server_reaches_the_receiver_and_a_dead_one_does_not() {
    let Some(bao) = OpenBao::start("a live token of a real server reaches the receiver and a dead one does not") else { return };
    let home = Home::with_key();
    let receiving = home.receive("secret = 'env:HOOK_KEY'\n", &[]);
    home.configure(&format!(
        "[[probe.endpoint]]\nservice = 'vault'\nurl = '{}'\nprivate = true\nplain = true\n\
         [[endpoint]]\nname = 'hook'\ndialect = 'native'\nurl = '{}'\nsecret = 'env:HOOK_KEY'\n",
        bao.url(),
        receiving.url
    ));
    let token = bao.token(r#"{"ttl":"1h","display_name":"ingest"}"#);
    std::fs::write(home.work.join(".zshrc"), format!("export VAULT_TOKEN={token}\n")).expect("written");
    // Without asking it is merely observed.
    let observed = home.run(&["scan", ".", "--handoff"]);
    assert!(observed.code == Some(1) && !observed.stderr.contains("handed off"), "{observed:?}");
    let asked = home.run(&["scan", ".", "--probe", "--handoff"]);
    assert!(asked.code == Some(1) && asked.stderr.contains("receipt rcpt_"), "{asked:?}");
    assert!(receiving.lines(1)[0].contains(" live "), "{:?}", receiving.lines(1));
    let journal = std::fs::read_to_string(home.base.join("receiver/state/received.jsonl")).expect("written");
    let event: Value = serde_json::from_str(journal.lines().next().expect("a line")).expect("JSON");
    let data = &event["data"]["body"]["data"];
    assert_eq!((&data["grounds"], &data["credential"]["grade"]), (&"confirmed".into(), &"live".into()));
    assert_eq!((&data["severity"], &data["credential"]["verb"]), (&"HIGH".into(), &"revoke".into()));
    for run in [&observed, &asked] {
        assert!(!run.stdout.contains(&token) && !run.stderr.contains(&token));
    }
    assert_eq!(holds(&home.base.join("keyfuse"), token.as_bytes()), None);
    assert_eq!(holds(&home.base.join("receiver"), token.as_bytes()), None);

    // Another one, revoked before anybody asked.
    let dead = bao.token(r#"{"ttl":"1h"}"#);
    bao.revoke(&dead);
    std::fs::write(home.work.join(".zshrc"), format!("export VAULT_TOKEN={dead}\n")).expect("written");
    let asked = home.run(&["scan", ".", "--probe", "--handoff"]);
    assert!(asked.code == Some(1) && !asked.stderr.contains("handed off"), "{asked:?}");
    assert_eq!(receiving.lines(1).len(), 1);
}
