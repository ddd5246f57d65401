//! The end of the rehearsal: what is put back, who is told, what is sealed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::rehearsal::DrillError;
use super::search::search;
use super::ttx::Drill;
use crate::contain::{
    Added, Against, COMMS, DONE, Done, EVIDENCE, FileFacts, Heard, Held, Holds, InForce, Incident, Moment, Responder, Sealing, Sent, Stage,
    Targets, message, redacted, seal, verify_folder, write,
};
use crate::journal::{Actor, Clock, Digest, Journal};

/// The part of a start-up file's line that names the place where the key is kept now.
const REFERENCE: &str = "# scratch start-up file of a drill\nexport VAULT_TOKEN=\"$(keychain get vault-token)\"\n";

/// What the tabletop has done after it (TTX-SEC-2026-01, section 10), each by the mitigation owner of section 9.
const ACTIONS: [&str; 4] = [
    "Enforce the storage of secrets in a keychain. Owner: DevOps / SecOps.",
    "Prohibit keys in plain text in files of the shell. Owner: DevOps / SecOps.",
    "Introduce a policy of automated rotation. Owner: DevOps / SecOps.",
    "Update the standards for new developers. Owner: DevOps / SecOps.",
];

/// Whose the risk is (section 9).
const OWNERSHIP: &str = "Risk Owner: Security Architecture. Mitigation Owner: DevOps / SecOps. Review Authority: Governance Layer.";

