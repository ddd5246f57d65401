//! The bundle: sealed, verified by keyfuse and by ordinary tools, and every change to it named.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::desk::Desk;
use crate::scratch::by_hand;

/// Every byte below a folder.
fn everything(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        all.extend(if path.is_dir() { everything(&path) } else { fs::read(&path).expect("readable") });
    }
    all
}

fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").args(["-a"]).arg(from).arg(to).status().expect("cp").success());
}

#[test]
fn what_is_sealed_verifies_and_holds_no_secret_and_every_change_is_named() {
    let desk = Desk::new("bundle");
    let said = desk.incident("evidence", &["--what", "rca", "--text", "A token was exported in a start-up file."]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let leak = format!("it was SERVICE_TOKEN=\"{}\"", desk.secret);
    let refused = desk.incident("evidence", &["--what", "note", "--text", &leak]);
    assert!(refused.code == Some(2) && refused.stderr.contains("holds a secret") && !refused.stderr.contains(&desk.secret), "{refused:?}");
    let refused = desk.incident("evidence", &["--what", "external", "app.env"]);
    assert!(refused.code == Some(2) && !refused.stderr.contains(&desk.secret), "{refused:?}");
    let kept = desk.incident("evidence", &["--what", "snapshot", "app.env"]);
    assert_eq!(kept.code, Some(0), "{kept:?}");

    // Nothing leaves the house before governance says so, and nobody else can say so.
    let out = ["--external", "--by", "alice@sec", "--sent", "customers"];
    assert_eq!(desk.incident("comms", &out).code, Some(7));
    assert_ne!(desk.decide("signoff=yes", "gdpr@org", "gdpr").code, Some(0), "an observer signs nothing off");
    assert_eq!(desk.incident("comms", &out).code, Some(7));
    let signed = desk.decide("signoff=yes", "gov@org", "gov");
    assert_eq!(signed.code, Some(0), "{signed:?}");
    assert_eq!(desk.incident("comms", &["--external", "--by", "gdpr@org"]).code, Some(5), "nor does an observer send");
    let sent = desk.incident("comms", &out);
    assert!(sent.code == Some(0) && sent.stdout.contains("unknown (not measured)"), "{sent:?}");

    let live = desk.incident("verify", &[]);
    assert_eq!(live.code, Some(0), "{live:?}");
    let head = live.stdout.lines().find(|line| line.contains("chain")).expect("a chain").to_owned();
    let bundle = desk.seal("sealed");
    let verified = desk.run(&["incident", "verify", "sealed"]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
    assert!(verified.stdout.contains("by gov@org, audit-authority"), "{verified:?}");
    let by_hand_told = by_hand(&bundle);
    assert!(by_hand_told.code == Some(0) && by_hand_told.stdout.contains("lines, head"), "{by_hand_told:?}");

    let all = everything(&bundle);
    assert!(memchr_find(&all, desk.secret.as_bytes()).is_none(), "the bundle holds the secret");
    let report = fs::read_to_string(bundle.join("report.md")).expect("a report");
    assert!(report.contains("A token was exported") && report.contains("Governance sign-off completed before"), "{report}");

    // A witness: the head that was shown before sealing, and one that was never there.
    let mut words = head.split_whitespace().skip(2);
    let (lines, digest) = (words.next().expect("lines"), head.split_whitespace().last().expect("a digest"));
    let witness = format!("{lines}:{digest}");
    assert_eq!(desk.run(&["incident", "verify", "sealed", "--witness", &witness]).code, Some(0));
    let wrong = format!("{lines}:{}", "0".repeat(64));
    let cut = desk.run(&["incident", "verify", "sealed", "--witness", &wrong]);
    assert!(cut.code == Some(6) && cut.stdout.contains("witness"), "{cut:?}");

    type Change = fn(&Path);
    let changes: [(&str, &str, Change); 10] = [
        ("a line of the journal is changed", "chain", |bundle| {
            let path = bundle.join("journal.jsonl");
            let text = fs::read_to_string(&path).expect("text").replacen("start-up file", "start-up-file", 1);
            fs::write(path, text).expect("written");
        }),
        ("the journal's end is cut off", "report", |bundle| {
            let path = bundle.join("journal.jsonl");
            let text = fs::read_to_string(&path).expect("text");
            let lines: Vec<&str> = text.lines().collect();
            fs::write(path, lines[..lines.len() - 1].join("\n") + "\n").expect("written");
        }),
        ("two lines change places", "chain", |bundle| {
            let path = bundle.join("journal.jsonl");
            let text = fs::read_to_string(&path).expect("text");
            let mut lines: Vec<&str> = text.lines().collect();
            lines.swap(1, 2);
            fs::write(path, lines.join("\n") + "\n").expect("written");
        }),
        ("the report is touched up", "report", |bundle| {
            let path = bundle.join("report.md");
            fs::write(&path, fs::read_to_string(&path).expect("text").replace("LOW", "low") + "All was well.\n").expect("written");
        }),
        ("a file is added", "manifest", |bundle| fs::write(bundle.join("note"), "x").expect("written")),
        ("a decision is gone", "decisions", |bundle| fs::remove_file(bundle.join("decisions/signoff-001.txt")).expect("removed")),
        ("a decision says something else", "decisions", |bundle| {
            let path = bundle.join("decisions/signoff-001.txt");
            fs::write(&path, fs::read_to_string(&path).expect("text").replace("as practised", "as agreed")).expect("written");
        }),
        ("the authority is another", "signature", |bundle| {
            let path = bundle.join("authority.toml");
            fs::write(&path, fs::read_to_string(&path).expect("text").replace("gov@org", "gdpr@org")).expect("written");
        }),
        ("the role may not decide it", "decisions", |bundle| {
            let path = bundle.join("authority.toml");
            let entry = "[[allow]]\nverb = 'signoff'\nby = ['audit-authority']\n";
            let text = fs::read_to_string(&path).expect("text");
            assert!(text.contains(entry), "{text}");
            fs::write(path, text.replace(entry, "")).expect("written");
        }),
        ("the signature is another's", "signature", |bundle| {
            let path = bundle.join("MANIFEST.sha256.sig");
            let other = fs::read(bundle.join("decisions/signoff-001.txt.sig")).expect("a signature");
            fs::write(path, other).expect("written");
        }),
    ];
    for (number, (what, check, change)) in changes.into_iter().enumerate() {
        let copied = desk.work.join(format!("copy-{number}"));
        copy(&bundle, &copied);
        change(&copied);
        let told = desk.run(&["incident", "verify", copied.to_str().expect("UTF-8")]);
        // The list of files tells every change; what is meant to tell this one does so without it.
        let is_told = told.stdout.lines().any(|line| line.split_whitespace().take(2).eq(["FAILED", check]));
        assert!(told.code == Some(6) && is_told, "{what}: {told:?}");
        assert_ne!(by_hand(&copied).code, Some(0), "{what}: by hand");
    }

    // A bundle whose manifest was made anew after a change is sound by itself, and unsigned.
    let forged = desk.work.join("forged");
    copy(&bundle, &forged);
    fs::write(forged.join("external-note.txt"), "x").expect("written");
    let list = Command::new("sh")
        .args(["-c", "find . -type f ! -name 'MANIFEST*' | sed 's,^./,,' | LC_ALL=C sort | xargs sha256sum > MANIFEST.sha256"])
        .current_dir(&forged)
        .status();
    assert!(list.expect("a shell").success());
    let told = desk.run(&["incident", "verify", "forged"]);
    assert!(told.code == Some(6) && told.stdout.contains("FAILED   signature"), "{told:?}");
}

fn memchr_find(all: &[u8], needle: &[u8]) -> Option<usize> {
    all.windows(needle.len()).position(|window| window == needle)
}

#[test]
fn a_secret_in_the_evidence_fails_the_seal_and_leaves_nothing() {
    let desk = Desk::new("leak");
    fs::create_dir_all(desk.folder().join("external")).expect("made");
    fs::write(desk.folder().join("external/mail.txt"), format!("SERVICE_TOKEN=\"{}\"\n", desk.secret)).expect("written");
    let refused = desk.incident("seal", &["--out", "sealed"]);
    assert!(refused.code == Some(6) && refused.stderr.contains("external/mail.txt:1"), "{refused:?}");
    assert!(!refused.stderr.contains(&desk.secret), "{refused:?}");
    let left: Vec<_> = fs::read_dir(&desk.work).expect("readable").map(|entry| entry.expect("readable").file_name()).collect();
    assert_eq!(left, ["app.env"]);
    // The journal does not say that it was sealed.
    assert!(!desk.incident("timeline", &[]).stdout.contains("incident.sealed"));
}

#[test]
fn an_unsigned_seal_is_said_to_be_one_and_ssh_keygen_mends_it() {
    let desk = Desk::new("unsigned");
    let sealed = desk.incident("seal", &[]);
    assert_eq!(sealed.code, Some(0), "{sealed:?}");
    let bundle = desk.work.join("reports/security/incidents").join(&desk.id);
    let path = bundle.to_str().expect("UTF-8");
    let told = desk.run(&["incident", "verify", path]);
    assert!(told.code == Some(6) && told.stdout.contains("unsigned"), "{told:?}");
    assert_eq!(desk.run(&["incident", "verify", path, "--allow-unsigned"]).code, Some(0));
    let sign = |key: &str| {
        let _ = fs::remove_file(bundle.join("MANIFEST.sha256.sig"));
        let signed = Command::new("ssh-keygen")
            .args(["-Y", "sign", "-n", "keyfuse-manifest", "-f"])
            .arg(desk.key(key))
            .arg(bundle.join("MANIFEST.sha256"))
            .output();
        assert!(signed.expect("ssh-keygen").status.success());
        desk.run(&["incident", "verify", path])
    };
    assert_eq!(sign("alice").code, Some(6), "the commander is not the audit authority");
    let told = sign("gov");
    assert_eq!(told.code, Some(0), "{told:?}");
    let recorded = desk.incident("seal", &["--signed", path]);
    assert!(recorded.code == Some(0) && recorded.stdout.contains("signed by gov@org"), "{recorded:?}");
    let again = desk.incident("seal", &["--out", "later"]);
    assert_eq!(again.code, Some(0), "{again:?}");
    fs::copy(bundle.join("MANIFEST.sha256.sig"), desk.work.join("later/MANIFEST.sha256.sig")).expect("copied");
    assert_eq!(desk.incident("seal", &["--signed", "later"]).code, Some(6), "the signature of another manifest");
    // Keys from elsewhere count more than those of the bundle.
    let others = desk.base.join("others");
    fs::write(&others, fs::read_to_string(bundle.join("allowed_signers")).expect("text").replace("gov@org", "nobody@org"))
        .expect("written");
    let told = desk.run(&["incident", "verify", path, "--signers", others.to_str().expect("UTF-8")]);
    assert_eq!(told.code, Some(6), "{told:?}");
    // The same place is not sealed twice, and nobody but the audit authority seals.
    assert_eq!(desk.incident("seal", &[]).code, Some(6));
    let key = desk.key("alice");
    let refused = desk.incident("seal", &["--out", "b", "--key", key.to_str().expect("UTF-8"), "--signer", "alice@sec"]);
    assert_eq!(refused.code, Some(5), "{refused:?}");
}

#[test]
fn a_clean_scan_is_done_not_claimed() {
    let desk = Desk::new("clean");
    let refused = desk.incident("evidence", &["--what", "clean-scan", "."]);
    assert!(refused.code == Some(1) && refused.stderr.contains("still stands there"), "{refused:?}");
    fs::write(desk.work.join("app.env"), "SERVICE_TOKEN=\"$(keyfuse secret get service)\"\n").expect("written");
    let told = desk.incident("evidence", &["--what", "clean-scan", "."]);
    assert_eq!(told.code, Some(0), "{told:?}");
    assert!(desk.incident("timeline", &["--format", "json"]).stdout.contains("found nothing"));
    assert_eq!(desk.incident("evidence", &["--what", "clean-scan", "nowhere"]).code, Some(2));
}

#[test]
fn a_torn_tail_of_an_open_incident_is_no_tampering() {
    let desk = Desk::new("torn");
    let path = desk.folder().join("journal.jsonl");
    let mut text = fs::read(&path).expect("a journal");
    text.extend_from_slice(b"{\"v\":1,\"seq\":");
    fs::write(&path, text).expect("written");
    let told = desk.incident("verify", &[]);
    assert!(told.code == Some(0) && told.stdout.contains("warning"), "{told:?}");
}
