//! Whether the audit log of a Vault or OpenBao shows that it holds a credential, without a right to read it there.

use std::collections::HashSet;
use std::path::Path;

use anyhow::{Context, bail};
use keyfuse::confirm::Found;
use keyfuse::contain::{ScopeQuery, Store, hashes, scope};
use keyfuse::model::plain;

use super::installation::Installation;
use super::respond::ConfirmArgs;
use super::which::Meant;
use super::{incident_scope, vault};

/// More values of one line than this are not asked about.
const MOST: usize = 4;

/// What the log says.
pub(super) enum Held {
    /// It holds it, by this path and in this form.
    Yes { name: String, form: String },
    /// The log was read to its end and does not say so.
    No(String),
    /// That cannot be told.
    Unknown(String),
}

/// Asks the server for the HMACs of what was found, which it learns thereby, and looks for them in its log.
pub(super) fn held(log: &Path, meant: &Meant, command: &ConfirmArgs, installation: &Installation) -> anyhow::Result<Held> {
    let Found::Values(values) = meant.found() else {
        bail!("a log of HMACs is searched for a value; name the finding by FILE:LINE, so that it is at hand");
    };
    let Some(table) = vault::table(command.vault.as_deref(), command.token.as_deref(), installation)? else {
        bail!("say which server made the log: --vault URL --device NAME, or [vault] in config.toml");
    };
    let (device, transport) = (vault::device(command.device.as_deref(), &table)?, vault::door(&table)?);
    let token = vault::token(&table, installation)?;
    let store = Store { address: &table.address, token: &token, device: &device, namespace: command.namespace.as_deref() };
    let (mut needles, mut own_requests) = (Vec::new(), HashSet::new());
    let mut unread = Vec::new();
    let (logs, sources) = incident_scope::logs(&[log.to_owned()], &mut unread)?;
    for value in values.iter().take(MOST) {
        match hashes(&store, value, &transport) {
            Ok(found) => {
                needles.extend(found.needles);
                own_requests.extend(found.requests);
            }
            Err(why) => return Ok(Held::Unknown(why)),
        }
    }
    let query = ScopeQuery { needles: &needles, own_requests: &own_requests, revoked_at: None, known: &[] };
    let mut found = scope(logs, query).context("the audit log cannot be read to its end")?;
    found.unread.append(&mut unread);
    if let Some(row) = found.rows.iter().rev().find(|row| row.is_of_store()) {
        let name = plain(&format!("{} at {} ({} of {}, by {sources})", row.path, table.address, row.operation, row.time), 300);
        let form = row.forms.iter().find(|form| *form != "accessor").cloned().unwrap_or_default();
        return Ok(Held::Yes { name, form });
    }
    if !found.unread.is_empty() || found.rows_left_out > 0 {
        let first = found.unread.first().map_or("there are too many uses", String::as_str);
        return Ok(Held::Unknown(format!("it could not be read whole: {}", plain(first, 200))));
    }
    Ok(Held::No(format!("{sources} shows no request by which {} holds {} {}", table.address, meant.fingerprint, meant.place)))
}
