//! A visitor that keeps what it is given, for looking at it afterwards.

use std::io::{self, Read};
use std::sync::Mutex;

use keyfuse::model::{Blob, Content, Coverage, GapKind, Origin};
use keyfuse::source::{Silent, SourceError, Target, Visitor, Worker, visit};

/// Kept of each content at most; the rest is counted.
const KEPT: usize = 64 << 10;

pub(crate) struct Seen {
    pub(crate) origin: Origin,
    pub(crate) start: Vec<u8>,
    pub(crate) length: u64,
    pub(crate) was_stream: bool,
}

#[derive(Default)]
pub(crate) struct Collector(Mutex<Vec<Seen>>);

struct Thread<'c>(&'c Collector);

impl Visitor for Collector {
    fn worker(&self) -> Box<dyn Worker + '_> {
        Box::new(Thread(self))
    }
}

impl Worker for Thread<'_> {
    fn blob(&mut self, blob: Blob<'_>) -> io::Result<()> {
        let mut seen = Seen { origin: blob.origin.clone(), start: Vec::new(), length: 0, was_stream: false };
        let result = match blob.content {
            Content::Bytes(bytes) => {
                seen.start.extend_from_slice(&bytes[..bytes.len().min(KEPT)]);
                seen.length = bytes.len() as u64;
                Ok(())
            }
            Content::Stream(stream) => {
                seen.was_stream = true;
                drain(stream, &mut seen)
            }
        };
        self.0.0.lock().expect("no test panics here").push(seen);
        result
    }
}

fn drain(stream: &mut dyn Read, seen: &mut Seen) -> io::Result<()> {
    let mut piece = [0; 8192];
    loop {
        let read = stream.read(&mut piece)?;
        if read == 0 {
            return Ok(());
        }
        let room = KEPT.saturating_sub(seen.start.len()).min(read);
        seen.start.extend_from_slice(&piece[..room]);
        seen.length += read as u64;
    }
}

/// All that a target gives, sorted by origin.
pub(crate) struct Visit {
    pub(crate) seen: Vec<Seen>,
    pub(crate) coverage: Coverage,
}

pub(crate) fn collect(target: Target) -> Visit {
    try_collect(target).expect("the target can be opened")
}

pub(crate) fn try_collect(target: Target) -> Result<Visit, SourceError> {
    let collector = Collector::default();
    let coverage = visit(&target, &collector, &Silent)?;
    let mut seen = collector.0.into_inner().expect("no test panics here");
    seen.sort_by(|a, b| a.origin.cmp(&b.origin));
    Ok(Visit { seen, coverage })
}

impl Visit {
    /// The displayed origins.
    pub(crate) fn names(&self) -> Vec<String> {
        self.seen.iter().map(|seen| seen.origin.display()).collect()
    }

    /// The content shown under this name; fails if it did not come, or came twice.
    pub(crate) fn content(&self, name: &str) -> &[u8] {
        let found: Vec<_> = self.seen.iter().filter(|seen| seen.origin.display() == name).collect();
        assert_eq!(found.len(), 1, "{name} came {} times; there are {:?}", found.len(), self.names());
        &found[0].start
    }

    /// How many contents hold `text`.
    pub(crate) fn count(&self, text: &str) -> usize {
        self.seen.iter().filter(|seen| seen.start.windows(text.len()).any(|window| window == text.as_bytes())).count()
    }

    /// What was not read, as `what: why`.
    pub(crate) fn unread(&self) -> Vec<String> {
        self.gaps(GapKind::Unread)
    }

    /// What was left out by policy, as `what: why`.
    pub(crate) fn out_of_scope(&self) -> Vec<String> {
        self.gaps(GapKind::OutOfScope)
    }

    fn gaps(&self, kind: GapKind) -> Vec<String> {
        self.coverage.gaps.iter().filter(|gap| gap.kind == kind).map(|gap| format!("{}: {}", gap.what, gap.why)).collect()
    }
}
