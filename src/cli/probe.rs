//! `--probe`: asks issuers after the scan, or tells what they would be asked.

use std::env;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use keyfuse::config::ProbeTable;
use keyfuse::model::{Liveness, Outcome, Probed};
use keyfuse::net::{Hosts, Https, Proxies, certificates};
use keyfuse::probe::{Endpoint, Options, Prober, SystemClock, hosts};
use keyfuse::rules::RuleSet;
use keyfuse::scan::{self, Mode};

use super::folders::Folders;

/// All that asking needs, made before the scan, so that a wrong configuration is told before the work.
pub(super) struct Probing {
    mode: Mode,
    options: Options,
    hosts: Hosts,
    proxies: Proxies,
}

impl Probing {
    /// From the person's configuration.
    pub(super) fn prepare(mode: Mode, rules: &RuleSet) -> anyhow::Result<Self> {
        let folder = Folders::find()?.config;
        let options = options(&folder)?;
        let hosts = hosts(rules, &options.endpoints)?;
        let proxies = Proxies::from_vars(|name| env::var(name).ok());
        Ok(Self { mode, options, hosts, proxies })
    }

    /// Asks, and puts the answers into the findings.
    pub(super) fn run(&self, outcome: &mut Outcome, rules: &RuleSet) {
        let (transport, clock) = (Https::new(self.hosts.clone(), self.proxies.clone()), SystemClock::start());
        scan::ask(outcome, rules, &Prober::new(&transport, &self.hosts, &self.options, &clock), self.mode);
    }

    /// Whether something that could be asked about got no answer that can be believed.
    pub(super) fn is_open(&self, outcome: &Outcome) -> bool {
        let is_open = |probed: &Probed| probed.sent && matches!(probed.liveness, Liveness::Unknown { .. });
        outcome.open().filter_map(|finding| finding.probed.as_ref()).any(is_open)
    }
}

fn roots(path: &Path) -> anyhow::Result<Vec<Vec<u8>>> {
    let pem = std::fs::read(path).with_context(|| format!("{}: the certificates cannot be read", path.display()))?;
    certificates(&pem).with_context(|| format!("{}: holds no certificate in PEM that can be read", path.display()))
}

/// `[probe]` of `config.toml` in `folder`.
pub(super) fn options(folder: &Path) -> anyhow::Result<Options> {
    let table = ProbeTable::of_file(&folder.join("config.toml"))?;
    let endpoints = table.endpoint.iter().map(|entry| {
        anyhow::Ok(Endpoint {
            service: entry.service.clone(),
            url: entry.url.clone(),
            private: entry.private,
            plain: entry.plain,
            roots: entry.ca.as_deref().map_or_else(|| Ok(Vec::new()), |ca| roots(&folder.join(ca)))?,
        })
    });
    let options = Options { endpoints: endpoints.collect::<anyhow::Result<_>>()?, timeout: table.timeout.map(Duration::from_secs) };
    if options.timeout.is_some_and(|time| time.is_zero()) {
        bail!("[probe] timeout: at least one second");
    }
    Ok(options)
}
