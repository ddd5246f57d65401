//! The object directories of a repository: its own, and those that it borrows from (gitrepository-layout, `objects/info/alternates`).

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bstr::ByteSlice;

/// Git itself follows alternates of alternates so deep.
const MAX_DEPTH: usize = 5;
/// The most directories that are looked into.
const MAX_DIRECTORIES: usize = 1024;

/// The directories that lead from `first`, each once, with those that cannot be followed, and why.
pub(super) fn directories(first: impl IntoIterator<Item = PathBuf>) -> (Vec<PathBuf>, Vec<(PathBuf, String)>) {
    let (mut found, mut problems, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    let mut todo: Vec<(PathBuf, usize)> = first.into_iter().map(|directory| (directory, 0)).collect();
    todo.reverse();
    while let Some((directory, depth)) = todo.pop() {
        let real = match fs::canonicalize(&directory) {
            Ok(real) if real.is_dir() => real,
            Ok(_) => {
                problems.push((directory, "is no directory".to_owned()));
                continue;
            }
            Err(error) => {
                problems.push((directory, error.to_string()));
                continue;
            }
        };
        if !seen.insert(real.clone()) {
            continue;
        }
        match borrowed(&real) {
            Ok(more) if more.is_empty() => {}
            Ok(_) if depth == MAX_DEPTH || found.len() + todo.len() >= MAX_DIRECTORIES => {
                problems.push((real.clone(), "its alternates lie deeper than git follows them".to_owned()));
            }
            Ok(more) => todo.extend(more.into_iter().rev().map(|directory| (directory, depth + 1))),
            Err(error) => problems.push((real.join("info/alternates"), error.to_string())),
        }
        found.push(real);
    }
    (found, problems)
}

/// The directories that `info/alternates` names: one a line, `#` begins a comment, relative ones count from the object directory.
fn borrowed(objects: &Path) -> io::Result<Vec<PathBuf>> {
    let text = match fs::read(objects.join("info/alternates")) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with(b"#"));
    let named = lines.map(|line| {
        // A path that begins with a quote is written as C writes strings.
        let unquoted = (line.starts_with(b"\"")).then(|| gix::quote::ansi_c::undo(line.as_bstr()).ok()).flatten();
        unquoted.map_or_else(|| line.to_vec(), |(path, _)| path.to_vec())
    });
    Ok(named.map(|path| objects.join(path.to_path_lossy())).collect())
}
