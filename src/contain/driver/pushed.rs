//! A lock that is tried by pushes of ours: one before it that must be taken, one behind it that must be refused.

use serde_json::{Value, json};

use super::git_lock::words;
use super::push::{Push, Took};
use super::work::{Acted, Driver, Proven, Stop, World};
use crate::model::plain;

/// Puts the pushes around a lock.
pub struct Pushed {
    lock: Box<dyn Driver>,
    push: Push,
    words: String,
}

impl Pushed {
    /// Around the lock of `incident`.
    pub fn new(lock: Box<dyn Driver>, push: Push, incident: &str) -> Self {
        Self { lock, push, words: words(incident) }
    }

    /// Pushes and takes it back; what came of it, and whether the ref stayed.
    fn control(&self) -> (Took, Option<String>) {
        match self.push.create() {
            Took::Yes => match self.push.delete() {
                Took::Yes => (Took::Yes, None),
                Took::No(why) | Took::Untried(why) => (Took::Yes, Some(why)),
            },
            other => (other, None),
        }
    }

    /// The same as facts.
    fn told(&self, name: &str, result: &mut Value) -> Took {
        let (took, left) = self.control();
        result[name] = match &took {
            Took::Yes => "taken".into(),
            Took::No(why) => format!("refused: {}", plain(why, 300)).into(),
            Took::Untried(why) => format!("not tried: {}", plain(why, 300)).into(),
        };
        if let Some(why) = left {
            result["left"] = format!("{} could not be deleted again: {}", self.push.reference(), plain(&why, 300)).into();
        }
        took
    }
}

impl Driver for Pushed {
    fn action(&self) -> &'static str {
        self.lock.action()
    }

    fn requests(&self) -> Vec<String> {
        let mut lines = vec![self.push.shown(), format!("  it must be taken, and {} is deleted again", self.push.reference())];
        lines.extend(self.lock.requests());
        lines.push(self.push.shown());
        lines.push(format!("  it must be refused with \"{}\"", self.words));
        lines
    }

    fn is_reversible(&self) -> bool {
        self.lock.is_reversible()
    }

    fn undo_shown(&self) -> Option<String> {
        let undo = self.lock.undo_shown()?;
        Some(format!("{undo}; then the push must be taken, and {} is deleted again", self.push.reference()))
    }

    fn before(&self, world: &World<'_>) -> Result<Value, Stop> {
        self.lock.before(world)
    }

    fn act(&self, world: &World<'_>, before: &Value) -> Acted {
        // It changes something, so it comes after the intent and not with the look before.
        let mut control = json!({});
        self.told("push_before", &mut control);
        match self.lock.act(world, before) {
            Acted::Done { mut result, fate } => {
                if let (Value::Object(facts), Value::Object(more)) = (&mut result, control) {
                    facts.extend(more);
                }
                Acted::Done { result, fate }
            }
            other => other,
        }
    }

    fn is_in_force(&self, world: &World<'_>, before: &Value) -> Result<bool, String> {
        self.lock.is_in_force(world, before)
    }

    fn prove(&self, _: &World<'_>, _: &Value, result: Option<&Value>) -> Option<Proven> {
        let was_taken = result.is_some_and(|result| result["push_before"] == "taken");
        Some(match self.push.create() {
            Took::Yes => {
                // Deleted where that can be: the lock does not stand in the way, as is seen.
                let _ = self.push.delete();
                Proven::Open("the lock stands, and a push of ours was taken all the same: it is not served from there".to_owned())
            }
            Took::No(why) if why.contains(&self.words) && was_taken => Proven::Holds,
            Took::No(why) if why.contains(&self.words) => {
                Proven::Unknown("a push of ours is refused in the words of this freeze; none was taken before it, to compare".to_owned())
            }
            Took::No(why) => Proven::Unknown(format!("a push of ours is refused by something else: {}", plain(&why, 300))),
            Took::Untried(why) => Proven::Unknown(format!("no push could be tried: {}", plain(&why, 300))),
        })
    }

    fn undo(&self, world: &World<'_>, before: &Value) -> Acted {
        match self.lock.undo(world, before) {
            Acted::Done { mut result, fate } => match self.told("push_after", &mut result) {
                Took::No(why) if why.contains(&self.words) => {
                    Acted::Unknown("the lock is taken away, and a push of ours is refused by it still".to_owned())
                }
                _ => Acted::Done { result, fate },
            },
            other => other,
        }
    }
}
