//! The variables by which git tells a hook which repository it works for, taken as a snapshot.

use std::ffi::OsString;
use std::path::PathBuf;

/// The variables of git(1) that say where a repository is; empty values count as unset, as they do for git.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// `GIT_DIR`.
    pub git_dir: Option<PathBuf>,
    /// `GIT_COMMON_DIR`.
    pub common_dir: Option<PathBuf>,
    /// `GIT_WORK_TREE`.
    pub work_tree: Option<PathBuf>,
    /// `GIT_INDEX_FILE`.
    pub index_file: Option<PathBuf>,
    /// `GIT_OBJECT_DIRECTORY`.
    pub object_directory: Option<PathBuf>,
    /// `GIT_ALTERNATE_OBJECT_DIRECTORIES`.
    pub alternate_object_directories: Vec<PathBuf>,
    /// `GIT_CEILING_DIRECTORIES`.
    pub ceiling_directories: Vec<PathBuf>,
}

impl Environment {
    /// Picks git's variables out of an environment, for instance `std::env::vars_os()`.
    pub fn from_vars(vars: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let mut environment = Self::default();
        for (name, value) in vars {
            if value.is_empty() {
                continue;
            }
            match name.to_str() {
                Some("GIT_DIR") => environment.git_dir = Some(value.into()),
                Some("GIT_COMMON_DIR") => environment.common_dir = Some(value.into()),
                Some("GIT_WORK_TREE") => environment.work_tree = Some(value.into()),
                Some("GIT_INDEX_FILE") => environment.index_file = Some(value.into()),
                Some("GIT_OBJECT_DIRECTORY") => environment.object_directory = Some(value.into()),
                Some("GIT_ALTERNATE_OBJECT_DIRECTORIES") => environment.alternate_object_directories = paths(&value),
                Some("GIT_CEILING_DIRECTORIES") => environment.ceiling_directories = paths(&value),
                _ => {}
            }
        }
        environment
    }
}

fn paths(value: &OsString) -> Vec<PathBuf> {
    std::env::split_paths(value).filter(|path| !path.as_os_str().is_empty()).collect()
}
