//! A plan: for each step of the playbook the exact requests, whom they need, whether they can be undone, by when.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::json;

use super::approval::{Standing, Verdict, Wanted, judge};
use super::authority::Authority;
use super::decision::choices;
use super::driver::Driver;
use super::facts::FREEZING;
use super::freeze_target::FreezeTarget;
use super::incident::Incident;
use super::play_step::{PlayStep, Work};
use super::playbook::Playbook;
use super::stage::Progress;
use crate::journal::Digest;

/// A step with its driver, where one acts.
pub struct PlanStep {
    /// The step of the playbook.
    pub step: PlayStep,
    /// Who acts; none where a person does or decides.
    pub driver: Option<Box<dyn Driver>>,
    /// What it freezes, where it does.
    pub target: Option<FreezeTarget>,
    /// Why no driver can act where one should: a person must, and here is how.
    pub gap: Option<String>,
    /// The digest of the exact action.
    pub digest: Digest,
    /// By when.
    pub deadline: Timestamp,
}

/// Gives the driver of a step, or why there is none.
pub type Making<'a> = dyn Fn(&PlayStep) -> Result<Box<dyn Driver>, String> + 'a;

/// A plan for an incident as it is.
pub struct Plan {
    /// The incident.
    pub incident: String,
    /// The playbook's name.
    pub playbook: String,
    /// The steps that apply, in order.
    pub steps: Vec<PlanStep>,
}

impl Plan {
    /// Makes the plan; `driver` gives the driver of a step, or why there is none.
    ///
    /// # Errors
    /// When the incident was never opened.
    pub fn new(incident: &Incident, playbook: &Playbook, driver: &Making<'_>) -> Result<Self, String> {
        let (declared, _) = incident.opened.as_ref().ok_or("the incident was never opened")?;
        let mut steps = Vec::new();
        for step in playbook.steps.iter().filter(|step| step.applies(incident)) {
            let made = matches!(step.work, Work::Act(_) | Work::Run(_) | Work::Tell(_)).then(|| driver(step));
            let (driver, gap) = match made {
                Some(Ok(driver)) => (Some(driver), None),
                Some(Err(why)) => (None, Some(why)),
                None => (None, None),
            };
            let requests = driver.as_ref().map_or_else(Vec::new, |driver| driver.requests());
            let action = json!({
                "incident": incident.id,
                "step": step.id,
                "verb": step.verb,
                "action": driver.as_ref().map(|driver| driver.action()),
                "requests": requests,
            });
            let deadline = declared.at.saturating_add(step.within).map_err(|error| error.to_string())?;
            steps.push(PlanStep {
                step: step.clone(),
                driver,
                target: None,
                gap,
                digest: Digest::of(action.to_string().as_bytes()),
                deadline,
            });
        }
        // What can be undone comes before what cannot, within a phase.
        let is_final = |step: &PlanStep| step.driver.as_ref().is_some_and(|driver| !driver.is_reversible());
        for group in steps.chunk_by_mut(|one, other| {
            one.step.phase == other.step.phase && one.driver.is_some() && other.driver.is_some() && one.step.verb == other.step.verb
        }) {
            group.sort_by_key(is_final);
        }
        Ok(Self { incident: incident.id.clone(), playbook: playbook.id.clone(), steps })
    }

    /// The same with the things that its steps freeze, by their names.
    #[must_use]
    pub fn freezing(mut self, targets: &[FreezeTarget]) -> Self {
        for one in &mut self.steps {
            let name = one.step.id.strip_prefix(FREEZING);
            one.target = name.and_then(|name| targets.iter().find(|target| target.name == name)).cloned();
        }
        self
    }

    /// The digest of the whole.
    pub fn digest(&self) -> Digest {
        let all: Vec<String> = self.steps.iter().map(|one| format!("{} {}", one.step.id, one.digest)).collect();
        Digest::of(format!("{} {}\n{}", self.incident, self.playbook, all.join("\n")).as_bytes())
    }

    /// The plan for people, and for comparing with another.
    pub fn text(&self, incident: &Incident, authority: &Authority, standing: &[Standing], now: Timestamp) -> String {
        let mut text = format!("{} by the playbook {}, plan-sha256 {}\n", self.incident, self.playbook, self.digest());
        let class = incident.opened.as_ref().map_or("personal", |(_, opened)| opened.credential.class.as_str());
        for one in &self.steps {
            let step = &one.step;
            let progress = match incident.steps.get(&step.id) {
                Some(found) if found.progress == Progress::Done => " [done]",
                Some(found) if found.progress == Progress::Failed => " [failed]",
                Some(_) => " [unknown]",
                None => "",
            };
            let is_decided = matches!(&step.work, Work::Decide(name) if incident.decision(name).is_some());
            let progress = if is_decided { " [decided]" } else { progress };
            writeln!(text, "\n{} ({}, by {:.0}){progress}", step.id, step.phase, one.deadline).expect("a string takes everything");
            let mut line = |name: &str, value: &str| writeln!(text, "  {name:11} {value}").expect("a string takes everything");
            match &step.work {
                Work::Decide(name) => {
                    line("decide", &choices(name).unwrap_or_default().join(" | "));
                    line("who", &named(&authority.deciders(name, class)));
                }
                Work::Manual(words) => line("person", words),
                Work::Tell(words) => line("tell", words),
                Work::Offer => line("person", NOTHING_TO_FREEZE),
                Work::Act(_) | Work::Run(_) => {}
            }
            if let Some(gap) = &one.gap {
                line("person", gap);
            }
            let is_settling = one.driver.is_none() && step.does == "rekey";
            if let Some(driver) = &one.driver {
                line("action", driver.action());
                for request in driver.requests() {
                    line("", &request);
                }
            } else if !is_settling {
                continue;
            }
            // To tell those whom the configuration names needs nobody's leave.
            if matches!(step.work, Work::Tell(_)) {
                continue;
            }
            let verb = step.verb.as_deref().unwrap_or_default();
            let wanted = Wanted { action: &step.id, verb, class, digest: one.digest };
            let who = match judge(authority, incident, standing, &wanted, now) {
                Verdict::Allowed(by) => format!("`{verb}` on {class}: {by} may"),
                Verdict::Waiting { why, roles } => format!("`{verb}` on {class}: {} ({why})", named(&roles)),
                Verdict::Never(why) => format!("nobody: {why}"),
            };
            line("who", &who);
            if let Some(driver) = &one.driver {
                line("reversible", if driver.is_reversible() { "yes" } else { "no" });
                if let Some(undo) = driver.undo_shown() {
                    line("undo", &undo);
                }
            }
            line("sha256", &one.digest.to_string());
        }
        text
    }
}

/// What stands where a freeze is offered and there is nothing that could be frozen.
pub(super) const NOTHING_TO_FREEZE: &str = "config.toml names nothing that could be frozen ([[freeze]], docs/containment.md): what changes access is held still by hand, where d5 says so";

fn named(roles: &[String]) -> String {
    if roles.is_empty() { "nobody that authority.toml names".to_owned() } else { roles.join(" or ") }
}
