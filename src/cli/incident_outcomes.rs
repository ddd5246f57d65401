//! Says what came of each step that was tried.

use std::fmt::Write as _;

use keyfuse::contain::Outcome;
use keyfuse::model::plain;

use super::exit;

/// What came of the steps, a line each, and what that means for the exit code.
pub(super) struct Came {
    /// The lines.
    pub(super) text: String,
    is_broken: bool,
    is_waiting: bool,
}

impl Came {
    /// A decision that is waited for counts for the steps that `is_asked` names.
    pub(super) fn of(outcomes: &[(String, Outcome)], is_asked: impl Fn(&str) -> bool) -> anyhow::Result<Self> {
        let mut came = Self { text: String::new(), is_broken: false, is_waiting: false };
        let width = outcomes.iter().map(|(step, _)| step.len()).max().unwrap_or(0).max(10);
        for (step, outcome) in outcomes {
            let (word, why) = match outcome {
                Outcome::Done => ("done", ""),
                Outcome::Waiting(why) => ("waiting", why.as_str()),
                Outcome::Refused(why) => ("refused", why.as_str()),
                Outcome::Failed(why) => ("failed", why.as_str()),
                Outcome::Unknown(why) => ("unknown", why.as_str()),
                Outcome::Idle => ("not armed", ""),
            };
            writeln!(came.text, "{step:width$} {word}{}{}", if why.is_empty() { "" } else { ": " }, plain(why, 600))?;
            came.is_broken |= matches!(outcome, Outcome::Refused(_) | Outcome::Failed(_) | Outcome::Unknown(_));
            came.is_waiting |= is_asked(step) && matches!(outcome, Outcome::Waiting(_));
        }
        Ok(came)
    }

    /// The exit code; `is_open` where something is still missing even so.
    pub(super) fn code(&self, is_open: bool) -> u8 {
        match (self.is_broken, self.is_waiting || is_open) {
            (true, _) => exit::CONTAINMENT,
            (_, true) => exit::WAITING,
            _ => exit::COMPLETE,
        }
    }
}
