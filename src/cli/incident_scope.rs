//! `keyfuse incident scope`: who used the credential, by the audit log of Vault or OpenBao.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use keyfuse::confirm::{Grouping, group};
use keyfuse::contain::{
    Added, CORRELATION, EVIDENCE, Moved, Needle, SCOPE, STATE, Scope, ScopeQuery, Shelf, Signs, Store, hashes, is_hmac, scope, severity,
};
use keyfuse::journal::{Clock, Digest, Entry, JournalError, SystemClock};
use keyfuse::model::{Identity, Secret, plain};
use serde_json::json;

use super::args::Listing;
use super::installation::Installation;
use super::{app, exit, incident_search, output, stdin_secret, vault};

/// `keyfuse incident scope`
#[derive(Debug, clap::Args)]
pub(super) struct ScopeArgs {
    /// The incident, or a beginning of its id
    pub(super) incident: String,
    /// The log of a file audit device, or a folder of them
    #[arg(long, value_name = "PATH", required = true)]
    pub(super) vault_audit: Vec<PathBuf>,
    /// The server that made the log, asked for the HMACs of the credential, which it learns; [vault] of config.toml unless given
    #[arg(long, value_name = "URL")]
    pub(super) vault: Option<String>,
    /// A token that may update sys/audit-hash/*: env:NAME, file:PATH or keychain:NAME
    #[arg(long, value_name = "REFERENCE")]
    pub(super) token: Option<String>,
    /// The audit device, as `vault audit list` names it
    #[arg(long, value_name = "NAME")]
    pub(super) device: Option<String>,
    /// The namespace of the server
    #[arg(long, value_name = "NAME")]
    pub(super) namespace: Option<String>,
    /// Where the credential still stands: a file that is searched for it
    #[arg(long, value_name = "FILE", conflicts_with = "stdin")]
    pub(super) from: Option<PathBuf>,
    /// Read the credential from standard input
    #[arg(long)]
    pub(super) stdin: bool,
    /// An HMAC that the server gave elsewhere; then nobody is asked
    #[arg(long, value_name = "hmac-sha256:HEX", conflicts_with_all = ["vault", "from", "stdin"])]
    pub(super) hmac: Vec<String>,
    /// An address that is expected; use from others raises the severity
    #[arg(long, value_name = "ADDRESS")]
    pub(super) known: Vec<String>,
    /// As a table or as JSON
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub(super) format: Listing,
}

/// Runs the command.
pub(super) fn run(command: &ScopeArgs, installation: &Installation, shelf: &Shelf) -> anyhow::Result<u8> {
    let id = shelf.find(&command.incident)?;
    let mut journal = shelf.journal(&id)?;
    let incident = journal.state().clone();
    let (needles, own_requests) = needles(command, installation, &incident)?;
    let mut unread = Vec::new();
    let (logs, sources) = logs(&command.vault_audit, &mut unread)?;
    let revoked_at = incident.fate_at().filter(|_| incident.fate().is_settled()).map(|at| keyfuse::contain::When(at.at));
    let query = ScopeQuery { needles: &needles, own_requests: &own_requests, revoked_at, known: &command.known };
    let mut found = scope(logs, query).context("the audit log cannot be read to its end")?;
    found.unread.extend(unread);
    // What is kept is evidence: it must not hold what it looks for.
    let mut bytes = serde_json::to_vec_pretty(&found)?;
    bytes.push(b'\n');
    incident_search::refuse_secret(&String::from_utf8_lossy(&bytes), None).context("the audit log names something that is a secret")?;
    let folder = shelf.of(&id);
    let stamp = SystemClock::new().now();
    let says = format!("{} ({sources})", told(&found));
    let mut entries = vec![Entry::new(
        EVIDENCE,
        installation.actor(),
        &Added { what: "audit".to_owned(), path: SCOPE.to_owned(), sha256: Some(Digest::of(&bytes)), says: says.clone() },
    )];
    for correlation in &found.correlations {
        let mut facts = serde_json::to_value(correlation)?;
        facts["says"] = json!(correlation.told());
        entries.push(Entry::new(CORRELATION, installation.actor(), &facts));
    }
    if let Some((class, why)) = Signs::of(&incident, &found.correlations).map(severity)
        && incident.severity.is_some_and(|before| before < class)
    {
        let moved = Moved { severity: Some(class), why: why.to_owned(), ..Moved::default() };
        entries.push(Entry::new(STATE, installation.actor(), &moved));
    }
    let entries = entries.into_iter().map(|entry| entry.of(&id).drill(incident.is_drill)).collect();
    replace(&folder.join(SCOPE), &bytes)?;
    journal.update(|writing| writing.append_all(entries, stamp).map(|_| ())).map_err(|error: JournalError| error)?;
    let text = if command.format == Listing::Json { String::from_utf8(bytes)? } else { table(&found, &says)? };
    output::print(text.as_bytes())?;
    for one in found.unread.iter().take(20) {
        app::say(&format!("not read: {}", plain(one, 300)));
    }
    Ok(if found.unread.is_empty() && found.rows_left_out == 0 { exit::COMPLETE } else { exit::INCOMPLETE })
}

