//! The files of a home directory that hold credentials by their purpose: start-up files, histories, keys and tool settings.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::model::{Coverage, Origin};

use super::home_paths::{DEEPEST, PLACES};
use super::open::{Links, why};
use super::walk::path_bytes;
use super::{ArchiveLimits, Progress, SourceError, Visitor, threads};

/// The variables that move such files elsewhere; all are optional.
#[derive(Clone, Debug, Default)]
pub struct HomeEnvironment {
    /// `ZDOTDIR`: where zsh looks for its start-up files.
    pub zdotdir: Option<PathBuf>,
    /// `XDG_CONFIG_HOME`, instead of `.config`.
    pub config_home: Option<PathBuf>,
    /// `XDG_DATA_HOME`, instead of `.local/share`.
    pub data_home: Option<PathBuf>,
    /// `HISTFILE`: where the shell keeps its history.
    pub history_file: Option<PathBuf>,
    /// Files named by variables of single tools: `AWS_SHARED_CREDENTIALS_FILE`, `KUBECONFIG`, `NETRC`, `PGPASSFILE` and the like.
    pub files: Vec<PathBuf>,
}

impl HomeEnvironment {
    /// Picks the variables out of an environment, for instance `std::env::vars_os()`.
    pub fn from_vars(vars: impl IntoIterator<Item = (std::ffi::OsString, std::ffi::OsString)>) -> Self {
        let mut environment = Self::default();
        for (name, value) in vars.into_iter().filter(|(_, value)| !value.is_empty()) {
            match name.to_str() {
                Some("ZDOTDIR") => environment.zdotdir = Some(value.into()),
                Some("XDG_CONFIG_HOME") => environment.config_home = Some(value.into()),
                Some("XDG_DATA_HOME") => environment.data_home = Some(value.into()),
                Some("HISTFILE") => environment.history_file = Some(value.into()),
                Some("KUBECONFIG") => environment.files.extend(std::env::split_paths(&value)),
                Some(
                    "AWS_SHARED_CREDENTIALS_FILE"
                    | "AWS_CONFIG_FILE"
                    | "NETRC"
                    | "PGPASSFILE"
                    | "NPM_CONFIG_USERCONFIG"
                    | "PIP_CONFIG_FILE"
                    | "GOOGLE_APPLICATION_CREDENTIALS"
                    | "BASH_ENV"
                    | "ENV",
                ) => environment.files.push(value.into()),
                _ => {}
            }
        }
        environment
    }
}

/// Which home directory to read.
#[derive(Clone, Debug, Default)]
pub struct HomeOptions {
    /// The home directory.
    pub dir: PathBuf,
    /// The variables that move files elsewhere; those of another user's session do not count.
    pub environment: HomeEnvironment,
    /// How far to open archives.
    pub archives: ArchiveLimits,
    /// Threads; 0 for one per core.
    pub threads: usize,
}

pub(super) fn visit(options: &HomeOptions, visitor: &dyn Visitor, progress: &dyn Progress) -> Result<Coverage, SourceError> {
    let missing = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => SourceError::Missing(options.dir.clone()),
        _ => SourceError::Io { path: options.dir.clone(), problem: error },
    };
    let home = fs::canonicalize(&options.dir).map_err(missing)?;
    if !home.is_dir() {
        return Err(SourceError::Unfit { path: options.dir.clone(), why: "not a directory" });
    }
    let mut found = Found { home: &home, files: Vec::new(), coverage: Coverage::default() };
    for place in PLACES {
        // What a variable moved away may have been forgotten at the old place.
        found.place(&home.join(place));
        if let Some(elsewhere) = moved(place, &options.environment) {
            found.place(&elsewhere);
        }
    }
    for path in options.environment.history_file.iter().chain(&options.environment.files) {
        found.place(&home.join(path));
    }
    let Found { mut files, mut coverage, .. } = found;
    files.sort();
    files.dedup();
    coverage.merge(threads::for_each(
        &files,
        options.threads,
        &options.archives,
        (visitor, progress),
        || (),
        |path, (), reader| {
            // In one's own home a link is one's own arrangement: dotfiles are often links into a repository.
            reader.path(path, Links::Follow, &Origin::file(shown(path, &home)));
        },
    ));
    Ok(coverage)
}

/// Where a place lies when a variable moves it.
fn moved(place: &str, environment: &HomeEnvironment) -> Option<PathBuf> {
    if let Some(rest) = place.strip_prefix(".config/") {
        return environment.config_home.as_ref().map(|base| base.join(rest));
    }
    if let Some(rest) = place.strip_prefix(".local/share/") {
        return environment.data_home.as_ref().map(|base| base.join(rest));
    }
    let is_zsh = [".zshrc", ".zshenv", ".zprofile", ".zlogin", ".zlogout", ".zsh_history", ".zhistory"].contains(&place);
    environment.zdotdir.as_ref().filter(|_| is_zsh && place != ".zshenv").map(|base| base.join(place))
}

fn shown(path: &Path, home: &Path) -> Vec<u8> {
    path_bytes(path.strip_prefix(home).unwrap_or(path)).into_owned()
}

struct Found<'h> {
    home: &'h Path,
    files: Vec<PathBuf>,
    coverage: Coverage,
}

impl Found<'_> {
    /// Adds what lies at `path`, whose segments may hold one `*` each; a directory at its end is taken with all that is in it.
    fn place(&mut self, path: &Path) {
        let mut bases = vec![PathBuf::new()];
        for segment in path.components() {
            let pattern = segment.as_os_str().to_string_lossy();
            match pattern.split_once('*') {
                None => bases.iter_mut().for_each(|base| base.push(segment)),
                Some((start, end)) => {
                    let mut next = Vec::new();
                    for base in &bases {
                        for name in self.list(base) {
                            let text = name.file_name().unwrap_or_default().to_string_lossy();
                            if text.len() >= start.len() + end.len() && text.starts_with(start) && text.ends_with(end) {
                                next.push(name);
                            }
                        }
                    }
                    bases = next;
                }
            }
        }
        for base in bases {
            self.add(base, 0);
        }
    }

    fn add(&mut self, path: PathBuf, depth: u32) {
        match fs::metadata(&path) {
            Ok(found) if found.is_dir() => {
                if depth < DEEPEST {
                    for child in self.list(&path) {
                        self.add(child, depth + 1);
                    }
                }
            }
            Ok(found) if found.is_file() => self.files.push(path),
            Ok(found) => {
                let kind = super::tree::special(found.file_type());
                self.coverage.out_of_scope(Origin::file(shown(&path, self.home)).display(), kind);
            }
            Err(error) => self.failed(&path, &error),
        }
    }

    fn list(&mut self, directory: &Path) -> Vec<PathBuf> {
        match fs::read_dir(directory) {
            Ok(listing) => {
                let mut names: Vec<_> = listing.flatten().map(|entry| entry.path()).collect();
                names.sort();
                names
            }
            Err(error) => {
                self.failed(directory, &error);
                Vec::new()
            }
        }
    }

    /// What does not exist is no gap.
    fn failed(&mut self, path: &Path, error: &io::Error) {
        if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) {
            self.coverage.unread(Origin::file(shown(path, self.home)).display(), why(error));
        }
    }
}
