//! Judges every deed of a journal once more, under the authority that was in force when it was done.

use std::path::Path;

use super::approval::{Standing, Verdict, Wanted, judge};
use super::authority::Authority;
use super::facts::{FREEZE, INTENT, Intent, RELEASING};
use super::freeze_release::may_release;
use super::governing::{GOVERNING, Governing, kept_authority, kept_standing};
use super::incident::Incident;
use super::signers::Signers;
use crate::journal::{Recorded, State};
use crate::model::plain;

/// What the deeds are held against.
pub(super) struct Court<'a> {
    /// Where the authority and the approvals are kept.
    pub(super) folder: &'a Path,
    /// The authority that is in force now; it counts where the journal names no other.
    pub(super) now: Option<&'a Authority>,
    /// Whether it counts in place of what the journal names.
    pub(super) now_alone: bool,
    /// People and their keys.
    pub(super) signers: Option<&'a Signers>,
}

impl Court<'_> {
    /// How many deeds were judged, and what is wrong with those that nothing allowed.
    pub(super) fn judge(&self, events: &[Recorded]) -> (usize, Vec<String>) {
        let (mut incident, mut governing, mut count, mut wrong) = (Incident::default(), None::<Governing>, 0, Vec::new());
        for one in events {
            match one.event.kind.as_str() {
                GOVERNING => match one.event.facts() {
                    Ok(facts) => governing = Some(facts),
                    Err(why) => wrong.push(format!("line {}: {why}", one.event.seq)),
                },
                INTENT => {
                    count += 1;
                    if let Err(why) = self.deed(one, &incident, governing.as_ref()) {
                        wrong.push(format!("line {}: {}", one.event.seq, plain(&why, 300)));
                    }
                }
                _ => {}
            }
            // What the incident does not take is told by the check of its guards.
            let _ = incident.apply(one);
        }
        (count, wrong)
    }

    fn deed(&self, one: &Recorded, incident: &Incident, governing: Option<&Governing>) -> Result<(), String> {
        let intent: Intent = one.event.facts()?;
        let kept = match governing.filter(|_| !self.now_alone) {
            Some(governing) => Some(kept_authority(self.folder, governing.authority)?),
            None => None,
        };
        let authority = kept.as_ref().or(self.now).ok_or("there is no authority.toml to hold it against")?;
        let at = one.event.ts;
        let (mut standing, mut unsound): (Vec<Standing>, Vec<String>) = (Vec::new(), Vec::new());
        for digest in governing.iter().flat_map(|governing| &governing.standing) {
            match kept_standing(self.folder, *digest, self.signers, at) {
                Ok(one) => standing.push(one),
                Err(why) => unsound.push(why),
            }
        }
        let class = &incident.beginning()?.credential.class;
        let wanted = Wanted { action: &intent.step, verb: &intent.verb, class, digest: intent.action_sha256 };
        let verdict = if intent.verb == FREEZE && intent.step.starts_with(RELEASING) {
            may_release(authority, incident, at)
        } else {
            judge(authority, incident, &standing, &wanted, at)
        };
        match verdict {
            Verdict::Allowed(_) => Ok(()),
            Verdict::Waiting { why, .. } | Verdict::Never(why) => {
                let besides = if unsound.is_empty() { String::new() } else { format!(" ({})", unsound.join("; ")) };
                Err(format!("nothing allowed it then: {why}{besides}"))
            }
        }
    }
}
