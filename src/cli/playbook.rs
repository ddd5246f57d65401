//! `keyfuse playbook`: proves a playbook before an incident needs it.

use std::fs;
use std::io::Read;
use std::path::PathBuf;

use anyhow::Context;
use keyfuse::contain::{PLAYBOOKS, Playbook};
use keyfuse::model::plain;

use super::app::say;
use super::{exit, output};

/// No playbook is longer, in bytes.
const MAX_FILE: u64 = 64 << 10;

/// The commands of `keyfuse playbook`.
#[derive(Debug, clap::Subcommand)]
pub(super) enum PlaybookCommand {
    /// Check playbooks, naming file, step and field of what is wrong; without a FILE the built-in ones
    Check {
        /// Playbooks
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Print a built-in playbook, to be changed and put into `playbooks` of the configuration folder
    Show {
        /// Its name
        #[arg(value_name = "NAME", value_parser = clap::builder::PossibleValuesParser::new(PLAYBOOKS.map(|(name, _)| name)))]
        name: String,
    },
}

/// Runs the sub-command.
pub(super) fn run(command: &PlaybookCommand) -> anyhow::Result<u8> {
    match command {
        PlaybookCommand::Check { files } => check(files),
        PlaybookCommand::Show { name } => {
            let found = PLAYBOOKS.iter().find(|(other, _)| other == name);
            output::print(found.context("there is no such playbook")?.1.as_bytes())
        }
    }
}

fn check(files: &[PathBuf]) -> anyhow::Result<u8> {
    let read = |path: &PathBuf| {
        let name = path.display().to_string();
        let mut text = String::new();
        // One byte more than may be, so that what is too long is seen to be.
        fs::File::open(path)
            .and_then(|file| file.take(MAX_FILE + 1).read_to_string(&mut text))
            .with_context(|| format!("{name} cannot be read"))?;
        anyhow::Ok((name, text))
    };
    let sources: Vec<(String, String)> = if files.is_empty() {
        PLAYBOOKS.iter().map(|&(name, text)| (format!("{name}.toml"), text.to_owned())).collect()
    } else {
        files.iter().map(read).collect::<Result<_, _>>()?
    };
    let (mut steps, mut is_wrong) = (0, false);
    for (name, text) in &sources {
        match Playbook::parse(name, text) {
            Ok(playbook) => steps += playbook.steps.len(),
            Err(why) => {
                is_wrong = true;
                why.lines().for_each(|line| say(&plain(line, 400)));
            }
        }
    }
    if is_wrong {
        return Ok(exit::USAGE);
    }
    let noun = if sources.len() == 1 { "playbook is" } else { "playbooks are" };
    output::print(format!("{} {noun} sound, with {steps} steps\n", sources.len()).as_bytes())
}
