//! Carries notices to their endpoints and writes down what came of each attempt.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{File, OpenOptions};
use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::carriage::{Errand, NAP, PARALLEL, work};
use super::dialect::Reply;
use super::endpoint::Endpoint;
use super::facts::{ATTEMPT, Attempt, DELIVERED, DISABLED, DUE, Delivered, Due, Switched};
use super::letter;
use super::outbox::{Key, Outbox, id};
use super::seal::{Sealed, seal};
use super::verify::TOLERANCE;
use crate::journal::{Actor, Clock, Entry, Journal, JournalError};
use crate::model::{Fingerprint, Notice, Secret};
use crate::net::{Answer, NetError, Transport, retry_after};

/// How long another process may hold the outbox before we give up waiting for it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why notices cannot be kept or carried.
#[derive(Debug, thiserror::Error)]
pub enum HandoffError {
    /// The journal cannot be read or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Somebody else has been carrying for a minute.
    #[error("another process has been delivering from {} for {} s; wait for it, or end it", .0.display(), PATIENCE.as_secs())]
    Busy(PathBuf),
    /// The file that says who is delivering cannot be made.
    #[error("{}: {source}", path.display())]
    Lock {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

/// How long is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Everything that is due, once; with `all` also what waits for its next attempt.
    Once {
        /// Whether the pauses between attempts do not count.
        all: bool,
    },
    /// Until nothing is owed, at most this long; fallbacks are told after three quarters of it.
    For(Duration),
}

/// What a run achieved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Deliveries made: endpoint, event id, receipt.
    pub delivered: Vec<(String, String, Option<String>)>,
    /// Deliveries still owed, whoever owed them.
    pub undelivered: usize,
    /// Why the last attempt at an endpoint failed.
    pub failures: BTreeMap<String, String>,
}

/// Carries notices.
pub struct Courier<'a> {
    /// What is owed.
    pub journal: Journal<Outbox>,
    /// Where it goes.
    pub endpoints: &'a [Endpoint],
    /// The door to the network.
    pub transport: &'a dyn Transport,
    /// The time.
    pub clock: &'a dyn Clock,
    /// The machine's name.
    pub host: &'a str,
    /// The secrets of this run, for the dialects that send them; they are never written down.
    pub secrets: HashMap<Fingerprint, Secret>,
}

