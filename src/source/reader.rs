//! One thread's reading: from an open file or a piece of memory to its worker, archives opened on the way.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::model::{Blob, Content, Coverage, Origin};

use super::open::{Links, open, why};
use super::sparse::Sparse;
use super::{ArchiveLimits, Progress, Visitor, Worker};

/// Files up to here are handed over in one piece, larger ones as a stream.
const WHOLE: usize = 1 << 20;

/// Progress is told after so many bytes or blobs, not after every one.
const TELL_EVERY: (u64, u64) = (4 << 20, 256);

/// One thread's worker with the buffer that every file is read into.
pub(crate) struct Reader<'v> {
    worker: Box<dyn Worker + 'v>,
    progress: &'v dyn Progress,
    buffer: Vec<u8>,
    coverage: Coverage,
    untold: (u64, u64),
    limits: ArchiveLimits,
}

impl<'v> Reader<'v> {
    pub(crate) fn new(visitor: &'v dyn Visitor, progress: &'v dyn Progress, limits: &ArchiveLimits) -> Self {
        #[cfg(not(feature = "archive"))]
        let _ = limits;
        Self {
            worker: visitor.worker(),
            progress,
            buffer: Vec::new(),
            coverage: Coverage::default(),
            untold: (0, 0),
            limits: limits.clone(),
        }
    }

    /// What was covered; tells the last of the progress.
    pub(crate) fn finish(&mut self) -> Coverage {
        self.tell();
        std::mem::take(&mut self.coverage)
    }

    /// How much the worker had to say so far, if it counts.
    #[cfg(feature = "git")]
    pub(crate) fn reported(&self) -> Option<usize> {
        self.worker.reported()
    }

    /// Where to note what was not read.
    pub(crate) fn coverage(&mut self) -> &mut Coverage {
        &mut self.coverage
    }

    /// Reads the file at `path`; one that cannot be read is noted.
    pub(super) fn path(&mut self, path: &Path, links: Links, origin: &Origin) {
        match open(path, links) {
            Ok(file) => self.file(&file, origin),
            Err(error) => self.coverage.unread(origin.display(), why(&error)),
        }
    }

    /// Reads an open file from its beginning.
    pub(super) fn file(&mut self, file: &File, origin: &Origin) {
        if self.limits.file.is_some() && self.is_too_long(file.metadata().map_or(0, |found| found.len()), origin) {
            return;
        }
        let mut buffer = self.take_buffer();
        match fill(&mut &*file, &mut buffer) {
            Ok(count) if count < buffer.len() => self.bytes(origin, &mut buffer[..count]),
            Ok(count) => self.large_file(file, count, &mut buffer, origin),
            Err(error) => self.coverage.unread(origin.display(), why(&error)),
        }
        self.buffer = buffer;
    }

    /// Reads a stream of unknown length.
    pub(super) fn stream(&mut self, stream: &mut dyn Read, origin: &Origin) {
        let mut buffer = self.take_buffer();
        match fill(stream, &mut buffer) {
            Ok(count) if count < buffer.len() => self.bytes(origin, &mut buffer[..count]),
            Ok(count) => {
                let mut whole = (&buffer[..count]).chain(stream);
                #[cfg(feature = "archive")]
                if self.limits.depth > 0 && super::archive::Kind::of(&buffer[..count]).is_some() {
                    self.spooled(&mut whole, &buffer[..count], origin);
                    self.buffer = buffer;
                    return;
                }
                self.pass_stream(&mut whole, origin);
            }
            Err(error) => self.coverage.unread(origin.display(), why(&error)),
        }
        self.buffer = buffer;
    }

    /// Hands over content that is in memory. Members stored in it uncompressed are blanked once they were handed over themselves.
    pub(crate) fn bytes(&mut self, origin: &Origin, bytes: &mut [u8]) {
        #[cfg(feature = "archive")]
        if let Some(kind) = super::archive::Kind::of(bytes) {
            let length = bytes.len() as u64;
            let seen = self.expand(kind, &mut io::Cursor::new(&*bytes), length, origin);
            for range in seen {
                if let Some(part) = bytes.get_mut(range.start as usize..range.end as usize) {
                    part.fill(0);
                }
            }
        }
        let blob = Blob { origin, content: Content::Bytes(bytes) };
        match self.worker.blob(blob) {
            Ok(()) => self.advance(bytes.len() as u64),
            Err(error) => self.coverage.unread(origin.display(), why(&error)),
        }
    }

    /// Whether a limit keeps content of that length from being read; then it is noted.
    fn is_too_long(&mut self, length: u64, origin: &Origin) -> bool {
        let Some(limit) = self.limits.file.filter(|&limit| length > limit) else { return false };
        self.coverage.unread(origin.display(), format!("{length} bytes long, and `max_file_size` is {limit}"));
        true
    }

