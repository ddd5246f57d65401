//! Logging in to a database that the user has configured, once with a random password and once with the one that was found.

use std::time::Duration;

use super::endpoint::Endpoint;
use super::reading::Reading;
use super::target::part;
use super::{postgres, redis};
use crate::model::{Part, Secret};
use crate::net::{Hosts, Line, NetError, dial};

/// Who logs in, and where.
pub(crate) struct Login<'a> {
    /// The user; empty where the protocol needs none.
    pub(crate) user: &'a str,
    /// The database; empty where none is named.
    pub(crate) database: &'a str,
    /// The password.
    pub(crate) password: &'a Secret,
}

/// What came of it.
pub(crate) enum Outcome {
    /// The server let it in.
    Let,
    /// The server knows no such user and password.
    Refused,
    /// Neither can be said.
    Unclear(String),
    /// The connection failed.
    Failed(NetError),
}

/// The question as it is shown.
pub(crate) fn shown(endpoint: &Endpoint, parts: &[Part]) -> String {
    let user = part(parts, "user").unwrap_or_default();
    let user: String = user.chars().filter(|sign| sign.is_ascii_graphic()).take(64).collect();
    let login = if user.is_empty() { "log in".to_owned() } else { format!("log in as {user}") };
    format!("{login} at {}", endpoint.base())
}

/// Tries the login.
pub(crate) fn attempt(hosts: &Hosts, endpoint: &Endpoint, parts: &[Part], password: &Secret, timeout: Duration) -> Reading {
    let login = Login { user: part(parts, "user").unwrap_or_default(), database: part(parts, "path").unwrap_or_default(), password };
    let (scheme, host, port) = match endpoint.address() {
        Ok(address) => address,
        Err(error) => return Reading::Unclear(error.to_string()),
    };
    let connect = || dial(hosts, &host, port, timeout);
    let outcome = match scheme {
        "postgres" => connect().map_or_else(Outcome::Failed, |line| postgres::login(line, &login)),
        // The finding's own scheme decides about encryption, unless the configured one demands it.
        "redis" if part(parts, "scheme") == Some("rediss") => secured(connect(), &login),
        "redis" => connect().map_or_else(Outcome::Failed, |line| redis::login(line, &login)),
        "rediss" => secured(connect(), &login),
        _ => Outcome::Unclear(format!("there is no login for {scheme} addresses")),
    };
    match outcome {
        Outcome::Let => Reading::Accepted { who: (!login.user.is_empty()).then(|| shown_user(login.user)) },
        Outcome::Refused => Reading::Refused,
        Outcome::Unclear(why) => Reading::Unclear(why),
        Outcome::Failed(error) => Reading::Unclear(error.to_string()),
    }
}

fn secured(line: Result<Line, NetError>, login: &Login<'_>) -> Outcome {
    line.and_then(Line::secure).map_or_else(Outcome::Failed, |line| redis::login(line, login))
}

fn shown_user(user: &str) -> String {
    super::reading::printable(user, 64)
}
