//! `keyfuse confirm`: a finding counts as exposed, by the word of a person or of the store that holds it.

use std::path::Path;

use anyhow::{Context, bail};
use keyfuse::confirm::{CONFIRMED, Confirm, MATCHED, Matched, Store, StoreError, VaultServer};
use keyfuse::journal::Entry;
use keyfuse::keychain::Sources;
use keyfuse::model::{Secret, plain};

use super::app::say;
use super::args::Common;
use super::installation::{Installation, variable};
use super::respond::ConfirmArgs;
use super::vault_audit::Held;
use super::which::Meant;
use super::{exit, output, stdin_secret, vault, vault_audit, which};

/// Runs the command.
pub(super) fn run(command: &ConfirmArgs, common: &Common) -> anyhow::Result<u8> {
    let reason = command.reason.as_deref().map(which::reason).transpose()?;
    match (&command.stored_in, reason) {
        (Some(store), reason) => by_store(command, store, reason, common),
        (None, Some(reason)) => by_person(command, reason, common),
        (None, None) => bail!("say why it counts as exposed (--reason TEXT), or which store holds it (--stored-in STORE)"),
    }
}

fn by_person(command: &ConfirmArgs, reason: String, common: &Common) -> anyhow::Result<u8> {
    let installation = Installation::open()?;
    let meant = which::find(&command.finding, &command.at, &installation, common)?;
    let facts = Confirm { fp: meant.fingerprint.clone(), reason, place: meant.place.clone() };
    which::record(&installation, Entry::new(CONFIRMED, installation.actor(), &facts))?;
    told(&format!("confirmed: {} {}", meant.fingerprint, meant.place))
}

fn by_store(command: &ConfirmArgs, named: &str, reason: Option<String>, common: &Common) -> anyhow::Result<u8> {
    let store: Store = named.parse().context("--stored-in")?;
    let installation = Installation::open()?;
    let key = installation.key()?;
    let meant = which::find(&command.finding, &command.at, &installation, common)?;
    if let Store::VaultAudit(log) = &store {
        return match vault_audit::held(log, &meant, command, &installation)? {
            Held::Yes { name, form } => record(&meant, &name, &form, reason, &installation),
            Held::No(why) => {
                say(&format!("not confirmed: {why}"));
                Ok(exit::FINDINGS)
            }
            Held::Unknown(why) => {
                say(&format!("not confirmed, for it is not known what {store} holds: {why}"));
                Ok(exit::INCOMPLETE)
            }
        };
    }
    let (stored, name) = match value(&store, command, &installation)? {
        Ok(read) => read,
        Err(StoreError::Unknown(why)) => {
            say(&format!("not confirmed, for it is not known what {store} holds: {why}"));
            return Ok(exit::INCOMPLETE);
        }
        Err(absent) => return Err(anyhow::Error::new(absent).context(format!("not confirmed: {store} holds nothing"))),
    };
    let form = match meant.found().form_in(&stored, &key) {
        Ok(form) => form,
        Err(why) => {
            say(&format!("not confirmed, for what {name} holds cannot be held against {}: {why}", meant.fingerprint));
            return Ok(exit::INCOMPLETE);
        }
    };
    let Some(form) = form else {
        let way = if meant.place.is_empty() {
            "; a credential that is named by more than its value is found by FILE:LINE alone"
        } else {
            "; it may be the one from before a rotation"
        };
        say(&format!("not confirmed: {name} holds something else than {} {}{way}", meant.fingerprint, meant.place));
        return Ok(exit::FINDINGS);
    };
    record(&meant, &name, form, reason, &installation)
}

/// Writes down that a store holds it.
fn record(meant: &Meant, name: &str, form: &str, reason: Option<String>, installation: &Installation) -> anyhow::Result<u8> {
    let (fp, place) = (meant.fingerprint.clone(), meant.place.clone());
    let facts = Matched { fp, store: name.to_owned(), form: form.to_owned(), reason, place };
    which::record(installation, Entry::new(MATCHED, installation.actor(), &facts))?;
    let how = if form == "value" { String::new() } else { format!(" ({form})") };
    told(&format!("confirmed: {} {}\n{name} holds it{how}", meant.fingerprint, meant.place))
}

fn told(what: &str) -> anyhow::Result<u8> {
    output::print(format!("{}\na scan with --handoff hands it off\n", what.replace(" \n", "\n").trim_end()).as_bytes())
}

/// What the store holds, with the store's name for the record.
fn value(store: &Store, command: &ConfirmArgs, installation: &Installation) -> anyhow::Result<Result<(Secret, String), StoreError>> {
    let named = |name: &str| plain(name, 300);
    let read = match store {
        Store::Vault { path, field } => {
            let Some(table) = vault::table(command.vault.as_deref(), command.token.as_deref(), installation)? else {
                bail!("say which server {store} lies on: --vault URL, or [vault] in config.toml");
            };
            let (token, transport) = (vault::token(&table, installation)?, vault::door(&table)?);
            let server = VaultServer { address: &table.address, token: &token, namespace: command.namespace.as_deref() };
            server.value(path, field, &transport).map(|found| {
                let version = found.version.map_or(String::new(), |version| format!(", version {version}"));
                (found.value, named(&format!("{store} at {}{version}", table.address)))
            })
        }
        Store::Stdin(name) => match stdin_secret::read()? {
            Some(secret) => Ok((secret, named(&store.to_string()))),
            None => Err(StoreError::Absent(format!("nothing came on standard input for {}", plain(name, 100)))),
        },
        Store::Kept(_) | Store::Keychain { .. } | Store::VaultAudit(_) => {
            // A path of the command line counts from where the command runs.
            let read = store.read_here(&Sources { variable: &variable, folder: Path::new("") });
            read.map(|value| (value.expect("what is not read here was asked above"), named(&store.to_string())))
        }
    };
    Ok(read)
}
