//! The tabletop's decision points, with the answers that a rehearsal without people gives.

use super::rehearsal::DrillError;

/// A decision point (TTX-SEC-2026-01, section 5).
pub struct Question {
    /// The decision's name.
    pub decision: &'static str,
    /// What is asked.
    pub asks: &'static str,
    /// What can be answered, the usual first.
    pub choices: [&'static str; 2],
    /// Why the usual one.
    pub reason: &'static str,
}

/// All four, in order.
pub const QUESTIONS: [Question; 4] = [
    Question {
        decision: "d1",
        asks: "Is this a confirmed incident or a precautionary response?",
        choices: ["confirmed", "precautionary"],
        reason: "its issuer accepts it",
    },
    Question {
        decision: "d2",
        asks: "Should the key be revoked immediately?",
        choices: ["revoke-now", "wait"],
        reason: "abuse may not be visible, and logs are incomplete",
    },
    Question {
        decision: "d3",
        asks: "Is system downtime acceptable?",
        choices: ["revoke-first", "replace-first"],
        reason: "downtime is acceptable for this service",
    },
    Question {
        decision: "d4",
        asks: "Is regulatory notification required at this stage?",
        choices: ["not-yet", "notify"],
        reason: "no sign of use by others so far; the observer is told",
    },
];

/// What somebody has answered.
pub struct Answer {
    /// One of the choices.
    pub choice: &'static str,
    /// Why.
    pub reason: String,
}

impl Question {
    /// The usual answer.
    pub fn usual(&self) -> Answer {
        Answer { choice: self.choices[0], reason: self.reason.to_owned() }
    }
}

/// Gives the answer to a question; it is told the clocks as they stand.
///
/// # Errors
/// When nobody answers.
pub type Asking<'a> = dyn Fn(&Question, &str) -> Result<Answer, DrillError> + 'a;
