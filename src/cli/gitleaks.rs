//! The commands that gitleaks had before its 8.19: scripts that use them run unchanged.

#[cfg(not(feature = "git"))]
use anyhow::bail;

#[cfg(feature = "git")]
use super::args::Protect;
use super::args::{Common, Detect};
#[cfg(feature = "git")]
use super::git::{self, Part, Scope};
use super::job::Job;
use super::{scan, stdin};

/// What `detect` asks for.
pub(super) fn detect(command: &Detect, common: &Common) -> anyhow::Result<Job> {
    if command.pipe {
        return stdin::job(&command.look, common);
    }
    if command.no_git {
        // gitleaks does not heed .gitignore there.
        return scan::tree(vec![command.source.clone()], true, &command.look, common);
    }
    #[cfg(feature = "git")]
    {
        git::refuse_log_options(command.log_opts.as_deref())?;
        git::repository(&command.source, Part::History, Scope::default(), &command.look, common)
    }
    #[cfg(not(feature = "git"))]
    bail!("this build cannot read repositories; use --no-git");
}

/// What `protect` asks for.
#[cfg(feature = "git")]
pub(super) fn protect(command: &Protect, common: &Common) -> anyhow::Result<Job> {
    git::refuse_log_options(command.log_opts.as_deref())?;
    let part = if command.staged { Part::Staged } else { Part::Unstaged };
    git::repository(&command.source, part, Scope::default(), &command.look, common)
}
