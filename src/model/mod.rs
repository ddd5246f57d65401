//! The nouns that travel between the stages; imports nothing of ours.

mod blob;
mod candidate;
mod coverage;
mod finding;
mod level;
mod origin;
mod outcome;
mod secret;
mod span;

pub use blob::{Blob, Content};
pub use candidate::{Candidate, Context, Layer, RuleId, Syntax};
pub use coverage::{Coverage, Gap, GapKind};
pub use finding::{Finding, Reason, Standing, Suppression};
pub use level::{Confidence, Severity};
pub use origin::{Commit, Origin, Place};
pub use outcome::{Outcome, Stats};
pub use secret::Secret;
pub use span::{Position, Region, Span};
