//! A database with the responder's own login: what is done there to another login, each on a connection of its own.

use std::io;
use std::time::Duration;

use sha2::Digest as _;

use super::postgres_talk::{is_plain_name, statement};
use super::redis_talk::{Reply, order, sessions_of};
use crate::contain::facts::{Asked, Heard};
use crate::model::{Fingerprint, Part, Secret};
use crate::net::{Hosts, Line, NetError};
use crate::probe::{
    Endpoint, Login, LoginOutcome, Reading, Server, attempt, enter_postgres, enter_redis, part, place_of_login, reach, shown_login,
};

/// How long one connection may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A database, the responder's login there, and the login that is to end.
#[derive(Clone, Debug)]
pub struct Database {
    hosts: Hosts,
    endpoint: Endpoint,
    admin: String,
    password: Secret,
    user: String,
    is_tls: bool,
    parts: Vec<Part>,
}

/// Gives the responder's own login, user and password, at the endpoint with that address, or why there is none.
pub type Admin<'a> = dyn Fn(&str) -> Result<(String, Secret), String> + 'a;

/// Why something at a database was not done, or may have been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The server says no: nothing was changed.
    Refused(String),
    /// The connection ended before the answer.
    Lost(String),
}

impl Trouble {
    pub(super) fn why(self) -> String {
        match self {
            Self::Refused(why) | Self::Lost(why) => why,
        }
    }
}

/// What is spoken there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speech {
    Postgres,
    Redis,
}

impl Database {
    /// The configured database that a login found as `parts` leads to; `admin` gives the responder's own login there by the endpoint's
    /// address.
    ///
    /// # Errors
    /// Why it cannot be reached, must not be, or whose login it is cannot be said.
    pub fn of_login(hosts: &Hosts, endpoints: &[Endpoint], parts: &[Part], admin: &Admin<'_>) -> Result<Self, String> {
        let endpoint = place_of_login(endpoints, parts)?;
        let (admin, password) = admin(endpoint.base())?;
        let usual = if endpoint.service == "redis" { "default" } else { "postgres" };
        let user = part(parts, "user").unwrap_or(usual).to_owned();
        if !is_plain_name(&user) || !is_plain_name(&admin) {
            return Err(
                "the name of the login has other characters than letters, digits, `_`, `-`, `.` and `@`: do it at its server".to_owned()
            );
        }
        if user == admin {
            return Err(format!("{user} is the responder's own login there: whoever ends it locks the responder out; do it at its server"));
        }
        let is_tls = part(parts, "scheme") == Some("rediss");
        Ok(Self { hosts: hosts.clone(), endpoint: endpoint.clone(), admin, password, user, is_tls, parts: parts.to_vec() })
    }

    pub(super) fn speech(&self) -> Speech {
        if self.endpoint.service == "redis" { Speech::Redis } else { Speech::Postgres }
    }

    /// The login that is to end.
    pub(super) fn user(&self) -> &str {
        &self.user
    }

    /// Where it is, as shown.
    pub(super) fn place(&self) -> String {
        format!("{} as {}", self.endpoint.base(), self.admin)
    }

    fn enter(&self) -> Result<(Speech, Line), Trouble> {
        let login = Login { user: &self.admin, database: "postgres", password: &self.password };
        let entered = reach(&self.hosts, &self.endpoint, self.is_tls, TIMEOUT).and_then(|server| match server {
            Server::Postgres(line) => Ok((Speech::Postgres, enter_postgres(line, &login)?)),
            Server::Redis(line) => Ok((Speech::Redis, enter_redis(line, &login)?)),
        });
        entered.map_err(|outcome| {
            Trouble::Refused(match outcome {
                LoginOutcome::Refused => format!("{} does not let the responder in as {}", self.endpoint.base(), self.admin),
                LoginOutcome::Unclear(why) => why,
                LoginOutcome::Failed(error) => error.to_string(),
                LoginOutcome::Let => "the responder was let in, and no further".to_owned(),
            })
        })
    }

    fn lost(&self, line: &Line, error: &io::Error) -> Trouble {
        let error: NetError = line.failure(error);
        Trouble::Lost(error.to_string())
    }

    fn sql(&self, sql: &str) -> Result<Option<String>, Trouble> {
        let (_, mut line) = self.enter()?;
        let answered = statement(&mut line, sql).map_err(|error| self.lost(&line, &error))?;
        answered.map_err(|code| {
            let way = if code == "42501" { ", which means that the responder's login has not the right to" } else { "" };
            Trouble::Refused(format!("{} refuses it (SQLSTATE {code}{way})", self.endpoint.base()))
        })
    }

