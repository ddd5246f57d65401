//! Whether something may be done, judged over incidents made by hand: nobody exceeds the authority file.

use std::time::Duration;

use super::tests::{Desk, intent, opened};
use super::*;
use crate::journal::{Clock, Digest};
use crate::model::Grade;

const PEOPLE: &str = "
[roles.incident-commander]
people = ['alice@sec']
[roles.key-authority]
people = ['owner@org']
[roles.audit-authority]
people = ['gov@org']
[roles.observer]
people = ['gdpr@org']
[roles.ciso]
people = []
[roles.engine]
automated = true
[[allow]]
verb = 'revoke'
class = ['internal-service']
by = ['engine']
[[allow]]
verb = 'revoke'
class = ['exchange']
by = ['incident-commander', 'key-authority']
[[allow]]
verb = 'rekey'
class = ['master']
by = ['ciso']
[[allow]]
verb = 'delete'
by = ['key-authority', 'audit-authority']
need = 2
[[allow]]
verb = 'd1'
by = ['incident-commander']
[[allow]]
verb = 'd2'
by = ['incident-commander']
[[allow]]
verb = 'comms.external'
by = ['incident-commander']
after = ['signoff']
";

fn decided(decision: &str, choice: &str, signer: &str, digest: Option<Digest>) -> Decided {
    Decided {
        decision: decision.to_owned(),
        choice: choice.to_owned(),
        action_sha256: digest,
        expires: Some("2026-11-21T22:00:00Z".parse().expect("a time")),
        review: None,
        signer: signer.to_owned(),
        roles: Vec::new(),
        attestation: "sshsig".to_owned(),
        file_sha256: Digest::of(format!("{decision}{choice}{signer}{digest:?}").as_bytes()),
        reason: String::new(),
    }
}

fn judged(desk: &Desk, standing: &[Standing], verb: &str, class: &str, action: &str) -> Verdict {
    let authority = Authority::parse("authority.toml", PEOPLE).expect("sound");
    let wanted = Wanted { action, verb, class, digest: Digest::of(action.as_bytes()) };
    judge(&authority, desk.journal.state(), standing, &wanted, desk.clock.now().wall)
}

#[test]
fn nobody_exceeds_the_file_the_engine_included() {
    let mut desk = Desk::new(&opened(Grade::Live, "exchange"));
    assert_eq!(judged(&desk, &[], "revoke", "internal-service", "a"), Verdict::Allowed("engine".to_owned()));
    assert!(matches!(judged(&desk, &[], "rotate", "internal-service", "a"), Verdict::Never(_)), "no entry");
    assert!(matches!(judged(&desk, &[], "rekey", "master", "a"), Verdict::Never(_)), "nobody is ciso");
    assert!(matches!(judged(&desk, &[], "revoke", "exchange", "a"), Verdict::Waiting { .. }));
    let a = Some(Digest::of(b"a"));
    desk.put(DECIDED, &decided("approve", "yes", "gdpr@org", a)).expect("written");
    assert!(matches!(judged(&desk, &[], "revoke", "exchange", "a"), Verdict::Waiting { .. }), "an observer");
    desk.put(DECIDED, &decided("approve", "yes", "alice@sec", a)).expect("written");
    assert_eq!(judged(&desk, &[], "revoke", "exchange", "a"), Verdict::Allowed("alice@sec".to_owned()));
    assert!(matches!(judged(&desk, &[], "revoke", "exchange", "b"), Verdict::Waiting { .. }), "approved was another action");
    desk.clock.advance(Duration::from_secs(3600));
    assert!(matches!(judged(&desk, &[], "revoke", "exchange", "a"), Verdict::Waiting { .. }), "over");
}

#[test]
fn an_approval_holds_once() {
    let mut desk = Desk::new(&opened(Grade::Live, "exchange"));
    let digest = Digest::of(b"a");
    desk.put(DECIDED, &decided("approve", "yes", "alice@sec", Some(digest))).expect("written");
    desk.put(INTENT, &Intent { action_sha256: digest, ..intent() }).expect("written");
    assert!(matches!(judged(&desk, &[], "revoke", "exchange", "a"), Verdict::Waiting { .. }));
}

