//! Appends events under a lock: one line, whole and on disk, before anybody is told.

use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use serde_json::json;

use super::chain::{Digest, Head};
use super::clock::Stamp;
use super::error::JournalError;
use super::event::{Actor, Entry, Event, TORN};
use super::fault::{Fault, Faults, Step};
use super::lines::{Line, Lines, MAX_LINE, Recorded, State};
use super::store::Store;

/// A journal, and what its events amount to so far.
#[derive(Debug)]
pub struct Journal<S> {
    store: Store,
    faults: Faults,
    head: Head,
    /// Bytes of the whole lines that `state` is made of.
    offset: u64,
    /// What stands behind them without a newline.
    torn: Vec<u8>,
    state: S,
}

impl<S: State> Journal<S> {
    /// Opens the journal at `path` and takes in its events; an empty one is made where there is none.
    ///
    /// # Errors
    /// When it cannot be read, is locked for too long, or a line is not what was written there.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        Self::open_with(path, Faults::default())
    }

    /// The same with faults, for tests of what a crash leaves behind.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub fn open_with(path: &Path, faults: Faults) -> Result<Self, JournalError> {
        let mut journal = Self { store: Store::open(path)?, faults, head: Head::START, offset: 0, torn: Vec::new(), state: S::default() };
        journal.refresh()?;
        Ok(journal)
    }

    /// What the events amount to, those of other processes since the last [`Journal::refresh`] left out.
    pub fn state(&self) -> &S {
        &self.state
    }

    /// Where the chain ends.
    pub fn head(&self) -> Head {
        self.head
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.store.path
    }

    /// Takes in what other processes have appended.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub fn refresh(&mut self) -> Result<(), JournalError> {
        let _guard = self.store.lock(false)?;
        self.catch_up()
    }

    /// Does something that nobody else may do meanwhile: `act` sees every event there is and may append.
    ///
    /// # Errors
    /// As [`Journal::open`], and what `act` gives.
    pub fn update<T, E: From<JournalError>>(&mut self, act: impl FnOnce(&mut Writing<'_, S>) -> Result<T, E>) -> Result<T, E> {
        let _guard = self.store.lock(true)?;
        self.catch_up()?;
        act(&mut Writing { journal: self })
    }

    fn catch_up(&mut self) -> Result<(), JournalError> {
        let length = self.store.length()?;
        self.torn.clear();
        if length < self.offset {
            return Err(JournalError::Shortened { path: self.store.path.clone() });
        }
        if length == self.offset {
            return Ok(());
        }
        (&self.store.file).seek(SeekFrom::Start(self.offset)).map_err(|source| self.store.fail("read", source))?;
        let mut lines = Lines::new(&self.store.file, self.head);
        loop {
            match lines.next().map_err(|source| self.store.fail("read", source))? {
                Line::Sound(recorded) => self.state.apply(&recorded).map_err(|what| self.broken(lines.head.seq, what))?,
                Line::Broken(what) => return Err(self.broken(lines.head.seq, what)),
                Line::Torn(bytes) => {
                    self.torn = bytes;
                    break;
                }
                Line::End => break,
            }
        }
        self.head = lines.head;
        self.offset += lines.read;
        Ok(())
    }

    /// Takes the state from the file again, when it holds what the file does not.
    fn start_over(&mut self) {
        (self.state, self.head, self.offset) = (S::default(), Head::START, 0);
        // The caller has an error already; this one comes again when the journal is used next.
        let _ = self.catch_up();
    }

    fn broken(&self, line: u64, what: String) -> JournalError {
        JournalError::Broken { path: self.store.path.clone(), line, what }
    }

    /// Writes the lines behind the last whole one.
    fn write(&mut self, text: &[u8]) -> Result<(), JournalError> {
        let end = self.offset + text.len() as u64;
        match self.try_write(text, end) {
            Ok(()) => {
                self.offset = end;
                Ok(())
            }
            Err(Fault::Crash) => Err(self.store.fail("written", std::io::Error::other("crashed by a test"))),
            Err(Fault::Refusal(source)) => {
                // What a full disk took of the line must not stand before the next one. Should this fail too, it is a torn tail.
                let _ = self.store.file.set_len(self.offset).and_then(|()| self.store.file.sync_data());
                Err(self.store.fail("written", source))
            }
        }
    }

    fn try_write(&mut self, text: &[u8], end: u64) -> Result<(), Fault> {
        let step = |step| self.faults.at(step).map_or(Ok(()), Err);
        let mut file = &self.store.file;
        step(Step::Before)?;
        file.seek(SeekFrom::Start(self.offset)).map_err(Fault::Refusal)?;
        if let Some(fault) = self.faults.at(Step::Midway) {
            let _ = file.write_all(&text[..text.len() / 2]);
            return Err(fault);
        }
        file.write_all(text).map_err(Fault::Refusal)?;
        if !self.torn.is_empty() {
            // A torn tail may have been longer than what stands in its place now.
            file.set_len(end).map_err(Fault::Refusal)?;
        }
        step(Step::Unsynced)?;
        file.sync_data().map_err(Fault::Refusal)?;
        step(Step::Synced)
    }
}

