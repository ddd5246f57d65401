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
    let is_tls = part(parts, "scheme") == Some("rediss");
    let outcome = match reach(hosts, endpoint, is_tls, timeout) {
        Ok(Server::Postgres(line)) => postgres::login(line, &login),
        Ok(Server::Redis(line)) => redis::login(line, &login),
        Err(outcome) => outcome,
    };
    match outcome {
        Outcome::Let => Reading::Accepted { who: (!login.user.is_empty()).then(|| shown_user(login.user)) },
        Outcome::Refused => Reading::Refused,
        Outcome::Unclear(why) => Reading::Unclear(why),
        Outcome::Failed(error) => Reading::Unclear(error.to_string()),
    }
}

/// A connection to a database, by the protocol that it speaks; nobody is logged in yet.
pub(crate) enum Server {
    /// PostgreSQL.
    Postgres(Line),
    /// Redis, under TLS where that is wanted.
    Redis(Line),
}

/// Connects to a configured database; `is_tls` demands TLS of a Redis whose configured address does not.
///
/// # Errors
/// Why there is no connection.
pub(crate) fn reach(hosts: &Hosts, endpoint: &Endpoint, is_tls: bool, timeout: Duration) -> Result<Server, Outcome> {
    let (scheme, host, port) = endpoint.address().map_err(|error| Outcome::Unclear(error.to_string()))?;
    let connect = || dial(hosts, &host, port, timeout).map_err(Outcome::Failed);
    match scheme {
        "postgres" => Ok(Server::Postgres(connect()?)),
        // The finding's own scheme decides about encryption, unless the configured one demands it.
        "redis" if !is_tls => Ok(Server::Redis(connect()?)),
        "redis" | "rediss" => Ok(Server::Redis(connect()?.secure().map_err(Outcome::Failed)?)),
        _ => Err(Outcome::Unclear(format!("there is no login for {scheme} addresses"))),
    }
}

fn shown_user(user: &str) -> String {
    super::reading::printable(user, 64)
}
