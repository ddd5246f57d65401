//! A namespace that is locked, a token that is ended by its accessor: against a real OpenBao.

use super::desk::{Desk, holds, token};
use super::people::{FREEZERS, approve_freezes, decide, has_ssh_keygen, people};
use crate::scratch::not_run;
use crate::servers::{OpenBao, request};

fn configure(desk: &Desk, bao: &OpenBao, responder: &str) {
    let text = format!(
        "[vault]\naddress = '{}'\ntoken = 'file:vault.token'\nallow_private = true\n\
         [[freeze]]\nname = 'team'\nkind = 'vault-namespace'\ntarget = 'team-a'\n",
        bao.url()
    );
    std::fs::write(desk.config("config.toml"), text).expect("written");
    let file = desk.config("vault.token");
    std::fs::write(&file, responder).expect("written");
    #[cfg(unix)]
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("private");
}

#[test]
fn a_namespace_answers_nothing_until_it_is_released_with_the_key_that_was_kept() {
    let name = "a_namespace_answers_nothing_until_it_is_released_with_the_key_that_was_kept";
    let Some(bao) = OpenBao::start(name) else { return };
    if !has_ssh_keygen() {
        return not_run(name, "ssh-keygen");
    }
    let desk = Desk::new();
    people(&desk, &["alice@sec", "gov@org"], FREEZERS);
    // A responder with what the printed policy grants, and no sudo.
    let policy = serde_json::json!({ "policy": keyfuse::contain::policy("secret") }).to_string();
    assert_eq!(bao.post("sys/policies/acl/responder", &policy).status, 204);
    let responder = bao.token(r#"{"policies":["responder"]}"#);
    configure(&desk, &bao, &responder);
    let place = desk.plant(&token("namespace"));
    let id = desk.open(&[place]);
    let inside = || request(bao.port(), "GET", "/v1/team-a/sys/mounts", &[("X-Vault-Token", bao.root())], "").status;
    approve_freezes(&desk, &id, &["freeze-team"], "alice@sec");
    // Where there is no such namespace nothing is locked, and that is said.
    let none = desk.run(&["incident", "freeze", &id, "--armed"]);
    assert!(none.code == Some(5) && none.stdout.contains("has no namespace team-a"), "{none:?}");
    assert_eq!(bao.post("sys/namespaces/team-a", "{}").status, 200);
    assert_eq!(inside(), 200);
    let frozen = desk.run(&["incident", "freeze", &id, "--armed"]);
    assert_eq!((frozen.code, inside()), (Some(0), 503), "{frozen:?}");

    let file = std::fs::read_dir(desk.base.join("keyfuse/data/unlock")).expect("kept").flatten().next().expect("the key").path();
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).expect("there").permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
    let key = std::fs::read_to_string(&file).expect("readable");
    assert_eq!(holds(&desk.state(), key.trim()), None, "the key is in no evidence");
    assert_eq!(decide(&desk, &id, "d6=release", "gov@org"), Some(0));
    let clean = desk.base.join("clean");
    std::fs::create_dir(&clean).expect("made");
    let release = || desk.run(&["incident", "release", &id, "--armed", "--scan", &clean.to_string_lossy()]);
    // The key is lost, and the responder has no sudo.
    std::fs::rename(&file, desk.base.join("key")).expect("moved");
    let without = release();
    assert!(without.code == Some(5) && without.stdout.contains("has no sudo") && inside() == 503, "{without:?}");
    std::fs::rename(desk.base.join("key"), &file).expect("moved");
    let released = release();
    assert_eq!((released.code, inside()), (Some(0), 200), "{released:?}");
    assert!(!file.exists(), "it opens nothing any more");
}

#[test]
fn a_token_is_ended_by_its_accessor() {
    let Some(bao) = OpenBao::start("a_token_is_ended_by_its_accessor") else { return };
    let desk = Desk::new();
    let policy = serde_json::json!({ "policy": keyfuse::contain::policy("secret") }).to_string();
    assert_eq!(bao.post("sys/policies/acl/responder", &policy).status, 204);
    let responder = bao.token(r#"{"policies":["default","responder"]}"#);
    configure(&desk, &bao, &responder);
    let leaked = bao.post("auth/token/create", r#"{"policies":["default"]}"#).json();
    let (accessor, value) = (leaked["auth"]["accessor"].as_str().expect("one"), leaked["auth"]["client_token"].as_str().expect("one"));
    let look = || request(bao.port(), "GET", "/v1/auth/token/lookup-self", &[("X-Vault-Token", value)], "").status;
    let id = desk.open(&["--resource", &format!("vault-accessor:{accessor}")]);
    assert_eq!(desk.run(&["incident", "probe", &id]).stdout.split(':').next(), Some("alive"));
    desk.approve_as_owner(&id);
    assert_eq!(look(), 200);
    let contained = desk.run(&["incident", "contain", &id, "--armed"]);
    assert_eq!((contained.code, look()), (Some(0), 403), "{contained:?}");
    assert_eq!(desk.show(&id)["credential_state"], "dead");
    // Of one that is gone success would be said, and nothing be done.
    let id = desk.open(&["--resource", "vault-accessor:none.of.these"]);
    desk.approve_as_owner(&id);
    let refused = desk.run(&["incident", "contain", &id, "--armed"]);
    assert!(refused.code == Some(5) && refused.stdout.contains("no token with this accessor"), "{refused:?}");
}
