//! The hook, run by the real pre-commit program when git commits.

use std::path::Path;
use std::process::Command;

use yaml_rust2::{Yaml, YamlLoader};

use crate::scratch::{Run, Scratch, command, folder_of_keyfuse, not_run, secret, server};

/// pre-commit with its caches in `base`, in `directory`.
fn pre_commit(program: &Path, base: &Path, directory: &Path, arguments: &[&str]) -> Run {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(directory).env("PRE_COMMIT_HOME", base.join("cache"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            command.env_remove(name);
        }
    }
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    Run::of(command.output().expect("pre-commit runs"))
}

/// `git commit` as a person types it, with the built program and pre-commit on the PATH.
fn commit(scratch: &Scratch, program: &Path, message: &str) -> Run {
    git(scratch, program, &["commit", "-m", message])
}

/// git with the built program and pre-commit on the PATH.
fn git(scratch: &Scratch, program: &Path, arguments: &[&str]) -> Run {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = [folder_of_keyfuse(), program.parent().expect("a program lies in a folder")].map(Path::to_owned);
    let path = std::env::join_paths(folders.into_iter().chain(std::env::split_paths(&path))).expect("folders without colons");
    let mut command = command(&scratch.root, arguments, &[]);
    command.env("PATH", path).env("PRE_COMMIT_HOME", scratch.base.join("cache"));
    Run::of(command.output().expect("git runs"))
}

#[test]
fn a_commit_with_a_secret_is_stopped_and_a_clean_one_passes() {
    let Some(program) = server("pre-commit") else {
        return not_run("a commit with a secret is stopped and a clean one passes", "pre-commit");
    };
    let manifest = YamlLoader::load_from_str(include_str!("../.pre-commit-hooks.yaml")).expect("YAML").remove(0);
    let hook = |id: &str| -> Yaml {
        let hooks = manifest.as_vec().expect("a list of hooks");
        hooks.iter().find(|hook| hook["id"].as_str() == Some(id)).unwrap_or_else(|| panic!("no hook {id}")).clone()
    };
    let system = hook("keyfuse-system");
    let scratch = Scratch::new();
    // The hook of the manifest, written out as a local one.
    let config = format!(
        "repos:\n- repo: local\n  hooks:\n  - id: keyfuse-system\n    name: keyfuse\n    language: {}\n    entry: {}\n    \
         pass_filenames: {}\n    always_run: {}\n    require_serial: {}\n",
        system["language"].as_str().expect("a language"),
        system["entry"].as_str().expect("an entry"),
        system["pass_filenames"].as_bool().expect("a flag"),
        system["always_run"].as_bool().expect("a flag"),
        system["require_serial"].as_bool().expect("a flag"),
    );
    scratch.write(".pre-commit-config.yaml", config);
    let installed = pre_commit(&program, &scratch.base, &scratch.root, &["install"]);
    assert_eq!(installed.code, Some(0), "{installed:?}");

    scratch.write("app.py", "print('hello')\n");
    scratch.git(&["add", "-A"]);
    let clean = commit(&scratch, &program, "clean");
    assert_eq!(clean.code, Some(0), "{clean:?}");
    assert!(clean.stderr.contains("Passed") || clean.stdout.contains("Passed"), "the hook ran: {clean:?}");

    let line = secret("hook");
    scratch.write("app.env", &line);
    scratch.git(&["add", "-A"]);
    // What counts is what is staged, not what stands in the work tree by now.
    scratch.write("app.env", "");
    let stopped = commit(&scratch, &program, "leaky");
    let told = format!("{}{}", stopped.stdout, stopped.stderr);
    assert_eq!(stopped.code, Some(1), "{told}");
    assert!(told.contains("app.env:1:14") && told.contains("[github-"), "{told}");
    assert!(!told.contains(line.trim_end().split_once('=').expect("NAME=value").1), "the secret is shown");
    assert_eq!(scratch.git(&["log", "--format=%s"]), "clean");

    scratch.git(&["add", "-A"]);
    let mended = commit(&scratch, &program, "mended");
    assert_eq!(mended.code, Some(0), "{mended:?}");

    // By hand over everything, and for a commit that only removes files, when pre-commit has no name to pass.
    let manual = pre_commit(&program, &scratch.base, &scratch.root, &["validate-config"]);
    assert_eq!(manual.code, Some(0), "{manual:?}");
    scratch.git(&["rm", "-q", "app.py"]);
    let removed = commit(&scratch, &program, "remove");
    assert!(removed.code == Some(0) && !format!("{}{}", removed.stdout, removed.stderr).contains("Skipped"), "{removed:?}");
}

