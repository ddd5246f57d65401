//! `keyfuse incident policy`: what the responder's own token for Vault or OpenBao needs, for whoever makes it.

use anyhow::bail;
use keyfuse::contain::policy;
use keyfuse::model::plain;

use super::output;

/// `keyfuse incident policy`
#[derive(Debug, clap::Args)]
pub(super) struct PolicyArgs {
    /// The mount whose leases or versions are to be ended, like database or secret
    pub(super) mount: String,
}

/// Prints the policy; nothing is asked of any server.
pub(super) fn run(command: &PolicyArgs) -> anyhow::Result<u8> {
    let mount = command.mount.trim_matches('/');
    let is_sound = !mount.is_empty()
        && mount.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_-.".contains(&byte))
        && !mount.split('/').any(|part| part.is_empty() || part.starts_with('.'));
    if !is_sound {
        bail!("{}: write the mount's path, like database or teams/app/secret", plain(&command.mount, 80));
    }
    output::print(policy(mount).as_bytes())
}