impl Drill<'_> {
    /// The replacement's reference in the file, a clean scan, the uses since.
    pub(super) fn recover(&mut self, journal: &mut Journal<Incident>, held: &Held) -> Result<(), DrillError> {
        let engine = Actor::engine;
        let done = |step: &str, result: Value| Done {
            step: step.to_owned(),
            action: "drill".to_owned(),
            verb: step.to_owned(),
            result,
            cli: None,
            cli_sha256: None,
        };
        let file = self.rehearsal.home().join(".zshrc");
        self.snapshot(journal, &file)?;
        std::fs::write(&file, REFERENCE).map_err(|source| DrillError::Io { path: file.clone(), source })?;
        self.clock.advance(Duration::from_secs(60));
        self.put(
            journal,
            DONE,
            engine(),
            &done("replace", json!({ "stated": "the start-up file now asks the keychain; in a drill no replacement is issued" })),
        )?;
        let outcome = search(&self.rehearsal.home(), &self.rehearsal.rules).map_err(DrillError::Other)?;
        let is_clean = outcome.findings.is_empty();
        self.check("the start-up file shows no key any more", is_clean, format!("{} findings", outcome.findings.len()));
        if is_clean {
            self.put(journal, DONE, engine(), &done("absent", json!({ "findings": 0 })))?;
            let added = Added {
                what: "clean-scan".to_owned(),
                path: String::new(),
                sha256: None,
                says: "the scratch home was scanned: no finding".to_owned(),
            };
            self.put(journal, EVIDENCE, engine(), &added)?;
        }
        let says = "A key stood in plain text in a shell's start-up file, where every program of the account could read it (the tabletop's own scenario).";
        self.put(journal, EVIDENCE, engine(), &Added { what: "rca".to_owned(), path: String::new(), sha256: None, says: says.to_owned() })?;
        for (what, says) in ACTIONS.map(|says| ("action", says)).into_iter().chain([("ownership", OWNERSHIP)]) {
            let action = Added { what: what.to_owned(), path: String::new(), sha256: None, says: says.to_owned() };
            self.put(journal, EVIDENCE, engine(), &action)?;
        }
        let fp = journal.state().beginning().map_err(DrillError::Other)?.credential.fp.clone();
        let answer = self.ask(&fp, held).answer;
        let (accepted, refused) = self.rehearsal.issued.provider.as_ref().map_or((0, 0), |provider| provider.uses_after());
        let holds = matches!(answer, Heard::Dead | Heard::Declined) && accepted == 0;
        self.check("no use succeeds after its death", holds, format!("{accepted} accepted, {refused} refused"));
        if holds {
            self.put(journal, DONE, engine(), &done("watch", json!({ "accepted": accepted, "refused": refused })))?;
        }
        Ok(())
    }

    /// The start-up file as it was, without the key: the tabletop's "redacted configuration snapshots".
    fn snapshot(&mut self, journal: &mut Journal<Incident>, file: &Path) -> Result<(), DrillError> {
        let io = |source| DrillError::Io { path: file.to_owned(), source };
        let original = Zeroizing::new(std::fs::read(file).map_err(io)?);
        let changed = std::fs::metadata(file).and_then(|about| about.modified()).map_err(io)?;
        let changed = jiff::Timestamp::try_from(changed).ok().map(|time| format!("{time:.0}"));
        let facts = FileFacts { path: ".zshrc".to_owned(), changed, ..FileFacts::default() };
        let findings = search(&self.rehearsal.home(), &self.rehearsal.rules).map_err(DrillError::Other)?.findings;
        let shown = redacted(&original, &facts, &self.rehearsal.key.label("snapshot", &original), &findings);
        let name = "snapshots/001-zshrc.redacted";
        let path = self.shelf().of(&journal.state().id).join(name);
        write(&path, &shown).map_err(|source| DrillError::Io { path: path.clone(), source })?;
        let says = format!("snapshot of {} bytes", shown.len());
        let added = Added { what: "snapshot".to_owned(), path: name.to_owned(), sha256: Some(Digest::of(&shown)), says };
        self.put(journal, EVIDENCE, Actor::engine(), &added)?;
        let is_masked = memchr::memmem::find(&shown, self.rehearsal.issued.token.expose()).is_none();
        let holds = is_masked && memchr::memmem::find(&shown, b"export VAULT_TOKEN=").is_some();
        self.check("the start-up file is kept as evidence, without the key", holds, name);
        Ok(())
    }

    /// Whoever was told of the exposure is told of its end, in the message that is filled from the journal.
    pub(super) fn tell(&mut self, journal: &mut Journal<Incident>) -> Result<(), DrillError> {
        let stamp = self.clock.now();
        let text = message(journal.state(), Moment { seq: 0, at: stamp.wall, mono_ms: stamp.mono_ms });
        let path = self.shelf().of(&journal.state().id).join("comms/001.md");
        write(&path, text.as_bytes()).map_err(|source| DrillError::Io { path, source })?;
        let sent = Sent {
            kind: "internal".to_owned(),
            to: "Security Team".to_owned(),
            path: "comms/001.md".to_owned(),
            sha256: Some(Digest::of(text.as_bytes())),
            says: "Internal update issued to the Security Team of the drill.".to_owned(),
        };
        self.put(journal, COMMS, Actor::engine(), &sent)?;
        let holds = text.contains("THIS IS A DRILL") && text.contains("unknown (not measured)") && text.contains("Journal: ");
        self.check(
            "the update to others is written from the journal alone",
            holds,
            "comms/001.md; what is not known is said to be unknown",
        );
        Ok(())
    }

    /// Sealed by the audit authority, verified, closed, searched.
    pub(super) fn seal(&mut self, journal: &mut Journal<Incident>, out: &Path) -> Result<PathBuf, DrillError> {
        self.clock.advance(Duration::from_secs(60));
        let (authority, installation) = (self.authority()?, self.rehearsal.installation());
        Responder { journal, installation: &installation, authority: &authority, standing: &[], clock: &self.clock }
            .advance()
            .map_err(DrillError::of)?;
        let (id, auditor) = (journal.state().id.clone(), self.people.in_role("audit-authority"));
        let (folder, bundle) = (self.shelf().of(&id), out.join(&id));
        let rules = self.rehearsal.rules.clone();
        let sealing = Sealing {
            folder: &folder,
            out: &bundle,
            in_force: InForce { authority: &self.people.authority, signers: Some(&self.people.allowed), clocks: None },
            targets: &Targets::default(),
            signer: self.people.signer(auditor),
            search: &|folder| {
                search(folder, &rules).map(|outcome| {
                    outcome.findings.iter().map(|finding| format!("{}:{}", finding.origin.display(), finding.region.start.line)).collect()
                })
            },
            actor: Actor { id: auditor.to_owned(), roles: vec!["audit-authority".to_owned()], via: "sshsig".to_owned() },
        };
        let sealed = seal(journal, &sealing, self.clock.now()).map_err(DrillError::of)?;
        Responder { journal, installation: &installation, authority: &authority, standing: &[], clock: &self.clock }
            .advance()
            .map_err(DrillError::of)?;
        let checks = verify_folder(&sealed.path, &Against::default()).map_err(DrillError::of)?;
        let broken: Vec<String> =
            checks.iter().filter(|check| check.holds == Holds::No).map(|check| format!("{}: {}", check.what, check.says)).collect();
        let says = if broken.is_empty() { format!("{} files, {} checks", sealed.files, checks.len()) } else { broken.join("; ") };
        self.check("the sealed bundle verifies", broken.is_empty(), says);
        let stage = journal.state().stage();
        self.check("the incident is closed", stage == Stage::Closed, stage.name());
        let shown = [sealed.path.as_path(), &self.rehearsal.scratch.join("state")]
            .iter()
            .try_fold(None, |found, folder| Ok::<_, DrillError>(found.or(holds(folder, self.rehearsal.issued.token.expose())?)))?;
        let says =
            shown.as_ref().map_or("journals, decisions, report and bundle were searched".to_owned(), |path| path.display().to_string());
        self.check("the key's value is nowhere in what was written", shown.is_none(), says);
        Ok(sealed.path)
    }
}

/// The first file below `folder` that holds `needle`.
fn holds(folder: &Path, needle: &[u8]) -> Result<Option<PathBuf>, DrillError> {
    let io = |source| DrillError::Io { path: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let path = entry.map_err(io)?.path();
        if path.is_dir() {
            if let Some(found) = holds(&path, needle)? {
                return Ok(Some(found));
            }
        } else if memchr::memmem::find(&std::fs::read(&path).map_err(io)?, needle).is_some() {
            return Ok(Some(path));
        }
    }
    Ok(None)
}
