//! What the outbox holds, by endpoint.

use serde::Serialize;

use super::outbox::Outbox;
use crate::journal::Stamp;

/// One endpoint's part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EndpointStatus {
    /// Its name.
    pub name: String,
    /// Whether it is configured: what is owed to one that is not goes nowhere until it is, or is rerouted.
    pub configured: bool,
    /// Undelivered and to be tried now.
    pub due: usize,
    /// Undelivered and waiting for their next attempt.
    pub waiting: usize,
    /// Delivered.
    pub delivered: u64,
    /// Whether it answered 410 and is left alone until `outbox enable`.
    pub disabled: bool,
}

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// By endpoint, sorted by name.
    pub endpoints: Vec<EndpointStatus>,
    /// Deliveries that are owed.
    pub undelivered: usize,
}

impl Status {
    /// Of an outbox at a moment, with the names that are configured.
    pub fn of(outbox: &Outbox, configured: &[&str], now: Stamp) -> Self {
        let mut names = outbox.names();
        names.extend(configured);
        let one = |name: &str| {
            let open = outbox.open().find(|(other, _)| *other == name).map_or(0, |(_, count)| count);
            let due = outbox.due(name, now.wall.as_millisecond());
            EndpointStatus {
                name: name.to_owned(),
                configured: configured.contains(&name),
                due,
                waiting: open - due,
                delivered: outbox.delivered(name),
                disabled: outbox.is_disabled(name),
            }
        };
        Self { endpoints: names.into_iter().map(one).collect(), undelivered: outbox.undelivered() }
    }
}
