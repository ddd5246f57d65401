//! Hands the members of an archive to a worker, opening the archives among them in turn.

use std::io::{self, BufReader, Cursor, Read, Seek};
use std::ops::Range;

use crate::model::{Blob, Content, Coverage, Origin};

use super::super::open::why;
use super::super::{ArchiveLimits, Worker};
use super::gzip::Gzip;
use super::meter::{Meter, Metered};
use super::tar::{Blocks, Header};
use super::{Kind, zip};

/// Members up to here are handed over in one piece, larger ones as a stream.
const WHOLE: u64 = 1 << 20;

/// Something to read that can be read again.
pub(in crate::source) trait ReadSeek: Read + Seek {}

impl<T: Read + Seek> ReadSeek for T {}

/// Opens one outer file.
pub(in crate::source) struct Expander<'a> {
    worker: &'a mut dyn Worker,
    coverage: &'a mut Coverage,
    most_depth: u8,
    meter: std::rc::Rc<Meter>,
}

impl<'a> Expander<'a> {
    /// For an outer file of `length` bytes.
    pub(in crate::source) fn new(worker: &'a mut dyn Worker, coverage: &'a mut Coverage, limits: &ArchiveLimits, length: u64) -> Self {
        Self { worker, coverage, most_depth: limits.depth, meter: std::rc::Rc::new(Meter::new(limits, length)) }
    }

    /// Hands over all members of `source`; gives back the stretches of it that are members just as they stand there.
    pub(in crate::source) fn outer(&mut self, kind: Kind, source: &mut dyn ReadSeek, origin: &Origin) -> Vec<Range<u64>> {
        let seen = self.seekable(kind, source, origin, 0);
        if let Some(complaint) = self.meter.complaint() {
            self.coverage.unread(origin.display(), complaint);
        }
        seen
    }

    fn seekable(&mut self, kind: Kind, source: &mut dyn ReadSeek, origin: &Origin, depth: u8) -> Vec<Range<u64>> {
        let mut seen = Vec::new();
        if let Err(error) = source.rewind() {
            self.note(origin, &why(&error));
        } else if self.may_open(kind, origin, depth) {
            match kind {
                Kind::Gzip => self.gzip(source, origin, depth),
                Kind::Tar => self.tar(source, origin, depth, Some(&mut seen)),
                Kind::Zip => self.zip(source, origin, depth, &mut seen),
                Kind::Foreign(_) => {}
            }
        }
        seen
    }

    fn may_open(&mut self, kind: Kind, origin: &Origin, depth: u8) -> bool {
        if let Kind::Foreign(name) = kind {
            self.coverage.out_of_scope(origin.display(), format!("{name} archives are not opened"));
        } else if depth >= self.most_depth {
            self.coverage.unread(origin.display(), format!("archives nested more than {} deep", self.most_depth));
        } else {
            return true;
        }
        false
    }

    fn gzip(&mut self, source: &mut dyn Read, origin: &Origin, depth: u8) {
        let content = Gzip::new(BufReader::with_capacity(32 << 10, source));
        let inner = origin.member(content.name(origin));
        if self.meter.member() {
            let meter = self.meter.clone();
            self.member(&mut Metered { inner: content, meter: &meter }, &inner, depth + 1);
        }
    }

    fn tar(&mut self, source: &mut dyn Read, origin: &Origin, depth: u8, mut seen: Option<&mut Vec<Range<u64>>>) {
        let mut blocks = Blocks::new(source);
        loop {
            let (name, size) = match blocks.header() {
                Ok(Header::File { name, size }) => (name, size),
                Ok(Header::Other(size)) => match blocks.skip(size).and_then(|()| blocks.padding(size)) {
                    Ok(()) => continue,
                    Err(error) => return self.note(origin, &why(&error)),
                },
                Ok(Header::End) => break,
                Err(error) => {
                    self.note(origin, &why(&error));
                    break;
                }
            };
            if !self.meter.member() {
                return;
            }
            let inner = origin.member(name);
            let start = blocks.at();
            let gaps = self.coverage.gaps.len();
            self.member(&mut blocks.by_ref().take(size), &inner, depth + 1);
            let read = blocks.at() - start;
            if let Some(seen) = &mut seen {
                seen.push(start..start + read);
            }
            if let Err(error) = blocks.skip(size - read.min(size)).and_then(|()| blocks.padding(size)) {
                if self.coverage.gaps.len() == gaps {
                    self.note(&inner, &why(&error));
                }
                return;
            }
        }
        if seen.is_none() {
            self.after_end(&mut blocks, origin);
        }
    }

    /// What follows the end of a tar file that cannot be read twice, or the place where it is damaged.
    fn after_end(&mut self, rest: &mut Blocks<'_>, origin: &Origin) {
        let mut piece = [0; 8192];
        loop {
            match rest.read(&mut piece) {
                Ok(0) => return,
                Ok(read) if piece[..read].iter().all(|&byte| byte == 0) => {}
                Ok(read) => return self.hand_over(&mut Cursor::new(&piece[..read]).chain(rest), &origin.member("(after the end)")),
                Err(error) => return self.note(origin, &why(&error)),
            }
        }
    }