    fn large_file(&mut self, file: &File, count: usize, buffer: &mut [u8], origin: &Origin) {
        #[cfg(feature = "archive")]
        if let Some(kind) = super::archive::Kind::of(buffer) {
            let length = file.metadata().map_or(u64::MAX, |found| found.len());
            let seen = self.expand(kind, &mut io::BufReader::with_capacity(64 << 10, file), length, origin);
            if let Err(error) = io::Seek::seek(&mut &*file, io::SeekFrom::Start(0)) {
                return self.coverage.unread(origin.display(), why(&error));
            }
            return self.pass_stream(&mut super::archive::Blanked::new(file, seen), origin);
        }
        self.pass_stream(&mut (&*buffer).chain(Sparse::new(file, count as u64)), origin);
    }

    fn pass_stream(&mut self, stream: &mut dyn Read, origin: &Origin) {
        let mut counted = Counted { stream, count: 0 };
        let result = self.worker.blob(Blob { origin, content: Content::Stream(&mut counted) });
        let count = counted.count;
        match result {
            Ok(()) => self.advance(count),
            Err(error) => {
                self.coverage.bytes += count;
                self.coverage.unread(origin.display(), why(&error));
            }
        }
    }

    /// Hands over the members of an archive; gives back the stretches of it that were handed over as they stand.
    #[cfg(feature = "archive")]
    fn expand(
        &mut self,
        kind: super::archive::Kind,
        source: &mut dyn super::archive::ReadSeek,
        length: u64,
        origin: &Origin,
    ) -> Vec<std::ops::Range<u64>> {
        if self.limits.depth == 0 {
            return Vec::new();
        }
        let before = (self.coverage.bytes, self.coverage.blobs);
        let mut expander = super::archive::Expander::new(&mut *self.worker, &mut self.coverage, &self.limits, length);
        let seen = expander.outer(kind, source, origin);
        self.untold.0 += self.coverage.bytes - before.0;
        self.untold.1 += self.coverage.blobs - before.1;
        seen
    }

    /// An archive that comes as a stream goes to a file without a name first, for it is read more than once.
    #[cfg(feature = "archive")]
    fn spooled(&mut self, stream: &mut dyn Read, start: &[u8], origin: &Origin) {
        let mut spool = || -> io::Result<(File, u64)> {
            let mut file = tempfile::tempfile()?;
            let count = io::copy(&mut stream.take(self.limits.output + 1), &mut file)?;
            io::Seek::rewind(&mut file)?;
            Ok((file, count))
        };
        match spool() {
            Ok((file, count)) => {
                if count > self.limits.output {
                    self.coverage.unread(origin.display(), format!("an archive of more than {} bytes", self.limits.output));
                }
                let mut start = start.to_vec();
                if io::Seek::seek(&mut &file, io::SeekFrom::Start(start.len() as u64)).is_ok() {
                    self.large_file(&file, start.len(), &mut start, origin);
                }
            }
            Err(error) => self.coverage.unread(origin.display(), why(&error)),
        }
    }

    fn take_buffer(&mut self) -> Vec<u8> {
        let mut buffer = std::mem::take(&mut self.buffer);
        if buffer.is_empty() {
            buffer = vec![0; WHOLE + 1];
        }
        buffer
    }

    fn advance(&mut self, bytes: u64) {
        self.coverage.blobs += 1;
        self.coverage.bytes += bytes;
        self.untold.0 += bytes;
        self.untold.1 += 1;
        if self.untold.0 >= TELL_EVERY.0 || self.untold.1 >= TELL_EVERY.1 {
            self.tell();
        }
    }

    fn tell(&mut self) {
        let (bytes, items) = std::mem::take(&mut self.untold);
        if bytes > 0 || items > 0 {
            self.progress.advance(bytes, items);
        }
    }
}

/// Whether the content is an archive, which a reader opens.
#[cfg_attr(not(feature = "git"), expect(dead_code, reason = "asked by the sweep of a history alone"))]
pub(crate) fn is_archive(content: &[u8]) -> bool {
    #[cfg(feature = "archive")]
    return super::archive::Kind::of(content).is_some();
    #[cfg(not(feature = "archive"))]
    {
        let _ = content;
        false
    }
}

/// Reads until the buffer is full or the source at its end.
fn fill(source: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut count = 0;
    while count < buffer.len() {
        match source.read(&mut buffer[count..]) {
            Ok(0) => break,
            Ok(read) => count += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}

struct Counted<'s> {
    stream: &'s mut dyn Read,
    count: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(buffer)?;
        self.count += read as u64;
        Ok(read)
    }
}
