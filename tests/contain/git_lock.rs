//! Repositories that take nothing while an incident holds them: gitolite's own lock, and a hook, each tried by real pushes.

use std::path::{Path, PathBuf};
use std::process::Output;

use super::desk::{Desk, holds, token};
use super::gitolite::Gitolite;
use super::people::{FREEZERS, approve_freezes, decide, freeze_digest, has_ssh_keygen, people};
use crate::scratch::{Scratch, command, not_run};
use crate::servers::gitolite;

/// A desk with an open incident and things to freeze.
fn desk(targets: &[(&str, &Path)]) -> (Desk, String) {
    let desk = Desk::new();
    people(&desk, &["alice@sec", "gov@org", "gdpr@org"], FREEZERS);
    let tables: Vec<String> =
        targets.iter().map(|(name, path)| format!("[[freeze]]\nname = '{name}'\nkind = 'git'\ntarget = '{}'\n", path.display())).collect();
    std::fs::write(desk.config("config.toml"), tables.concat()).expect("written");
    let place = desk.plant(&token("freeze"));
    let id = desk.open(&[place]);
    (desk, id)
}

/// Pushes a new commit of `work` to `url`.
pub(super) fn push(work: &Scratch, url: &str, variables: &[(&str, &str)]) -> Output {
    work.commit("more");
    command(&work.root, &["push", "-q", url, "HEAD:refs/heads/main"], variables).output().expect("git runs")
}

pub(super) fn refused(output: &Output, id: &str) {
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && told.contains(&format!("frozen by {id}")), "{told}");
}

