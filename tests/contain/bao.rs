//! Against a real OpenBao: a token that its holder ends, a command that would revoke nothing, versions that are destroyed.

use super::desk::Desk;
use crate::servers::{OpenBao, request};

#[test]
fn a_real_token_dies_and_a_command_that_revokes_nothing_is_refused() {
    let name = "a_real_token_dies_and_a_command_that_revokes_nothing_is_refused";
    let desk = Desk::new();
    let Some(bao) = OpenBao::start(name) else { return };
    desk.vault(&bao.url(), bao.root());

    // The holder's own end.
    let token = bao.token(r#"{"policies":["default"]}"#);
    let place = desk.plant(&token);
    let id = desk.open(&[place]);
    assert_eq!(desk.run(&["incident", "probe", &id]).stdout.split(':').next(), Some("alive"));
    desk.approve_as_owner(&id);
    let contained = desk.run(&["incident", "contain", &id, "--armed"]);
    assert_eq!(contained.code, Some(0), "{contained:?}");
    assert_eq!(desk.show(&id)["credential_state"], "dead");

    // The runbook's own command, as it stands there: refused, with the right way.
    assert_eq!(bao.post("secret/data/app", r#"{"data":{"password":"one"}}"#).status, 200);
    assert_eq!(bao.post("secret/data/app", r#"{"data":{"password":"two"}}"#).status, 200);
    let id = desk.open(&["--resource", "vault-lease:secret/data/app"]);
    desk.approve_as_owner(&id);
    let refused = desk.run(&["incident", "contain", &id, "--armed"]);
    assert_eq!(refused.code, Some(5), "{refused:?}");
    assert!(refused.stdout.contains("has no leases") && refused.stdout.contains("vault:secret/data/app"), "{refused:?}");
    assert!(desk.kinds(&id).contains(&"action.refused".to_owned()) && !desk.kinds(&id).contains(&"step.intent".to_owned()));

    // The right way: every version, and it is seen.
    let id = desk.open(&["--resource", "vault:secret/data/app"]);
    desk.approve_as_owner(&id);
    let destroyed = desk.run(&["incident", "contain", &id, "--armed"]);
    assert_eq!(destroyed.code, Some(0), "{destroyed:?}");
    let metadata = request(bao.port(), "GET", "/v1/secret/metadata/app", &[("X-Vault-Token", bao.root())], "").json();
    let versions = metadata["data"]["versions"].as_object().expect("versions");
    assert!(versions.len() == 2 && versions.values().all(|one| one["destroyed"] == true), "{metadata}");
}
