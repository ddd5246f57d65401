//! Recomputes who decided what, and whether that was theirs to decide.

use std::collections::BTreeMap;
use std::fs;

use super::authority::Authority;
use super::decision::{DecisionFile, NAMESPACE};
use super::manifest::files;
use super::rejudge::Court;
use super::signers::Signers;
use super::verify::{Checking, Holds};
use crate::journal::Digest;
use crate::model::plain;

impl Checking<'_> {
    /// Each decision with its file, its signature, the roles of its signer, the head that they saw.
    pub(super) fn decisions(&mut self, authority: Option<&Authority>, signers: Option<&Signers>) {
        let folder = self.folder.join("decisions");
        let found = if folder.is_dir() { files(&folder) } else { Ok(Vec::new()) };
        let found = match found {
            Ok(found) => found,
            Err(error) => return self.note("decisions", Holds::No, error.to_string()),
        };
        let mut by_digest: BTreeMap<Digest, (String, Vec<u8>)> = BTreeMap::new();
        let mut wrong = Vec::new();
        for (name, path) in found.iter().filter(|(name, _)| name.ends_with(".txt")) {
            match fs::read(path) {
                Ok(bytes) => drop(by_digest.insert(Digest::of(&bytes), (name.clone(), bytes))),
                Err(error) => wrong.push(format!("{name}: {error}")),
            }
        }
        let (mut signed, mut unsigned) = (0, 0);
        for decision in &self.replay.incident.decisions {
            let facts = &decision.facts;
            let who = format!("line {} ({} by {})", decision.when.seq, plain(&facts.decision, 40), plain(&facts.signer, 60));
            let Some((name, bytes)) = by_digest.remove(&facts.file_sha256) else {
                wrong.push(format!("{who}: its file is missing or was changed"));
                continue;
            };
            let parsed = match DecisionFile::parse(&bytes) {
                Ok(parsed) => parsed,
                Err(error) => {
                    wrong.push(format!("{who}: {error}"));
                    continue;
                }
            };
            if parsed.facts(&bytes, facts.roles.clone(), &facts.attestation) != *facts {
                wrong.push(format!("{who}: the journal says something else than {name}"));
            }
            if let Err(error) = parsed.fits(&self.replay.incident.id, decision.when.at) {
                wrong.push(format!("{who}: {error}"));
            }
            // Whoever signed has seen the journal as far as that, and is a witness of it.
            match parsed.witnessed() {
                Ok(Some(head)) if !self.replay.chain.holds(head) || head.seq >= decision.when.seq => {
                    wrong.push(format!(
                        "{who}: line {} is not what its signer was shown: the journal was cut off or written anew",
                        head.seq
                    ));
                }
                Ok(_) => {}
                Err(error) => wrong.push(format!("{who}: {error}")),
            }
            if facts.attestation != "sshsig" {
                unsigned += 1;
                continue;
            }
            signed += 1;
            let armored = fs::read(folder.join(format!("{name}.sig")));
            match (armored, signers) {
                (Ok(armored), Some(signers)) => {
                    if let Err(error) = signers.verify(NAMESPACE, &facts.signer, &bytes, &armored) {
                        wrong.push(format!("{who}: {error}"));
                    }
                }
                (Err(_), _) => wrong.push(format!("{who}: {name}.sig is missing")),
                (_, None) if self.is_sealed => wrong.push(format!("{who}: there is no allowed_signers to hold it against")),
                (_, None) => {}
            }
            if let Some(authority) = authority {
                let class = self.replay.incident.opened.as_ref().map_or("personal", |(_, opened)| opened.credential.class.as_str());
                // What an approval is good for depends on the action; every other decision is a role's own.
                let mut entries = authority.entries(&facts.decision, class);
                if facts.decision != "approve" && !entries.any(|allow| allow.by.iter().any(|role| facts.roles.contains(role))) {
                    wrong.push(format!("{who}: no role of theirs may decide it"));
                }
                let has = authority.roles_of(&facts.signer);
                if let Some(role) = facts.roles.iter().find(|role| !has.contains(role)) {
                    wrong.push(format!("{who}: has not the role {}", plain(role, 40)));
                }
            }
        }
        wrong.extend(by_digest.values().map(|(name, _)| format!("{name} stands in no line of the journal")));
        let right = format!("{signed} signed, {unsigned} unsigned");
        self.all("decisions", wrong, right);
    }

    /// What was done, judged again as of then.
    pub(super) fn deeds(&mut self, authority: Option<&Authority>, signers: Option<&Signers>) {
        let court = Court { folder: self.folder, now: authority, now_alone: self.against.authority_alone, signers };
        let (count, wrong) = court.judge(&self.replay.events);
        self.all("authority", wrong, format!("{count} judged again, each was allowed when it was done"));
    }
}
