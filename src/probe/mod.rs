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
mod turns;

pub use canary::{Canary, canary_of};
pub use clock::{Clock, SystemClock};
pub use endpoint::{Endpoint, EndpointError, hosts};
pub(crate) use login::{Login, Outcome as LoginOutcome, Server, attempt, reach, shown as shown_login};
pub(crate) use postgres::{enter as enter_postgres, receive as receive_postgres, send as send_postgres, terminated};
pub use prober::{Options, Prober};
pub(crate) use question::http as fill;
pub(crate) use reading::{Reading, matches, mistaken};
pub(crate) use redis::{enter as enter_redis, first_line, send as send_redis};
pub(crate) use target::{Target, login as place_of_login, part, targets};
