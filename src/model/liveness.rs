//! Whether a credential still opens anything, as far as its issuer says.

use super::Secret;

/// What the issuer's answer means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Liveness {
    /// The issuer accepts it, and refuses a random value of the same shape.
    Alive,
    /// The issuer refuses it, in the words it has for that.
    Dead,
    /// Neither can be said.
    Unknown {
        /// Why, in a short sentence without a full stop and without the secret.
        why: String,
    },
}

impl Liveness {
    /// The lower-case name used in reports.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Alive => "alive",
            Self::Dead => "dead",
            Self::Unknown { .. } => "unknown",
        }
    }
}

/// What came of asking the issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probed {
    /// What it means.
    pub liveness: Liveness,
    /// What was asked, without the secret: `GET https://api.github.com/user`; empty when nothing was.
    pub asked: String,
    /// Whether anything was sent; a plan only tells what would be.
    pub sent: bool,
    /// The status of the answer (HTTP, or none where the protocol has none).
    pub status: Option<u16>,
    /// The status of the answer to a random value of the same shape.
    pub control: Option<u16>,
    /// Whom the credential belongs to, as the issuer says; printable, at most 120 characters.
    pub who: Option<String>,
    /// Whether all that keeps it from being dead is that a living one can be refused in the same words: from another address, or elsewhere.
    pub declined: bool,
}

impl Probed {
    /// Nothing was asked, for a reason.
    pub fn not_asked(why: impl Into<String>) -> Self {
        let liveness = Liveness::Unknown { why: why.into() };
        Self { liveness, asked: String::new(), sent: false, status: None, control: None, who: None, declined: false }
    }
}

/// Something that stands near a secret and belongs to it: the key id, the account, the host.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Part {
    /// Its name in the rule: `id`, `user`, `host`.
    pub name: String,
    /// What it is; it may be confidential.
    pub value: Secret,
    /// Whether nothing else of its shape stands near, so that the two surely belong together.
    pub alone: bool,
}