    fn zip(&mut self, source: &mut dyn ReadSeek, origin: &Origin, depth: u8, seen: &mut Vec<Range<u64>>) {
        let mut archive = match ::zip::ZipArchive::new(source) {
            Ok(archive) => archive,
            Err(error) => return self.note(origin, &format!("cannot be opened: {error}")),
        };
        for index in 0..archive.len() {
            if !self.meter.member() {
                return;
            }
            let listed = match zip::list(&mut archive, index) {
                Ok(listed) => listed,
                Err(error) => {
                    self.note(origin, &format!("member {index} cannot be read: {error}"));
                    continue;
                }
            };
            if listed.is_directory {
                continue;
            }
            let inner = origin.member(listed.name);
            if let Some(obstacle) = listed.obstacle {
                self.note(&inner, obstacle);
                continue;
            }
            match archive.by_index(index) {
                Ok(member) => {
                    let meter = self.meter.clone();
                    if self.member(&mut Metered { inner: member, meter: &meter }, &inner, depth + 1) {
                        seen.extend(listed.stored);
                    }
                }
                Err(error) => self.note(&inner, &error.to_string()),
            }
        }
    }

    /// Hands over one member and what is in it; false when it could not be read to its end.
    fn member(&mut self, stream: &mut dyn Read, origin: &Origin, depth: u8) -> bool {
        let mut start = Vec::new();
        let result = stream.take(WHOLE + 1).read_to_end(&mut start);
        let is_whole = start.len() as u64 <= WHOLE;
        let kind = Kind::of(&start);
        match result {
            Err(error) => {
                // What came before the damage is looked at all the same.
                self.hand_over(&mut Cursor::new(&start), origin);
                self.note(origin, &why(&error));
                return false;
            }
            Ok(_) if is_whole => {
                if let Some(kind) = kind {
                    for range in self.seekable(kind, &mut Cursor::new(&start), origin, depth) {
                        if let Some(part) = start.get_mut(range.start as usize..range.end as usize) {
                            part.fill(0);
                        }
                    }
                }
                self.hand_over_bytes(&start, origin);
            }
            Ok(_) => {
                let mut whole = Cursor::new(&start).chain(stream);
                match kind {
                    None => self.hand_over(&mut whole, origin),
                    Some(kind) => self.large_archive(kind, &mut whole, origin, depth),
                }
            }
        }
        true
    }

    /// A nested archive too large for memory: tar and gzip are read as they come, a zip goes to a file without a name first.
    fn large_archive(&mut self, kind: Kind, stream: &mut dyn Read, origin: &Origin, depth: u8) {
        if !self.may_open(kind, origin, depth) {
            return;
        }
        match kind {
            Kind::Gzip => self.gzip(stream, origin, depth),
            Kind::Tar => self.tar(stream, origin, depth, None),
            Kind::Zip => {
                let mut spool = || -> io::Result<std::fs::File> {
                    let mut file = tempfile::tempfile()?;
                    io::copy(stream, &mut file)?;
                    Ok(file)
                };
                match spool() {
                    Ok(file) => self.zip(&mut BufReader::new(file), origin, depth, &mut Vec::new()),
                    Err(error) => self.note(origin, &why(&error)),
                }
            }
            Kind::Foreign(_) => {}
        }
    }

    fn hand_over_bytes(&mut self, bytes: &[u8], origin: &Origin) {
        match self.worker.blob(Blob { origin, content: Content::Bytes(bytes) }) {
            Ok(()) => self.read(bytes.len() as u64),
            Err(error) => self.note(origin, &why(&error)),
        }
    }

    fn hand_over(&mut self, stream: &mut dyn Read, origin: &Origin) {
        let mut count = 0;
        let mut counted = Counting { stream, count: &mut count };
        match self.worker.blob(Blob { origin, content: Content::Stream(&mut counted) }) {
            Ok(()) => self.read(count),
            Err(error) => {
                self.coverage.bytes += count;
                self.note(origin, &why(&error));
            }
        }
    }

    fn read(&mut self, bytes: u64) {
        self.coverage.blobs += 1;
        self.coverage.bytes += bytes;
    }

    /// Notes what was not read; once a limit is reached that is said once, for the outer file.
    fn note(&mut self, origin: &Origin, why: &str) {
        if !self.meter.is_exceeded() {
            self.coverage.unread(origin.display(), why);
        }
    }
}

struct Counting<'s> {
    stream: &'s mut dyn Read,
    count: &'s mut u64,
}

impl Read for Counting<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(buffer)?;
        *self.count += read as u64;
        Ok(read)
    }
}
