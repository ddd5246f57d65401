//! Says of each credential how sure it is: asked, matched, proved, attested, or merely observed.

mod confirmer;
mod credential;
mod identity;
mod policy;
mod preview;
mod proof;
mod telling;
mod words;

pub use confirmer::{Confirmation, Confirmer};
pub use credential::{Credential, Grouping, group};
pub use policy::{Policy, PolicyError};
pub use preview::preview;
pub use proof::{Proof, proofs};
pub use telling::Telling;
pub use words::{CONFIRMED, Confirm, DISMISSED, Dismiss, Word, Words};
