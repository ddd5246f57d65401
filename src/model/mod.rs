//! The nouns that travel between the stages; imports nothing of ours.

mod blob;
mod candidate;
mod coverage;
mod finding;
mod fingerprint;
mod forms;
mod grounds;
mod identity;
mod level;
mod liveness;
mod notice;
mod origin;
mod outcome;
mod plain;
mod provenance;
mod secret;
mod span;
mod veil;

pub use blob::{Blob, Content};
pub use candidate::{Candidate, Context, Layer, RuleId, Syntax};
pub use coverage::{Coverage, Gap, GapKind};
pub use finding::{Finding, Reason, Standing, Suppression};
pub use fingerprint::Fingerprint;
pub use forms::forms;
pub use grounds::{Confirmed, Grade, Grounds, Precautionary};
pub use identity::{Identity, IdentityKind};
pub use level::{Confidence, Severity};
pub use liveness::{Liveness, Part, Probed};
pub use notice::{Asked, Exposure, Location, Notice, Subject, Urgency, Verb};
pub use origin::{Commit, Origin, Place};
pub use outcome::{Outcome, Stats};
pub use plain::plain;
pub use provenance::{Exposed, ExposureBasis, OnlyIn, Provenance, Spot};
pub use secret::Secret;
pub use span::{Position, Region, Span};
pub use veil::Veil;
