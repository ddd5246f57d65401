//! A decision as a small text file that a person signs with the SSH key they have.

use jiff::Timestamp;

use super::facts::Decided;
use crate::journal::{Digest, Head};
use crate::model::plain;

/// What SSH signatures of decisions are made for, so that no other signature can stand in for one.
pub const NAMESPACE: &str = "keyfuse-decision";
/// No decision file is longer, in bytes.
const MAX_FILE: usize = 8 << 10;

/// Why a decision is none.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecisionError {
    /// The file is not as it must be.
    #[error("the decision file cannot be read: {0}")]
    File(String),
    /// The signature does not hold.
    #[error("the signature does not hold: {0}")]
    Signature(String),
    /// It is about something else, or too late.
    #[error("{0}")]
    Other(String),
}

/// A decision file, parsed: lines of `key: value`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DecisionFile {
    /// The incident; none in a standing approval.
    pub incident: Option<String>,
    /// Which decision.
    pub decision: String,
    /// What is chosen.
    pub choice: String,
    /// The digest of the action that is approved.
    pub action_sha256: Option<Digest>,
    /// The class, in a standing approval.
    pub class: Option<String>,
    /// The verb, in a standing approval.
    pub verb: Option<String>,
    /// Until when it holds.
    pub expires: Option<Timestamp>,
    /// When to look again.
    pub review: Option<Timestamp>,
    /// Who signs, as the authority file names them.
    pub signer: String,
    /// Why.
    pub reason: String,
    /// The journal's head that the signer saw, as `SEQ SHA256`: a witness, no part of what is approved.
    pub head: String,
}

impl DecisionFile {
    /// The text to sign.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut line = |key: &str, value: Option<String>| {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                text.push_str(&format!("{key}: {value}\n"));
            }
        };
        let time = |time: &Option<Timestamp>| time.map(|time| format!("{time:.0}"));
        line("incident", self.incident.clone());
        line("decision", Some(self.decision.clone()));
        line("choice", Some(self.choice.clone()));
        line("action-sha256", self.action_sha256.map(|digest| digest.to_string()));
        line("class", self.class.clone());
        line("verb", self.verb.clone());
        line("expires", time(&self.expires));
        line("review", time(&self.review));
        line("signer", Some(self.signer.clone()));
        line("reason", Some(self.reason.clone()));
        line("head", Some(self.head.clone()));
        text
    }

    /// Reads the text: each key once, no other keys.
    ///
    /// # Errors
    /// [`DecisionError::File`], naming the line.
    pub fn parse(bytes: &[u8]) -> Result<Self, DecisionError> {
        let wrong = |why: String| DecisionError::File(why);
        if bytes.len() > MAX_FILE {
            return Err(wrong(format!("it is longer than {MAX_FILE} bytes")));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8".to_owned()))?;
        let mut file = Self::default();
        let mut seen = std::collections::BTreeSet::new();
        for (at, line) in text.lines().enumerate() {
            let place = |why: &str| wrong(format!("line {}: {why}", at + 1));
            if line.is_empty() {
                continue;
            }
            let (key, value) = line.split_once(": ").ok_or_else(|| place("write `key: value`"))?;
            if !seen.insert(key.to_owned()) {
                return Err(place("this key stands there twice"));
            }
            if value.chars().any(char::is_control) || value.len() > 400 {
                return Err(place("the value has control characters, or is longer than 400 bytes"));
            }
            let value = value.trim();
            let time = || value.parse::<Timestamp>().map(Some).map_err(|_| place("the time is not RFC 3339, like 2026-01-02T03:04:05Z"));
            match key {
                "incident" => file.incident = Some(value.to_owned()),
                "decision" => file.decision = value.to_owned(),
                "choice" => file.choice = value.to_owned(),
                "action-sha256" => file.action_sha256 = Some(value.parse().map_err(|_| place("a SHA-256 is 64 lower-case hex digits"))?),
                "class" => file.class = Some(value.to_owned()),
                "verb" => file.verb = Some(value.to_owned()),
                "expires" => file.expires = time()?,
                "review" => file.review = time()?,
                "signer" => file.signer = value.to_owned(),
                "reason" => file.reason = value.to_owned(),
                "head" => file.head = value.to_owned(),
                _ => return Err(place("there is no such key")),
            }
        }
        if file.decision.is_empty() || file.choice.is_empty() || file.signer.is_empty() {
            return Err(wrong("`decision`, `choice` and `signer` must stand there".to_owned()));
        }
        file.check()?;
        Ok(file)
    }

    fn check(&self) -> Result<(), DecisionError> {
        let choices =
            choices(&self.decision).ok_or_else(|| DecisionError::File(format!("there is no decision `{}`", plain(&self.decision, 40))))?;
        if !choices.contains(&self.choice.as_str()) {
            return Err(DecisionError::File(format!("`{}` is decided by one of {}", self.decision, choices.join(", "))));
        }
        if self.decision == "d4" && self.choice == "not-yet" && self.review.is_none() {
            return Err(DecisionError::File("`not-yet` needs `review`, the time to look again".to_owned()));
        }
        if self.decision == "approve" && self.action_sha256.is_none() && self.verb.is_none() {
            return Err(DecisionError::File("an approval names `action-sha256`, the digest that the plan shows".to_owned()));
        }
        self.witnessed().map(drop)
    }

    /// Holds it against an incident and the time.
    ///
    /// # Errors
    /// [`DecisionError::Other`] when it is for another incident, or its time is over.
    pub fn fits(&self, incident: &str, now: Timestamp) -> Result<(), DecisionError> {
        if self.incident.as_deref() != Some(incident) {
            let named = self.incident.as_deref().map_or_else(|| "no incident".to_owned(), |name| plain(name, 60));
            return Err(DecisionError::Other(format!("the decision is about {named}, not about {incident}")));
        }
        if self.expires.is_some_and(|expires| expires <= now) {
            return Err(DecisionError::Other(format!("the decision expired at {}", self.expires.expect("it has just been looked at"))));
        }
        Ok(())
    }

    /// The journal's head that the signer saw; none where the file names none.
    ///
    /// # Errors
    /// When what stands there is no head.
    pub fn witnessed(&self) -> Result<Option<Head>, DecisionError> {
        if self.head.is_empty() {
            return Ok(None);
        }
        let parsed =
            self.head.split_once(' ').and_then(|(seq, digest)| Some(Head { seq: seq.parse().ok()?, digest: digest.parse().ok()? }));
        parsed.map(Some).ok_or_else(|| DecisionError::File("`head` is a line's number and its SHA-256".to_owned()))
    }

    /// What the journal is to say.
    pub fn facts(&self, bytes: &[u8], roles: Vec<String>, attestation: &str) -> Decided {
        Decided {
            decision: self.decision.clone(),
            choice: self.choice.clone(),
            action_sha256: self.action_sha256,
            expires: self.expires,
            review: self.review,
            signer: self.signer.clone(),
            roles,
            attestation: attestation.to_owned(),
            file_sha256: Digest::of(bytes),
            reason: self.reason.clone(),
        }
    }
}

