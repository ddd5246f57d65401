//! Recomputes all that a bundle, or an incident that is still open, claims.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::authority::Authority;
use super::bundle::{JOURNAL, SCOPE, derived};
use super::clocks::Targets;
use super::comms::Sent;
use super::incident::Incident;
use super::manifest::{MANIFEST, Manifest, NAMESPACE_MANIFEST, SIGNATURE, digest};
use super::replay::{Replay, replay};
use super::scope::Scope;
use super::seal::AUDITOR;
use super::signers::Signers;
use crate::journal::{Digest, Head, JournalError};
use crate::model::plain;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holds {
    /// It holds.
    Yes,
    /// It does not, which is no sign of tampering.
    Warning,
    /// It does not.
    No,
}

/// One thing that was recomputed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What.
    pub what: &'static str,
    /// How it ended.
    pub holds: Holds,
    /// What was found.
    pub says: String,
}

/// What to hold it against, beside itself.
#[derive(Clone, Debug, Default)]
pub struct Against<'a> {
    /// Heads of the journal that somebody was shown.
    pub witnesses: Vec<Head>,
    /// An `allowed_signers` from elsewhere, in place of the bundle's own.
    pub signers: Option<&'a str>,
    /// An authority from elsewhere, in place of the bundle's own.
    pub authority: Option<&'a str>,
    /// Whether it also takes the place of what the journal says was in force when things were done.
    pub authority_alone: bool,
    /// Whether a manifest without a signature will do.
    pub allow_unsigned: bool,
}

/// Recomputes a folder: a bundle where it has a manifest, else an incident that is open.
///
/// # Errors
/// When it cannot be read.
pub fn verify_folder(folder: &Path, against: &Against<'_>) -> Result<Vec<Check>, JournalError> {
    let replay = replay(&folder.join(JOURNAL))?;
    let mut checking = Checking { folder, against, replay, checks: Vec::new(), is_sealed: folder.join(MANIFEST).exists() };
    checking.chain();
    checking.witnesses();
    checking.guards();
    checking.evidence();
    let authority = checking.authority();
    let signers = checking.signers();
    checking.decisions(authority.as_ref(), signers.as_ref());
    checking.deeds(authority.as_ref(), signers.as_ref());
    if checking.is_sealed {
        checking.manifest();
        checking.derived();
        checking.signature(authority.as_ref(), signers.as_ref());
    }
    Ok(checking.checks)
}

pub(super) struct Checking<'a> {
    pub(super) folder: &'a Path,
    pub(super) against: &'a Against<'a>,
    pub(super) replay: Replay,
    checks: Vec<Check>,
    pub(super) is_sealed: bool,
}

