//! From a notice that was received to the incident that it opens.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::facts::Opened;
use super::marks::Marks;
use super::ownership::{Owned, class_of};
use crate::journal::{Actor, Stamp};
use crate::model::{Location, Notice};
use crate::rules::RuleSet;

/// The notice in a verified event of ours.
///
/// # Errors
/// When it is another one's, or holds no grounds.
pub fn notice_of(event: &Value) -> Result<Notice, String> {
    let data = &event["data"];
    let written = json!({
        "grade": data["credential"]["grade"],
        "incident": event["subject"],
        "case": data["case"],
        "generation": data["generation"],
        "severity": data["severity"],
        "drill": data["drill"],
        "credential": data["credential"],
        "exposure": data["exposure"],
        "asked": data["asked"],
    });
    let notice: Notice = serde_json::from_value(written).map_err(|error| format!("the event is no notice of keyfuse: {error}"))?;
    // The id follows from the fingerprint: what says otherwise was not written by us.
    if notice.incident != notice.credential.fp.incident(notice.generation) {
        return Err("the event's subject is not the incident of its credential".to_owned());
    }
    Ok(notice)
}

/// What a notice opens: the facts, the places, who opens it. Whose the credential is says the rule of this installation, or `owned`: what a
/// notice says of itself would let its sender choose who may act. What makes it worse is taken from both: nobody loses by being told.
pub fn opening(
    notice: &Notice,
    by: &str,
    rules: &RuleSet,
    (owned, marks): (&[Owned], &Marks),
    stamp: Stamp,
) -> (Opened, Vec<Location>, Actor) {
    let at: Timestamp = stamp.wall;
    let mut opened = Opened::of_notice(notice, by, "personal", at);
    opened.credential.class = class_of(&opened.credential, &notice.exposure.locations, rules, owned).name().to_owned();
    // What the sender was told of its own machine, and what is known here besides.
    opened.stakes.learn(&marks.stakes(&opened.credential, &notice.exposure.locations, &notice.exposure.remotes, rules));
    marks.weigh_opening(&mut opened, &notice.exposure.locations, rules);
    (opened, notice.exposure.locations.clone(), Actor::engine())
}
