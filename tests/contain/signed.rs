//! Decisions signed by the real ssh-keygen: who may decide, about what, for how long.

use std::path::Path;
use std::process::Command;

use super::desk::{Desk, token};
use super::issuer::{Issuer, Manner};
use crate::scratch::not_run;

const AUTHORITY: &str = "
[roles.incident-commander]
people = ['alice@sec']
[roles.observer]
people = ['gdpr@org']
[roles.ciso]
people = []
[[allow]]
verb = 'revoke'
class = ['exchange']
by = ['incident-commander']
[[allow]]
verb = 'd1'
by = ['incident-commander']
[[allow]]
verb = 'd2'
by = ['incident-commander']
";

pub(super) fn has_ssh_keygen() -> bool {
    Command::new("ssh-keygen").arg("-?").output().is_ok()
}

fn people(desk: &Desk, names: &[&str]) {
    people_of(desk, names, AUTHORITY);
}

/// Makes a key for each person, and allowed_signers; writes the authority file.
pub(super) fn people_of(desk: &Desk, names: &[&str], authority: &str) {
    let mut signers = String::new();
    for name in names {
        let key = desk.base.join(name);
        let made =
            Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"]).arg(&key).status().expect("it runs");
        assert!(made.success());
        let public = std::fs::read_to_string(desk.base.join(format!("{name}.pub"))).expect("made");
        signers.push_str(&format!("{name} {public}"));
    }
    std::fs::write(desk.config("allowed_signers"), signers).expect("written");
    std::fs::write(desk.config("authority.toml"), authority).expect("written");
}

pub(super) fn sign(desk: &Desk, name: &str, namespace: &str, file: &Path) {
    let _ = std::fs::remove_file(format!("{}.sig", file.display()));
    let signed = Command::new("ssh-keygen").args(["-q", "-Y", "sign", "-n", namespace, "-f"]).arg(desk.base.join(name)).arg(file).output();
    assert!(signed.expect("it runs").status.success());
}

#[test]
fn only_a_signature_of_somebody_with_the_role_over_this_very_action_counts() {
    if !has_ssh_keygen() {
        return not_run("only_a_signature_of_somebody_with_the_role_over_this_very_action_counts", "ssh-keygen");
    }
    let (desk, token) = (Desk::new(), token("signed"));
    let issuer = Issuer::new(&token, Manner::Honest);
    desk.issuer(&issuer.url);
    people(&desk, &["alice@sec", "gdpr@org"]);
    desk.class("exchange");
    let place = desk.plant(&token);
    let id = desk.open(&[place]);
    assert_eq!(desk.show(&id)["class"], "exchange");
    let approve = |file: &Path| desk.run(&["incident", "approve", &id, &file.to_string_lossy()]);
    let digest = desk.digest(&id, "revoke");

    // Nobody has signed; somebody else has; another text; another purpose.
    let file = desk.decide(&id, &format!("approve={digest}"), "alice@sec");
    let unsigned = approve(&file);
    assert!(unsigned.code == Some(5) && unsigned.stderr.contains(".sig is not there"), "{unsigned:?}");
    assert!(
        desk.run(&["incident", "approve", &id, &file.to_string_lossy(), "--unsigned"]).code != Some(0),
        "this class takes no bare word"
    );
    sign(&desk, "gdpr@org", "keyfuse-decision", &file);
    assert!(approve(&file).stderr.contains("not made with a key of alice@sec"));
    sign(&desk, "alice@sec", "file", &file);
    assert!(approve(&file).stderr.contains("was made for `file`"));
    sign(&desk, "alice@sec", "keyfuse-decision", &file);
    let text = std::fs::read_to_string(&file).expect("written");
    std::fs::write(&file, text.replace("choice: yes", "choice:  yes")).expect("changed");
    assert!(approve(&file).stderr.contains("not made with a key"), "one space more");
    std::fs::write(&file, &text).expect("as it was");

    // An observer signs well, and may not.
    let observed = desk.decide(&id, &format!("approve={digest}"), "gdpr@org");
    sign(&desk, "gdpr@org", "keyfuse-decision", &observed);
    assert_eq!(approve(&observed).code, Some(0), "whose word counts is judged when it is acted on");
    assert_eq!(desk.run(&["incident", "contain", &id, "--armed"]).code, Some(7));
    let decided = desk.decide(&id, "d2=revoke-now", "gdpr@org");
    sign(&desk, "gdpr@org", "keyfuse-decision", &decided);
    assert!(approve(&decided).code == Some(7), "an observer decides nothing");
    assert_eq!(issuer.revocations(), 0);

    // An approval of another action.
    let other = desk.decide(&id, &format!("approve={}", "ab".repeat(32)), "alice@sec");
    sign(&desk, "alice@sec", "keyfuse-decision", &other);
    assert_eq!(approve(&other).code, Some(0));
    assert_eq!((desk.run(&["incident", "contain", &id, "--armed"]).code, issuer.revocations()), (Some(7), 0));

    // The right one, once.
    assert_eq!(approve(&file).code, Some(0));
    assert_eq!(approve(&file).code, Some(2), "handed in twice");
    let contained = desk.run(&["incident", "contain", &id, "--armed"]);
    assert_eq!((contained.code, issuer.revocations()), (Some(0), 1), "{contained:?}");
    let refusals = desk.kinds(&id).iter().filter(|kind| *kind == "action.refused").count();
    assert!(refusals >= 6, "each refusal is on record: {refusals}");

    // What was kept verifies with the standard tool.
    let kept = desk.state().join("incidents").join(&id).join("decisions");
    let name = std::fs::read_dir(&kept).expect("kept").filter_map(|entry| Some(entry.ok()?.path())).find(|path| {
        path.extension().is_some_and(|end| end == "txt")
            && std::fs::read_to_string(path).is_ok_and(|text| text.contains(&digest) && text.contains("alice@sec"))
    });
    let name = name.expect("the decision is kept");
    let verified = Command::new("ssh-keygen")
        .args(["-Y", "verify", "-n", "keyfuse-decision", "-I", "alice@sec", "-f"])
        .arg(desk.config("allowed_signers"))
        .arg("-s")
        .arg(format!("{}.sig", name.display()))
        .stdin(std::fs::File::open(&name).expect("there"))
        .output()
        .expect("it runs");
    assert!(verified.status.success(), "{verified:?}");
}

