//! What every driver keeps to: it says exactly what it would do, looks before it acts, tells doing from failing from not knowing.

use serde_json::Value;

use super::held::Held;
use crate::contain::facts::Asked;
use crate::contain::stage::Fate;
use crate::journal::Clock;
use crate::model::Fingerprint;
use crate::net::Transport;
use crate::probe;

/// What drivers reach the world by.
pub struct World<'a> {
    /// The one door.
    pub transport: &'a dyn Transport,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Services of the user's own.
    pub endpoints: &'a [probe::Endpoint],
    /// The credential, where it could be read again.
    pub held: Option<&'a Held>,
}

/// Why nothing was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It must not be done, and why, with the right way.
    Refused(String),
    /// It cannot be done now.
    Failed(String),
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Acted {
    /// It is done.
    Done {
        /// Counts, statuses, dates: chosen field by field.
        result: Value,
        /// What the credential is now by the issuer's own word.
        fate: Option<Fate>,
    },
    /// Nothing was changed.
    Failed(String),
    /// Nobody knows: the answer was lost or makes no sense.
    Unknown(String),
}

/// What a try from outside has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proven {
    /// It is in force: what was tried was refused, and was taken before.
    Holds,
    /// It is not: what was tried was taken.
    Open(String),
    /// Neither can be said, and why.
    Unknown(String),
}

/// A driver, made for one action on one thing.
pub trait Driver {
    /// The action, such as `vault.revoke-prefix`.
    fn action(&self) -> &'static str;

    /// The exact requests in order, the secret as its fingerprint. The digest of the action is made over them.
    fn requests(&self) -> Vec<String>;

    /// Whether it can be undone.
    fn is_reversible(&self) -> bool {
        false
    }

    /// How it would be undone, for people.
    fn undo_shown(&self) -> Option<String> {
        None
    }

    /// Whether it needs the credential itself.
    fn needs_secret(&self) -> bool {
        false
    }

    /// Looks at the state before, read-only; gives what an undo needs.
    ///
    /// # Errors
    /// Why it must not or cannot be done.
    fn before(&self, world: &World<'_>) -> Result<Value, Stop>;

    /// Does it, once.
    fn act(&self, world: &World<'_>, before: &Value) -> Acted;

    /// Whether the issuer is asked before the deed as well: what it refuses afterwards it may refuse a living one in the same words.
    fn asks_before(&self) -> bool {
        false
    }

    /// Asks whether the credential still opens anything, where the driver knows better than the rule's own question; none where it does not.
    fn probe(&self, _world: &World<'_>, _fp: &Fingerprint) -> Option<Asked> {
        None
    }

    /// Whether what it changes is in force now, held against what [`Driver::before`] gave.
    ///
    /// # Errors
    /// Why that cannot be known, or that somebody else has changed it since.
    fn is_in_force(&self, _world: &World<'_>, _before: &Value) -> Result<bool, String> {
        Err("nothing tells whether it is in force".to_owned())
    }

    /// Tries from outside whether it is in force, where the driver can; `result` is what [`Driver::act`] gave, none where that is lost.
    fn prove(&self, _world: &World<'_>, _before: &Value, _result: Option<&Value>) -> Option<Proven> {
        None
    }

    /// Undoes it by what [`Driver::before`] gave; [`Driver::is_in_force`] says afterwards whether it is gone.
    fn undo(&self, _world: &World<'_>, _before: &Value) -> Acted {
        Acted::Failed("it cannot be undone".to_owned())
    }
}
