//! All that freezing and releasing by themselves need: what may be frozen, by whose authority.

use keyfuse::contain::{Authority, Incident, Plan, Standing};
use keyfuse::journal::{Clock, SystemClock};
use keyfuse::net::{Https, Proxies};

use super::freezer::Freezer;
use super::incident_kit::standing;
use super::installation::{Installation, variable};

/// All that freezing and releasing need.
pub(super) struct Cold {
    pub(super) authority: Authority,
    pub(super) standing: Vec<Standing>,
    pub(super) freezer: Freezer,
    pub(super) clock: SystemClock,
}

impl Cold {
    /// Reads the configuration.
    pub(super) fn new(installation: &Installation) -> anyhow::Result<Self> {
        let (authority, clock) = (Authority::discover(&installation.folders.config)?, SystemClock::new());
        let freezer = Freezer::new(installation, &authority)?;
        let standing = standing(installation, clock.now().wall)?;
        Ok(Self { authority, standing, freezer, clock })
    }

    /// The plan: one step for each thing that the configuration names.
    pub(super) fn plan(&self, incident: &Incident) -> anyhow::Result<Plan> {
        let plan = Plan::new(incident, &self.freezer.playbook()?, &|step| self.freezer.freezing(step, &incident.id));
        Ok(plan.map_err(anyhow::Error::msg)?.freezing(&self.freezer.targets))
    }

    /// The door to the hosts of the configuration.
    pub(super) fn transport(&self) -> Https {
        Https::new(self.freezer.hosts.clone(), Proxies::from_vars(variable))
    }
}
