//! A lock that pushes of ours have tried, and whom it lets through.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::desk::{Desk, token};
use super::git_lock::{accepted, bare, hook, push, refused};
use super::gitolite::Gitolite;
use super::people::{FREEZERS, approve_freezes, decide, has_ssh_keygen, people};
use crate::scratch::{Run, Scratch, not_run};
use crate::servers::gitolite;

/// Where git is on this machine.
fn git() -> PathBuf {
    let path = std::env::var_os("PATH").expect("there is one");
    std::env::split_paths(&path).map(|folder| folder.join("git")).find(|path| path.is_file()).expect("git is installed")
}

/// A desk whose authority names git, with an open incident.
fn desk(tables: &str) -> (Desk, String) {
    let desk = Desk::new();
    people(&desk, &["alice@sec", "gov@org"], &format!("{FREEZERS}[[program]]\npath = '{}'\n", git().display()));
    std::fs::write(desk.config("config.toml"), tables).expect("written");
    let place = desk.plant(&token("pushed"));
    let id = desk.open(&[place]);
    (desk, id)
}

/// The facts of the step's end.
fn result(desk: &Desk, id: &str, step: &str) -> serde_json::Value {
    let told = desk.run(&["incident", "timeline", id, "--format", "json"]).stdout;
    let events = told.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
    let is_it = |event: &serde_json::Value| event["type"] == "step.done" && event["data"]["step"] == step;
    events.rev().find(is_it).expect("it is done")["data"]["result"].clone()
}

fn refs(repository: &Path) -> String {
    let listed = Command::new("git").arg("-C").arg(repository).args(["for-each-ref", "refs/keyfuse"]).output().expect("git runs");
    String::from_utf8(listed.stdout).expect("text")
}

/// Releases, once somebody has decided so.
fn release(desk: &Desk, id: &str, variables: &[(&str, &str)]) -> Run {
    assert_eq!(decide(desk, id, "d6=release", "alice@sec"), Some(0));
    let clean = desk.base.join("clean");
    std::fs::create_dir_all(&clean).expect("made");
    let mut command = desk.command(&["incident", "release", id, "--armed", "--scan", &clean.to_string_lossy()]);
    Run::of(command.envs(variables.iter().copied()).output().expect("it starts"))
}

#[test]
#[cfg(unix)]
fn gitolites_lock_is_proved_by_a_push_and_lets_through_whom_it_shall() {
    let name = "gitolites_lock_is_proved_by_a_push_and_lets_through_whom_it_shall";
    let Some(program) = gitolite(name) else { return };
    if !has_ssh_keygen() {
        return not_run(name, "ssh-keygen");
    }
    let work = Scratch::new();
    let Some(gitolite) = Gitolite::start(name, &program, &work) else { return };
    let repository = gitolite.repository("testing");
    let over = [("GIT_SSH", gitolite.ssh.as_str()), ("GIT_SSH_VARIANT", "simple")];
    let as_ann = [over[0], over[1], ("AS", "ann")];
    let table = format!("[[freeze]]\nname = 'testing'\nkind = 'git'\ntarget = '{}'\npush = 'git@host:testing'\n", repository.display());
    let (desk, id) = desk(&table);
    let plan = desk.run(&["incident", "freeze", &id]).stdout;
    assert!(plan.contains(&format!("push git@host:testing an empty commit to refs/keyfuse/probe-{id}")), "{plan}");
    approve_freezes(&desk, &id, &["freeze-testing"], "alice@sec");
    let freeze = || Run::of(desk.command(&["incident", "freeze", &id, "--armed"]).envs(over).output().expect("it starts"));
    let frozen = freeze();
    assert_eq!(frozen.code, Some(0), "{frozen:?}");
    let told = result(&desk, &id, "freeze-testing");
    assert_eq!((&told["push_before"], &told["proof"]), (&"taken".into(), &"a push of ours is refused, which was taken before".into()));
    assert_eq!(refs(&repository), "", "what was tried is gone");
    refused(&push(&work, "git@host:testing", &as_ann), &id);
    let released = release(&desk, &id, &over);
    assert_eq!(released.code, Some(0), "{released:?}");
    assert_eq!((&result(&desk, &id, "release-testing")["push_after"], refs(&repository).as_str()), (&"taken".into(), ""));

    // Ann takes the role of whoever is suspected away: she alone is let through, by a hook, for gitolite's own lock knows no exception.
    let except = "[[freeze.except]]\nwho = 'user:ann'\nrole = 'incident-commander'\nreason = 'takes the elevated role away'\n";
    std::fs::write(desk.config("config.toml"), format!("{table}{except}")).expect("written");
    approve_freezes(&desk, &id, &["freeze-testing"], "alice@sec");
    let frozen = freeze();
    assert_eq!(frozen.code, Some(0), "{frozen:?}");
    assert_eq!(result(&desk, &id, "freeze-testing")["proof"], "a push of ours is refused, which was taken before");
    refused(&push(&work, "git@host:testing", &over), &id);
    accepted(&push(&work, "git@host:testing", &as_ann));
    let shown = desk.run(&["incident", "show", &id]).stdout;
    assert!(shown.contains("user:ann as incident-commander: takes the elevated role away"), "{shown}");
    let report = desk.run(&["incident", "report", &id]).stdout;
    assert!(report.contains("but for user:ann as incident-commander (takes the elevated role away)"), "{report}");
    // Another exception is another action, and ends with the freeze.
    assert_eq!(release(&desk, &id, &over).code, Some(0));
    accepted(&push(&work, "git@host:testing", &over));
    assert!(!repository.join("hooks/pre-receive").exists());
    assert_eq!(desk.run(&["incident", "verify", &id]).code, Some(0));
}

