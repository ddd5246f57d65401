//! `--handoff`: from the findings of a scan to notices that are delivered, or said not to be.

use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::bail;
use keyfuse::config::marks;
use keyfuse::confirm::{Confirmer, Grouping, MAX_BCRYPT_COST, Telling, Tried, Words, group, proofs, prove_by_hashes};
use keyfuse::contain::Marks;
use keyfuse::handoff::{Courier, Endpoint, HandoffError, Outbox, Pace, Tally};
use keyfuse::journal::{Clock, Journal, SystemClock};
use keyfuse::keychain::InstallKey;
use keyfuse::model::{Finding, Fingerprint, Liveness, Outcome, Place, Secret, Veil};
use keyfuse::net::{Hosts, Https, Proxies};
use keyfuse::report::Verdict;
use keyfuse::rules::RuleSet;

use super::app::say;
use super::exit;
use super::installation::{Installation, journal_code, variable};
use super::look::Look;

/// Longer files are not read again for a proof, in bytes.
const MAX_AROUND: u64 = 4 << 20;

/// What `--handoff` needs, found before the scan so that none is in vain.
pub(super) struct Handing {
    installation: Installation,
    key: InstallKey,
    marks: Marks,
    endpoints: Vec<Endpoint>,
    wait: Duration,
    is_proving: bool,
}

/// How it went.
pub(super) struct Handed {
    /// The code that the run ends with on its account, if it has one.
    code: Option<u8>,
}

impl Handing {
    /// Reads configuration, key and endpoints; none without `--handoff`.
    pub(super) fn prepare(look: &Look) -> anyhow::Result<Option<Self>> {
        if !look.handoff {
            if look.handoff_wait.is_some() {
                bail!("--handoff-wait says how long --handoff may take; add --handoff");
            }
            return Ok(None);
        }
        let installation = Installation::open()?;
        let key = installation.key()?;
        let endpoints = installation.person.endpoints(&variable)?;
        if endpoints.is_empty() {
            let path = installation.folders.config.join("config.toml");
            bail!("--handoff has nowhere to hand off to: {} names no [[endpoint]] (docs/handoff.md)", path.display());
        }
        let marks = marks(&installation.folders.config)?;
        let wait = look.handoff_wait.unwrap_or(Duration::from_secs(60));
        Ok(Some(Self { installation, key, marks, endpoints, wait, is_proving: look.prove }))
    }

    /// Owes notices for what is confirmed, and carries all that is owed.
    pub(super) fn run(&self, outcome: &Outcome, rules: &RuleSet, root: Option<&Path>, remotes: &[(String, String)]) -> Handed {
        match self.hand_off(outcome, rules, root, remotes) {
            Ok(tally) => Handed { code: tell(&tally) },
            Err(error) => {
                say(&format!("error: nothing is handed off: {error}"));
                let code = match &error {
                    HandoffError::Journal(error) => journal_code(error),
                    _ => exit::UNDELIVERED,
                };
                Handed { code: Some(code) }
            }
        }
    }

    fn hand_off(
        &self,
        outcome: &Outcome,
        rules: &RuleSet,
        root: Option<&Path>,
        remotes: &[(String, String)],
    ) -> Result<Tally, HandoffError> {
        let (clock, host, path) = (SystemClock::new(), self.installation.host(), self.installation.journal());
        let now = clock.now().wall;
        let root = root.map(|root| root.canonicalize().unwrap_or_else(|_| root.to_owned()));
        let root_bytes = root.as_ref().map(|root| root.as_os_str().as_encoded_bytes().to_vec()).unwrap_or_default();
        let credentials = group(outcome, Grouping { key: &self.key, rules, host: &host, root: &root_bytes });
        let around = |finding: &Finding| file_of(finding, root.as_deref()).and_then(|path| text_of(&path));
        let (words, mut proofs) = (words(&path)?, proofs(&credentials, rules, &around));
        if self.is_proving {
            tell_tried(prove_by_hashes(&credentials, &mut proofs));
        }
        let asked = |finding: &&Finding| finding.probed.as_ref().map(|probed| probed.liveness.clone());
        let liveness: HashMap<Fingerprint, Liveness> =
            credentials.iter().filter_map(|one| Some((one.fingerprint.clone(), one.findings.iter().find_map(asked)?))).collect();
        let policies = &self.installation.person.policies;
        let confirmer = Confirmer { words: &words, liveness: &liveness, proofs: &proofs, policies, root: &root_bytes, now };
        let veil = Veil::new(outcome);
        let mode = |finding: &Finding| file_of(finding, root.as_deref()).and_then(|path| mode_of(&path));
        let telling = Telling { rules, veil: &veil, now, is_drill: false, remotes, mode: &mode };
        let (mut notices, mut secrets) = (Vec::new(), HashMap::new());
        for credential in &credentials {
            if let Some(mut notice) = telling.notice(credential, &confirmer.confirm(credential), 1) {
                secrets.insert(credential.fingerprint.clone(), Secret::new(credential.lead().secret.expose()));
                self.marks.weigh(&mut notice, rules, now);
                notices.push(notice);
            }
        }
        if notices.is_empty() && !path.exists() {
            return Ok(Tally::default());
        }
        let transport = transport(&self.endpoints);
        let journal = Journal::<Outbox>::open(&path)?;
        let mut courier = Courier { journal, endpoints: &self.endpoints, transport: &transport, clock: &clock, host: &host, secrets };
        courier.owe(notices)?;
        courier.deliver(Pace::For(self.wait))
    }
}

