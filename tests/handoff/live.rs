//! The whole way without a person: found, asked of a real server, handed off because it lives, and the receipt shown.

use serde_json::Value;

use super::home::{Home, holds, shared_key};
use crate::servers::OpenBao;

#[test]
fn what_a_real_server_accepts_is_handed_off_and_its_death_ends_that() {
    let Some(bao) = OpenBao::start("what a real server accepts is handed off, and its death ends that") else { return };
    let home = Home::with_key();
    let token = bao.token(r#"{"ttl":"1h","display_name":"ingest"}"#);
    std::fs::write(home.work.join(".zshrc"), format!("# start\nexport VAULT_TOKEN={token}\n")).expect("written");
    let receiving = home.receive("secret = 'env:HOOK_KEY'\n", &[]);
    home.configure(&format!(
        "[host]\nname = 'ci-1'\n[[endpoint]]\nname = 'hook'\ndialect = 'native'\nurl = '{}'\nsecret = 'env:HOOK_KEY'\n\
         [[probe.endpoint]]\nservice = 'vault'\nurl = '{}'\nprivate = true\nplain = true\n",
        receiving.url,
        bao.url()
    ));

    // Merely observed: nobody is told.
    let observed = home.run(&["scan", ".", "--handoff"]);
    assert!(observed.code == Some(1) && !observed.stderr.contains("handed off"), "{observed:?}");

    let handed = home.run(&["scan", ".", "--probe", "--handoff"]);
    assert_eq!(handed.code, Some(1), "{handed:?}");
    assert!(handed.stdout.contains("lives?: yes, it is accepted as token-ingest"), "{handed:?}");
    let receipt = handed.stderr.split("receipt ").nth(1).expect("a receipt is shown").trim().to_owned();
    let told = receiving.lines(1);
    assert!(told[0].contains(" live ") && told[0].ends_with(&receipt), "{told:?}");
    let journal = std::fs::read_to_string(home.base.join("receiver/state/received.jsonl")).expect("it is kept");
    let notice: Value = serde_json::from_str(journal.lines().next().expect("a line")).expect("JSON");
    assert!(notice.to_string().contains("dev.keyfuse.secret.confirmed.v1"), "{notice}");

    // Revoked, it is told to nobody any more.
    bao.revoke(&token);
    let dead = home.run(&["scan", ".", "--probe", "--handoff"]);
    let refused = dead.stdout.contains("in words that a living one can hear too");
    assert!(dead.code == Some(1) && refused && !dead.stderr.contains("handed off"), "{dead:?}");

    for output in [&observed, &handed, &dead] {
        assert!(!output.stdout.contains(&token) && !output.stderr.contains(&token), "the secret is shown");
    }
    for folder in ["keyfuse", "receiver"] {
        assert_eq!(holds(&home.base.join(folder), token.as_bytes()), None, "the secret is kept");
        assert_eq!(holds(&home.base.join(folder), &shared_key().as_bytes()[6..]), None, "the key is kept");
    }
}
