//! Carries notices to their endpoints and writes down what came of each attempt.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::fs::{File, OpenOptions};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use zeroize::Zeroizing;

use super::dialect::Reply;
use super::endpoint::Endpoint;
use super::letter;
use super::outbox::{ATTEMPT, Attempt, Choice, DELIVERED, DISABLED, DUE, Delivered, Due, Key, LONGEST_HOLD, Outbox, Switched, id};
use super::seal::{Sealed, seal};
use crate::journal::{Actor, Clock, Entry, Journal, JournalError};
use crate::model::{Fingerprint, Notice, Secret};
use crate::net::{Answer, Method, NetError, Request, Transport};

/// How many requests to one endpoint may be under way at a time.
const PARALLEL: usize = 8;
/// How long one request may take (Standard Webhooks: 15 to 30 seconds).
const TIMEOUT: Duration = Duration::from_secs(20);
/// How long another process may hold the outbox before we give up waiting for it.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long nothing is done at most before the outbox is looked at again.
const NAP: Duration = Duration::from_millis(200);

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

/// A request that a worker is to send.
struct Errand {
    key: Key,
    request: Request,
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

    fn carry(
        &mut self,
        pace: Pace,
        begun: u64,
        errands: &Sender<Errand>,
        answers: &Receiver<(Key, Result<Answer, NetError>)>,
        tally: &mut Tally,
    ) -> Result<(), HandoffError> {
        let fallbacks: BTreeMap<String, Option<String>> =
            self.endpoints.iter().map(|one| (one.name.clone(), one.fallback.clone())).collect();
        let limit = match pace {
            Pace::Once { .. } => None,
            Pace::For(span) => Some((begun.saturating_add(millis(span)), begun.saturating_add(millis(span) / 4 * 3))),
        };
        let mut under_way: HashMap<String, usize> = HashMap::new();
        let mut skip: HashMap<String, HashSet<u64>> = HashMap::new();
        let nothing = HashMap::new();
        let mut backlog: BTreeMap<String, VecDeque<Key>> = BTreeMap::new();
        let mut filled = None;
        loop {
            let now = self.clock.now();
            let is_over = limit.is_some_and(|(end, _)| now.mono_ms >= end);
            let is_urgent = limit.is_some_and(|(_, urgent)| now.mono_ms >= urgent);
            let ignores_pauses = pace == Pace::Once { all: true };
            let choice = Choice { now: now.wall.as_millisecond(), fallbacks: &fallbacks, is_urgent, ignores_pauses, skip: &nothing };
            if is_over {
                backlog.clear();
            } else if backlog.values().all(VecDeque::is_empty) || filled.is_none_or(|at| now.mono_ms >= at + millis(NAP)) {
                backlog.clear();
                for key in self.journal.state().ready(&Choice { skip: &skip, ..choice }) {
                    backlog.entry(key.0.clone()).or_default().push_back(key);
                }
                filled = Some(now.mono_ms);
            }
            let timeout = limit.map_or(TIMEOUT, |(end, _)| TIMEOUT.min(Duration::from_millis(end.saturating_sub(now.mono_ms).max(1000))));
            for (endpoint, keys) in &mut backlog {
                // One that does not answer holds up nobody but itself.
                let room = PARALLEL.saturating_sub(under_way.get(endpoint).copied().unwrap_or(0)).min(keys.len());
                for key in keys.drain(..room) {
                    skip.entry(key.0.clone()).or_default().insert(key.1);
                    match self.errand(&key, now.wall.as_second(), timeout) {
                        Ok(request) => {
                            *under_way.entry(key.0.clone()).or_default() += 1;
                            errands.send(Errand { key, request }).expect("workers live as long as their errands");
                        }
                        Err(why) => {
                            tally.failures.insert(key.0, why.to_owned());
                        }
                    }
                }
            }
            if under_way.values().any(|&count| count > 0) {
                let first = answers.recv().expect("workers answer every errand");
                // Whatever else has come meanwhile shares one write.
                let mut came = vec![first];
                came.extend(answers.try_iter());
                for ((endpoint, line), _) in &came {
                    *under_way.entry(endpoint.clone()).or_default() -= 1;
                    // Without a limit everything is tried once.
                    if limit.is_some() {
                        skip.entry(endpoint.clone()).or_default().remove(line);
                    }
                }
                self.record(came, tally)?;
                continue;
            }
            if backlog.values().any(|keys| !keys.is_empty()) {
                continue;
            }
            if !is_over && limit.is_none() && !self.journal.state().ready(&Choice { skip: &skip, ..choice }).is_empty() {
                // What was delivered has made room for what waited behind it.
                continue;
            }
            let next = self.journal.state().next_moment(&Choice { skip: &skip, ..choice });
            let Some((end, urgent)) = limit else { return Ok(()) };
            // Without a next moment nothing can change but by other processes; what comes after the end is not waited for.
            let is_urgent = now.mono_ms >= urgent || fallbacks.values().all(Option::is_none);
            let left = i64::try_from(end.saturating_sub(now.mono_ms)).unwrap_or(i64::MAX);
            let is_too_late = |next: i64| is_urgent && next > now.wall.as_millisecond().saturating_add(left);
            if is_over || next.is_none_or(is_too_late) || self.journal.state().undelivered() == 0 {
                return Ok(());
            }
            let wait_until = |mono: u64| Duration::from_millis(mono.saturating_sub(now.mono_ms));
            let mut pause = NAP.min(wait_until(end)).max(Duration::from_millis(1));
            if now.mono_ms < urgent {
                pause = pause.min(wait_until(urgent)).max(Duration::from_millis(1));
            }
            if let Some(next) = next.filter(|&next| next > now.wall.as_millisecond()) {
                pause = pause.min(Duration::from_millis(u64::try_from(next - now.wall.as_millisecond()).unwrap_or(1)));
            }
            self.clock.sleep(pause);
            // What other processes owe is ours to carry while it is our turn.
            self.journal.refresh()?;
        }
    }

