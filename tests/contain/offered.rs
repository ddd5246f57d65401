//! A freeze that the playbook of a credential offers: at the decision d5, under its own authority, and behind the revocation.

use super::desk::{Desk, token};
use super::issuer::{Issuer, Manner};
use super::people::{FREEZERS, decide, freeze_digest, has_ssh_keygen, people};
use crate::scratch::{Scratch, not_run};

#[test]
#[cfg(unix)]
fn what_the_playbook_offers_to_freeze_waits_for_d5_and_holds_nothing_up() {
    use super::git_lock::{accepted, bare, push, refused};
    if !has_ssh_keygen() {
        return not_run("what_the_playbook_offers_to_freeze_waits_for_d5_and_holds_nothing_up", "ssh-keygen");
    }
    let (desk, secret) = (Desk::new(), token("offered"));
    let issuer = Issuer::new(&secret, Manner::Honest);
    let authority = format!("{FREEZERS}[roles.engine]\nautomated = true\n[[allow]]\nverb = 'revoke'\nby = ['engine']\n");
    people(&desk, &["alice@sec", "gov@org"], &authority);
    let place = desk.plant(&secret);
    desk.issuer(&issuer.url);
    let id = desk.open(&[place]);
    // Nothing is named: a person holds still what changes access.
    let bare_plan = desk.run(&["incident", "plan", &id]).stdout;
    assert!(bare_plan.contains("\nd5 (assess") && bare_plan.contains("config.toml names nothing that could be frozen"), "{bare_plan}");
    assert!(!bare_plan.contains("\nd6 ("), "nothing is frozen that could be released");

    let work = Scratch::new();
    let repository = bare(&work, "app.git");
    let url = repository.display().to_string();
    let text = std::fs::read_to_string(desk.config("config.toml")).expect("written");
    std::fs::write(desk.config("config.toml"), format!("{text}[[freeze]]\nname = 'app'\nkind = 'git'\ntarget = '{url}'\n"))
        .expect("written");
    let plan = desk.run(&["incident", "plan", &id]).stdout;
    let at = |text: &str| plan.find(text).unwrap_or_else(|| panic!("no {text:?}: {plan}"));
    assert!(at("\nd5 (assess") < at("\nrevoke (contain") && at("\nrevoke (contain") < at("\nfreeze-app (contain"), "the credential first");
    assert!(plan.contains("git.pre-receive-lock") && plan.contains("\npause (contain"), "{plan}");
    assert_eq!(desk.digest(&id, "freeze-app"), freeze_digest(&desk, &id, "freeze-app"), "one approval serves both commands");

    // Nobody has decided on a freeze: the key is revoked all the same, and that is all that was asked for.
    let contained = desk.run(&["incident", "contain", &id, "--armed"]);
    assert!(contained.code == Some(0) && contained.stdout.contains("freeze-app waiting: the decision d5"), "{contained:?}");
    accepted(&push(&work, &url, &[]));
    assert_eq!(decide(&desk, &id, "d5=no-freeze", "alice@sec"), Some(0));
    let held = desk.run(&["incident", "contain", &id, "--armed"]);
    assert!(held.code == Some(0) && held.stdout.contains("decision d5 of alice@sec says that nothing is frozen"), "{held:?}");
    // Decided, and not approved: that is waited for now.
    assert_eq!(decide(&desk, &id, "d5=freeze", "alice@sec"), Some(0));
    assert_eq!(desk.run(&["incident", "contain", &id, "--armed"]).code, Some(7));
    accepted(&push(&work, &url, &[]));
    let digest = desk.digest(&id, "freeze-app");
    assert_eq!(decide(&desk, &id, &format!("approve={digest}"), "alice@sec"), Some(0));
    assert_eq!(desk.run(&["incident", "contain", &id, "--arm", "revoke"]).code, Some(0), "freeze is not armed");
    let frozen = desk.run(&["incident", "contain", &id, "--arm", "freeze"]);
    assert!(frozen.code == Some(0) && frozen.stdout.contains("freeze-app done"), "{frozen:?}");
    refused(&push(&work, &url, &[]), &id);
    assert!(desk.run(&["incident", "plan", &id]).stdout.contains("\nd6 (recover"));
    assert_eq!(desk.run(&["incident", "verify", &id]).code, Some(0));
    // Released as any other.
    assert_eq!(decide(&desk, &id, "d6=release", "gov@org"), Some(0));
    let clean = desk.base.join("clean");
    std::fs::create_dir(&clean).expect("made");
    assert_eq!(desk.run(&["incident", "release", &id, "--armed", "--scan", &clean.to_string_lossy()]).code, Some(0));
    accepted(&push(&work, &url, &[]));
}
