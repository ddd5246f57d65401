//! What was received, derived from the journal: the same message twice gets the same receipt.

use std::collections::HashMap;

use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Serialize};

use crate::journal::{Digest, Recorded, State};
use crate::model::Fingerprint;

/// A notice was received, with [`Received`].
pub const RECEIVED: &str = "notice.received";
/// A token was reported through GitLab's interface, with [`Reported`].
pub const REPORTED: &str = "token.reported";

/// The facts of a notice that was received.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Received {
    /// Its id.
    pub event: String,
    /// The digest of its body.
    pub sha256: Digest,
    /// The event as it came.
    pub body: serde_json::Value,
}

/// The facts of a token that was reported; never the token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported {
    /// Its keyed fingerprint.
    pub fp: Fingerprint,
    /// What kind it is, in the reporter's words.
    pub kind: String,
    /// Where it was found, in the reporter's words.
    pub location: String,
}

/// What was received so far.
#[derive(Clone, Debug, Default)]
pub struct Inbox {
    notices: HashMap<String, (Digest, String)>,
    tokens: HashMap<(Fingerprint, String), String>,
}

impl Inbox {
    /// The digest of the body that came with an id, and the receipt that was given.
    pub fn notice(&self, id: &str) -> Option<(Digest, &str)> {
        self.notices.get(id).map(|(digest, receipt)| (*digest, receipt.as_str()))
    }

    /// The receipt of a token that was reported before.
    pub fn token(&self, fingerprint: &Fingerprint, kind: &str) -> Option<&str> {
        self.tokens.get(&(fingerprint.clone(), kind.to_owned())).map(String::as_str)
    }
}

/// A receipt is the name of the journal's line: whoever holds it can ask for that line.
pub(super) fn receipt(line: Digest) -> String {
    let mut text = BASE32_NOPAD.encode(line.bytes()).to_ascii_lowercase();
    text.truncate(26);
    format!("rcpt_{text}")
}

impl State for Inbox {
    fn apply(&mut self, recorded: &Recorded) -> Result<(), String> {
        match recorded.event.kind.as_str() {
            RECEIVED => {
                let facts: Received = recorded.event.facts()?;
                self.notices.entry(facts.event).or_insert((facts.sha256, receipt(recorded.digest)));
            }
            REPORTED => {
                let facts: Reported = recorded.event.facts()?;
                self.tokens.entry((facts.fp, facts.kind)).or_insert(receipt(recorded.digest));
            }
            _ => {}
        }
        Ok(())
    }
}