    /// The request for one attempt.
    fn errand(&self, key: &Key, time: i64, timeout: Duration) -> Result<Request, &'static str> {
        let endpoint = self.endpoints.iter().find(|one| one.name == key.0).ok_or("it is not configured")?;
        let owed = self.journal.state().owed(key.1).ok_or("it is delivered")?;
        let secret = self.secrets.get(&owed.due.notice.credential.fp);
        let letter = owed.letter(&key.0);
        let outgoing = endpoint
            .dialect
            .write(&letter, endpoint, secret, time)
            .ok_or("it is sent the secret itself, which is kept nowhere: scan again with --handoff where it was found")?;
        Ok(Request {
            method: Method::Post,
            url: Zeroizing::new(endpoint.url.to_string()),
            headers: outgoing.headers,
            body: Some(outgoing.body),
            timeout,
        })
    }

    /// Writes down what came of attempts.
    fn record(&mut self, came: Vec<(Key, Result<Answer, NetError>)>, tally: &mut Tally) -> Result<(), HandoffError> {
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
                    (Some(Reply::Refused(why)), _) => entries.push(failed(why.to_owned(), tally)),
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

/// Sends one errand after the other.
fn work(transport: &dyn Transport, inbox: &Mutex<Receiver<Errand>>, outbox: &Sender<(Key, Result<Answer, NetError>)>) {
    loop {
        let errand = inbox.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Errand { key, request }) = errand else { return };
        let sent = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| transport.send(&request)));
        let answer = sent.unwrap_or(Err(NetError::Malformed("keyfuse failed on it (a bug of ours; please report it)")));
        if outbox.send((key, answer)).is_err() {
            return;
        }
    }
}

/// Seconds that `Retry-After` asks for (RFC 9110, 10.2.3): a number of them, or a date.
fn retry_after(text: &str, now: jiff::Timestamp) -> Option<u64> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.parse::<u64>().unwrap_or(u64::MAX).min(LONGEST_HOLD.as_secs()));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    let seconds = date.as_second().saturating_sub(now.as_second());
    Some(u64::try_from(seconds).unwrap_or(0).min(LONGEST_HOLD.as_secs()))
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_in_both_forms_and_bounded() {
        let now = "2026-11-21T21:00:00Z".parse().expect("a time");
        for (text, seconds) in [
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("999999999999999999999", Some(3600)),
            ("Sat, 21 Nov 2026 21:01:30 GMT", Some(90)),
            ("Sat, 21 Nov 2026 20:00:00 GMT", Some(0)),
            ("soon", None),
            ("", None),
            ("-1", None),
        ] {
            assert_eq!(retry_after(text, now), seconds, "{text}");
        }
    }
}