#[test]
#[cfg(unix)]
fn a_lock_beside_the_door_is_not_called_a_freeze() {
    if !has_ssh_keygen() {
        return not_run("a_lock_beside_the_door_is_not_called_a_freeze", "ssh-keygen");
    }
    let work = Scratch::new();
    let (locked, served) = (bare(&work, "locked.git"), bare(&work, "served.git"));
    let (desk, id) =
        desk(&format!("[[freeze]]\nname = 'app'\nkind = 'git'\ntarget = '{}'\npush = '{}'\n", locked.display(), served.display()));
    approve_freezes(&desk, &id, &["freeze-app"], "alice@sec");
    let beside = desk.run(&["incident", "freeze", &id, "--armed"]);
    assert!(beside.code == Some(5) && beside.stdout.contains("it is not served from there"), "{beside:?}");
    assert_eq!((desk.show(&id)["frozen"].clone(), refs(&served).as_str()), (serde_json::json!([]), ""));
    // What was put there is known, and let go.
    assert_eq!(release(&desk, &id, &[]).code, Some(0));
    assert!(!locked.join("hooks/pre-receive").exists());

    // Nothing is taken there before either: the lock stands, and that nothing proves it is said.
    hook(&served, "#!/bin/sh\necho 'closed' >&2\nexit 1\n");
    approve_freezes(&desk, &id, &["freeze-app"], "alice@sec");
    assert_eq!(desk.run(&["incident", "freeze", &id, "--armed"]).code, Some(0));
    let told = result(&desk, &id, "freeze-app");
    assert!(told["push_before"].as_str().is_some_and(|text| text.starts_with("refused: ")), "{told}");
    assert!(told["proof"].as_str().is_some_and(|text| text.starts_with("unknown from outside, read back: ")), "{told}");
    assert_eq!(release(&desk, &id, &[]).code, Some(0));
}

#[test]
#[cfg(unix)]
fn who_is_let_through_is_held_to_the_hook_that_was_there() {
    if !has_ssh_keygen() {
        return not_run("who_is_let_through_is_held_to_the_hook_that_was_there", "ssh-keygen");
    }
    let work = Scratch::new();
    let repository = bare(&work, "app.git");
    hook(&repository, "#!/bin/sh\necho 'our own hook' >&2\nexit 0\n");
    let me = String::from_utf8(Command::new("id").arg("-un").output().expect("it runs").stdout).expect("text");
    let table = |who: &str, role: &str| {
        let except = format!("[[freeze.except]]\nwho = 'user:{who}'\nrole = '{role}'\nreason = 'takes the role away'\n");
        format!("[[freeze]]\nname = 'app'\nkind = 'git'\ntarget = '{}'\n{except}", repository.display())
    };
    let (desk, id) = desk(&table(me.trim(), "nobody"));
    // A role that there is none of lets nobody through.
    let unknown = desk.run(&["incident", "freeze", &id]);
    assert!(unknown.code == Some(2) && unknown.stderr.contains("authority.toml has no [roles.nobody]"), "{unknown:?}");
    let url = repository.display().to_string();
    std::fs::write(desk.config("config.toml"), table("somebody-else", "incident-commander")).expect("written");
    approve_freezes(&desk, &id, &["freeze-app"], "alice@sec");
    // What was approved was another list: nothing is done.
    std::fs::write(desk.config("config.toml"), table(me.trim(), "incident-commander")).expect("written");
    assert_eq!(desk.run(&["incident", "freeze", &id, "--armed"]).code, Some(7));
    approve_freezes(&desk, &id, &["freeze-app"], "alice@sec");
    assert_eq!(desk.run(&["incident", "freeze", &id, "--armed"]).code, Some(0));
    let through = push(&work, &url, &[]);
    accepted(&through);
    assert!(String::from_utf8_lossy(&through.stderr).contains("our own hook"), "{through:?}");
    assert_eq!(release(&desk, &id, &[]).code, Some(0));
    assert_eq!(
        std::fs::read_to_string(repository.join("hooks/pre-receive")).expect("there"),
        "#!/bin/sh\necho 'our own hook' >&2\nexit 0\n"
    );
}