impl Courier<'_> {
    /// Owes a notice to every endpoint that takes it, unless the same was told already; gives how many became owed.
    ///
    /// What is told once more: a credential that is worse than it was told, or confirmed where it was suspected.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn owe(&mut self, notices: Vec<Notice>) -> Result<usize, HandoffError> {
        self.owe_each(notices.into_iter().map(|notice| (notice, None)).collect())
    }

    /// Owes a notice once more for a cause of its own, such as a probe that says *alive* after containment; one cause counts once. Gives
    /// how many became owed.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn owe_again(&mut self, notice: Notice, cause: &str) -> Result<usize, HandoffError> {
        self.owe_each(vec![(notice, Some(cause.to_owned()))])
    }

    fn owe_each(&mut self, notices: Vec<(Notice, Option<String>)>) -> Result<usize, HandoffError> {
        let (stamp, host) = (self.clock.now(), self.host.to_owned());
        let names: Vec<&Endpoint> = {
            // An endpoint that only stands in for another gets what the other does not take.
            let spare: HashSet<&str> = self.endpoints.iter().filter_map(|one| one.fallback.as_deref()).collect();
            self.endpoints.iter().filter(|one| !spare.contains(one.name.as_str())).collect()
        };
        let secrets = &self.secrets;
        self.journal.update(|writing| {
            let mut entries = Vec::new();
            for (mut notice, cause) in notices {
                let told = writing.state().told(&notice.credential.fp);
                let is_old = match &cause {
                    Some(cause) => writing.state().knows(cause),
                    None => {
                        told.is_some_and(|told| notice.severity <= told.severity && (told.is_confirmed || !notice.grounds.is_confirmed()))
                    }
                };
                if is_old {
                    continue;
                }
                let endpoints: Vec<&&Endpoint> = names.iter().filter(|endpoint| endpoint.takes(&notice)).collect();
                if endpoints.is_empty() {
                    continue;
                }
                let secret = secrets.get(&notice.credential.fp);
                let sealed_for = |endpoint: &Endpoint| -> Option<Sealed> {
                    let secret = secret.filter(|_| !endpoint.recipients.is_empty())?;
                    // Too long a secret does not travel; the notice does.
                    seal(secret, &notice.incident, &notice.credential.fp, &endpoint.recipients).ok()
                };
                let everyone = self.endpoints.iter().filter_map(|endpoint| Some((endpoint.name.clone(), sealed_for(endpoint)?)));
                let sealed: BTreeMap<String, Sealed> = everyone.collect();
                let largest =
                    sealed.values().max_by_key(|sealed| sealed.ciphertext.len() + sealed.to.iter().map(String::len).sum::<usize>());
                letter::fit(&mut notice, &host, largest);
                let endpoints = endpoints.iter().map(|endpoint| endpoint.name.clone()).collect();
                let (incident, drill) = (notice.incident.clone(), notice.drill);
                let due = Due { notice, host: host.clone(), endpoints, sealed, cause };
                entries.push(Entry::new(DUE, Actor::engine(), &due).of(incident).drill(drill));
            }
            Ok::<_, HandoffError>(writing.append_all(entries, stamp)?.len())
        })
    }

    /// Carries what is owed.
    ///
    /// # Errors
    /// When the journal cannot be read or written, or another process does not stop carrying. That something was not delivered is no
    /// error but a number in the tally.
    pub fn deliver(&mut self, pace: Pace) -> Result<Tally, HandoffError> {
        let begun = self.clock.now().mono_ms;
        let mut tally = Tally::default();
        self.journal.refresh()?;
        if self.journal.state().undelivered() == 0 {
            return Ok(tally);
        }
        let Some(_turn) = self.turn(pace)? else {
            tally.undelivered = self.journal.state().undelivered();
            return Ok(tally);
        };
        let workers = PARALLEL * self.endpoints.len().clamp(1, 4);
        let (errands, inbox) = channel::<Errand>();
        let (outbox, answers) = channel();
        let inbox = Arc::new(Mutex::new(inbox));
        let transport = self.transport;
        std::thread::scope(|scope| {
            for _ in 0..workers {
                let (inbox, outbox) = (Arc::clone(&inbox), outbox.clone());
                scope.spawn(move || work(transport, &inbox, &outbox));
            }
            // Only the workers' ends keep the channel open, so that their end is noticed.
            drop(outbox);
            let carried = self.carry(pace, begun, &errands, &answers, &mut tally);
            // Without errands the workers end.
            drop(errands);
            carried
        })?;
        tally.undelivered = self.journal.state().undelivered();
        Ok(tally)
    }

    /// Writes down what came of attempts.
    pub(super) fn record(&mut self, came: Vec<(Key, Result<Answer, NetError>)>, tally: &mut Tally) -> Result<(), HandoffError> {
        let stamp = self.clock.now();
        let endpoints = self.endpoints;
        self.journal.update(|writing| {
            let mut entries = Vec::new();
            for (key, answer) in came {
                let (endpoint, line) = key.clone();
                let Some(owed) = writing.state().owed(line) else { continue };
                let (event, incident, drill) = (id(owed), owed.due.notice.incident.clone(), owed.due.notice.drill);
                let attempt = writing.state().attempt(&key);
                let reply = match &answer {
                    Ok(answer) => endpoints.iter().find(|one| one.name == endpoint).map(|one| one.dialect.read(answer)),
                    Err(_) => None,
                };
                let entry =
                    |kind: &str, facts: serde_json::Value| Entry::new(kind, Actor::engine(), &facts).of(incident.clone()).drill(drill);
                let status = answer.as_ref().ok().map(|answer| answer.status);
                let header = |name: &str| answer.as_ref().ok().and_then(|answer| answer.header(name));
                let failed = |why: String, tally: &mut Tally| {
                    let retry_after = header("retry-after").and_then(|text| retry_after(text, stamp.wall));
                    tally.failures.insert(endpoint.clone(), status.map_or(why.clone(), |status| format!("{status}: {why}")));
                    let facts = Attempt { event: event.clone(), line, endpoint: endpoint.clone(), attempt, status, why, retry_after };
                    entry(ATTEMPT, serde_json::json!(facts))
                };
                match (reply, &answer) {
                    (Some(Reply::Delivered(receipt)), Ok(answer)) => {
                        let date = header("date").map(|date| crate::model::plain(date, 64));
                        let facts = Delivered {
                            event: event.clone(),
                            line,
                            endpoint: endpoint.clone(),
                            attempt,
                            status: answer.status,
                            receipt: receipt.clone(),
                            date,
                        };
                        entries.push(entry(DELIVERED, serde_json::json!(facts)));
                        tally.delivered.push((endpoint, event, receipt));
                    }
                    (Some(Reply::Gone), _) => {
                        entries.push(failed("it wants no more notices".to_owned(), tally));
                        entries.push(Entry::new(DISABLED, Actor::engine(), &Switched { endpoint }));
                    }
                    (Some(Reply::Refused(why)), Ok(answer)) => entries.push(failed(with_clock(why, answer, stamp.wall), tally)),
                    (_, Err(error)) => entries.push(failed(error.to_string(), tally)),
                    (_, Ok(_)) => entries.push(failed("it is not configured".to_owned(), tally)),
                }
            }
            writing.append_all(entries, stamp)?;
            Ok(())
        })
    }

    /// Waits until nobody else carries from this outbox; none when somebody else does all the time that we have.
    fn turn(&mut self, pace: Pace) -> Result<Option<File>, HandoffError> {
        let path = self.journal.path().with_extension("lock");
        let mut options = OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|source| HandoffError::Lock { path: path.clone(), source })?;
        let patience = match pace {
            Pace::Once { .. } => PATIENCE,
            Pace::For(span) => span,
        };
        let begun = std::time::Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => {
                    self.journal.refresh()?;
                    return Ok(Some(file));
                }
                Err(std::fs::TryLockError::Error(source)) => return Err(HandoffError::Lock { path, source }),
                Err(std::fs::TryLockError::WouldBlock) => {}
            }
            if begun.elapsed() >= patience {
                return match pace {
                    Pace::Once { .. } => Err(HandoffError::Busy(path)),
                    Pace::For(_) => Ok(None),
                };
            }
            std::thread::sleep(NAP.min(patience));
            // The other one carries ours too.
            self.journal.refresh()?;
            if self.journal.state().undelivered() == 0 {
                return Ok(None);
            }
        }
    }
}

