//! While it acts, the credential stands in no argument, no environment, no file and no core.

use super::desk::{Desk, holds, token};
use super::issuer::{Issuer, Manner};

/// The processes of this machine that `parent` has started, and itself.
#[cfg(target_os = "linux")]
fn family(parent: u32) -> Vec<u32> {
    let mut all = vec![parent];
    for entry in std::fs::read_dir("/proc").expect("Linux").flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let above = status.lines().find_map(|line| line.strip_prefix("PPid:")?.trim().parse::<u32>().ok());
        if above.is_some_and(|above| all.contains(&above)) {
            all.push(id);
        }
    }
    all
}

#[cfg(target_os = "linux")]
#[test]
fn whoever_watches_a_responder_at_work_sees_no_credential_and_a_crash_keeps_none() {
    use std::os::unix::process::ExitStatusExt;
    use std::process::Stdio;
    let (desk, token) = (Desk::new(), token("watched"));
    let issuer = Issuer::new(&token, Manner::Honest);
    desk.issuer(&issuer.url);
    let place = desk.plant(&token);
    let id = desk.open(&[place]);
    desk.approve_as_owner(&id);
    issuer.hold(true);
    // Through a shell, which alone can ask for cores; `exec` makes it keyfuse itself.
    let acting = desk.command(&["incident", "contain", &id, "--armed"]);
    let mut command = std::process::Command::new("bash");
    command.args(["-c", "ulimit -c unlimited; exec \"$0\" \"$@\""]).arg(acting.get_program()).args(acting.get_args());
    command.current_dir(&desk.base).env("KEYFUSE_HOME", desk.base.join("keyfuse")).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("bash starts");
    let shows = |bytes: &[u8]| bytes.windows(token.len()).any(|part| part == token.as_bytes());
    let mut samples = 0;
    let sample = |samples: &mut usize| {
        for id in family(child.id()) {
            for file in ["cmdline", "environ"] {
                if let Ok(bytes) = std::fs::read(format!("/proc/{id}/{file}")) {
                    assert!(!shows(&bytes), "{file}");
                    *samples += usize::from(!bytes.is_empty());
                }
            }
        }
    };
    while issuer.revocations() == 0 {
        sample(&mut samples);
    }
    // Now it has the credential in its memory, in the middle of the request.
    for _ in 0..20 {
        sample(&mut samples);
    }
    assert!(samples >= 20, "only {samples} samples");
    let killed = std::process::Command::new("kill").args(["-ABRT", &child.id().to_string()]).status().expect("kill runs");
    assert!(killed.success());
    assert!(!child.wait().expect("a child of ours").core_dumped());
    issuer.hold(false);
    // Whatever was left lies below these, the planted file apart.
    std::fs::remove_file(desk.work.join(".zshrc")).expect("it was planted");
    assert_eq!(holds(&desk.base, &token), None);
}
