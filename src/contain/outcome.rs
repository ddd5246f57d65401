//! Writes down what came of a deed.

use super::act::{ActError, Responder};
use super::driver::Acted;
use super::facts::*;
use super::plan::PlanStep;
use super::proof::self_entry;
use super::stage::Fate;
use crate::model::Fingerprint;

impl Responder<'_> {
    /// What was done, was not done, or nobody knows, with what that makes of the credential.
    pub(super) fn record(&mut self, one: &PlanStep, action: &str, fp: &Fingerprint, acted: &Acted) -> Result<(), ActError> {
        let (step, action) = (one.step.id.clone(), action.to_owned());
        let turned = |state: Fate, why: &str| Turned { fp: fp.clone(), state, why: why.to_owned() };
        self.append(|incident| match acted {
            Acted::Done { result, fate } => {
                let cli = result["cli"].as_str().map(str::to_owned);
                let cli_sha256 = result["cli_sha256"].as_str().and_then(|text| text.parse().ok());
                let done = Done { step, action, verb: one.step.does.clone(), result: result.clone(), cli, cli_sha256 };
                let mut entries = vec![self_entry(incident, DONE, &done)];
                entries.extend(
                    fate.filter(|_| one.step.proves_death)
                        .map(|fate| self_entry(incident, CREDENTIAL, &turned(fate, "its issuer says so"))),
                );
                entries
            }
            Acted::Failed(why) => {
                let mut entries = vec![self_entry(incident, FAILED, &Failed { step, action, why: why.clone() })];
                if one.step.proves_death {
                    entries.push(self_entry(incident, CREDENTIAL, &turned(Fate::Live, "nothing was changed")));
                }
                entries
            }
            Acted::Unknown(why) => {
                let mut entries = vec![self_entry(incident, UNKNOWN, &Failed { step, action, why: why.clone() })];
                if one.step.proves_death {
                    entries.push(self_entry(incident, CREDENTIAL, &turned(Fate::Unknown, why)));
                }
                entries
            }
        })
    }
}
