//! Finds the configuration of a repository by looking upward, without asking git.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::complaint::ConfigError;

/// The configuration's name at a repository's root.
pub(super) const NAME: &str = "keyfuse.toml";
/// No configuration is longer than this many bytes.
const MAX_SIZE: u64 = 4 << 20;
/// What other tools left, which is not read yet.
const FOREIGN: [&str; 5] = [".gitleaks.toml", "gitleaks.toml", ".gitleaksignore", ".betterleaks.toml", ".secrets.baseline"];

/// The root of the repository that `start` lies in: the nearest folder above that holds `.git`, a folder or (in a linked worktree or a
/// submodule) a file. Outside of any repository, `start` itself, or the folder it lies in.
pub(super) fn root(start: &Path) -> PathBuf {
    let start = if start.as_os_str().is_empty() { Path::new(".") } else { start };
    let real = fs::canonicalize(start).or_else(|_| std::path::absolute(start)).unwrap_or_else(|_| start.to_owned());
    let folder = if real.is_file() { real.parent().unwrap_or(&real).to_owned() } else { real };
    folder.ancestors().find(|folder| folder.join(".git").exists()).map_or_else(|| folder.clone(), Path::to_owned)
}

/// A warning for each file of another tool at `root` that has no effect yet.
pub(super) fn foreign(root: &Path) -> Vec<String> {
    let present = FOREIGN.into_iter().filter(|name| root.join(name).is_file());
    present.map(|name| format!("{name} is not read yet: its rules and exceptions have no effect; write them into {NAME}")).collect()
}

/// The text of the file.
pub(super) fn read(path: &Path) -> Result<String, ConfigError> {
    let fail = |message: String| ConfigError::Unreadable { path: path.to_owned(), message };
    // A FIFO would wait for ever, a device never end.
    let metadata = fs::metadata(path).map_err(|error| fail(error.to_string()))?;
    if !metadata.is_file() {
        return Err(fail("not a regular file".to_owned()));
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(|error| fail(error.to_string()))?;
    file.take(MAX_SIZE + 1).read_to_end(&mut bytes).map_err(|error| fail(error.to_string()))?;
    if bytes.len() as u64 > MAX_SIZE {
        return Err(fail(format!("longer than {MAX_SIZE} bytes")));
    }
    let text = String::from_utf8(bytes).map_err(|error| fail(format!("not UTF-8 at byte {}", error.utf8_error().valid_up_to())))?;
    // A mark that editors on Windows leave.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_found_from_below_and_in_a_linked_worktree() {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let base = fs::canonicalize(scratch.path()).expect("it exists");
        let (repo, linked) = (base.join("repo"), base.join("repo/linked"));
        fs::create_dir_all(repo.join(".git/worktrees/linked")).expect("scratch");
        fs::create_dir_all(repo.join("a/b")).expect("scratch");
        fs::create_dir_all(linked.join("src")).expect("scratch");
        fs::write(linked.join(".git"), "gitdir: ../.git/worktrees/linked\n").expect("scratch");
        fs::write(linked.join("src/main.c"), "").expect("scratch");
        assert_eq!(root(&repo.join("a/b")), repo);
        assert_eq!(root(&linked.join("src")), linked);
        assert_eq!(root(&linked.join("src/main.c")), linked, "a file stands for its folder");
        let outside = tempfile::tempdir().expect("a scratch folder");
        let outside = fs::canonicalize(outside.path()).expect("it exists");
        assert_eq!(root(&outside), outside, "outside of any repository");
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let complaint = read(scratch.path()).expect_err("a folder").to_string();
        assert!(complaint.ends_with("not a regular file"), "{complaint}");
        assert!(read(&scratch.path().join("none")).is_err());
        let path = scratch.path().join("wide");
        fs::write(&path, b"\xff").expect("scratch");
        assert!(read(&path).expect_err("not UTF-8").to_string().ends_with("not UTF-8 at byte 0"));
        fs::write(&path, "\u{feff}[scan]").expect("scratch");
        assert_eq!(read(&path).expect("text"), "[scan]");
    }
}
