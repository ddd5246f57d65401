//! People with SSH keys of their own, for the decisions of an incident.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::desk::Desk;

/// Who may freeze, and who may release.
pub(super) const FREEZERS: &str = "
[roles.incident-commander]
people = ['alice@sec']
[roles.audit-authority]
people = ['gov@org']
[roles.observer]
people = ['gdpr@org']
[[allow]]
verb = 'freeze'
by = ['incident-commander']
undo_by = ['incident-commander', 'audit-authority']
[[allow]]
verb = 'd5'
by = ['incident-commander']
[[allow]]
verb = 'd6'
by = ['incident-commander', 'audit-authority']
";

pub(super) fn has_ssh_keygen() -> bool {
    Command::new("ssh-keygen").arg("-?").output().is_ok()
}

/// Makes a key for each person, and allowed_signers; writes the authority file.
pub(super) fn people(desk: &Desk, names: &[&str], authority: &str) {
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

fn sign(desk: &Desk, name: &str, file: &Path) {
    let key = desk.base.join(name);
    let signed = Command::new("ssh-keygen").args(["-q", "-Y", "sign", "-n", "keyfuse-decision", "-f"]).arg(key).arg(file).output();
    assert!(signed.expect("it runs").status.success());
}

/// Decides, signs and hands in; gives the exit code.
pub(super) fn decide(desk: &Desk, id: &str, decision: &str, person: &str) -> Option<i32> {
    let file: PathBuf = desk.decide(id, decision, person);
    let _ = std::fs::remove_file(format!("{}.sig", file.display()));
    sign(desk, person, &file);
    desk.run(&["incident", "approve", id, &file.to_string_lossy()]).code
}

/// The digest that the plan of freezes shows for a step.
pub(super) fn freeze_digest(desk: &Desk, id: &str, step: &str) -> String {
    let plan = desk.run(&["incident", "freeze", id]);
    assert_eq!(plan.code, Some(0), "{plan:?}");
    let part = plan.stdout.split(&format!("\n{step} (")).nth(1).unwrap_or_else(|| panic!("no step {step}: {}", plan.stdout));
    part.split("\n  sha256 ").nth(1).expect("a digest").split_whitespace().next().expect("a digest").to_owned()
}

/// Approves the exact freezes, each by its digest.
pub(super) fn approve_freezes(desk: &Desk, id: &str, steps: &[&str], person: &str) {
    for step in steps {
        let digest = freeze_digest(desk, id, step);
        assert_eq!(decide(desk, id, &format!("approve={digest}"), person), Some(0));
    }
}
