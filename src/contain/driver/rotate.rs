//! Gives a login of a database another password, kept in a private file before the server is told.

use std::path::{Path, PathBuf};

use rand::TryRng;
use rand::rngs::SysRng;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::database::{Database, Speech, Trouble};
use super::work::{Acted, Driver, Stop, World};
use crate::contain::facts::Asked;
use crate::contain::stage::Fate;
use crate::keychain::write_private;
use crate::model::{Fingerprint, Secret};

/// Letters and digits of a new password: more than 190 bits.
const LENGTH: usize = 32;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Rotates the password of a login.
#[derive(Clone, Debug)]
pub struct RotateLogin {
    database: Database,
    /// Where new passwords are kept.
    folder: PathBuf,
    incident: String,
}

impl RotateLogin {
    /// For the login of `database`; the new password is kept in a file of its own below `folder`.
    pub fn new(database: Database, folder: &Path, incident: &str) -> Self {
        Self { database, folder: folder.to_owned(), incident: incident.to_owned() }
    }

    /// A name that nothing has yet.
    fn file(&self) -> Option<PathBuf> {
        let name = |number: u32| self.folder.join(format!("{}-{}-{number}", self.incident, self.database.user()));
        (1..100).map(name).find(|path| path.symlink_metadata().is_err())
    }
}

impl Driver for RotateLogin {
    fn action(&self) -> &'static str {
        match self.database.speech() {
            Speech::Postgres => "postgres.alter-role",
            Speech::Redis => "redis.acl-setuser",
        }
    }

    fn requests(&self) -> Vec<String> {
        let user = self.database.user();
        let order = match self.database.speech() {
            Speech::Postgres => format!("alter role \"{user}\" password ‹the verifier of a new one›"),
            Speech::Redis => format!("ACL SETUSER {user} resetpass #‹the digest of a new one›"),
        };
        vec![
            format!("write {}/{}-{user}-N (0600)", self.folder.display(), self.incident),
            format!("log in at {}", self.database.place()),
            format!("  {order}"),
        ]
    }

    fn before(&self, _: &World<'_>) -> Result<Value, Stop> {
        if !self.database.is_there().map_err(|trouble| Stop::Failed(trouble.why()))? {
            return Err(Stop::Refused(format!("there is no login {} that could be given another password", self.database.user())));
        }
        let file = self.file().ok_or_else(|| Stop::Failed(format!("{} holds too many of them", self.folder.display())))?;
        Ok(json!({ "kept": file.display().to_string() }))
    }

    fn act(&self, _: &World<'_>, before: &Value) -> Acted {
        let Some(file) = before["kept"].as_str().map(Path::new) else { return Acted::Failed("no place for the new password".to_owned()) };
        let password = match fresh() {
            Ok(password) => password,
            Err(why) => return Acted::Failed(why),
        };
        // Before the server knows it: a password that nobody kept would lock everybody out.
        if let Err(error) = write_private(file, &password) {
            return Acted::Failed(error.to_string());
        }
        match self.database.rotate(&password) {
            Ok(()) => {
                let result = json!({ "kept": before["kept"], "lasts": self.database.keep() });
                Acted::Done { result, fate: Some(Fate::Accepted) }
            }
            Err(Trouble::Refused(why)) => {
                let _ = std::fs::remove_file(file);
                Acted::Failed(why)
            }
            Err(Trouble::Lost(why)) => {
                Acted::Unknown(format!("{why}: it may have been done, and the new password is kept in {}", file.display()))
            }
        }
    }

    fn probe(&self, world: &World<'_>, fp: &Fingerprint) -> Option<Asked> {
        Some(self.database.ask(fp, &world.held?.secret))
    }
}

/// A new password.
fn fresh() -> Result<Secret, String> {
    let mut text = Zeroizing::new(Vec::with_capacity(LENGTH));
    let mut byte = [0];
    while text.len() < LENGTH {
        SysRng.try_fill_bytes(&mut byte).map_err(|_| "the system gives no random bytes".to_owned())?;
        // The rest would make some letters more likely than others.
        if byte[0] < 248 {
            text.push(ALPHABET[usize::from(byte[0]) % ALPHABET.len()]);
        }
    }
    Ok(Secret::new(text.to_vec()))
}
