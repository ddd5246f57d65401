//! `keyfuse incident decide` and `approve`: a decision is printed, signed elsewhere, and handed in.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use jiff::Timestamp;
use keyfuse::contain::{
    ASSIGNED, Authority, DECIDED, DecisionError, DecisionFile, NAMESPACE, REFUSED, Refused, Shelf, Signers, advance, replay,
};
use keyfuse::journal::{Actor, Clock, Digest, Entry, JournalError, SystemClock};
use keyfuse::model::plain;

use super::app::say;
use super::incident::{Approve, Decide};
use super::installation::Installation;
use super::{exit, output};

/// `keyfuse incident decide`
pub(super) fn decide(command: &Decide, shelf: &Shelf) -> anyhow::Result<u8> {
    let journal = shelf.journal(&shelf.find(&command.incident)?)?;
    let incident = journal.state();
    let Some((decision, choice)) = command.decision.split_once('=') else {
        bail!("write DECISION=CHOICE, like d2=revoke-now, or approve=DIGEST with the digest that the plan shows");
    };
    let now = SystemClock::new().now().wall;
    let after = |span: std::time::Duration| -> anyhow::Result<Timestamp> { Ok(now.saturating_add(span)?) };
    let digest = if decision == "approve" { Some(choice.parse::<Digest>().map_err(anyhow::Error::msg)?) } else { None };
    let head = journal.head();
    let file = DecisionFile {
        incident: Some(incident.id.clone()),
        decision: decision.to_owned(),
        choice: if digest.is_some() { "yes".to_owned() } else { choice.to_owned() },
        action_sha256: digest,
        expires: Some(after(command.expires.unwrap_or(std::time::Duration::from_secs(3600)))?),
        review: command.review.map(after).transpose()?,
        signer: command.signer.clone(),
        reason: plain(&command.reason, 300),
        head: format!("{} {}", head.seq, head.digest),
        ..DecisionFile::default()
    };
    let text = file.text();
    DecisionFile::parse(text.as_bytes())?;
    output::print(text.as_bytes())?;
    say(&format!("save it, then: ssh-keygen -Y sign -n {NAMESPACE} -f YOUR_KEY FILE && keyfuse incident approve {} FILE", incident.id));
    Ok(exit::COMPLETE)
}