#[test]
fn a_standing_approval_lets_it_be_done_at_once() {
    if !has_ssh_keygen() {
        return not_run("a_standing_approval_lets_it_be_done_at_once", "ssh-keygen");
    }
    let (desk, token) = (Desk::new(), token("standing"));
    let issuer = Issuer::new(&token, Manner::Honest);
    desk.issuer(&issuer.url);
    people(&desk, &["alice@sec"]);
    desk.class("exchange");
    let place = desk.plant(&token);
    let id = desk.open(&[place]);
    std::fs::create_dir_all(desk.config("approvals")).expect("made");
    let until = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24);
    let file = desk.config("approvals/exchange.txt");
    std::fs::write(
        &file,
        format!("decision: approve\nchoice: yes\nclass: exchange\nverb: revoke\nexpires: {until:.0}\nsigner: alice@sec\n"),
    )
    .expect("written");
    let without = desk.run(&["incident", "contain", &id, "--armed"]);
    assert!(without.code == Some(7) && without.stderr.contains("approves nothing"), "{without:?}");
    sign(&desk, "alice@sec", "keyfuse-decision", &file);
    let contained = desk.run(&["incident", "contain", &id, "--armed"]);
    assert_eq!((contained.code, issuer.revocations()), (Some(0), 1), "{contained:?}");

    // Whoever judges later finds the approval and the authority as they were, though both have changed since.
    std::fs::remove_file(&file).expect("withdrawn");
    std::fs::write(
        desk.config("authority.toml"),
        AUTHORITY.replace("['exchange']\nby = ['incident-commander']", "['broker']\nby = ['ciso']"),
    )
    .expect("written");
    let verify = || desk.run(&["incident", "verify", &id]);
    let told = |run: &crate::scratch::Run, says: &str| {
        run.stdout.lines().any(|line| line.starts_with("FAILED   authority") && line.contains(says))
    };
    let judged = verify();
    assert!(judged.code == Some(0) && judged.stdout.contains("1 judged again, each was allowed"), "{judged:?}");
    let given = desk.config("authority.toml");
    let alone = desk.run(&["incident", "verify", &id, "--authority", &given.to_string_lossy()]);
    assert!(alone.code == Some(6) && told(&alone, "no entry of the authority file allows `revoke`"), "{alone:?}");
    let kept = desk.state().join("incidents").join(&id).join("in-force");
    let of = |begin: &str, end: &str| {
        let is_it = |path: &std::path::PathBuf| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            name.starts_with(begin) && name.ends_with(end)
        };
        std::fs::read_dir(&kept).expect("kept").map(|entry| entry.expect("readable").path()).find(is_it).expect("there")
    };
    let (authority, signature) = (of("authority-", ".toml"), of("approval-", ".sig"));
    let (whole, signed) = (std::fs::read(&authority).expect("text"), std::fs::read(&signature).expect("a signature"));
    std::fs::write(&authority, [&whole[..], b"# a word more\n"].concat()).expect("changed");
    assert!(told(&verify(), "was changed"), "another authority in its place");
    std::fs::write(&authority, whole).expect("as it was");
    std::fs::remove_file(&signature).expect("removed");
    assert!(told(&verify(), "nothing allowed it then"), "an approval that nobody has signed");
    std::fs::write(&signature, signed).expect("as it was");
    assert_eq!(verify().code, Some(0));
}
