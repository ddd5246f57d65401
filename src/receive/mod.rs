//! The receiver: verifies notices, gives receipts, and answers as GitLab's token revocation asks.

mod gitlab;
mod inbox;
mod native;
mod server;

pub use inbox::{Inbox, RECEIVED, REPORTED, Received, Reported};
pub use server::{Arrival, Bound, ReceiveError, Receiver, Tls};
