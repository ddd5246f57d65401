//! The rehearsal: every check of it holds, and the standard tools agree with what it sealed.

use std::path::PathBuf;
use std::process::Command;

use super::desk::Desk;
use crate::scratch::{Run, by_hand, not_run};
use crate::servers::OpenBao;

const NAME: &str = "ttx-sec-2026-01";

/// Runs it; gives the bundle.
fn rehearse(desk: &Desk, arguments: &[&str], variables: &[(&str, &str)]) -> (Run, PathBuf) {
    let mut command = desk.command(&[&["drill", NAME], arguments].concat());
    let run = Run::of(command.envs(variables.iter().copied()).output().expect("it starts"));
    assert!(run.code == Some(0) || run.code == Some(5), "{run:?}");
    let bundles = desk.work.join("reports/security/incidents");
    let bundle = std::fs::read_dir(&bundles).expect("a bundle").next().expect("one").expect("readable").path();
    (run, bundle)
}

#[test]
fn every_check_of_the_rehearsal_holds() {
    let desk = Desk::new();
    let (run, bundle) = rehearse(&desk, &[], &[]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stdout.contains("15 of 15 held") && !run.stdout.contains("FAILED"), "{run:?}");
    let report = std::fs::read_to_string(bundle.join("report.md")).expect("a report");
    let headings = [
        "Summary",
        "Timeline (Recorded)",
        "Decisions & Rationale",
        "What Worked",
        "Root Cause Analysis (Blameless)",
        "Revocation Checklist",
    ];
    let places: Vec<Option<usize>> = headings.iter().map(|heading| report.find(heading)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}");
    // Every line of the journal says that it was a drill.
    let journal = std::fs::read_to_string(bundle.join("journal.jsonl")).expect("a journal");
    assert!(journal.lines().all(|line| line.contains("\"drill\":true") && line.contains("\"clock\":\"simulated\"")));
    for kind in [
        "incident.opened",
        "decision.made",
        "action.refused",
        "step.intent",
        "step.done",
        "probe.done",
        "credential.state",
        "incident.state",
    ] {
        assert!(journal.contains(&format!("\"type\":\"{kind}\"")), "{kind}");
    }
    // The folder that was left holds nothing that the scanner reports.
    assert_eq!(desk.run(&["scan", &bundle.to_string_lossy()]).code, Some(0));
}

#[test]
fn whoever_answers_the_questions_is_on_record() {
    use std::io::Write;
    let desk = Desk::new();
    let mut command = desk.command(&["drill", NAME, "--interactive"]);
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    // A suspicion; waiting twice; no answer that is none; the usual of the rest.
    let answers = "precautionary\nnobody has seen a use\nwait\n\nthe owner is on the way\nwait\nhe is late\nrevoke-now\n\nmaybe\n\n\n\n\n";
    child.stdin.take().expect("piped").write_all(answers.as_bytes()).expect("written");
    let run = Run::of(child.wait_with_output().expect("it ends"));
    assert!(run.code == Some(0) && run.stdout.contains("15 of 15 held"), "{run:?}");
    assert!(run.stdout.contains("a decision has a reason") && run.stdout.contains("write revoke-first or replace-first"), "{run:?}");
    assert!(run.stdout.contains("containment: not ended after 34 min, target 30 min, missed"), "{run:?}");
    let bundle = std::fs::read_dir(desk.work.join("reports/security/incidents")).expect("a bundle").next().expect("one").expect("readable");
    let report = std::fs::read_to_string(bundle.path().join("report.md")).expect("a report");
    assert!(report.contains("**d2 = wait**: the owner is on the way") && report.contains("Containment: "), "{report}");
    // Nobody answers.
    let silent = desk.command(&["drill", NAME, "--interactive", "--out", "elsewhere"]).stdin(std::process::Stdio::null()).output();
    let silent = Run::of(silent.expect("it starts"));
    assert!(silent.code == Some(2) && silent.stderr.contains("a decision is waited for"), "{silent:?}");
}

#[cfg(unix)]
#[test]
fn the_standard_tools_verify_the_bundle_and_notice_a_change() {
    let name = "the_standard_tools_verify_the_bundle_and_notice_a_change";
    if Command::new("ssh-keygen").arg("-?").output().is_err() {
        return not_run(name, "ssh-keygen");
    }
    let desk = Desk::new();
    let (run, bundle) = rehearse(&desk, &[], &[]);
    // The page's own commands, and those that the drill names at its end.
    let told = by_hand(&bundle);
    assert!(told.code == Some(0) && told.stdout.contains("lines, head"), "{told:?}");
    let named: Vec<&str> = run.stdout.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    assert!(named.len() == 2 && named[1].contains("-I governance@drill "), "{run:?}");
    let shell = |command: &str| Command::new("sh").args(["-eu", "-c", command]).current_dir(&bundle).output().expect("a shell").status;
    assert!(named.iter().all(|command| shell(command).success()), "{named:?}");
    assert_eq!(desk.run(&["incident", "verify", &bundle.to_string_lossy()]).code, Some(0));
    let journal = bundle.join("journal.jsonl");
    let text = std::fs::read_to_string(&journal).expect("a journal");
    std::fs::write(&journal, text.replacen("revoke-now", "wait", 1)).expect("changed");
    assert!(by_hand(&bundle).code != Some(0) && !shell(named[0]).success());
}

#[test]
fn a_real_openbao_issues_and_revokes_the_key() {
    let desk = Desk::new();
    let Some(bao) = OpenBao::start("a_real_openbao_issues_and_revokes_the_key") else { return };
    let (run, _) = rehearse(&desk, &["--bao", &bao.url(), "--bao-token", "env:DRILL_TOKEN"], &[("DRILL_TOKEN", bao.root())]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(!run.stdout.contains("FAILED"), "{run:?}");
    let elsewhere = desk
        .command(&["drill", NAME, "--bao", "https://vault.example.com", "--bao-token", "env:DRILL_TOKEN"])
        .env("DRILL_TOKEN", "x")
        .output();
    let elsewhere = Run::of(elsewhere.expect("it starts"));
    assert!(elsewhere.code == Some(2) && elsewhere.stderr.contains("127.0.0.1"), "{elsewhere:?}");
}
