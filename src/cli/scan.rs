//! `keyfuse scan`: files and directories.

use std::path::PathBuf;

use super::args::{Common, Scan};
use super::job::Job;
use super::plan;
use keyfuse::source::{Target, TreeOptions};

/// What the command asks for.
pub(super) fn job(command: &Scan, common: &Common) -> anyhow::Result<Job> {
    let paths = if command.paths.is_empty() { vec![PathBuf::from(".")] } else { command.paths.clone() };
    tree(paths, command.no_ignore, &command.look, common)
}

/// Files and directories; inside a repository paths count from its top, as allow-lists and forges count them.
pub(super) fn tree(paths: Vec<PathBuf>, no_ignore: bool, look: &super::look::Look, common: &Common) -> anyhow::Result<Job> {
    let start = paths[0].clone();
    let top = plan::top_of(&start);
    let root = top.clone().or_else(|| if paths.len() == 1 && start.is_dir() { Some(start.clone()) } else { plan::here().ok() });
    let settings = plan::settings(&start, common)?;
    let options = TreeOptions { paths, root: top, no_ignore, archives: plan::archives(look, &settings), threads: common.threads };
    Ok(Job {
        target: Target::Tree(options),
        name: "scan",
        settings,
        #[cfg(feature = "git")]
        repository: None,
        root,
    })
}
