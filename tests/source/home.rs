//! A home directory: what is there is read, what is not there is not spoken of.

use std::fs;
use std::path::Path;

use keyfuse::source::{HomeEnvironment, HomeOptions, SourceError, Target};

use super::collector::{collect, try_collect};

fn write(root: &Path, path: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().expect("below the root")).expect("directories");
    fs::write(path, "x").expect("a file");
}

#[test]
fn the_known_places_are_read_and_nothing_else() {
    let directory = tempfile::tempdir().expect("a scratch directory");
    let root = directory.path().canonicalize().expect("it exists");
    let known = [
        ".aws/credentials",
        ".bash_history",
        ".config/fish/conf.d/keys.fish",
        ".config/gh/hosts.yml",
        ".docker/config.json",
        ".env.local",
        ".kube/config",
        ".local/share/fish/fish_history",
        ".netrc",
        ".npmrc",
        ".ssh/id_ed25519",
        ".zsh_history",
        ".zshrc",
        "AppData/Roaming/Microsoft/Windows/PowerShell/PSReadLine/ConsoleHost_history.txt",
    ];
    for path in known {
        write(&root, path);
    }
    for path in ["Documents/letter.txt", "code/project/.env", ".cache/big", ".mozilla/prefs.js"] {
        write(&root, path);
    }
    let found = collect(Target::Home(HomeOptions { dir: root.clone(), threads: 1, ..Default::default() }));
    assert_eq!(found.names(), known);
    assert_eq!(found.coverage.gaps, []);
    let missing = try_collect(Target::Home(HomeOptions { dir: root.join("nobody"), ..Default::default() }));
    assert!(matches!(missing, Err(SourceError::Missing(_))));
}

#[test]
fn variables_move_files() {
    let directory = tempfile::tempdir().expect("a scratch directory");
    let root = directory.path().canonicalize().expect("it exists");
    for path in ["home/.zshenv", "home/.zshrc", "zsh/.zshrc", "cfg/gh/hosts.yml", "home/history-elsewhere", "home/k1"] {
        write(&root, path);
    }
    let at = |path: &str| root.join(path).into_os_string();
    let environment = HomeEnvironment::from_vars([
        ("ZDOTDIR".into(), at("zsh")),
        ("XDG_CONFIG_HOME".into(), at("cfg")),
        ("HISTFILE".into(), at("home/history-elsewhere")),
        ("KUBECONFIG".into(), at("home/k1")),
    ]);
    let found = collect(Target::Home(HomeOptions { dir: root.join("home"), environment, ..Default::default() }));
    let outside = |path: &str| root.join(path).display().to_string();
    let expected =
        [outside("cfg/gh/hosts.yml"), outside("zsh/.zshrc"), ".zshenv".into(), ".zshrc".into(), "history-elsewhere".into(), "k1".into()];
    let mut names = found.names();
    names.sort_by_key(|name| !name.starts_with('/'));
    assert_eq!(names, expected);
}