/// What can be chosen; none for an unknown decision.
pub fn choices(decision: &str) -> Option<&'static [&'static str]> {
    Some(match decision {
        "d1" => &["confirmed", "precautionary"],
        "d2" => &["revoke-now", "wait"],
        "d3" => &["revoke-first", "replace-first"],
        "d4" => &["notify", "not-yet"],
        "d5" => &["freeze", "no-freeze"],
        "d6" => &["release", "hold"],
        "approve" => &["yes"],
        "attest" => &["gone"],
        "signoff" => &["yes"],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "incident: inc-a-1\ndecision: d2\nchoice: revoke-now\nexpires: 2026-11-22T00:00:00Z\nsigner: alice@sec\nreason: it is live\nhead: 3 0000000000000000000000000000000000000000000000000000000000000000\n";

    #[test]
    fn a_file_is_read_as_it_is_written() {
        let file = DecisionFile::parse(GOOD.as_bytes()).expect("sound");
        assert_eq!(file.text(), GOOD);
        assert_eq!(file.witnessed(), Ok(Some(Head { seq: 3, digest: Digest::ZERO })));
        assert!(DecisionFile { head: "3 00".to_owned(), ..file.clone() }.witnessed().is_err());
        let now = "2026-11-21T00:00:00Z".parse().expect("a time");
        assert_eq!(file.fits("inc-a-1", now), Ok(()));
        assert!(file.fits("inc-b-1", now).is_err(), "another incident");
        assert!(file.fits("inc-a-1", "2026-11-22T00:00:00Z".parse().expect("a time")).is_err(), "over");
    }

    #[test]
    fn what_is_no_decision_is_named() {
        for (text, why) in [
            ("", "must stand there"),
            ("decision: d2\ndecision: d2\n", "twice"),
            ("decision: d9\nchoice: x\nsigner: a\n", "no decision `d9`"),
            ("decision: d2\nchoice: x\nsigner: a\n", "one of revoke-now, wait"),
            ("decision: d4\nchoice: not-yet\nsigner: a\n", "the time to look again"),
            ("decision: approve\nchoice: yes\nsigner: a\n", "action-sha256"),
            ("decisions: d2\n", "no such key"),
            ("expires: soon\n", "RFC 3339"),
            ("signer: a\u{1b}[2J\n", "control characters"),
        ] {
            let error = DecisionFile::parse(text.as_bytes()).expect_err(text).to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
