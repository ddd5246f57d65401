//! Reads the lines of a journal in order, each held against the one before it.

use std::io::{self, BufRead, BufReader, Read};

use super::chain::{Digest, Head};
use super::event::{Event, VERSION};

/// No line is longer than this many bytes, its newline included.
pub(super) const MAX_LINE: usize = 1 << 20;

/// An event as it stands in a journal.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// The event.
    pub event: Event,
    /// The digest of its line: the name by which others can refer to it.
    pub digest: Digest,
}

/// What a journal amounts to: its events, one after the other, make it.
pub trait State: Default {
    /// Takes in the next event. Types that it does not know are to be passed over: others write into the same journal.
    ///
    /// # Errors
    /// When the facts of a type that it knows are of another shape; the journal then counts as broken at that line.
    fn apply(&mut self, recorded: &Recorded) -> Result<(), String>;
}

impl State for () {
    fn apply(&mut self, _: &Recorded) -> Result<(), String> {
        Ok(())
    }
}

impl State for Vec<Recorded> {
    fn apply(&mut self, recorded: &Recorded) -> Result<(), String> {
        self.push(recorded.clone());
        Ok(())
    }
}

/// What came of one attempt to read a line.
#[derive(Debug)]
pub(super) enum Line {
    /// An event that follows the one before it.
    Sound(Box<Recorded>),
    /// A line that does not belong there; the chain is taken up again behind it.
    Broken(String),
    /// Bytes without a newline at the end.
    Torn(Vec<u8>),
    /// The end.
    End,
}

/// Reads one line after the other.
pub(super) struct Lines<R> {
    reader: BufReader<R>,
    line: Vec<u8>,
    /// The chain's end after the last line that was read.
    pub(super) head: Head,
    /// Bytes of the lines that were read, from the reader's start.
    pub(super) read: u64,
}

impl<R: Read> Lines<R> {
    /// From a reader that begins with the line after `head`.
    pub(super) fn new(reader: R, head: Head) -> Self {
        Self { reader: BufReader::with_capacity(1 << 16, reader), line: Vec::new(), head, read: 0 }
    }

    /// The next line.
    pub(super) fn next(&mut self) -> io::Result<Line> {
        self.line.clear();
        let length = (&mut self.reader).take(MAX_LINE as u64).read_until(b'\n', &mut self.line)?;
        if length == 0 {
            return Ok(Line::End);
        }
        if self.line.last() != Some(&b'\n') {
            if length < MAX_LINE {
                return Ok(Line::Torn(std::mem::take(&mut self.line)));
            }
            self.read += self.reader.skip_until(b'\n')? as u64;
        }
        self.read += length as u64;
        let end = self.line.len() - usize::from(self.line.last() == Some(&b'\n'));
        let raw = &mut self.line[..end];
        let before = self.head;
        self.head = Head { seq: before.seq + 1, digest: Digest::of(raw) };
        Ok(match Self::check(raw, before) {
            Ok(event) => Line::Sound(Box::new(Recorded { event, digest: self.head.digest })),
            Err(what) => Line::Broken(what),
        })
    }

    fn check(raw: &mut [u8], before: Head) -> Result<Event, String> {
        if raw.len() == MAX_LINE {
            return Err(format!("it is longer than {MAX_LINE} bytes"));
        }
        let event = Event::parse(raw).map_err(|error| {
            // The parser's text may quote the line, which somebody else may have written.
            format!("it is no event (column {})", error.column())
        })?;
        if event.v > VERSION {
            return Err(format!("it was written by a newer keyfuse (version {})", event.v));
        }
        if event.seq != before.seq + 1 {
            return Err(format!("it says it is line {}: lines were removed, added or put in another order", event.seq));
        }
        if event.prev != before.digest {
            return Err(match before.seq {
                0 => "it is not the first line that was written".to_owned(),
                seq => format!("it does not follow line {seq}, which was changed, or this one was put in its place"),
            });
        }
        Ok(event)
    }
}
