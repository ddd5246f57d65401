//! `keyfuse drill`: a rehearsal, from a planted key to sealed evidence, on this machine alone.

use std::path::PathBuf;

use anyhow::{Context, bail};
use keyfuse::drill::{Asking, Checked, Issued, Question, run as rehearse};
use keyfuse::journal::{Clock, SystemClock};
use keyfuse::keychain::{Reference, Sources};

use super::installation::variable;
use super::{drill_questions, exit, output};

/// `keyfuse drill`
#[derive(Debug, clap::Args)]
pub(super) struct DrillArgs {
    /// Which rehearsal
    #[arg(value_name = "NAME", value_parser = ["ttx-sec-2026-01"])]
    pub(super) name: String,
    /// Answer the tabletop's four questions yourself
    #[arg(long)]
    pub(super) interactive: bool,
    /// Where the evidence goes, in a folder of its own
    #[arg(long, value_name = "DIR", default_value = "reports/security/incidents")]
    pub(super) out: PathBuf,
    /// Let an OpenBao or Vault on this machine issue and revoke the key, like http://127.0.0.1:8200, instead of the built-in issuer
    #[arg(long, value_name = "URL", requires = "bao_token")]
    pub(super) bao: Option<String>,
    /// Where a token is kept that may create tokens there: env:NAME, file:PATH, keychain:NAME
    #[arg(long, value_name = "REFERENCE", requires = "bao")]
    pub(super) bao_token: Option<String>,
}

/// Runs the command.
pub(super) fn run(command: &DrillArgs) -> anyhow::Result<u8> {
    let here = std::env::current_dir().context("the current directory cannot be found")?;
    let issued = match (&command.bao, &command.bao_token) {
        (Some(url), Some(reference)) => {
            let reference: Reference = reference.parse().context("--bao-token")?;
            Issued::bao(url, &reference.read(&Sources { variable: &variable, folder: &here }).context("--bao-token")?)?
        }
        (None, None) => Issued::embedded()?,
        _ => bail!("--bao and --bao-token go together"),
    };
    let scratch = tempfile::Builder::new().prefix("keyfuse-drill-").tempdir().context("no scratch folder can be made")?;
    let tell = |checked: &Checked| {
        let line = format!("{}  {}: {}\n", if checked.holds { "held  " } else { "FAILED" }, checked.what, checked.says);
        // A reader that is gone is no reason to leave a key alive.
        let _ = output::print(line.as_bytes());
    };
    let usual = |question: &Question, _: &str| Ok(question.usual());
    let asking: &Asking<'_> = if command.interactive { &drill_questions::ask } else { &usual };
    let finished = rehearse(scratch.path(), &command.out, &issued, SystemClock::new().now().wall, asking, &tell)?;
    let failed = finished.checks.iter().filter(|checked| !checked.holds).count();
    let total = finished.checks.len();
    let bundle = finished.bundle.display();
    output::print(
        format!(
            "{} of {total} held; a drill, on a simulated clock\n\n\
             the report           {bundle}/report.md\n\
             verify all of it     keyfuse incident verify {bundle}\n\
             look for a secret    keyfuse scan {bundle}\n\
             without keyfuse, in that folder:\n\
             \x20   sha256sum -c MANIFEST.sha256\n\
             \x20   ssh-keygen -Y verify -f allowed_signers -I {} -n keyfuse-manifest -s MANIFEST.sha256.sig < MANIFEST.sha256\n",
            total - failed,
            finished.auditor,
        )
        .as_bytes(),
    )?;
    Ok(if failed == 0 { exit::COMPLETE } else { exit::CONTAINMENT })
}