pub(super) fn accepted(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

pub(super) fn bare(scratch: &Scratch, name: &str) -> PathBuf {
    let path = scratch.base.join(name);
    scratch.git(&["init", "-q", "--bare", &path.to_string_lossy()]);
    path
}

#[cfg(unix)]
pub(super) fn hook(repository: &Path, text: &str) {
    let path = repository.join("hooks/pre-receive");
    std::fs::write(&path, text).expect("written");
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("it can be run");
}

#[test]
#[cfg(unix)]
fn a_bare_repository_takes_nothing_until_it_is_released() {
    if !has_ssh_keygen() {
        return not_run("a_bare_repository_takes_nothing_until_it_is_released", "ssh-keygen");
    }
    let work = Scratch::new();
    let (with, without) = (bare(&work, "with.git"), bare(&work, "without.git"));
    let (with_url, without_url) = (with.display().to_string(), without.display().to_string());
    // A hook of its own, that must be there again.
    let own = "#!/bin/sh\necho 'our own hook' >&2\nexit 0\n";
    hook(&with, own);
    let (desk, id) = desk(&[("with", &with), ("without", &without)]);
    let clean = desk.base.join("clean");
    std::fs::create_dir(&clean).expect("made");
    std::fs::write(clean.join("app.env"), "PORT=8080\n").expect("written");
    let clean = clean.display().to_string();
    let release = |path: &str| desk.run(&["incident", "release", &id, "--armed", "--scan", path]);

    // The plan does nothing; without an approval nothing is done; an observer's is none.
    freeze_digest(&desk, &id, "freeze-with");
    let waits = desk.run(&["incident", "freeze", &id, "--armed"]);
    assert!(waits.code == Some(7) && waits.stdout.contains("nothing is frozen"), "{waits:?}");
    approve_freezes(&desk, &id, &["freeze-with"], "gdpr@org");
    assert_eq!(desk.run(&["incident", "freeze", &id, "--armed"]).code, Some(7));
    accepted(&push(&work, &with_url, &[]));
    accepted(&push(&work, &without_url, &[]));

    // One is approved, and one alone is done.
    approve_freezes(&desk, &id, &["freeze-with"], "alice@sec");
    assert_eq!(desk.run(&["incident", "freeze", &id, "--armed"]).code, Some(7));
    refused(&push(&work, &with_url, &[]), &id);
    accepted(&push(&work, &without_url, &[]));
    approve_freezes(&desk, &id, &["freeze-without"], "alice@sec");
    let frozen = desk.run(&["incident", "freeze", &id, "--armed"]);
    assert!(frozen.code == Some(0) && frozen.stdout.contains("frozen: with, without"), "{frozen:?}");
    refused(&push(&work, &without_url, &[]), &id);
    // The undo is on disk before the change, and again is not twice.
    let kinds = desk.kinds(&id);
    let at = |kind: &str| kinds.iter().position(|one| one == kind).unwrap_or_else(|| panic!("no {kind}: {kinds:?}"));
    assert!(at("step.intent") < at("freeze.applied"), "{kinds:?}");
    assert_eq!(desk.run(&["incident", "freeze", &id, "--armed"]).code, Some(0));
    assert_eq!(desk.kinds(&id).len(), kinds.len(), "nothing new to say");

    // Nobody has decided; an observer may not; the scan is not clean; it was not read.
    assert_eq!(release(&clean).code, Some(7));
    assert_eq!(decide(&desk, &id, "d6=release", "gdpr@org"), Some(7));
    assert_eq!(decide(&desk, &id, "d6=release", "gov@org"), Some(0));
    let dirty = release(&desk.work.to_string_lossy());
    assert!(dirty.code == Some(5) && dirty.stdout.contains("the scan is not clean"), "{dirty:?}");
    assert_eq!(release(&desk.base.join("nowhere").to_string_lossy()).code, Some(5));
    refused(&push(&work, &with_url, &[]), &id);
    assert_eq!(desk.run(&["incident", "release", &id, "--armed"]).code, Some(2), "a scan must be named");

    // Somebody has changed the hook meanwhile: what is not ours is not touched.
    let ours = std::fs::read_to_string(with.join("hooks/pre-receive")).expect("there");
    hook(&with, "#!/bin/sh\nexit 0\n");
    let changed = release(&clean);
    assert!(changed.code == Some(5) && changed.stdout.contains("somebody has changed it"), "{changed:?}");
    hook(&with, &ours);

    let released = release(&clean);
    assert!(released.code == Some(0) && released.stdout.contains("nothing is frozen"), "{released:?}");
    let back = push(&work, &with_url, &[]);
    accepted(&back);
    assert!(String::from_utf8_lossy(&back.stderr).contains("our own hook"), "the hook is there again");
    accepted(&push(&work, &without_url, &[]));
    assert!(!without.join("hooks/pre-receive").exists());
    assert_eq!(desk.show(&id)["frozen"], serde_json::json!([]));
    assert_eq!(holds(&desk.base.join("keyfuse"), &token("freeze")), None);
    let verified = desk.run(&["incident", "verify", &id]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
}

#[test]
#[cfg(unix)]
fn a_lock_that_would_not_be_run_is_refused_and_a_cut_one_is_resumed() {
    if !has_ssh_keygen() {
        return not_run("a_lock_that_would_not_be_run_is_refused_and_a_cut_one_is_resumed", "ssh-keygen");
    }
    let work = Scratch::new();
    let path = bare(&work, "app.git");
    let (desk, id) = desk(&[("app", &path)]);
    approve_freezes(&desk, &id, &["freeze-app"], "alice@sec");
    let config = std::fs::read_to_string(path.join("config")).expect("there");
    std::fs::write(path.join("config"), format!("{config}[core]\n\thooksPath = /elsewhere\n")).expect("written");
    let elsewhere = desk.run(&["incident", "freeze", &id, "--armed"]);
    assert!(elsewhere.code == Some(5) && elsewhere.stdout.contains("sends hooks elsewhere"), "{elsewhere:?}");
    std::fs::write(path.join("config"), &config).expect("written");
    // A decision against it holds it back.
    assert_eq!(decide(&desk, &id, "d5=no-freeze", "alice@sec"), Some(0));
    assert_eq!(desk.run(&["incident", "freeze", &id, "--armed"]).code, Some(7));
    assert_eq!(decide(&desk, &id, "d5=freeze", "alice@sec"), Some(0));
    assert_eq!(desk.run(&["incident", "freeze", &id, "--armed"]).code, Some(0));

    // As if the machine had gone down between the change and its record: the journal ends with the intent.
    let journal = desk.state().join("incidents").join(&id).join("journal.jsonl");
    let text = std::fs::read_to_string(&journal).expect("written");
    let end = text.find("\"type\":\"step.intent\"").and_then(|at| text[at..].find('\n').map(|next| at + next + 1)).expect("an intent");
    std::fs::write(&journal, &text[..end]).expect("cut");
    assert_eq!(desk.show(&id)["stalled"], serde_json::json!(["freeze-app"]));
    let resumed = desk.run(&["incident", "freeze", &id, "--armed"]);
    assert!(resumed.code == Some(0) && resumed.stdout.contains("frozen: app"), "{resumed:?}");
    refused(&push(&work, &path.display().to_string(), &[]), &id);
    // Cut again, and released without being told that it holds.
    std::fs::write(&journal, &text[..end]).expect("cut");
    assert_eq!(decide(&desk, &id, "d6=release", "alice@sec"), Some(0));
    let clean = desk.base.join("clean");
    std::fs::create_dir(&clean).expect("made");
    let released = desk.run(&["incident", "release", &id, "--armed", "--scan", &clean.to_string_lossy()]);
    assert_eq!(released.code, Some(0), "{released:?}");
    accepted(&push(&work, &path.display().to_string(), &[]));
}

#[test]
#[cfg(unix)]
fn gitolite_refuses_a_push_by_its_own_lock() {
    let name = "gitolite_refuses_a_push_by_its_own_lock";
    let Some(program) = gitolite(name) else { return };
    if !has_ssh_keygen() {
        return not_run(name, "ssh-keygen");
    }
    let work = Scratch::new();
    let Some(gitolite) = Gitolite::start(name, &program, &work) else { return };
    let (run, ssh) = (|arguments: &[&str]| gitolite.run(arguments), gitolite.ssh.as_str());
    let push = || push(&work, "git@host:testing", &[("GIT_SSH", ssh), ("GIT_SSH_VARIANT", "simple")]);
    accepted(&push());

    let repository = gitolite.repository("testing");
    let (desk, id) = desk(&[("testing", &repository)]);
    let plan = desk.run(&["incident", "freeze", &id]);
    assert!(plan.stdout.contains("gitolite.writable-off") && plan.stdout.contains("reversible  yes"), "{plan:?}");
    approve_freezes(&desk, &id, &["freeze-testing"], "alice@sec");
    let frozen = desk.run(&["incident", "freeze", &id, "--armed"]);
    assert_eq!(frozen.code, Some(0), "{frozen:?}");
    refused(&push(), &id);
    assert_eq!(run(&["writable", "testing", "status"]).status.code(), Some(1), "gitolite itself says so");

    // Another hand's lock is not taken over, and not taken away.
    assert_eq!(decide(&desk, &id, "d6=release", "gov@org"), Some(0));
    let clean = desk.base.join("clean");
    std::fs::create_dir(&clean).expect("made");
    let release = || desk.run(&["incident", "release", &id, "--armed", "--scan", &clean.to_string_lossy()]);
    assert!(run(&["writable", "testing", "off", "backup is running"]).status.success());
    let others = release();
    assert!(others.code == Some(5) && others.stdout.contains("not ours any more"), "{others:?}");
    assert!(run(&["writable", "testing", "on"]).status.success());
    // Somebody has undone it: that is what is recorded, and gitolite agrees.
    assert_eq!(release().code, Some(0));
    accepted(&push());
    approve_freezes(&desk, &id, &["freeze-testing"], "alice@sec");
    assert_eq!(desk.run(&["incident", "freeze", &id, "--armed"]).code, Some(0));
    refused(&push(), &id);
    let early = release();
    assert!(early.code == Some(7) && early.stdout.contains("before the last freeze"), "{early:?}");
    assert_eq!(decide(&desk, &id, "d6=release", "gov@org"), Some(0));
    assert_eq!(release().code, Some(0));
    accepted(&push());
    assert_eq!(run(&["writable", "testing", "status"]).status.code(), Some(0));
}
