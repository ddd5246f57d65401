//! `keyfuse stdin`: whatever comes in.

use std::path::Path;

use super::args::Common;
use super::job::Job;
use super::look::Look;
use super::plan;
use keyfuse::source::{StdinOptions, Target};

/// What the command asks for.
pub(super) fn job(look: &Look, common: &Common) -> anyhow::Result<Job> {
    let settings = plan::settings(Path::new("."), common)?;
    let options = StdinOptions { archives: plan::archives(look, &settings) };
    Ok(Job {
        target: Target::Stdin(options),
        name: "stdin",
        settings,
        #[cfg(feature = "git")]
        repository: None,
        root: None,
    })
}
