//! What a gzip file holds: one content, though it may be written as several parts (RFC 1952, 2.2).

use std::io::{self, BufRead, Read};

use bstr::{BString, ByteSlice};
use flate2::bufread::GzDecoder;

use crate::model::Origin;

/// The parts of a gzip file as one stream. What follows the last part is left unread, as gzip itself does.
pub(super) struct Gzip<R> {
    decoder: Option<GzDecoder<R>>,
}

impl<R: BufRead> Gzip<R> {
    pub(super) fn new(source: R) -> Self {
        Self { decoder: Some(GzDecoder::new(source)) }
    }

    /// The name of the content: as stored, else that of the archive without its ending.
    pub(super) fn name(&self, archive: &Origin) -> BString {
        let stored = self.decoder.as_ref().and_then(|decoder| decoder.header()?.filename());
        if let Some(name) = stored.filter(|name| !name.is_empty()) {
            return name.into();
        }
        let path = archive.judged_path();
        let name = path.rfind_byte(b'/').map_or(path, |slash| &path[slash + 1..]);
        for (ending, instead) in [(".tgz", ".tar"), (".taz", ".tar"), (".gz", ""), (".gzip", ""), (".z", ""), (".svgz", ".svg")] {
            if let Some(cut) = name.len().checked_sub(ending.len()).filter(|&cut| cut > 0)
                && name[cut..].eq_ignore_ascii_case(ending.as_bytes())
            {
                return [&name[..cut], instead.as_bytes()].concat().into();
            }
        }
        if name.is_empty() { "content".into() } else { name.into() }
    }
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(decoder) = &mut self.decoder {
            let read = decoder.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let mut source = self.decoder.take().expect("it was there a line above").into_inner();
            if source.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
                self.decoder = Some(GzDecoder::new(source));
            }
        }
        Ok(0)
    }
}
