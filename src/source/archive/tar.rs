//! The blocks of a tar file: headers, long names and where contents begin.

use std::io::{self, Read};

use bstr::{BString, ByteSlice};

/// Headers and contents come in multiples of this.
pub(super) const BLOCK: usize = 512;

/// Longest name that is taken from an extended header.
const LONGEST_NAME: u64 = 64 << 10;

/// What a header announces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// A file's content follows.
    File {
        /// Its path.
        name: BString,
        /// Its length.
        size: u64,
    },
    /// Something without content of interest: a directory, a link; so many bytes follow.
    Other(u64),
    /// The mark at the end, or the end of the stream.
    End,
}

/// Reads headers from a stream and knows how far it is in it.
pub(super) struct Blocks<'s> {
    source: &'s mut dyn Read,
    at: u64,
}

impl<'s> Blocks<'s> {
    pub(super) fn new(source: &'s mut dyn Read) -> Self {
        Self { source, at: 0 }
    }

    /// Offset of the next byte.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// The next header, the extended ones before it taken into account.
    pub(super) fn header(&mut self) -> io::Result<Header> {
        let (mut long_name, mut long_size) = (None, None);
        loop {
            let mut block = [0; BLOCK];
            match self.fill(&mut block)? {
                0 => return Ok(Header::End),
                BLOCK => {}
                _ => return Err(cut()),
            }
            if block.iter().all(|&byte| byte == 0) {
                return Ok(Header::End);
            }
            let size = if is_header(&block) { number(&block[124..136]) } else { None };
            let size = size.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "a damaged tar header"))?;
            match block[156] {
                b'L' => long_name = Some(self.text(size)?.split(|&byte| byte == 0).next().unwrap_or_default().into()),
                b'x' => {
                    let records = self.text(size)?;
                    long_name = record(&records, b"path").map(BString::from).or(long_name);
                    long_size = record(&records, b"size").and_then(|digits| digits.to_str().ok()?.parse().ok()).or(long_size);
                }
                b'K' | b'g' => self.skip_padded(size)?,
                // Links, devices, directories and FIFOs carry no content, whatever their size field says.
                b'1'..=b'6' => return Ok(Header::Other(0)),
                kind => {
                    if kind == b'S' && block[482] != 0 {
                        self.sparse_map()?;
                    }
                    let size = long_size.unwrap_or(size);
                    let is_file = matches!(kind, 0 | b'0' | b'7' | b'S');
                    let name = long_name.unwrap_or_else(|| short_name(&block));
                    // Before POSIX a directory was a file whose name ends with a slash.
                    return Ok(if is_file && !name.ends_with(b"/") { Header::File { name, size } } else { Header::Other(size) });
                }
            }
        }
    }

    /// Reads over `count` bytes.
    pub(super) fn skip(&mut self, count: u64) -> io::Result<()> {
        let skipped = io::copy(&mut self.by_ref().take(count), &mut io::sink())?;
        if skipped < count { Err(cut()) } else { Ok(()) }
    }

    /// Reads over what fills up the last block of `size` bytes of content.
    pub(super) fn padding(&mut self, size: u64) -> io::Result<()> {
        self.skip(size.wrapping_neg() % BLOCK as u64)
    }

    fn skip_padded(&mut self, size: u64) -> io::Result<()> {
        self.skip(size)?;
        self.padding(size)
    }

    fn text(&mut self, size: u64) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        let read = self.by_ref().take(size.min(LONGEST_NAME)).read_to_end(&mut text)? as u64;
        self.skip(size - read)?;
        self.padding(size)?;
        Ok(text)
    }

    /// The blocks that list the stretches of a GNU sparse file and follow its header.
    fn sparse_map(&mut self) -> io::Result<()> {
        let mut block = [0; BLOCK];
        loop {
            if self.fill(&mut block)? < BLOCK {
                return Err(cut());
            }
            if block[504] == 0 {
                return Ok(());
            }
        }
    }

    fn fill(&mut self, block: &mut [u8]) -> io::Result<usize> {
        let mut count = 0;
        while count < block.len() {
            match self.read(&mut block[count..])? {
                0 => break,
                read => count += read,
            }
        }
        Ok(count)
    }
}

impl Read for Blocks<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}

/// Whether a block's checksum is right: the sum of its bytes, with the checksum itself counted as spaces.
pub(super) fn is_header(block: &[u8]) -> bool {
    let Some(block) = block.get(..BLOCK) else { return false };
    let sum: u64 = block.iter().enumerate().map(|(at, &byte)| if (148..156).contains(&at) { 32 } else { u64::from(byte) }).sum();
    number(&block[148..156]) == Some(sum)
}

fn cut() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "cut off")
}

/// A number in octal digits, or, where the first bit is set, in base 256 (GNU).
fn number(field: &[u8]) -> Option<u64> {
    if field[0] & 0x80 != 0 {
        let mut value = u64::from(field[0] & 0x7f);
        for &byte in &field[1..] {
            value = value.checked_mul(256)?.checked_add(u64::from(byte))?;
        }
        return i64::try_from(value).ok().map(i64::unsigned_abs);
    }
    let digits = field.split(|&byte| byte == 0).next()?.trim();
    if digits.is_empty() { Some(0) } else { u64::from_str_radix(digits.to_str().ok()?, 8).ok() }
}

fn short_name(block: &[u8]) -> BString {
    let text = |field: &[u8]| field.split(|&byte| byte == 0).next().unwrap_or_default().to_vec();
    let (name, prefix) = (text(&block[..100]), text(&block[345..500]));
    // Only POSIX archives have a prefix; GNU ones keep times in its place.
    if prefix.is_empty() || &block[257..263] != b"ustar\0" { name.into() } else { [prefix, name].join(&b'/').into() }
}

/// The value of a record `length key=value\n` in an extended header.
fn record<'r>(mut records: &'r [u8], key: &[u8]) -> Option<&'r [u8]> {
    let mut found = None;
    while let Some(space) = records.find_byte(b' ') {
        let length: usize = records[..space].to_str().ok()?.parse().ok()?;
        let line = records.get(space + 1..length)?;
        if let Some(value) = line.strip_prefix(key).and_then(|rest| rest.strip_prefix(b"=")) {
            found = Some(value.strip_suffix(b"\n").unwrap_or(value));
        }
        records = records.get(length..)?;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_octal_or_base_256_and_never_overflow() {
        assert_eq!(number(b"0000644\0"), Some(0o644));
        assert_eq!(number(b"   12 \0"), Some(10));
        assert_eq!(number(&[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]), Some(256));
        assert_eq!(number(&[0xff; 12]), None);
        assert_eq!(number(b"12x45\0"), None);
    }

    #[test]
    fn records_may_lie_about_their_length() {
        assert_eq!(record(b"12 path=a/b\n", b"path"), Some(&b"a/b"[..]));
        assert_eq!(record(b"999 path=a/b\n", b"path"), None);
        assert_eq!(record(b"0 path=a/b\n", b"path"), None);
        assert_eq!(record(b"18446744073709551615 path=a\n", b"path"), None);
    }
}
