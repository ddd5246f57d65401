//! A credential that lives on after its end was asked for: whoever is on duty is told again, once for each proof.

use super::desk::{Desk, holds, token};
use super::issuer::{Issuer, Manner};
use crate::probe::script::{Script, json};

#[test]
fn a_lying_issuer_pages_again_and_only_once() {
    let (desk, token) = (Desk::new(), token("paged"));
    let issuer = Issuer::new(&token, Manner::Lies);
    let hook = Script::start(|_| json(202, "{}"));
    let file = desk.config("hook.key");
    std::fs::write(&file, format!("whsec_{}", data_encoding::BASE64.encode(&[7; 32]))).expect("written");
    #[cfg(unix)]
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("private");
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