impl Checking<'_> {
    pub(super) fn note(&mut self, what: &'static str, holds: Holds, says: impl Into<String>) {
        self.checks.push(Check { what, holds, says: says.into() });
    }

    /// One check of several things: what is wrong with each, or what all of them are.
    pub(super) fn all(&mut self, what: &'static str, wrong: Vec<String>, right: String) {
        if wrong.is_empty() {
            self.note(what, Holds::Yes, right);
        }
        for one in wrong {
            self.note(what, Holds::No, one);
        }
    }

    fn text(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.folder.join(name)).ok()
    }

    fn chain(&mut self) {
        let chain = &self.replay.chain;
        let wrong = chain.breaches.iter().map(|breach| format!("line {}: {}", breach.line, breach.what)).collect();
        let right = format!("{} lines, head {}", chain.head.seq, chain.head.digest);
        let tear = chain.tear.clone();
        self.all("chain", wrong, right);
        if let Some(tear) = tear {
            let holds = if self.is_sealed { Holds::No } else { Holds::Warning };
            self.note("chain", holds, format!("{} bytes of an interrupted write stand behind the last line", tear.bytes));
        }
    }

    fn witnesses(&mut self) {
        for head in self.against.witnesses.clone() {
            let (holds, says) = match self.replay.chain.holds(head) {
                true => (Holds::Yes, format!("line {} is what the witness was shown", head.seq)),
                false => {
                    (Holds::No, format!("line {} is not what the witness was shown: the journal was cut off or written anew", head.seq))
                }
            };
            self.note("witness", holds, says);
        }
    }

    fn guards(&mut self) {
        match &self.replay.refused {
            Some((line, why)) => {
                let says = format!("line {line}: {}", plain(why, 300));
                self.note("guards", Holds::No, says);
            }
            None => {
                let incident = &self.replay.incident;
                let says = format!("{} is {}, its credential {}", incident.id, incident.stage().name(), incident.fate().name());
                self.note("guards", Holds::Yes, says);
            }
        }
    }

    /// Files whose digests the journal holds.
    fn evidence(&mut self) {
        let incident = &self.replay.incident;
        let mut claimed: BTreeMap<String, Digest> = BTreeMap::new();
        if let Some(located) = &incident.located {
            claimed.insert("locations.jsonl".to_owned(), located.sha256);
        }
        for (_, added) in &incident.evidence {
            if let Some(digest) = added.sha256.filter(|_| !added.path.is_empty()) {
                claimed.insert(added.path.clone(), digest);
            }
        }
        for done in incident.steps.values().filter_map(|step| step.done.as_ref()) {
            if let (Some(file), Some(digest)) = (&done.cli, done.cli_sha256) {
                claimed.insert(file.clone(), digest);
            }
        }
        for one in self.replay.events.iter().filter(|one| one.event.kind == super::facts::COMMS) {
            if let Ok(Sent { path, sha256: Some(digest), .. }) = one.event.facts::<Sent>() {
                claimed.insert(path, digest);
            }
        }
        let mut wrong = Vec::new();
        for (name, expected) in &claimed {
            let is_inside = Path::new(name).components().all(|part| matches!(part, std::path::Component::Normal(_)));
            let shown = plain(name, 200);
            match digest(&self.folder.join(name)) {
                _ if !is_inside => wrong.push(format!("{shown} lies outside")),
                Ok(found) if found == *expected => {}
                Ok(_) => wrong.push(format!("{shown} is not what the journal says")),
                Err(error) => wrong.push(format!("{shown}: {error}")),
            }
        }
        let right = format!("{} files are what the journal says", claimed.len());
        self.all("evidence", wrong, right);
    }

    fn authority(&mut self) -> Option<Authority> {
        let (text, from) = match self.against.authority {
            Some(text) => (Some(text.to_owned()), "the authority given"),
            None => (self.text("authority.toml"), "the bundle's own authority"),
        };
        match text.map(|text| Authority::parse(from, &text)) {
            Some(Ok(authority)) => Some(authority),
            Some(Err(error)) => {
                self.note("authority", Holds::No, error.to_string());
                None
            }
            None => {
                if self.is_sealed {
                    self.note("authority", Holds::No, "authority.toml is missing");
                }
                None
            }
        }
    }

    fn signers(&mut self) -> Option<Signers> {
        let text = self.against.signers.map(str::to_owned).or_else(|| self.text("allowed_signers"))?;
        match Signers::parse(&text) {
            Ok(signers) => Some(signers),
            Err(why) => {
                self.note("signers", Holds::No, why);
                None
            }
        }
    }

    fn manifest(&mut self) {
        let listed = self.text(MANIFEST).ok_or_else(|| "it is not UTF-8".to_owned()).and_then(|text| Manifest::parse(&text));
        let there = Manifest::of(self.folder).map_err(|error| error.to_string());
        match (listed, there) {
            (Ok(listed), Ok(there)) => {
                let right = format!("{} files are what was sealed", listed.len());
                self.all("manifest", listed.differences(&there), right);
            }
            (Err(why), _) | (_, Err(why)) => self.note("manifest", Holds::No, why),
        }
    }

    /// What follows from the journal must be what was sealed.
    fn derived(&mut self) {
        let scope = match self.text(SCOPE).map(|text| serde_json::from_str::<Scope>(&text)) {
            Some(Err(error)) => return self.note("report", Holds::No, format!("{SCOPE}: {error}")),
            other => other.and_then(Result::ok),
        };
        let targets = match self.text("clocks.toml").map(|text| Targets::parse(&text)) {
            Some(Err(why)) => return self.note("report", Holds::No, format!("clocks.toml: {why}")),
            other => other.and_then(Result::ok).unwrap_or_default(),
        };
        let incident: &Incident = &self.replay.incident;
        let mut wrong = Vec::new();
        for (name, expected) in derived(incident, &self.replay.events, scope.as_ref(), &targets) {
            match fs::read(self.folder.join(name)) {
                Ok(found) if found == expected => {}
                Ok(_) => wrong.push(format!("{name} does not follow from the journal")),
                Err(error) => wrong.push(format!("{name}: {error}")),
            }
        }
        self.all("report", wrong, "report.md, revocation.json, audit.json and access-attempts.jsonl follow from the journal".to_owned());
    }

    fn signature(&mut self, authority: Option<&Authority>, signers: Option<&Signers>) {
        let Ok(armored) = fs::read(self.folder.join(SIGNATURE)) else {
            let holds = if self.against.allow_unsigned { Holds::Warning } else { Holds::No };
            let way = format!("ssh-keygen -Y sign -n {NAMESPACE_MANIFEST} -f KEY {MANIFEST}");
            return self.note("signature", holds, format!("unsigned: nobody vouches for the manifest ({way})"));
        };
        let (Some(authority), Some(signers)) = (authority, signers) else {
            return self.note("signature", Holds::No, "without authority.toml and allowed_signers it can be held against nobody");
        };
        let list = fs::read(self.folder.join(MANIFEST)).unwrap_or_default();
        match manifest_signer(&list, &armored, authority, signers) {
            Some(person) => self.note("signature", Holds::Yes, format!("by {}, {AUDITOR}", plain(&person, 60))),
            None => self.note("signature", Holds::No, format!("it is made by nobody who is {AUDITOR}")),
        }
    }
}

/// Who of the audit authority has signed this manifest.
pub fn manifest_signer(manifest: &[u8], armored: &[u8], authority: &Authority, signers: &Signers) -> Option<String> {
    let (_, people) = authority.roles().find(|(role, _)| *role == AUDITOR)?;
    people.iter().find(|person| signers.verify(NAMESPACE_MANIFEST, person, manifest, armored).is_ok()).cloned()
}
