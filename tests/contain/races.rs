//! Two at once, a flood, a kill in the middle: what is done is done once, and what is on record is true.

use std::process::{Child, Stdio};

use super::desk::{Desk, token};
use super::issuer::{Issuer, Manner};
use crate::scratch::Run;

/// A desk with a planted token, its issuer, and an open incident that its owner has approved to end.
fn approved(seed: &str, manner: Manner) -> (Desk, Issuer, String) {
    let (desk, token) = (Desk::new(), token(seed));
    let issuer = Issuer::new(&token, manner);
    desk.issuer(&issuer.url);
    let place = desk.plant(&token);
    let id = desk.open(&[place]);
    desk.approve_as_owner(&id);
    (desk, issuer, id)
}

fn begin(desk: &Desk, id: &str) -> Child {
    let mut command = desk.command(&["incident", "contain", id, "--armed"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
}

fn end(child: Child) -> Run {
    Run::of(child.wait_with_output().expect("a child of ours"))
}

fn count(desk: &Desk, id: &str, kind: &str) -> usize {
    desk.kinds(id).iter().filter(|one| *one == kind).count()
}

#[test]
fn of_two_responders_one_acts_and_a_killed_one_is_neither_repeated_nor_believed() {
    // Each waits ten seconds between two probes; so they wait together.
    std::thread::scope(|scope| {
        scope.spawn(two_at_once);
        scope.spawn(killed_after_the_issuer_was_reached);
        scope.spawn(killed_before_the_issuer_did_anything);
        scope.spawn(a_flood);
    });
}

fn two_at_once() {
    let (desk, issuer, id) = approved("two at once", Manner::Honest);
    issuer.hold(true);
    let first = begin(&desk, &id);
    issuer.wait_for(1);
    // The first has sent its request and has no answer yet.
    let second = end(begin(&desk, &id));
    assert_eq!(second.code, Some(7), "{second:?}");
    assert!(second.stderr.contains("another responder acts on"), "{second:?}");
    issuer.hold(false);
    let first = end(first);
    assert_eq!(first.code, Some(0), "{first:?}");
    assert_eq!((issuer.revocations(), count(&desk, &id, "step.intent")), (1, 1));
    assert_eq!(count(&desk, &id, "action.refused"), 1, "that the second was refused is on record");
    assert_eq!(desk.show(&id)["credential_state"], "dead");
    assert_eq!(desk.run(&["incident", "verify", &id]).code, Some(0));
}

fn killed_after_the_issuer_was_reached() {
    let (desk, issuer, id) = approved("killed late", Manner::Honest);
    issuer.hold(true);
    let mut first = begin(&desk, &id);
    issuer.wait_for(1);
    first.kill().expect("SIGKILL");
    first.wait().expect("a child of ours");
    issuer.hold(false);
    assert_eq!(desk.show(&id)["steps"]["revoke"], "begun", "nobody has told how it ended");
    // The next asks before anything else, hears that it is dead, and sends no second request.
    let next = end(begin(&desk, &id));
    assert_eq!((next.code, issuer.revocations()), (Some(0), 1), "{next:?}");
    let kinds = desk.kinds(&id);
    let intent = kinds.iter().position(|kind| kind == "step.intent").expect("an intent");
    assert!(kinds[intent + 1..].contains(&"probe.done".to_owned()), "{kinds:?}");
    assert_eq!((count(&desk, &id, "step.intent"), &desk.show(&id)["stage"]), (1, &"contained".into()));
    assert_eq!(desk.run(&["incident", "verify", &id]).code, Some(0));
}

fn killed_before_the_issuer_did_anything() {
    let (desk, issuer, id) = approved("killed early", Manner::Loses);
    issuer.hold(true);
    let mut first = begin(&desk, &id);
    issuer.wait_for(1);
    first.kill().expect("SIGKILL");
    first.wait().expect("a child of ours");
    issuer.hold(false);
    // It lives, so it was not done; and the approval was good for one deed.
    let next = end(begin(&desk, &id));
    assert_eq!((next.code, issuer.revocations()), (Some(7), 1), "{next:?}");
    assert!(next.stdout.contains("waits for the approval"), "{next:?}");
    let kinds = desk.kinds(&id);
    assert!(kinds.contains(&"probe.done".to_owned()), "{kinds:?}");
    assert_ne!(desk.show(&id)["stage"], "contained");
    assert_eq!(desk.run(&["incident", "verify", &id]).code, Some(0));
}

/// Somebody plants seven keys so that all are revoked at once: five are, two wait for a person to look.
fn a_flood() {
    let desk = Desk::new();
    let tokens: Vec<String> = (0..7).map(|number| token(&format!("flood {number}"))).collect();
    let issuer = Issuer::of(&tokens.iter().map(String::as_str).collect::<Vec<_>>(), Manner::Honest);
    desk.issuer(&issuer.url);
    let ids: Vec<String> = tokens
        .iter()
        .enumerate()
        .map(|(number, token)| {
            let file = format!("planted-{number}.env");
            std::fs::write(desk.work.join(&file), format!("VAULT_TOKEN={token}\n")).expect("written");
            let id = desk.open(&[&format!("{file}:1")]);
            desk.approve_as_owner(&id);
            id
        })
        .collect();
    let running: Vec<Child> = ids.iter().map(|id| begin(&desk, id)).collect();
    let runs: Vec<Run> = running.into_iter().map(end).collect();
    let with = |code: i32| runs.iter().filter(|run| run.code == Some(code)).count();
    assert_eq!((with(0), with(7), issuer.revocations()), (5, 2, 5), "{runs:?}");
    for (id, run) in ids.iter().zip(&runs).filter(|(_, run)| run.code == Some(7)) {
        assert!(run.stdout.contains("5 mutations were armed within the hour"), "{run:?}");
        let kinds = desk.kinds(id);
        assert!(kinds.contains(&"action.refused".to_owned()) && !kinds.contains(&"step.intent".to_owned()), "{kinds:?}");
    }
}
