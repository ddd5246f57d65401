//! From an open incident to a dead token: with an honest issuer, a lying one, one that hangs up, a cut line.

use super::desk::{Desk, holds, token};
use super::issuer::{Issuer, Manner};

/// A desk with a planted token, its issuer, and an open incident.
fn begun(seed: &str, manner: Manner) -> (Desk, Issuer, String, String) {
    let (desk, token) = (Desk::new(), token(seed));
    let issuer = Issuer::new(&token, manner);
    desk.issuer(&issuer.url);
    let place = desk.plant(&token);
    let id = desk.open(&[place]);
    (desk, issuer, id, token)
}

#[test]
fn a_token_is_dead_when_two_probes_say_so_and_its_value_is_nowhere() {
    let (desk, issuer, id, token) = begun("honest", Manner::Honest);
    let plan = desk.run(&["incident", "contain", &id]);
    assert_eq!(plan.code, Some(0), "{plan:?}");
    assert!(
        plan.stdout.contains("POST http://127.0.0.1:")
            && plan.stdout.contains("X-Vault-Token: ‹fp1_")
            && plan.stdout.contains("reversible  no"),
        "{}",
        plan.stdout
    );
    assert_eq!(issuer.revocations(), 0, "a plan does nothing");

    let refused = desk.run(&["incident", "contain", &id, "--armed"]);
    assert_eq!(refused.code, Some(7), "the owner's word is waited for: {refused:?}");
    assert!(desk.kinds(&id).contains(&"action.refused".to_owned()) && issuer.revocations() == 0);

    desk.approve_as_owner(&id);
    let other = desk.run(&["incident", "contain", &id, "--arm", "kill"]);
    assert!(other.stdout.contains("revoke     not armed") && issuer.revocations() == 0, "{other:?}");
    let contained = desk.run(&["incident", "contain", &id, "--armed"]);
    assert_eq!(contained.code, Some(0), "{contained:?}");
    assert!(contained.stdout.contains("is contained; the credential is dead"), "{contained:?}");
    assert_eq!(issuer.revocations(), 1);
    let kinds = desk.kinds(&id);
    let at = |kind: &str| kinds.iter().position(|one| one == kind).unwrap_or_else(|| panic!("no {kind}: {kinds:?}"));
    // It is seen to live before, and refused twice after.
    let last = kinds.iter().rposition(|kind| kind == "probe.done").expect("probes");
    assert!(at("probe.done") < at("step.intent") && at("step.intent") < at("step.done") && at("step.done") < last, "{kinds:?}");
    assert_eq!(kinds.iter().filter(|kind| *kind == "probe.done").count(), 3);

    // Again: nothing is repeated.
    let again = desk.run(&["incident", "contain", &id, "--armed"]);
    assert_eq!((again.code, issuer.revocations()), (Some(0), 1), "{again:?}");
    for run in [&plan, &refused, &contained, &again] {
        assert!(!run.stdout.contains(&token) && !run.stderr.contains(&token), "shown");
    }
    assert_eq!(holds(&desk.base.join("keyfuse"), &token), None);
}

#[test]
fn an_issuer_that_says_so_and_does_not_is_not_believed() {
    let (desk, issuer, id, _) = begun("liar", Manner::Lies);
    desk.approve_as_owner(&id);
    let contained = desk.run(&["incident", "contain", &id, "--armed"]);
    assert_eq!(contained.code, Some(5), "{contained:?}");
    assert!(contained.stdout.contains("still opens"), "{contained:?}");
    let shown = desk.show(&id);
    assert_eq!((&shown["stage"], &shown["credential_state"]), (&"containing".into(), &"live".into()));
    assert_eq!(issuer.revocations(), 1);
}

#[test]
fn a_lost_answer_is_asked_about_and_never_blindly_repeated() {
    let (desk, issuer, id, _) = begun("hang up", Manner::HangsUp);
    desk.approve_as_owner(&id);
    let first = desk.run(&["incident", "contain", &id, "--armed"]);
    assert_eq!(first.code, Some(5), "{first:?}");
    assert_eq!(desk.show(&id)["steps"]["revoke"], "unknown");
    // While nobody answers it stays unknown, and nothing is sent but questions.
    issuer.cut(true);
    let cut = desk.run(&["incident", "contain", &id, "--armed"]);
    assert_eq!((cut.code, issuer.revocations()), (Some(5), 1), "{cut:?}");
    assert_eq!(desk.run(&["incident", "probe", &id]).code, Some(5));
    assert_ne!(desk.show(&id)["credential_state"], "dead");
    issuer.cut(false);
    let mended = desk.run(&["incident", "contain", &id, "--armed"]);
    assert_eq!((mended.code, issuer.revocations()), (Some(0), 1), "{mended:?}");
    assert_eq!(desk.show(&id)["credential_state"], "dead");
}

#[test]
fn a_suspicion_waits_for_decisions_that_nobody_may_make_yet() {
    let (desk, token) = (Desk::new(), token("suspicion"));
    let issuer = Issuer::new(&token, Manner::Honest);
    desk.issuer(&issuer.url);
    let place = desk.plant(&token);
    let id = desk.open(&[place, "--precautionary"]);
    let refused = desk.run(&["incident", "contain", &id, "--armed"]);
    assert_eq!(refused.code, Some(5), "nothing can allow it while authority.toml names nobody: {refused:?}");
    assert_eq!(issuer.revocations(), 0);
    assert_eq!(desk.run(&["incident", "next", &id]).code, Some(7));
}

#[test]
fn wrong_names_are_answered_with_the_way_out() {
    let desk = Desk::new();
    let none = desk.run(&["incident", "show", "inc-none-1"]);
    assert!(none.code == Some(2) && none.stderr.contains("incident list"), "{none:?}");
    let resource = desk.run(&["incident", "open", "--resource", "vault:../etc", "--reason", "x"]);
    assert!(resource.code == Some(2) && resource.stderr.contains("vault-lease:"), "{resource:?}");
    let listed = desk.run(&["incident", "list"]);
    assert!(listed.code == Some(0) && listed.stdout.contains("no open incident"), "{listed:?}");
}

#[test]
fn a_changed_journal_is_evidence_that_does_not_verify() {
    let (desk, _issuer, id, _) = begun("changed", Manner::Honest);
    let path = desk.state().join("incidents").join(&id).join("journal.jsonl");
    let text = std::fs::read_to_string(&path).expect("written");
    std::fs::write(&path, text.replacen("HIGH", "LOWE", 1)).expect("changed");
    let shown = desk.run(&["incident", "show", &id]);
    assert_eq!(shown.code, Some(6), "{shown:?}");
}
