//! Says of each credential how sure it is: asked, matched, proved, attested, or merely observed.

mod confirmer;
mod credential;
mod hashed;
mod identity;
mod matching;
mod policy;
mod preview;
mod proof;
mod store;
mod telling;
mod vault;
mod words;

pub use confirmer::{Confirmation, Confirmer};
pub use credential::{Credential, Grouping, group};
pub use hashed::{MAX_BCRYPT_COST, Tried, prove_by_hashes};
pub use matching::Found;
pub use policy::{Policy, PolicyError};
pub use preview::preview;
pub use proof::{Proof, proofs};
pub use store::{Store, StoreError};
pub use telling::Telling;
pub use vault::{VaultServer, VaultValue};
pub use words::{CONFIRMED, Confirm, DISMISSED, Dismiss, MATCHED, Match, Matched, Word, Words};
