//! What makes an incident critical although nobody was seen to use the credential: everybody can read it, and it opens production.

use super::desk::{Desk, token};
use super::paged::hook_key;
use super::people::{decide, has_ssh_keygen, people};
use crate::probe::script::{Script, json};
use crate::scratch::{Scratch, not_run};

const TRIAGE: &str = "[roles.incident-commander]\npeople = ['alice@sec']\n[[allow]]\nverb = 'd1'\nby = ['incident-commander']\n";

#[test]
fn what_a_person_says_of_it_is_on_record_with_who_says_so() {
    if !has_ssh_keygen() {
        return not_run("what_a_person_says_of_it_is_on_record_with_who_says_so", "ssh-keygen");
    }
    let desk = Desk::new();
    people(&desk, &["alice@sec"], TRIAGE);
    let place = desk.plant(&token("stakes"));
    // A suspicion, and one sign alone: neither is critical.
    let id = desk.open(&[place, "--precautionary", "--public"]);
    let shown = desk.show(&id);
    assert_eq!(shown["severity"], "MEDIUM", "{shown}");
    assert!(shown["stakes"]["public"].as_str().is_some_and(|why| why.ends_with("says so: it was seen in use")), "{shown}");
    assert_eq!(shown["stakes"]["production"], serde_json::Value::Null);
    // The other sign, learned later, is one more line and not another incident.
    assert_eq!(desk.open(&[place, "--precautionary", "--production"]), id);
    assert_eq!((&desk.show(&id)["severity"], desk.kinds(&id).last().map(String::as_str)), (&"MEDIUM".into(), Some("incident.state")));
    // The decision confirms it, and what follows is on record with its reason.
    assert_eq!(decide(&desk, &id, "d1=confirmed", "alice@sec"), Some(0));
    assert_eq!(desk.show(&id)["severity"], "CRITICAL");
    let report = desk.run(&["incident", "report", &id]).stdout;
    assert!(report.contains("**Severity:** SEV-1 (CRITICAL)") && report.contains("Whether it opens production: "), "{report}");
    assert!(report.contains("Its severity is CRITICAL: it opens production, and everybody can read it"), "{report}");
    let told = desk.run(&["incident", "show", &id]).stdout;
    assert!(told.contains("\n  public ") && told.contains("\n  production "), "{told}");
    assert_eq!(desk.run(&["incident", "verify", &id]).code, Some(0));
}

#[test]
fn a_remote_that_is_declared_public_reaches_the_notice() {
    let (desk, secret) = (Desk::new(), token("remote"));
    let work = Scratch::new();
    work.write("app.env", format!("VAULT_TOKEN={secret}\n"));
    work.commit("add");
    work.git(&["remote", "add", "origin", "https://ann@git.test/corp/web.git"]);
    work.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    let hook = Script::start(|_| json(202, "{}"));
    hook_key(&desk);
    let text = format!(
        "[[endpoint]]\nname = 'pager'\ndialect = 'native'\nurl = '{}'\nsecret = 'file:hook.key'\n\
         [[production]]\nservices = ['vault']\n[[public]]\nremotes = ['git.test/corp/*']\n",
        hook.url()
    );
    std::fs::write(desk.config("config.toml"), text).expect("written");
    let repository = work.root.display().to_string();
    let place = work.root.join("app.env:1").display().to_string();
    let confirmed = desk.run(&["confirm", &place, "--reason", "it was read in public", &repository]);
    assert_eq!(confirmed.code, Some(0), "{confirmed:?}");
    let handed = desk.run(&["git", &repository, "--handoff"]);
    assert_eq!(handed.code, Some(1), "{handed:?}");
    let body: serde_json::Value = serde_json::from_str(&hook.asked()[0].body).expect("JSON");
    let (data, exposure) = (&body["data"], &body["data"]["exposure"]);
    assert_eq!((&data["severity"], &exposure["remotes"]), (&"CRITICAL".into(), &serde_json::json!(["git.test/corp/web"])), "{body}");
    assert_eq!(exposure["stakes"]["public"], "[[public]] of config.toml names the remote git.test/corp/web");
    let evidence = data["credential"]["evidence"].to_string();
    assert!(evidence.contains("everybody can read it") && evidence.contains("it opens production"), "{evidence}");
}
