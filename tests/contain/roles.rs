//! Nobody exceeds the authority file: each who tries is refused by the program, and that is on record.

use super::desk::{Desk, token};
use super::issuer::{Issuer, Manner};
use super::signed::{has_ssh_keygen, people_of, sign};
use crate::scratch::not_run;

const AUTHORITY: &str = "
[roles.incident-commander]
people = ['alice@sec']
[roles.ciso]
people = ['carol@org']
[roles.key-authority]
people = ['owner@org']
[roles.observer]
people = ['gdpr@org']
[[allow]]
verb = 'revoke'
class = ['exchange']
by = ['incident-commander']
[[allow]]
verb = 'rekey'
class = ['master']
by = ['ciso']
[[allow]]
verb = 'attest'
by = ['incident-commander', 'key-authority']
";

const PEOPLE: [&str; 4] = ["alice@sec", "carol@org", "owner@org", "gdpr@org"];

/// Decides, signs, hands in; gives the exit code.
fn hand_in(desk: &Desk, id: &str, decision: &str, person: &str) -> Option<i32> {
    let file = desk.decide(id, decision, person);
    sign(desk, person, "keyfuse-decision", &file);
    desk.run(&["incident", "approve", id, &file.to_string_lossy()]).code
}

fn refusals(desk: &Desk, id: &str) -> usize {
    desk.kinds(id).iter().filter(|kind| *kind == "action.refused").count()
}

#[test]
fn an_approval_of_one_action_does_nothing_for_another() {
    if !has_ssh_keygen() {
        return not_run("an_approval_of_one_action_does_nothing_for_another", "ssh-keygen");
    }
    let (desk, first, second) = (Desk::new(), token("action a"), token("action b"));
    let issuer = Issuer::of(&[&first, &second], Manner::Honest);
    desk.issuer(&issuer.url);
    desk.class("exchange");
    people_of(&desk, &PEOPLE, AUTHORITY);
    for (file, token) in [("a.env", &first), ("b.env", &second)] {
        std::fs::write(desk.work.join(file), format!("VAULT_TOKEN={token}\n")).expect("written");
    }
    let (a, b) = (desk.open(&["a.env:1"]), desk.open(&["b.env:1"]));
    let digest = desk.digest(&a, "revoke");
    assert_ne!(digest, desk.digest(&b, "revoke"));
    // The file of A, handed in for B.
    let file = desk.decide(&a, &format!("approve={digest}"), "alice@sec");
    sign(&desk, "alice@sec", "keyfuse-decision", &file);
    let replayed = desk.run(&["incident", "approve", &b, &file.to_string_lossy()]);
    assert!(replayed.code != Some(0) && replayed.stderr.contains(&format!("about {a}, not about {b}")), "{replayed:?}");
    // A's action, approved for B.
    assert_eq!(hand_in(&desk, &b, &format!("approve={digest}"), "alice@sec"), Some(0), "whose word counts is judged when it is acted on");
    let contained = desk.run(&["incident", "contain", &b, "--armed"]);
    assert_eq!((contained.code, issuer.revocations()), (Some(7), 0), "{contained:?}");
    assert_eq!(refusals(&desk, &b), 2);
    // An observer's word on the right action does no more.
    assert_eq!(hand_in(&desk, &a, &format!("approve={digest}"), "gdpr@org"), Some(0));
    let observed = desk.run(&["incident", "contain", &a, "--armed"]);
    assert_eq!((observed.code, issuer.revocations(), refusals(&desk, &a)), (Some(7), 0, 1), "{observed:?}");
}

#[test]
fn a_master_key_is_made_anew_on_the_word_of_who_may_and_of_nobody_else() {
    if !has_ssh_keygen() {
        return not_run("a_master_key_is_made_anew_on_the_word_of_who_may_and_of_nobody_else", "ssh-keygen");
    }
    let desk = Desk::new();
    people_of(&desk, &PEOPLE, AUTHORITY);
    std::fs::write(desk.config("config.toml"), "[[class]]\nclass = 'master'\npaths = ['deploy.key']\n").expect("written");
    let key = keyfuse::rules::expand("{pem:openssh}", "master").expect("a sound template").text;
    std::fs::write(desk.work.join("deploy.key"), key).expect("written");
    let id = desk.open(&["deploy.key:1"]);
    assert_eq!(desk.show(&id)["class"], "master");
    let digest = desk.digest(&id, "rekey");
    let word = || desk.run(&["incident", "done", &id, "rekey", "--reason", "another key is in place"]);
    let bare = word();
    assert!(bare.code == Some(7) && bare.stderr.contains("ciso"), "{bare:?}");
    // The commander signs well, and may not; nor may the observer.
    for person in ["alice@sec", "gdpr@org"] {
        assert_eq!(hand_in(&desk, &id, &format!("approve={digest}"), person), Some(0));
        let refused = word();
        assert_eq!(refused.code, Some(7), "{person}: {refused:?}");
    }
    assert_eq!((refusals(&desk, &id), &desk.show(&id)["credential_state"]), (3, &"live".into()));
    assert_eq!(hand_in(&desk, &id, &format!("approve={digest}"), "carol@org"), Some(0));
    let done = word();
    assert!(done.code == Some(0) && done.stdout.contains("contained"), "{done:?}");
    assert_eq!(desk.show(&id)["credential_state"], "re-keyed");
    assert_eq!(desk.run(&["incident", "verify", &id]).code, Some(0));
}

