//! `keyfuse home`: the dotfiles of a person.

use std::env;

use anyhow::Context;

use super::args::{Common, Home};
use super::job::Job;
use super::plan;
use keyfuse::source::{HomeEnvironment, HomeOptions, Target};

/// What the command asks for.
pub(super) fn job(command: &Home, common: &Common) -> anyhow::Result<Job> {
    let own = env::home_dir().filter(|path| !path.as_os_str().is_empty());
    let dir = command.directory.clone().or_else(|| own.clone()).context("your home directory is not known; name it")?;
    // The variables of this session say nothing about another home.
    let is_own = own.is_some_and(|own| own.canonicalize().ok() == dir.canonicalize().ok());
    let environment = if is_own { HomeEnvironment::from_vars(env::vars_os()) } else { HomeEnvironment::default() };
    let settings = plan::settings(&dir, common)?;
    let options =
        HomeOptions { dir: dir.clone(), environment, archives: plan::archives(&command.look, &settings), threads: common.threads };
    Ok(Job {
        target: Target::Home(options),
        name: "home",
        settings,
        #[cfg(feature = "git")]
        repository: None,
        root: Some(dir),
    })
}