/// A journal that is held under its lock.
#[derive(Debug)]
pub struct Writing<'a, S> {
    journal: &'a mut Journal<S>,
}

impl<S: State> Writing<'_, S> {
    /// What all events amount to, those just appended included.
    pub fn state(&self) -> &S {
        &self.journal.state
    }

    /// Where the chain ends.
    pub fn head(&self) -> Head {
        self.journal.head
    }

    /// Appends one event; it is on disk when this returns.
    ///
    /// # Errors
    /// When it cannot be written (nothing is changed then), or does not suit the state.
    pub fn append(&mut self, entry: Entry, stamp: Stamp) -> Result<Recorded, JournalError> {
        let mut recorded = self.append_all(vec![entry], stamp)?;
        Ok(recorded.pop().expect("one entry gives one event"))
    }

    /// Appends events of one moment with a single write; a crash may leave the first of them alone.
    ///
    /// # Errors
    /// As [`Writing::append`].
    pub fn append_all(&mut self, entries: Vec<Entry>, stamp: Stamp) -> Result<Vec<Recorded>, JournalError> {
        let journal = &mut *self.journal;
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let is_torn = !journal.torn.is_empty();
        if is_torn {
            journal.store.set_aside(&journal.torn)?;
        }
        let note = is_torn.then(|| {
            let facts = json!({ "bytes": journal.torn.len(), "sha256": Digest::of(&journal.torn) });
            Entry::new(TORN, Actor::engine(), &facts)
        });
        let (mut text, mut recorded, mut head) = (Vec::new(), Vec::new(), journal.head);
        for entry in note.into_iter().chain(entries) {
            let event = Event::after(head, entry, stamp);
            let line = serde_json::to_vec(&event).expect("an event is plain JSON");
            if line.len() >= MAX_LINE - 1 {
                return Err(JournalError::TooLong { path: journal.store.path.clone(), bytes: line.len() });
            }
            head = Head { seq: event.seq, digest: Digest::of(&line) };
            // A reader sees the time with the decimals that were written.
            let event = Event { ts: rounded(event.ts), ..event };
            recorded.push(Recorded { event, digest: head.digest });
            text.extend_from_slice(&line);
            text.push(b'\n');
        }
        // What the state refuses must not be written: nobody could open the journal again.
        let taken = recorded.iter().try_for_each(|one| journal.state.apply(one).map_err(|what| journal.broken(one.event.seq, what)));
        if let Err(error) = taken.and_then(|()| journal.write(&text)) {
            journal.start_over();
            return Err(error);
        }
        journal.torn.clear();
        journal.head = head;
        Ok(recorded.split_off(usize::from(is_torn)))
    }
}

/// The time as it stands in the line.
fn rounded(time: jiff::Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(time.as_millisecond()).expect("a time in range stays in range")
}
