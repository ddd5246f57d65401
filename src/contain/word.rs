//! A person's word that a step is done: recorded as theirs, and held against authority where it settles a credential's fate.

use serde_json::json;

use super::act::{ActError, Outcome, Responder};
use super::approval::{Verdict, Wanted, judge};
use super::facts::*;
use super::play_step::PlayStep;
use super::proof::self_entry;
use super::stage::Fate;
use crate::journal::{Actor, Digest, Entry};

impl Responder<'_> {
    /// Records that a person has done `step`, whose action the plan shows as `digest`, in their words.
    ///
    /// A key that is made anew opens nothing any more on nobody's word but that of who may re-key: such a step takes their approval.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn take_word(&mut self, step: &PlayStep, digest: Digest, actor: Actor, stated: &str) -> Result<Outcome, ActError> {
        let settles = step.does == "rekey";
        let verb = step.verb.clone().unwrap_or_default();
        if settles {
            self.keep_authority()?;
            let incident = self.journal.state();
            let class = incident.beginning().map_err(ActError::Incident)?.credential.class.clone();
            let wanted = Wanted { action: &step.id, verb: &verb, class: &class, digest };
            let (why, is_open) = match judge(self.authority, incident, self.standing, &wanted, self.clock.now().wall) {
                Verdict::Allowed(_) => (String::new(), false),
                Verdict::Waiting { why, .. } => (why, true),
                Verdict::Never(why) => (why, false),
            };
            if !why.is_empty() {
                let refused = Refused { action: step.id.clone(), verb, why: why.clone(), is_open };
                self.append(|incident| vec![Entry::new(REFUSED, actor, &refused).of(&incident.id).drill(incident.is_drill)])?;
                return Ok(if is_open { Outcome::Waiting(why) } else { Outcome::Refused(why) });
            }
        }
        let done = Done {
            step: step.id.clone(),
            action: "manual".to_owned(),
            verb: step.does.clone(),
            result: json!({ "stated": stated }),
            cli: None,
            cli_sha256: None,
        };
        let fp = self.fp()?;
        self.append(|incident| {
            let (id, is_drill) = (&incident.id, incident.is_drill);
            let mut entries = Vec::new();
            if settles {
                let intent = Intent {
                    step: step.id.clone(),
                    action: "manual".to_owned(),
                    verb,
                    action_sha256: digest,
                    key: format!("{id}/{}", step.id),
                    is_reversible: false,
                    undo: serde_json::Value::Null,
                };
                entries.push(Entry::new(INTENT, actor.clone(), &intent).of(id).drill(is_drill));
            }
            entries.push(Entry::new(DONE, actor, &done).of(id).drill(is_drill));
            if settles {
                let turned = Turned { fp, state: Fate::ReKeyed, why: "whoever may re-key it says that it is made anew".to_owned() };
                entries.push(self_entry(incident, CREDENTIAL, &turned));
            }
            entries
        })?;
        self.advance()?;
        Ok(Outcome::Done)
    }
}
