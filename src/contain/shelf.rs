//! The folder of incidents: one folder each, whose name is the incident's own.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::facts::{LOCATED, Located, Moved, OPENED, Opened, STATE};
use super::incident::Incident;
use super::stage::Stage;
use crate::journal::{Actor, Digest, Entry, Journal, JournalError, Stamp};
use crate::model::{Fingerprint, Location};

/// Why an incident cannot be found or opened.
#[derive(Debug, thiserror::Error)]
pub enum ShelfError {
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The file system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// There is none of that name.
    #[error("there is no incident `{0}`; `keyfuse incident list` names them")]
    None(String),
    /// Several names begin so.
    #[error("`{name}` may be {}; write more of it", among.join(" or "))]
    Many {
        /// What was asked for.
        name: String,
        /// What it could be.
        among: Vec<String>,
    },
}

/// The folder of incidents.
#[derive(Clone, Debug)]
pub struct Shelf {
    folder: PathBuf,
}

/// What came of opening.
#[derive(Debug)]
pub struct Taken {
    /// The incident's journal.
    pub journal: Journal<Incident>,
    /// Whether it is new.
    pub is_new: bool,
    /// Places that were not known before.
    pub added: usize,
}

impl Shelf {
    /// The incidents in `folder`, which need not be there yet.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The folder of an incident.
    pub fn of(&self, id: &str) -> PathBuf {
        self.folder.join(id)
    }

    /// The ids, sorted.
    ///
    /// # Errors
    /// When the folder is there and cannot be read.
    pub fn ids(&self) -> Result<Vec<String>, ShelfError> {
        let fail = |source| ShelfError::Io { path: self.folder.clone(), source };
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(fail(source)),
        };
        let mut ids = Vec::new();
        for entry in entries {
            let name = entry.map_err(fail)?.file_name().to_string_lossy().into_owned();
            if is_id(&name) && self.of(&name).join("journal.jsonl").exists() {
                ids.push(name);
            }
        }
        ids.sort_unstable();
        Ok(ids)
    }

    /// The id that `name` means: all of it, or a beginning that only one has.
    ///
    /// # Errors
    /// [`ShelfError::None`] and [`ShelfError::Many`].
    pub fn find(&self, name: &str) -> Result<String, ShelfError> {
        let ids = self.ids()?;
        if ids.iter().any(|id| id == name) {
            return Ok(name.to_owned());
        }
        let mut among: Vec<String> =
            ids.into_iter().filter(|id| !name.is_empty() && (id.starts_with(name) || id[4..].starts_with(name))).collect();
        match among.len() {
            1 => Ok(among.remove(0)),
            0 => Err(ShelfError::None(crate::model::plain(name, 100))),
            _ => Err(ShelfError::Many { name: crate::model::plain(name, 100), among }),
        }
    }

    /// The journal of an incident that is there.
    ///
    /// # Errors
    /// When there is none, or it cannot be read or is broken.
    pub fn journal(&self, id: &str) -> Result<Journal<Incident>, ShelfError> {
        let path = self.of(id).join("journal.jsonl");
        if !is_id(id) || !path.exists() {
            return Err(ShelfError::None(crate::model::plain(id, 100)));
        }
        Ok(Journal::open(&path)?)
    }

    /// The generation in which a credential's exposure is an incident now: the last one, or one more when that is closed.
    ///
    /// # Errors
    /// As [`Shelf::journal`].
    pub fn generation(&self, fp: &Fingerprint) -> Result<u32, ShelfError> {
        let mut generation = 1;
        while self.of(&fp.incident(generation)).join("journal.jsonl").exists() {
            if self.journal(&fp.incident(generation))?.state().stage() != Stage::Closed {
                break;
            }
            generation += 1;
        }
        Ok(generation)
    }

    /// Opens the incident, or takes the new places into the one that is open: two who report one credential make one incident.
    ///
    /// # Errors
    /// When it cannot be written, or another credential has the id.
    pub fn open(&self, opened: &Opened, places: &[Location], actor: Actor, is_drill: bool, stamp: Stamp) -> Result<Taken, ShelfError> {
        let id = opened.credential.fp.incident(opened.generation);
        let mut journal = Journal::<Incident>::open(&self.of(&id).join("journal.jsonl"))?;
        let places_file = self.of(&id).join("locations.jsonl");
        let (is_new, added) = journal.update(|writing| {
            let is_new = writing.state().opened.is_none();
            let mut entries = Vec::new();
            if is_new {
                entries.push(Entry::new(OPENED, actor.clone(), opened).of(&id).drill(is_drill));
            } else {
                let before = writing.state();
                if before.beginning().is_ok_and(|before| before.credential.fp != opened.credential.fp) {
                    return Err(ShelfError::Io { path: self.of(&id), source: std::io::Error::other("another credential has this id") });
                }
                let (is_worse, stakes) = (before.severity < Some(opened.severity), before.stakes.clone().learn(&opened.stakes));
                if is_worse || !stakes.are_unknown() {
                    let severity = is_worse.then_some(opened.severity);
                    let why = if stakes.are_unknown() { "it was found at a worse place".to_owned() } else { stakes.told().join("; ") };
                    let moved = Moved { severity, stakes, why, ..Moved::default() };
                    entries.push(Entry::new(STATE, actor.clone(), &moved).of(&id).drill(is_drill));
                }
            }
            let (located, added) = record(&places_file, places)?;
            entries.extend(located.map(|located| Entry::new(LOCATED, actor, &located).of(&id).drill(is_drill)));
            writing.append_all(entries, stamp)?;
            Ok((is_new, added))
        })?;
        Ok(Taken { journal, is_new, added })
    }
}

fn is_id(name: &str) -> bool {
    name.strip_prefix("inc-").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
}

/// Adds places that are not known yet to the file; gives what the journal is to say of it, if anything is new.
fn record(path: &Path, places: &[Location]) -> Result<(Option<Located>, usize), ShelfError> {
    let fail = |source| ShelfError::Io { path: path.to_owned(), source };
    let before = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(source) => return Err(fail(source)),
    };
    let known: std::collections::HashSet<&str> = before.lines().collect();
    let mut text = before.clone();
    let mut first = Vec::new();
    let mut added = 0;
    let mut seen = std::collections::HashSet::new();
    for place in places {
        let line = serde_json::to_string(place).expect("a place is plain JSON");
        if !known.contains(line.as_str()) && seen.insert(line.clone()) {
            text.push_str(&line);
            text.push('\n');
            added += 1;
            if first.len() < 10 {
                first.push(place.clone());
            }
        }
    }
    if added == 0 {
        return Ok((None, 0));
    }
    let folder = path.parent().expect("it lies in the incident's folder");
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(fail)?;
    file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_data()).map_err(fail)?;
    file.persist(path).map_err(|error| fail(error.error))?;
    Ok((Some(Located { total: text.lines().count(), sha256: Digest::of(text.as_bytes()), first }), added))
}
