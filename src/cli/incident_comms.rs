//! `keyfuse incident comms`: the message to others, from what the journal shows.

use anyhow::bail;
use keyfuse::contain::{Authority, COMMS, Moment, REFUSED, Refused, Sent, Shelf, may_go_out, message, write};
use keyfuse::journal::{Clock, Digest, Entry, JournalError, SystemClock};
use keyfuse::model::plain;

use super::installation::Installation;
use super::{app, exit, incident_search, output};

/// `keyfuse incident comms`
#[derive(Debug, clap::Args)]
pub(super) struct CommsArgs {
    /// The incident, or a beginning of its id
    pub(super) incident: String,
    /// For people outside: refused until what the authority file wants before it stands
    #[arg(long, requires = "by")]
    pub(super) external: bool,
    /// Who lets it out, as the authority file names them
    #[arg(long, value_name = "PERSON")]
    pub(super) by: Option<String>,
    /// Record that it was sent, to whom; sending is yours
    #[arg(long, value_name = "WHOM")]
    pub(super) sent: Option<String>,
}

/// Runs the command.
pub(super) fn run(command: &CommsArgs, installation: &Installation, shelf: &Shelf) -> anyhow::Result<u8> {
    let id = shelf.find(&command.incident)?;
    let mut journal = shelf.journal(&id)?;
    let incident = journal.state().clone();
    let stamp = SystemClock::new().now();
    if let (true, Some(person)) = (command.external, &command.by) {
        let authority = Authority::discover(&installation.folders.config)?;
        if let Err((why, is_open)) = may_go_out(&incident, &authority, person) {
            let refused =
                Refused { action: "external communication".to_owned(), verb: "comms.external".to_owned(), why: why.clone(), is_open };
            let entry = Entry::new(REFUSED, installation.actor(), &refused).of(&id).drill(incident.is_drill);
            journal.update(|writing| writing.append(entry, stamp).map(|_| ())).map_err(|error: JournalError| error)?;
            app::say(&format!("refused: {why}"));
            return Ok(if is_open { exit::WAITING } else { exit::CONTAINMENT });
        }
    }
    let now = Moment { seq: 0, at: stamp.wall, mono_ms: stamp.mono_ms };
    let text = message(&incident, now);
    if let Some(whom) = &command.sent {
        let (kind, whom) = (if command.external { "external" } else { "internal" }, plain(whom.trim(), 100));
        if whom.is_empty() {
            bail!("--sent names nobody");
        }
        incident_search::refuse_secret(&format!("{text}\n{whom}"), None)?;
        let path = keep(&shelf.of(&id), &text)?;
        let says = format!("{} update issued to {whom}.", if command.external { "External" } else { "Internal" });
        let facts = Sent { kind: kind.to_owned(), to: whom, path, sha256: Some(Digest::of(text.as_bytes())), says };
        let entry = Entry::new(COMMS, installation.actor(), &facts).of(&id).drill(incident.is_drill);
        journal.update(|writing| writing.append(entry, stamp).map(|_| ())).map_err(|error: JournalError| error)?;
    }
    output::print(text.as_bytes())
}

fn keep(folder: &std::path::Path, text: &str) -> anyhow::Result<String> {
    for number in 1..10_000 {
        let path = format!("comms/{number:03}.md");
        match write(&folder.join(&path), text.as_bytes()) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.into()),
        }
    }
    bail!("there are ten thousand messages already")
}