#[test]
fn two_must_be_two() {
    let mut desk = Desk::new(&opened(Grade::Live, "exchange"));
    let a = Some(Digest::of(b"a"));
    desk.put(DECIDED, &decided("approve", "yes", "owner@org", a)).expect("written");
    let twice = Decided { file_sha256: Digest::of(b"another file"), ..decided("approve", "yes", "owner@org", a) };
    desk.put(DECIDED, &twice).expect("written");
    assert!(matches!(judged(&desk, &[], "delete", "exchange", "a"), Verdict::Waiting { .. }));
    desk.put(DECIDED, &decided("approve", "yes", "gov@org", a)).expect("written");
    assert!(matches!(judged(&desk, &[], "delete", "exchange", "a"), Verdict::Allowed(_)));
}

#[test]
fn what_is_only_suspected_waits_for_two_decisions() {
    let mut desk = Desk::new(&opened(Grade::Proved, "internal-service"));
    assert!(matches!(judged(&desk, &[], "revoke", "internal-service", "a"), Verdict::Waiting { .. }));
    desk.put(DECIDED, &decided("d1", "precautionary", "alice@sec", None)).expect("written");
    assert!(matches!(judged(&desk, &[], "revoke", "internal-service", "a"), Verdict::Waiting { .. }));
    desk.put(DECIDED, &decided("d2", "wait", "alice@sec", None)).expect("written");
    assert!(matches!(judged(&desk, &[], "revoke", "internal-service", "a"), Verdict::Waiting { .. }));
    desk.put(DECIDED, &decided("d2", "revoke-now", "alice@sec", None)).expect("written");
    assert_eq!(judged(&desk, &[], "revoke", "internal-service", "a"), Verdict::Allowed("engine".to_owned()));
}

#[test]
fn a_standing_approval_covers_its_class_until_it_ends() {
    let desk = Desk::new(&opened(Grade::Live, "exchange"));
    let now = desk.clock.now().wall;
    let text = |expires: &str, signer: &str| {
        format!("decision: approve\nchoice: yes\nclass: exchange\nverb: revoke\nexpires: {expires}\nsigner: {signer}\n")
    };
    let standing = |expires: &str, signer: &str| {
        let text = text(expires, signer);
        Standing::new(&DecisionFile::parse(text.as_bytes()).expect("sound"), text.as_bytes(), b"", now)
    };
    assert!(standing("2026-12-22T00:00:00Z", "alice@sec").is_err(), "more than thirty days");
    assert!(standing("2026-11-21T00:00:00Z", "alice@sec").is_err(), "over");
    let good = standing("2026-12-01T00:00:00Z", "alice@sec").expect("sound");
    assert_eq!(judged(&desk, std::slice::from_ref(&good), "revoke", "exchange", "a"), Verdict::Allowed("alice@sec".to_owned()));
    let observer = standing("2026-12-01T00:00:00Z", "gdpr@org").expect("a sound file");
    assert!(matches!(judged(&desk, &[observer], "revoke", "exchange", "a"), Verdict::Waiting { .. }));
    assert!(matches!(judged(&desk, &[good], "delete", "exchange", "a"), Verdict::Waiting { .. }), "another verb");
}

#[test]
fn external_words_wait_for_the_sign_off() {
    let mut desk = Desk::new(&opened(Grade::Live, "exchange"));
    let a = Some(Digest::of(b"a"));
    desk.put(DECIDED, &decided("approve", "yes", "alice@sec", a)).expect("written");
    assert!(matches!(judged(&desk, &[], "comms.external", "exchange", "a"), Verdict::Waiting { .. }));
    desk.put(DECIDED, &decided("signoff", "yes", "gov@org", None)).expect("written");
    assert_eq!(judged(&desk, &[], "comms.external", "exchange", "a"), Verdict::Allowed("alice@sec".to_owned()));
}