/// `keyfuse incident approve`
pub(super) fn approve(command: &Approve, installation: &Installation, shelf: &Shelf) -> anyhow::Result<u8> {
    let id = shelf.find(&command.incident)?;
    let bytes = fs::read(&command.file).with_context(|| format!("{} cannot be read", command.file.display()))?;
    let file = DecisionFile::parse(&bytes)?;
    let authority = Authority::discover(&installation.folders.config)?;
    let mut journal = shelf.journal(&id)?;
    let stamp = SystemClock::new().now();
    let opened = journal.state().beginning().map_err(anyhow::Error::msg)?.clone();
    let is_drill = journal.state().is_drill;
    let mut signature = None;
    let seen = file.witnessed()?;
    let is_witness = match seen {
        Some(head) => replay(journal.path())?.chain.holds(head),
        None => true,
    };
    let checked = file.fits(&id, stamp.wall).and_then(|()| {
        if !is_witness {
            return Err(DecisionError::Other("its `head` is no line of this journal: the signer was shown another one".to_owned()));
        }
        if command.unsigned {
            return Ok(());
        }
        let armored = fs::read(with_sig(&command.file))
            .map_err(|_| DecisionError::Signature(format!("{} is not there", with_sig(&command.file).display())))?;
        let signers = signers(&installation.folders.config).map_err(DecisionError::Signature)?;
        signers.verify(NAMESPACE, &file.signer, &bytes, &armored)?;
        signature = Some(armored);
        Ok(())
    });
    let roles = if command.unsigned { Vec::new() } else { authority.roles_of(&file.signer) };
    // What an action needs is judged when it is done; who may decide at all, now.
    let class = &opened.credential.class;
    let may = file.decision == "approve"
        || authority.entries(&file.decision, class).any(|allow| allow.by.iter().any(|role| roles.contains(role)));
    let why = match checked {
        Err(error) => Some(error.to_string()),
        Ok(()) if !command.unsigned && (!may || roles.is_empty()) => {
            Some(format!("{} has no role that may decide `{}` (authority.toml)", plain(&file.signer, 60), file.decision))
        }
        Ok(()) if command.unsigned && file.decision != "approve" => Some("only an approval may go unsigned".to_owned()),
        Ok(()) if command.unsigned && !authority.entries_any_unsigned(class) => {
            Some(format!("authority.toml lets nothing of class `{class}` be approved without a signature"))
        }
        Ok(()) => None,
    };
    if let Some(why) = why {
        let is_open = !authority.deciders(&file.decision, class).is_empty();
        let refused = Refused { action: format!("decision {}", file.decision), verb: file.decision.clone(), why: why.clone(), is_open };
        let entry = Entry::new(REFUSED, Actor::person(plain(&file.signer, 60)), &refused).of(&id).drill(is_drill);
        journal.update(|writing| writing.append(entry, stamp).map(|_| ())).map_err(|error: JournalError| error)?;
        say(&format!("refused: {why}"));
        return Ok(if is_open { exit::WAITING } else { exit::CONTAINMENT });
    }
    let via = if command.unsigned { "unsigned" } else { "sshsig" };
    let facts = file.facts(&bytes, roles.clone(), via);
    let actor = Actor { id: plain(&file.signer, 60), roles, via: if command.unsigned { "cli".to_owned() } else { via.to_owned() } };
    if journal.state().has_file(facts.file_sha256) {
        bail!("this decision file was handed in before; print another with `keyfuse incident decide`");
    }
    let seq = keep(&shelf.of(&id), &file.decision, &bytes, signature.as_deref())?;
    // Whoever signs in a role has taken it.
    let taken = journal.state().takes(&facts.roles, &file.signer);
    let mut entries: Vec<Entry> = taken.iter().map(|one| Entry::new(ASSIGNED, actor.clone(), one).of(&id).drill(is_drill)).collect();
    entries.push(Entry::new(DECIDED, actor, &facts).of(&id).drill(is_drill));
    journal.update(|writing| writing.append_all(entries, stamp).map(|_| ())).map_err(|error: JournalError| error)?;
    advance(&mut journal, stamp)?;
    output::print(format!("{id}: {} = {} by {} ({via}), kept as {seq}\n", file.decision, file.choice, plain(&file.signer, 60)).as_bytes())
}

/// `allowed_signers` of the configuration folder.
pub(super) fn signers(config: &Path) -> Result<Signers, String> {
    let path = config.join("allowed_signers");
    let text = fs::read_to_string(&path)
        .map_err(|error| format!("{}: {error}; it names people and their public keys (ssh-keygen(1), ALLOWED SIGNERS)", path.display()))?;
    Signers::parse(&text)
}

pub(super) fn with_sig(path: &Path) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".sig");
    name.into()
}

/// Keeps the file and its signature in the incident's folder; gives the name.
fn keep(folder: &Path, decision: &str, bytes: &[u8], signature: Option<&[u8]>) -> anyhow::Result<String> {
    let decisions = folder.join("decisions");
    fs::create_dir_all(&decisions).with_context(|| format!("{} cannot be made", decisions.display()))?;
    for number in 1..1000 {
        let name = format!("decisions/{decision}-{number:03}.txt");
        let path = folder.join(&name);
        match fs::OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                use std::io::Write;
                file.write_all(bytes)?;
                if let Some(signature) = signature {
                    fs::write(with_sig(&path), signature)?;
                }
                return Ok(name);
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).with_context(|| format!("{} cannot be written", path.display())),
        }
    }
    bail!("there are a thousand decision files already")
}
