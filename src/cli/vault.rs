//! The Vault or OpenBao that a command line or the configuration names.

use anyhow::{Context, bail};
use keyfuse::config::VaultTable;
use keyfuse::keychain::Reference;
use keyfuse::model::{Secret, plain};
use keyfuse::net::{Host, Hosts, Https, Proxies};

use super::installation::{Installation, variable};

/// The server: as named on the command line, which may be a private one, or by `[vault]` of the configuration; none where neither is.
pub(super) fn table(address: Option<&str>, token: Option<&str>, installation: &Installation) -> anyhow::Result<Option<VaultTable>> {
    let configured = VaultTable::discover(&installation.folders.config)?;
    let mut table = match (address, configured) {
        (Some(address), _) => {
            let (address, token) = (address.trim_end_matches('/').to_owned(), "env:VAULT_TOKEN".to_owned());
            VaultTable { address, token, audit_device: None, allow_private: true }
        }
        (None, Some(configured)) => configured,
        (None, None) => return Ok(None),
    };
    if let Some(token) = token {
        token.clone_into(&mut table.token);
    }
    Ok(Some(table))
}

/// Its audit device, as named on the command line or by `[vault]`.
pub(super) fn device(named: Option<&str>, table: &VaultTable) -> anyhow::Result<String> {
    let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte)) && !name.contains("..");
    let named = named.or(table.audit_device.as_deref()).map(|device| device.trim_matches('/')).filter(|device| !device.is_empty());
    let Some(device) = named else {
        bail!("say which audit device made the log (--device NAME, or `audit_device` of [vault]); `vault audit list` names them");
    };
    if !is_name(device) {
        bail!("--device {}: a name like `file` is expected", plain(device, 40));
    }
    Ok(device.to_owned())
}

/// The door to that server and nowhere else.
pub(super) fn door(table: &VaultTable) -> anyhow::Result<Https> {
    let (name, port, plain) = table.place().map_err(|why| anyhow::anyhow!("the address of the server: {why}"))?;
    let mut hosts = Hosts::default();
    hosts.allow(Host { name, port, private: table.allow_private, plain, roots: Vec::new() });
    Ok(Https::new(hosts, Proxies::from_vars(variable)))
}

/// The token for it.
pub(super) fn token(table: &VaultTable, installation: &Installation) -> anyhow::Result<Secret> {
    let reference: Reference = table.token.parse().context("--token")?;
    reference.read(&installation.sources()).with_context(|| format!("the token {reference}"))
}
