//! A step that tells those whom the configuration names: it changes nothing, and waits for nobody.

use serde_json::Value;

use super::act::{ActError, Outcome, Responder};
use super::driver::{Acted, World};
use super::plan::PlanStep;
use super::stage::Progress;

impl Responder<'_> {
    /// Tells them; a notice that was owed once is not owed again, so this can be repeated.
    pub(super) fn tell(&mut self, one: &PlanStep, world: &World<'_>, is_armed: bool) -> Result<Outcome, ActError> {
        if self.journal.state().steps.get(&one.step.id).is_some_and(|step| step.progress == Progress::Done) {
            return Ok(Outcome::Done);
        }
        let Some(driver) = &one.driver else {
            return Ok(Outcome::Waiting(format!("a person: {}", one.gap.as_deref().unwrap_or("nobody is named who could be told"))));
        };
        if !is_armed {
            return Ok(Outcome::Idle);
        }
        let (fp, acted) = (self.fp()?, driver.act(world, &Value::Null));
        self.record(one, driver.action(), &fp, &acted)?;
        Ok(match acted {
            Acted::Done { .. } => Outcome::Done,
            // What is owed is carried by the outbox; it holds nothing else up.
            Acted::Failed(why) | Acted::Unknown(why) => Outcome::Failed(why),
        })
    }
}
