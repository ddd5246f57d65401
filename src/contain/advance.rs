//! Takes an incident to what its events have earned: the fate that people attest, the stages.

use super::facts::{CREDENTIAL, Moved, STATE, Turned};
use super::incident::Incident;
use super::proof::self_entry;
use super::severity::{Signs, severity};
use super::stage::Fate;
use crate::journal::{Journal, JournalError, Stamp};
use crate::model::Urgency;

/// Appends what follows from the events so far.
///
/// # Errors
/// When the journal cannot be written.
pub fn advance(journal: &mut Journal<Incident>, stamp: Stamp) -> Result<(), JournalError> {
    journal.update(|writing| {
        let incident = writing.state();
        if !incident.fate().is_settled() && incident.attesters().len() >= 2 {
            let fp = incident.beginning().map(|opened| opened.credential.fp.clone());
            let attested = |(role, person): (String, String)| format!("{person} ({role})");
            let people: Vec<String> = incident.attesters().into_iter().map(attested).collect();
            if let Ok(fp) = fp {
                let turned = Turned { fp, state: Fate::ManualAttested, why: format!("{} say that it is gone", people.join(", ")) };
                let entry = self_entry(incident, CREDENTIAL, &turned);
                writing.append(entry, stamp)?;
            }
        }
        // What was only suspected when it was said that everybody can read it may have been confirmed since.
        let incident = writing.state();
        if let Some((Urgency::Critical, why)) = Signs::of(incident, &[]).map(severity)
            && incident.severity < Some(Urgency::Critical)
        {
            let moved = Moved { severity: Some(Urgency::Critical), why: why.to_owned(), ..Moved::default() };
            let entry = self_entry(incident, STATE, &moved);
            writing.append(entry, stamp)?;
        }
        while let Some(stage) = writing.state().advance() {
            let moved = Moved { stage: Some(stage), ..Moved::default() };
            let entry = self_entry(writing.state(), STATE, &moved);
            writing.append(entry, stamp)?;
        }
        Ok(())
    })
}
