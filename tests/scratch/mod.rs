//! What tests stand on: repositories made by git, the built program, the environment of real servers.

mod by_hand;
mod program;
mod repository;
mod servers;

pub(crate) use by_hand::by_hand;
pub(crate) use program::{KEYFUSE, Run, folder_of_keyfuse, keyfuse, secret};
pub(crate) use repository::{Scratch, command, git_in};
pub(crate) use servers::{not_run, server};