/// Why a receiver refuses, with the distance of its clock (its `Date`, RFC 9110, 6.6.1) from ours where that is more than a signature bears.
fn with_clock(why: &str, answer: &Answer, now: jiff::Timestamp) -> String {
    let date = answer.header("date").filter(|_| matches!(answer.status, 400..=403));
    let theirs = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok()).map(|date| date.timestamp());
    let apart = theirs.map(|theirs| theirs.as_second().abs_diff(now.as_second())).filter(|apart| *apart > TOLERANCE.as_secs());
    apart.map_or_else(
        || why.to_owned(),
        |apart| format!("{why}; its clock and the one here are {apart} s apart, and a signature bears {} s", TOLERANCE.as_secs()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_clock_is_named_where_it_may_be_the_reason() {
        let now = "2026-11-21T21:00:00Z".parse().expect("a time");
        for (status, date, is_named) in [
            (401, "Sat, 21 Nov 2026 20:00:00 GMT", true),
            (401, "Sat, 21 Nov 2026 22:00:00 GMT", true),
            (401, "Sat, 21 Nov 2026 21:05:00 GMT", false),
            (401, "soon", false),
            (500, "Sat, 21 Nov 2026 20:00:00 GMT", false),
        ] {
            let headers = vec![("date".to_owned(), date.to_owned())];
            let answer = Answer { status, headers, body: Vec::new(), cut: false, host: "h".to_owned() };
            assert_eq!(with_clock("no", &answer, now).contains("3600 s apart"), is_named, "{status} {date}");
        }
    }
}
