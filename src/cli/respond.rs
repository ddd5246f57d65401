//! The command lines of what follows a finding, as written: words about it, the outbox, the key, the receiver.

use std::path::PathBuf;

use clap::Subcommand;

use super::args::Listing;

/// `keyfuse confirm`
#[derive(Debug, clap::Args)]
pub(super) struct ConfirmArgs {
    /// FILE:LINE, the fingerprint of a report's finding (8 digits or more), or the credential's own (fp1_…)
    #[arg(value_name = "FINDING")]
    pub(super) finding: String,
    /// Why it counts as exposed, for whoever reads it later; needed unless a store says it
    #[arg(long, value_name = "TEXT", required_unless_present = "stored_in")]
    pub(super) reason: Option<String>,
    /// A store that holds it: env:NAME, file:PATH, keychain:SERVICE/ACCOUNT, vault:PATH#FIELD, or stdin:NAME for what another program
    /// reads from the store NAME; the two are compared here, and neither is shown or sent. Or vault-audit:LOG, the audit log of a Vault
    /// that gives the HMACs of the credential, which it learns
    #[arg(long, value_name = "STORE")]
    pub(super) stored_in: Option<String>,
    /// The server of vault:PATH#FIELD or vault-audit:LOG, which is asked; [vault] of config.toml unless given
    #[arg(long, value_name = "URL", requires = "stored_in")]
    pub(super) vault: Option<String>,
    /// A token that may read PATH there, or update sys/audit-hash/*: env:NAME, file:PATH or keychain:NAME; env:VAULT_TOKEN unless given or
    /// configured
    #[arg(long, value_name = "REFERENCE", requires = "stored_in")]
    pub(super) token: Option<String>,
    /// The audit device that made LOG, as `vault audit list` names it
    #[arg(long, value_name = "NAME", requires = "stored_in")]
    pub(super) device: Option<String>,
    /// The namespace of the server
    #[arg(long, value_name = "NAME", requires = "stored_in")]
    pub(super) namespace: Option<String>,
    #[command(flatten)]
    pub(super) at: super::which::Where,
}

/// `keyfuse dismiss`
#[derive(Debug, clap::Args)]
pub(super) struct DismissArgs {
    /// FILE:LINE, the fingerprint of a report's finding (8 digits or more), or the credential's own (fp1_…)
    #[arg(value_name = "FINDING")]
    pub(super) finding: String,
    /// Why nobody needs to act, for whoever reads it later
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: String,
    /// The last day on which that holds, like 2026-12-31
    #[arg(long, value_name = "DAY")]
    pub(super) expires: String,
    #[command(flatten)]
    pub(super) at: super::which::Where,
}

/// `keyfuse outbox`
#[derive(Debug, Subcommand)]
pub(super) enum OutboxCommand {
    /// Count what is due, waiting and delivered, by endpoint
    Status {
        /// As a table or as JSON
        #[arg(short, long, value_name = "FORMAT", default_value = "table")]
        format: Listing,
    },
    /// Send what is due, once
    Flush {
        /// Also what waits for its next attempt
        #[arg(long)]
        all: bool,
        /// Go on until nothing is owed, at most this long, like 90s or 5m
        #[arg(long, value_name = "TIME", value_parser = super::duration::parse)]
        wait: Option<std::time::Duration>,
    },
    /// Send to an endpoint again that wanted no more (410)
    Enable {
        /// The endpoint
        name: String,
    },
    /// Send to another endpoint what is owed to one
    Reroute {
        /// The endpoint that is owed
        name: String,
        /// The one that gets it
        to: String,
    },
}

/// `keyfuse receive`
#[derive(Debug, clap::Args)]
pub(super) struct Receive {
    /// Where to listen; others than this machine need TLS
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8717")]
    pub(super) listen: std::net::SocketAddr,
    /// The certificate chain, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(super) tls_cert: Option<PathBuf>,
    /// Its key, in PEM, in a file that only you can read
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(super) tls_key: Option<PathBuf>,
    /// Something in front of it speaks TLS
    #[arg(long)]
    pub(super) behind_proxy: bool,
    /// Verify and answer, keep nothing
    #[arg(long)]
    pub(super) verify_only: bool,
}

/// `keyfuse key`
#[derive(Debug, Subcommand)]
pub(super) enum Key {
    /// Make the key, in a file that only you can read unless said otherwise; one that is there is never replaced
    Make {
        /// Where: `file:PATH` or `keychain:fingerprint`
        #[arg(long, value_name = "REFERENCE")]
        at: Option<String>,
    },
    /// Tell where the key is, and a mark to compare with that of another machine
    Check,
}
