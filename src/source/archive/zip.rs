//! The members of a zip file, by its central directory.

use std::io::{Read, Seek};
use std::ops::Range;

use bstr::BString;
use zip::{CompressionMethod, ZipArchive};

/// What the directory says about one member.
pub(super) struct Listed {
    /// Its path.
    pub(super) name: BString,
    /// Whether it is a directory.
    pub(super) is_directory: bool,
    /// Why it cannot be read, if that is certain beforehand.
    pub(super) obstacle: Option<&'static str>,
    /// Where it stands as it is, if it is stored without compression.
    pub(super) stored: Option<Range<u64>>,
}

/// What the directory says about member `index`.
pub(super) fn list<R: Read + Seek>(archive: &mut ZipArchive<R>, index: usize) -> Result<Listed, String> {
    let member = archive.by_index_raw(index).map_err(|error| error.to_string())?;
    let method = member.compression();
    let obstacle = match method {
        _ if member.encrypted() => Some("encrypted"),
        CompressionMethod::Stored | CompressionMethod::Deflated => None,
        _ => Some("compressed by a method that is not read"),
    };
    let stored = match (method, obstacle, member.data_start()) {
        (CompressionMethod::Stored, None, Some(start)) => Some(start..start.saturating_add(member.compressed_size())),
        _ => None,
    };
    Ok(Listed { name: member.name_raw().into(), is_directory: member.is_dir(), obstacle, stored })
}