/// One sentence about all uses.
fn told(found: &Scope) -> String {
    let addresses: HashSet<&str> = found.rows.iter().map(|row| row.remote_address.as_str()).filter(|text| !text.is_empty()).collect();
    let after = found.rows.iter().filter(|row| row.after_revocation).count();
    format!(
        "{} uses from {} addresses in {} lines; after the revocation {after}, of which {} succeeded",
        found.rows.len() as u64 + found.rows_left_out,
        addresses.len(),
        found.lines,
        found.successes_after_revocation()
    )
}

fn table(found: &Scope, says: &str) -> anyhow::Result<String> {
    let mut text = String::new();
    for row in &found.rows {
        let success = match row.success {
            Some(true) => "granted",
            Some(false) => "refused",
            None => "no answer",
        };
        let after = if row.after_revocation { "  AFTER REVOCATION" } else { "" };
        let as_token = if row.as_token { "with it" } else { "of it" };
        writeln!(
            text,
            "{}  {:8} {:40} {:20} {:15} {success:9} {as_token}{after}",
            row.time, row.operation, row.path, row.identity, row.remote_address
        )?;
    }
    for correlation in &found.correlations {
        writeln!(text, "! {}", correlation.told())?;
    }
    writeln!(text, "{says}")?;
    Ok(text)
}

/// The HMACs to look for.
fn needles(
    command: &ScopeArgs,
    installation: &Installation,
    incident: &keyfuse::contain::Incident,
) -> anyhow::Result<(Vec<Needle>, HashSet<String>)> {
    if !command.hmac.is_empty() {
        if let Some(wrong) = command.hmac.iter().find(|hmac| !is_hmac(hmac)) {
            bail!("--hmac {}: write hmac-sha256: with 64 hex digits, as the log does", plain(wrong, 20));
        }
        let needles = command.hmac.iter().map(|hmac| Needle { form: "value".to_owned(), hmac: hmac.clone() }).collect();
        return Ok((needles, HashSet::new()));
    }
    let Some(table) = vault::table(command.vault.as_deref(), command.token.as_deref(), installation)? else {
        bail!("say which server made the log (--vault URL --device NAME, or [vault] in config.toml), or give its HMAC (--hmac)");
    };
    let transport = vault::door(&table)?;
    let device = vault::device(command.device.as_deref(), &table)?;
    let secret = secret(command, installation, incident)?;
    let token = vault::token(&table, installation)?;
    let store = Store { address: &table.address, token: &token, device: &device, namespace: command.namespace.as_deref() };
    let found = hashes(&store, &secret, &transport).map_err(anyhow::Error::msg)?;
    Ok((found.needles, found.requests))
}

/// The credential, read where it still stands, and held against the incident's fingerprint.
fn secret(command: &ScopeArgs, installation: &Installation, incident: &keyfuse::contain::Incident) -> anyhow::Result<Secret> {
    let fp = &incident.beginning().map_err(anyhow::Error::msg)?.credential.fp;
    let key = installation.key()?;
    if let Some(file) = &command.from {
        if !file.is_file() {
            bail!("--from {} is no file", file.display());
        }
        let (outcome, rules) = incident_search::findings(vec![file.clone()])?;
        let credentials = group(&outcome, Grouping { key: &key, rules: &rules, host: "", root: b"" });
        let found = credentials.iter().find(|credential| credential.fingerprint == *fp);
        return found
            .map(|credential| credential.lead().secret.clone())
            .with_context(|| format!("{} does not hold the credential of {} (any more)", file.display(), incident.id));
    }
    if !command.stdin {
        bail!("say where the credential stands: --from FILE, or --stdin; it is never an argument");
    }
    let secret = stdin_secret::read()?.unwrap_or_else(|| Secret::new(""));
    let is_named_otherwise =
        incident.beginning().is_ok_and(|opened| !opened.credential.resources.is_empty() && opened.credential.rule.is_empty());
    if secret.is_empty() || (key.fingerprint(&Identity::secret(&secret)) != *fp && !is_named_otherwise) {
        bail!("standard input does not hold the credential of {}; --from FILE finds one that is named by more than its value", incident.id);
    }
    Ok(secret)
}

/// The logs with their names, and what was read for the record.
pub(super) fn logs(paths: &[PathBuf], unread: &mut Vec<String>) -> anyhow::Result<(Vec<(String, File)>, String)> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let mut within: Vec<PathBuf> = fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
            within.sort();
            files.extend(within.into_iter().filter(|path| path.is_file()));
        } else {
            files.push(path.clone());
        }
    }
    let mut found = Vec::new();
    for path in files {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.extension().is_some_and(|extension| extension == "gz") {
            unread.push(format!("{name}: it is compressed; gunzip it"));
            continue;
        }
        let file = File::open(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        if !file.metadata()?.is_file() {
            bail!("{} is not a regular file", path.display());
        }
        found.push((plain(&name, 100), file));
    }
    let sources = match found.len() {
        0 => bail!("there is no log to read"),
        1 => plain(&found[0].0, 100),
        many => format!("{many} files"),
    };
    Ok((found, sources))
}

/// Puts a file in the place of another, whole.
fn replace(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let folder = path.parent().context("a file lies in a folder")?;
    let file = tempfile::NamedTempFile::new_in(folder)?;
    fs::write(file.path(), bytes)?;
    file.persist(path)?;
    Ok(())
}
