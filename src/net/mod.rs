//! The one door to the network: requests leave only through it, to hosts that are on its list.

mod address;
mod dial;
mod failure;
mod hosts;
mod https;
mod proxies;
mod retry_after;
mod transport;

pub use address::is_public;
pub use dial::{Line, dial};
pub use failure::NetError;
pub use hosts::{Host, Hosts, certificates};
pub use https::Https;
pub use proxies::Proxies;
pub use retry_after::{LONGEST_HOLD, retry_after};
pub use transport::{Answer, Method, Request, Transport};
