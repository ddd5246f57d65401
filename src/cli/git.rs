//! `keyfuse git`: the history of a repository, what is staged, or what is not yet.

use std::env;
use std::path::Path;

use anyhow::bail;

use super::args::{Common, Git, Look};
use super::job::Job;
use super::plan;
use keyfuse::git::Environment;
use keyfuse::source::{Staged, StagedOptions, Target, UnstagedOptions};
use keyfuse::sweep::{History, HistoryOptions};

/// Which part of a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Every object.
    History,
    /// What the next commit would add.
    Staged,
    /// Changes to tracked files that are not staged.
    Unstaged,
}

/// What the command asks for.
pub(super) fn job(command: &Git, common: &Common) -> anyhow::Result<Job> {
    refuse_log_options(command.log_opts.as_deref())?;
    let part = match (command.staged, command.unstaged || command.pre_commit) {
        (true, _) => Part::Staged,
        (false, true) => Part::Unstaged,
        (false, false) => Part::History,
    };
    repository(&command.repository, part, &command.look, common)
}

/// A part of the repository at `path`.
pub(super) fn repository(path: &Path, part: Part, look: &Look, common: &Common) -> anyhow::Result<Job> {
    let settings = plan::settings(path, common)?;
    let (dir, archives, threads) = (path.to_owned(), plan::archives(look, &settings), common.threads);
    // Git tells its hooks where the repository is; a repository that the user names is another matter.
    let environment = if path == Path::new(".") { Environment::from_vars(env::vars_os()) } else { Environment::default() };
    let (target, name) = match part {
        Part::History => {
            let options = HistoryOptions { dir, environment, archives, threads, full: look.full_scan };
            (Target::Custom(Box::new(History::new(options))), "git-history")
        }
        Part::Staged => (Target::Staged(Staged::read(&StagedOptions { dir, environment, archives, threads })?), "git-staged"),
        Part::Unstaged => (Target::Unstaged(UnstagedOptions { dir, environment, archives, threads }), "git-unstaged"),
    };
    Ok(Job { target, name, settings, root: plan::top_of(path).filter(|_| part == Part::Unstaged) })
}

/// Options of `git log` choose commits, and objects are read without them.
pub(super) fn refuse_log_options(options: Option<&str>) -> anyhow::Result<()> {
    if options.is_some() {
        bail!(
            "--log-opts cannot be honoured: keyfuse reads every object of the repository once, not the output of `git log`; leave it out"
        );
    }
    Ok(())
}
