//! Gets notices to where they are acted on: signed, at least once, or it is said that they did not arrive.

mod carriage;
mod courier;
mod dialect;
mod endpoint;
mod facts;
mod letter;
mod outbox;
mod ready;
mod schedule;
mod seal;
mod sign;
mod status;
mod verify;

pub use courier::{Courier, HandoffError, Pace, Tally};
pub use dialect::{Dialect, Outgoing, Reply};
pub use endpoint::{Endpoint, EndpointError, Filter};
pub use facts::{DISABLED, DUE, Due, ENABLED, REROUTED, Rerouted};
pub use letter::{Letter, MAX_BODY, fit};
pub use outbox::{Key, Outbox, Owed, Told};
pub use schedule::{FALLBACK_AFTER, delay};
pub use seal::{Recipients, SealError, Sealed, seal};
pub use sign::{KeyFormat, Signer};
pub use status::{EndpointStatus, Status};
pub use verify::{SignatureError, TOLERANCE, Verifier};