#[test]
fn a_push_with_a_secret_is_stopped_and_a_clean_one_passes() {
    let Some(program) = server("pre-commit") else {
        return not_run("a push with a secret is stopped and a clean one passes", "pre-commit");
    };
    let scratch = Scratch::new();
    let offered = Scratch::new();
    offered.write(".pre-commit-hooks.yaml", include_str!("../.pre-commit-hooks.yaml"));
    let revision = offered.commit("hooks");
    let config = format!("repos:\n- repo: {}\n  rev: {revision}\n  hooks:\n  - id: keyfuse-system\n", offered.root.display());
    scratch.write(".pre-commit-config.yaml", config);
    scratch.commit("first");
    crate::scratch::git_in(&scratch.base, &["init", "-q", "--bare", "bare.git"], &[]);
    scratch.git(&["remote", "add", "origin", &scratch.base.join("bare.git").display().to_string()]);
    let installed = pre_commit(&program, &scratch.base, &scratch.root, &["install", "--hook-type", "pre-push"]);
    assert_eq!(installed.code, Some(0), "{installed:?}");
    let push = |arguments: &[&str]| {
        let run = git(&scratch, &program, &[&["push", "origin"], arguments].concat());
        (run.code, format!("{}{}", run.stdout, run.stderr))
    };
    // The first push of all: nothing lies before it.
    let (code, told) = push(&["main"]);
    assert!(code == Some(0) && told.contains("Passed"), "{told}");
    scratch.write("a.env", secret("pushed"));
    scratch.commit("leaky");
    scratch.git(&["rm", "-q", "a.env"]);
    scratch.commit("taken back, but the commit before goes along");
    let (code, told) = push(&["main"]);
    assert!(code == Some(1) && told.contains("a.env:1:14") && told.contains("since: commit"), "{told}");
    scratch.git(&["reset", "-q", "--hard", "HEAD~2"]);
    scratch.write("readme.md", "hello\n");
    scratch.commit("clean");
    let (code, told) = push(&["main"]);
    assert!(code == Some(0) && told.contains("Passed"), "{told}");
    scratch.git(&["checkout", "-q", "-b", "topic"]);
    scratch.write("b.env", secret("branch"));
    scratch.commit("leaky");
    let (code, told) = push(&["topic"]);
    assert!(code == Some(1) && told.contains("b.env:1:14"), "{told}");
    // A history of its own, whole.
    scratch.git(&["checkout", "-q", "--orphan", "alone"]);
    scratch.commit("alone");
    let (code, told) = push(&["alone"]);
    assert!(code == Some(1) && told.contains("b.env:1:14"), "{told}");
}

#[test]
fn the_manifest_is_valid_and_its_hooks_are_offered_to_others() {
    let Some(program) = server("pre-commit") else {
        return not_run("the manifest is valid and its hooks are offered to others", "pre-commit");
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scratch = Scratch::new();
    let valid = pre_commit(&program, &scratch.base, root, &["validate-manifest", ".pre-commit-hooks.yaml"]);
    assert_eq!(valid.code, Some(0), "{valid:?}");

    // A repository that offers the manifest, used by another as users do; the hook that needs no build.
    let offered = Scratch::new();
    offered.write(".pre-commit-hooks.yaml", include_str!("../.pre-commit-hooks.yaml"));
    let revision = offered.commit("hooks");
    scratch.write(
        ".pre-commit-config.yaml",
        format!("repos:\n- repo: {}\n  rev: {revision}\n  hooks:\n  - id: keyfuse-system\n", offered.root.display()),
    );
    let installed = pre_commit(&program, &scratch.base, &scratch.root, &["install"]);
    assert_eq!(installed.code, Some(0), "{installed:?}");
    scratch.write("app.env", secret("offered"));
    scratch.git(&["add", "-A"]);
    let stopped = commit(&scratch, &program, "leaky");
    assert!(stopped.code == Some(1) && format!("{}{}", stopped.stdout, stopped.stderr).contains("app.env:1:14"), "{stopped:?}");
    scratch.git(&["reset", "-q", "app.env"]);
    let clean = commit(&scratch, &program, "clean");
    assert_eq!(clean.code, Some(0), "{clean:?}");
}
