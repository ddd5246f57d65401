//! Asks issuers whether a credential lives: read-only, to listed hosts, with a control, and never a canary.

mod aws;
mod canary;
mod clock;
mod endpoint;
mod login;
mod postgres;
mod prober;
mod question;
mod reading;
mod redis;
mod shape;
mod target;

pub use canary::{Canary, canary_of};
pub use clock::{Clock, SystemClock};
pub use endpoint::{Endpoint, EndpointError, hosts};
pub use prober::{Options, Prober};
pub(crate) use question::http as fill;
pub(crate) use reading::matches;
pub(crate) use target::{Target, targets};
