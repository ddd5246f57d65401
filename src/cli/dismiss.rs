//! `keyfuse dismiss`: a person says that nobody needs to act on a finding, until a day.

use anyhow::{Context, bail};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use keyfuse::confirm::{DISMISSED, Dismiss};
use keyfuse::journal::Entry;

use super::args::Common;
use super::installation::Installation;
use super::respond::DismissArgs;
use super::{output, which};

/// Runs the command.
pub(super) fn run(command: &DismissArgs, common: &Common) -> anyhow::Result<u8> {
    let reason = which::reason(&command.reason)?;
    let expires: Date =
        command.expires.parse().ok().with_context(|| format!("--expires {}: a day is written 2026-12-31", command.expires))?;
    let today = jiff::Timestamp::now().to_zoned(TimeZone::UTC).date();
    if expires < today {
        bail!("--expires {expires} is past");
    }
    let installation = Installation::open()?;
    let meant = which::find(&command.finding, &command.at, &installation, common)?;
    let facts = Dismiss { fp: meant.fingerprint.clone(), reason, place: meant.place.clone(), expires: expires.to_string() };
    which::record(&installation, Entry::new(DISMISSED, installation.actor(), &facts))?;
    let text = format!(
        "dismissed until {expires}: {} {}\nit is not handed off until then; reports go on showing it (keyfuse.toml silences)\n",
        meant.fingerprint, meant.place
    );
    output::print(text.as_bytes())
}