    fn order(&self, words: &[&[u8]]) -> Result<Reply, Trouble> {
        let (_, mut line) = self.enter()?;
        let answered = order(&mut line, words).map_err(|error| self.lost(&line, &error))?;
        answered.map_err(|word| Trouble::Refused(format!("{} refuses it ({word})", self.endpoint.base())))
    }

    /// Whether there is such a login.
    pub(super) fn is_there(&self) -> Result<bool, Trouble> {
        match self.speech() {
            Speech::Postgres => {
                let count =
                    self.sql(&format!("select count(*) from pg_catalog.pg_roles where rolname = '{}' and rolcanlogin", self.user))?;
                Ok(count.as_deref() == Some("1"))
            }
            Speech::Redis => Ok(self.order(&[b"ACL", b"GETUSER", self.user.as_bytes()])? != Reply::Nothing),
        }
    }

    /// Connections that are logged in with it.
    pub(super) fn sessions(&self) -> Result<usize, Trouble> {
        match self.speech() {
            Speech::Postgres => {
                let count = self.sql(&format!("select count(*) from pg_catalog.pg_stat_activity where usename = '{}'", self.user))?;
                count.and_then(|count| count.parse().ok()).ok_or_else(|| Trouble::Refused("the sessions cannot be counted".to_owned()))
            }
            Speech::Redis => match self.order(&[b"CLIENT", b"LIST"])? {
                Reply::Text(listed) => Ok(sessions_of(&listed, &self.user)),
                _ => Err(Trouble::Refused("the connections cannot be counted".to_owned())),
            },
        }
    }

    /// Ends them; gives how many the server says it has ended.
    pub(super) fn kill(&self) -> Result<u64, Trouble> {
        match self.speech() {
            Speech::Postgres => {
                let sql = format!(
                    "select count(*) filter (where pg_catalog.pg_terminate_backend(pid)) from pg_catalog.pg_stat_activity where usename = '{}'",
                    self.user
                );
                Ok(self.sql(&sql)?.and_then(|count| count.parse().ok()).unwrap_or(0))
            }
            Speech::Redis => match self.order(&[b"CLIENT", b"KILL", b"USER", self.user.as_bytes()])? {
                Reply::Number(count) => Ok(count),
                _ => Ok(0),
            },
        }
    }

    /// Gives it another password, sent as what the server would keep of it, so that neither log nor monitor shows it.
    pub(super) fn rotate(&self, password: &Secret) -> Result<(), Trouble> {
        match self.speech() {
            Speech::Postgres => {
                // Of letters of base64, `$` and `:` alone.
                let verifier = postgres_protocol::password::scram_sha_256(password.expose());
                self.sql(&format!("alter role \"{}\" password '{verifier}'", self.user)).map(|_| ())
            }
            Speech::Redis => {
                let digest = format!("#{}", data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(password.expose())));
                self.order(&[b"ACL", b"SETUSER", self.user.as_bytes(), b"resetpass", digest.as_bytes()]).map(|_| ())
            }
        }
    }

    /// Where the change outlives a restart of the server.
    pub(super) fn keep(&self) -> String {
        match self.speech() {
            Speech::Postgres => "its catalog".to_owned(),
            Speech::Redis if self.order(&[b"ACL", b"SAVE"]).is_ok() => "its ACL file".to_owned(),
            Speech::Redis if self.order(&[b"CONFIG", b"REWRITE"]).is_ok() => "its configuration".to_owned(),
            Speech::Redis => {
                "its memory alone: after a restart the old password holds again unless its configuration is changed".to_owned()
            }
        }
    }

    /// Tries the login that is to end, beside the responder's own as the control.
    pub(super) fn ask(&self, fp: &Fingerprint, password: &Secret) -> Asked {
        let control = self.enter();
        let (answer, mut why) = match attempt(&self.hosts, &self.endpoint, &self.parts, password, TIMEOUT) {
            Reading::Accepted { .. } => (Heard::Alive, String::new()),
            Reading::Refused => (Heard::Dead, String::new()),
            Reading::Declined => (Heard::Declined, String::new()),
            Reading::Unclear(why) => (Heard::Unknown, why),
        };
        if let Err(trouble) = &control {
            why = format!("the control does not work: {}", trouble.clone().why());
        }
        // A server that lets nobody in has not refused this login.
        let answer = if answer == Heard::Dead && control.is_err() { Heard::Unknown } else { answer };
        let asked = shown_login(&self.endpoint, &self.parts);
        Asked { fp: fp.clone(), answer, control: control.is_ok(), asked, status: None, control_status: None, why }
    }
}
