//! A credential that lives on after its end was asked for: whoever is on duty is told again, once for each proof.

use super::desk::{Desk, holds, token};
use super::issuer::{Issuer, Manner};
use crate::probe::script::{Script, json};

/// The key of the endpoint `pager`.
pub(super) fn hook_key(desk: &Desk) {
    let file = desk.config("hook.key");
    std::fs::write(&file, format!("whsec_{}", data_encoding::BASE64.encode(&[7; 32]))).expect("written");
    #[cfg(unix)]
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("private");
}

#[test]
fn a_lying_issuer_pages_again_and_only_once() {
    let (desk, token) = (Desk::new(), token("paged"));
    let issuer = Issuer::new(&token, Manner::Lies);
    let hook = Script::start(|_| json(202, "{}"));
    hook_key(&desk);
    let text = format!(
        "[[probe.endpoint]]\nservice = 'vault'\nurl = '{}'\nprivate = true\nplain = true\n\
         [[endpoint]]\nname = 'pager'\ndialect = 'native'\nurl = '{}'\nsecret = 'file:hook.key'\n",
        issuer.url,
        hook.url()
    );
    std::fs::write(desk.config("config.toml"), text).expect("written");
    let place = desk.plant(&token);
    let id = desk.open(&[place]);
    assert_eq!(desk.run(&["incident", "probe", &id]).code, Some(5));
    assert!(hook.asked().is_empty(), "that it lives is no news before its end was asked for");

    desk.approve_as_owner(&id);
    let contained = desk.run(&["incident", "contain", &id, "--armed"]);
    assert!(contained.code == Some(5) && contained.stderr.contains("handed off"), "{contained:?}");
    let told = hook.asked();
    assert_eq!(told.len(), 1);
    let body: serde_json::Value = serde_json::from_str(&told[0].body).expect("JSON");
    assert_eq!((&body["subject"], &body["data"]["grounds"]), (&id.as_str().into(), &"confirmed".into()));
    assert!(body["data"]["credential"]["evidence"][0].as_str().is_some_and(|text| text.contains("still opens")), "{body}");
    assert!(told[0].head.to_ascii_lowercase().contains("webhook-signature: v1,"), "{}", told[0].head);
    assert!(!told[0].holds(&token));

    // The same proof again is no other.
    assert_eq!(desk.run(&["incident", "probe", &id]).code, Some(5));
    assert_eq!(desk.run(&["incident", "contain", &id, "--armed"]).code, Some(5));
    assert_eq!((hook.asked().len(), issuer.revocations()), (1, 1));
    assert_eq!(holds(&desk.state(), &token), None);
}

#[test]
fn a_step_of_a_playbook_tells_the_endpoints_once() {
    let (desk, token) = (Desk::new(), token("told"));
    let is_down = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let down = std::sync::Arc::clone(&is_down);
    let hook = Script::start(move |_| json(if down.load(std::sync::atomic::Ordering::SeqCst) { 410 } else { 202 }, "{}"));
    hook_key(&desk);
    let text = format!("[[endpoint]]\nname = 'pager'\ndialect = 'native'\nurl = '{}'\nsecret = 'file:hook.key'\n", hook.url());
    let place = desk.plant(&token);
    let id = desk.open(&[place]);
    let shown = desk.run(&["playbook", "show", "bearer-token"]).stdout;
    let step =
        "[[step]]\nid = \"tell\"\nphase = \"contain\"\nwithin = \"15m\"\ndo = \"notify\"\ntext = \"Stop using the token of the build\"\n\n";
    let own = shown.replacen("[[step]]\nid = \"revoke\"", &format!("{step}[[step]]\nid = \"revoke\""), 1);
    std::fs::create_dir(desk.config("playbooks")).expect("made");
    std::fs::write(desk.config("playbooks/bearer-token.toml"), own).expect("written");
    let contain = || desk.run(&["incident", "contain", &id, "--arm", "notify"]);
    // Nobody is configured: a person must.
    let nobody = contain();
    assert!(nobody.stdout.contains("tell       waiting: a person: config.toml names no [[endpoint]]"), "{nobody:?}");
    std::fs::write(desk.config("config.toml"), text).expect("written");
    // The receiver wants no more, for now: it is owed, and that is said.
    let owed = contain();
    assert!(owed.code == Some(5) && owed.stdout.contains("owed still"), "{owed:?}");
    is_down.store(false, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(desk.run(&["outbox", "enable", "pager"]).code, Some(0));
    let told = contain();
    assert!(told.stdout.contains("tell       done") && contain().stdout.contains("tell       done"), "{told:?}");
    let bodies: Vec<_> = hook.asked().iter().map(|asked| asked.body.clone()).collect();
    assert!(bodies.len() == 2 && bodies[0] == bodies[1] && bodies[0].contains("Stop using the token of the build"), "{bodies:?}");
}