#[test]
fn two_people_in_two_roles_say_what_no_machine_can_prove() {
    if !has_ssh_keygen() {
        return not_run("two_people_in_two_roles_say_what_no_machine_can_prove", "ssh-keygen");
    }
    let desk = Desk::new();
    people_of(&desk, &PEOPLE, AUTHORITY);
    let id = desk.open(&["--resource", "vault:secret/data/partner"]);
    assert_eq!(hand_in(&desk, &id, "attest=gone", "gdpr@org"), Some(7), "an observer attests nothing");
    assert_eq!(hand_in(&desk, &id, "attest=gone", "alice@sec"), Some(0));
    assert_eq!(desk.show(&id)["credential_state"], "live", "one is not two");
    assert_eq!(hand_in(&desk, &id, "attest=gone", "owner@org"), Some(0));
    let shown = desk.show(&id);
    assert_eq!((&shown["credential_state"], &shown["stage"]), (&"manual-attested".into(), &"contained".into()));
    let verified = desk.run(&["incident", "verify", &id]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
}

#[test]
fn a_journal_that_was_cut_off_is_sound_by_itself_and_not_before_a_witness() {
    if !has_ssh_keygen() {
        return not_run("a_journal_that_was_cut_off_is_sound_by_itself_and_not_before_a_witness", "ssh-keygen");
    }
    let desk = Desk::new();
    people_of(&desk, &PEOPLE, AUTHORITY);
    let id = desk.open(&["--resource", "vault:secret/data/partner"]);
    assert_eq!(hand_in(&desk, &id, "attest=gone", "alice@sec"), Some(0));
    // Whoever was sent the message has the head.
    let message = desk.run(&["incident", "comms", &id]);
    let head = message.stdout.lines().find_map(|line| line.strip_prefix("Journal: ")).expect("a head").to_owned();
    let verify = |witness: &[&str]| desk.run(&[&["incident", "verify", &id], witness].concat());
    assert_eq!(verify(&["--witness", &head]).code, Some(0));
    let path = desk.state().join("incidents").join(&id).join("journal.jsonl");
    let whole = std::fs::read_to_string(&path).expect("a journal");
    let lines: Vec<&str> = whole.lines().collect();
    // Its end is cut off, with the decision that stood there.
    std::fs::write(&path, lines[..lines.len() - 1].join("\n") + "\n").expect("cut");
    std::fs::rename(path.with_file_name("decisions"), desk.base.join("decisions")).expect("moved");
    assert_eq!(verify(&[]).code, Some(0), "nothing in it tells");
    let caught = verify(&["--witness", &head]);
    assert!(caught.code == Some(6) && caught.stdout.contains("FAILED   witness"), "{caught:?}");
    // Written anew from its beginning with the same decision, it meets the witness who signed that.
    std::fs::rename(desk.base.join("decisions"), path.with_file_name("decisions")).expect("moved back");
    let (mut prev, mut anew) = (keyfuse::journal::Digest::ZERO, String::new());
    for line in &lines {
        let mut event: serde_json::Value = serde_json::from_str(line).expect("an event");
        event["prev"] = prev.to_string().into();
        if event["type"] == "incident.opened" {
            event["data"]["grounds"] = serde_json::json!(["somebody else says something else"]);
        }
        let line = event.to_string();
        prev = keyfuse::journal::Digest::of(line.as_bytes());
        anew.push_str(&line);
        anew.push('\n');
    }
    std::fs::write(&path, anew).expect("written anew");
    let caught = verify(&[]);
    let says = caught.stdout.lines().find(|line| line.starts_with("FAILED   decisions")).unwrap_or_default();
    assert!(caught.code == Some(6) && says.contains("is not what its signer was shown"), "{caught:?}");
    assert!(!caught.stdout.contains("FAILED   chain"), "the chain by itself is sound: {caught:?}");
}
