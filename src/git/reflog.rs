//! Reflogs: where each ref pointed before, since when, and why it moved.

use std::fs;
use std::path::Path;

use bstr::{BString, ByteSlice};
use gix::ObjectId;

use super::Repository;

/// One move of a ref.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Where it pointed before; zeros if it was new.
    pub old: ObjectId,
    /// Where it pointed then.
    pub new: ObjectId,
    /// When it moved, in seconds since 1970.
    pub time: i64,
    /// Why, as git notes it (`commit: …`, `update by push`).
    pub message: BString,
}

/// The log of one ref.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reflog {
    /// Full name of the ref, or of a HEAD.
    pub name: BString,
    /// Its moves, the oldest first.
    pub entries: Vec<LogEntry>,
}

/// All reflogs, those of linked work trees too. Lines that are not of git's form are passed by.
pub fn reflogs(repository: &Repository) -> Vec<Reflog> {
    let mut logs = Vec::new();
    collect(&repository.common_dir.join("logs"), &mut BString::default(), repository, 0, &mut logs);
    if let Ok(listing) = fs::read_dir(repository.common_dir.join("worktrees")) {
        for directory in listing.flatten().map(|entry| entry.path()) {
            collect(&directory.join("logs"), &mut BString::default(), repository, 0, &mut logs);
        }
    }
    logs.sort_by(|one, other| one.name.cmp(&other.name));
    logs
}

fn collect(directory: &Path, name: &mut BString, repository: &Repository, depth: u32, logs: &mut Vec<Reflog>) {
    let Ok(listing) = fs::read_dir(directory) else { return };
    for path in listing.flatten().map(|entry| entry.path()) {
        let (Some(last), Ok(about)) = (path.file_name(), fs::symlink_metadata(&path)) else { continue };
        let length = name.len();
        if length > 0 {
            name.push(b'/');
        }
        name.extend_from_slice(<[u8]>::from_os_str(last).unwrap_or(b"?"));
        if about.is_dir() && depth < 64 {
            collect(&path, name, repository, depth + 1, logs);
        } else if about.is_file()
            && let Ok(text) = fs::read(&path)
        {
            let entries = text.lines().filter_map(|line| entry(line, repository.hash.len_in_hex())).collect();
            logs.push(Reflog { name: name.clone(), entries });
        }
        name.truncate(length);
    }
}

/// `old new Name <mail> seconds zone<TAB>message`.
fn entry(line: &[u8], hex: usize) -> Option<LogEntry> {
    let id = |range: std::ops::Range<usize>| ObjectId::from_hex(line.get(range)?).ok();
    let (old, new) = (id(0..hex)?, id(hex + 1..2 * hex + 1)?);
    let rest = &line[2 * hex + 1..];
    let (who, message) = rest.split_once_str("\t").unwrap_or((rest, b""));
    let mut words = who.rsplit(|&byte| byte == b' ');
    let time = words.nth(1).and_then(|word| word.to_str().ok()?.parse().ok()).unwrap_or(0);
    Some(LogEntry { old, new, time, message: message.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_git() {
        let (old, new) = ("0".repeat(40), "1".repeat(40));
        let line = format!("{old} {new} A U Thor <thor@example.com> 1706929506 +0100\tupdate by push");
        let read = entry(line.as_bytes(), 40).expect("well formed");
        assert!(read.old.is_null() && read.time == 1_706_929_506 && read.message == "update by push", "{read:?}");
        assert_eq!(entry(b"what is this", 40), None);
        assert_eq!(entry(format!("{old} {new}").as_bytes(), 40).map(|entry| entry.time), Some(0));
    }
}
