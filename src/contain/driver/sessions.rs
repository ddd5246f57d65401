//! Ends what a login has opened at a database, counted before and after.

use std::time::Duration;

use serde_json::{Value, json};

use super::database::{Database, Speech, Trouble};
use super::work::{Acted, Driver, Stop, World};

/// How often it is counted again, and how long is waited between: a session ends a moment after it was told to.
const LOOKS: (u32, Duration) = (20, Duration::from_millis(100));

/// Ends the sessions of a login.
#[derive(Clone, Debug)]
pub struct KillSessions {
    database: Database,
}

impl KillSessions {
    /// For the login of `database`.
    pub fn new(database: Database) -> Self {
        Self { database }
    }
}

impl Driver for KillSessions {
    fn action(&self) -> &'static str {
        match self.database.speech() {
            Speech::Postgres => "postgres.terminate-backends",
            Speech::Redis => "redis.client-kill",
        }
    }

    fn requests(&self) -> Vec<String> {
        let user = self.database.user();
        let order = match self.database.speech() {
            Speech::Postgres => format!("pg_terminate_backend(pid) of every session of \"{user}\""),
            Speech::Redis => format!("CLIENT KILL USER {user}"),
        };
        vec![format!("log in at {}", self.database.place()), format!("  {order}")]
    }

    fn before(&self, _: &World<'_>) -> Result<Value, Stop> {
        let count = self.database.sessions().map_err(|trouble| Stop::Failed(trouble.why()))?;
        Ok(json!({ "sessions": count }))
    }

    fn act(&self, world: &World<'_>, before: &Value) -> Acted {
        let ended = match self.database.kill() {
            Ok(ended) => ended,
            Err(Trouble::Refused(why)) => return Acted::Failed(why),
            Err(Trouble::Lost(why)) => return Acted::Unknown(why),
        };
        let mut after = None;
        for _ in 0..LOOKS.0 {
            after = Some(self.database.sessions());
            if matches!(after, Some(Ok(0))) {
                break;
            }
            world.clock.sleep(LOOKS.1);
        }
        match after {
            Some(Ok(0)) => {
                Acted::Done { result: json!({ "sessions": { "before": before["sessions"], "ended": ended, "after": 0 } }), fate: None }
            }
            Some(Ok(count)) => Acted::Unknown(format!("{ended} sessions were ended, and {count} are there")),
            Some(Err(trouble)) => Acted::Unknown(format!("the sessions cannot be counted again: {}", trouble.why())),
            None => Acted::Unknown("the sessions were not counted again".to_owned()),
        }
    }

    fn is_in_force(&self, _: &World<'_>, _: &Value) -> Result<bool, String> {
        self.database.sessions().map(|count| count == 0).map_err(Trouble::why)
    }
}
