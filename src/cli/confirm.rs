//! `keyfuse confirm`: a person says that a finding is exposed.

use keyfuse::confirm::{CONFIRMED, Confirm};
use keyfuse::journal::Entry;

use super::args::Common;
use super::installation::Installation;
use super::respond::ConfirmArgs;
use super::{output, which};

/// Runs the command.
pub(super) fn run(command: &ConfirmArgs, common: &Common) -> anyhow::Result<u8> {
    let reason = which::reason(&command.reason)?;
    let installation = Installation::open()?;
    let meant = which::find(&command.finding, &command.at, &installation, common)?;
    let facts = Confirm { fp: meant.fingerprint.clone(), reason, place: meant.place.clone() };
    which::record(&installation, Entry::new(CONFIRMED, installation.actor(), &facts))?;
    let text = format!("confirmed: {} {}\na scan with --handoff hands it off\n", meant.fingerprint, meant.place);
    output::print(text.as_bytes())
}
