//! gitolite, a real Git server with a real lock: where its program is.

use std::path::PathBuf;

use super::process::program;
use crate::scratch::not_run;

/// The program, or none; then it is said that `test` did not run.
pub(crate) fn gitolite(test: &str) -> Option<PathBuf> {
    let found = program("gitolite", &[]);
    if found.is_none() {
        not_run(test, "gitolite");
    }
    found
}

#[test]
fn gitolite_is_there_and_runs() {
    let Some(program) = gitolite("gitolite is there and runs") else {
        return;
    };
    let home = super::process::folder();
    let version = std::process::Command::new(program).arg("help").env("HOME", home.path()).output().expect("it runs");
    let told = String::from_utf8_lossy(&[version.stdout, version.stderr].concat()).into_owned();
    assert!(told.contains("gitolite"), "{told}");
}