impl Handed {
    /// Adds what came of it to what the run ends with: what was not delivered weighs more than findings, less than an error.
    pub(super) fn add_to(&self, verdict: &mut Verdict) {
        if let Some(code) = self.code {
            verdict.exit_code = code;
            verdict.conditions.insert(0, if code == exit::EVIDENCE { "evidence" } else { "undelivered" });
        }
    }
}

/// Says what was delivered and what was not; gives the exit code of what was not.
pub(super) fn tell(tally: &Tally) -> Option<u8> {
    for (endpoint, event, receipt) in &tally.delivered {
        let receipt = receipt.as_ref().map_or(String::new(), |receipt| format!(", receipt {receipt}"));
        say(&format!("handed off {event} to {endpoint}{receipt}"));
    }
    for (endpoint, why) in tally.failures.iter().filter(|_| tally.undelivered > 0) {
        say(&format!("{endpoint} did not take it: {why}"));
    }
    (tally.undelivered > 0).then(|| {
        let is_one = tally.undelivered == 1;
        let count = format!("{} notice{} undelivered", tally.undelivered, if is_one { " is" } else { "s are" });
        say(&format!("{count}; kept, and tried again by the next --handoff or `keyfuse outbox flush`"));
        exit::UNDELIVERED
    })
}

/// Says what there was no time to try.
fn tell_tried(tried: Tried) {
    if tried.left_out > 0 {
        let Tried { made, left_out, .. } = tried;
        say(&format!("--prove: {made} comparisons with bcrypt hashes are made, {left_out} are not, for each takes long by design"));
    }
    if tried.too_dear > 0 {
        let (count, verb) = (tried.too_dear, if tried.too_dear == 1 { "hash has" } else { "hashes have" });
        say(&format!("--prove: {count} bcrypt {verb} a cost above {MAX_BCRYPT_COST} and no comparison is made with it"));
    }
}

/// What people have said so far.
pub(super) fn words(path: &Path) -> Result<Words, HandoffError> {
    if !path.exists() {
        return Ok(Words::default());
    }
    Ok(Journal::<Words>::open(path)?.state().clone())
}

/// The door to the endpoints and nowhere else.
pub(super) fn transport(endpoints: &[Endpoint]) -> Https {
    let mut hosts = Hosts::default();
    for endpoint in endpoints {
        hosts.allow(endpoint.host.clone());
    }
    Https::new(hosts, Proxies::from_vars(variable))
}

/// The file on this machine that a finding stands in.
fn file_of(finding: &Finding, root: Option<&Path>) -> Option<PathBuf> {
    let is_file = finding.origin.place == Place::File && finding.origin.members.is_empty();
    let path = std::str::from_utf8(&finding.origin.path).ok().filter(|_| is_file)?;
    Some(root?.join(path))
}

fn text_of(path: &Path) -> Option<Vec<u8>> {
    let file = fs::File::open(path).ok().filter(|file| file.metadata().is_ok_and(|metadata| metadata.is_file()))?;
    let mut text = Vec::new();
    file.take(MAX_AROUND).read_to_end(&mut text).ok()?;
    Some(text)
}

#[cfg(unix)]
fn mode_of(path: &Path) -> Option<u32> {
    let metadata = fs::metadata(path).ok()?;
    Some(std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777)
}

#[cfg(not(unix))]
fn mode_of(_: &Path) -> Option<u32> {
    None
}
