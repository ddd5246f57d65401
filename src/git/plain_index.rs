//! An index of the plain format, looked at where it lies (gitformat-index, versions 2 and 3).

use std::path::Path;

use bstr::{BStr, ByteSlice};
use gix::ObjectId;

use super::cached_tree::CachedTree;
use super::index::{Entry, Stat};
use super::mapped::Mapped;
use super::pack_index::word;

/// Bytes before the first entry.
const HEADER: usize = 12;
/// Bytes of an entry before its object id.
const STAT: usize = 40;

const EXTENDED: u16 = 0x4000;
const SKIP_WORKTREE: u16 = 0x4000;
const INTENT_TO_ADD: u16 = 0x2000;
const LONGEST_NAMED: u16 = 0x0fff;

const MODE_TYPE: u32 = 0o170_000;
const MODE_DIRECTORY: u32 = 0o040_000;
const MODE_COMMIT: u32 = 0o160_000;

/// A mapped index: 8 MB for 78,000 files, of which a decoded form would be another 11.
pub(super) struct PlainIndex {
    data: Mapped,
    /// Where each entry begins.
    starts: Vec<u32>,
    id_len: usize,
    tree: Option<CachedTree>,
}

impl PlainIndex {
    /// Looks at the index at `path`; none when its format is another one, or it is damaged: whoever decodes it whole says how.
    pub(super) fn open(path: &Path, hash: gix::hash::Kind) -> Option<Self> {
        let data = Mapped::open(path).ok()?;
        let id_len = hash.len_in_bytes();
        if data.get(..4)? != b"DIRC" || !matches!(word(&data, 4)?, 2 | 3) || u32::try_from(data.len()).is_err() {
            return None;
        }
        let end = data.len().checked_sub(id_len)?;
        let count = word(&data, 8)? as usize;
        // A header that lies about the count must not take memory: an entry has at least 64 bytes.
        let mut starts = Vec::with_capacity(count.min(end / 64));
        let mut at = HEADER;
        let mut before: (&[u8], u8) = (b"", 0);
        for _ in 0..count {
            let raw = Raw::at(data.get(..end)?, at, id_len)?;
            // Ranges of the index are found by halving, so it must be sorted, as the format says.
            let key = (raw.path, raw.stage());
            if !starts.is_empty() && key <= before || raw.path.is_empty() {
                return None;
            }
            before = key;
            starts.push(u32::try_from(at).ok()?);
            at = raw.end;
        }
        let tree = extensions(data.get(at..end)?, id_len)?;
        Some(Self { data, starts, id_len, tree })
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    /// One entry.
    pub(super) fn entry(&self, place: usize) -> Entry<'_> {
        let raw = Raw::at(&self.data, self.starts[place] as usize, self.id_len).expect("it was read when the index was opened");
        let stat = |field: usize| word(raw.stat, field).expect("the numbers lie before the id");
        let kind = stat(24) & MODE_TYPE;
        Entry {
            path: raw.path.as_bstr(),
            id: ObjectId::from_bytes_or_panic(raw.id),
            stage: raw.stage(),
            is_intent_to_add: raw.extended & INTENT_TO_ADD != 0,
            is_submodule: kind == MODE_COMMIT,
            is_directory: kind == MODE_DIRECTORY,
            is_skipped: raw.extended & SKIP_WORKTREE != 0,
            stat: Stat { seconds: stat(8), nanoseconds: stat(12), size: stat(36) },
        }
    }

    /// The path of one entry.
    pub(super) fn path(&self, place: usize) -> &BStr {
        Raw::at(&self.data, self.starts[place] as usize, self.id_len).expect("it was read when the index was opened").path.as_bstr()
    }

    /// What is known of unchanged directories.
    pub(super) fn tree(&self) -> Option<&CachedTree> {
        self.tree.as_ref()
    }
}

/// The parts of an entry.
struct Raw<'a> {
    stat: &'a [u8],
    id: &'a [u8],
    flags: u16,
    extended: u16,
    path: &'a [u8],
    end: usize,
}

impl<'a> Raw<'a> {
    fn at(data: &'a [u8], start: usize, id_len: usize) -> Option<Self> {
        let half = |place: usize| Some(u16::from_be_bytes(data.get(place..place + 2)?.try_into().ok()?));
        let stat = data.get(start..start + STAT)?;
        let id = data.get(start + STAT..start + STAT + id_len)?;
        let mut at = start + STAT + id_len;
        let flags = half(at)?;
        at += 2;
        let extended = if flags & EXTENDED != 0 { half(at)? } else { 0 };
        if flags & EXTENDED != 0 {
            at += 2;
        }
        let rest = data.get(at..)?;
        let length = match flags & LONGEST_NAMED {
            LONGEST_NAMED => rest.find_byte(0)?,
            length => usize::from(length),
        };
        let path = rest.get(..length)?;
        // One to eight zeros fill the entry up to a multiple of eight bytes.
        let end = start + ((at - start + length + 8) & !7);
        (data.get(at + length) == Some(&0) && end <= data.len()).then_some(Self { stat, id, flags, extended, path, end })
    }

    fn stage(&self) -> u8 {
        (self.flags >> 12 & 3) as u8
    }
}

/// The cache-tree among the extensions; the outer none for one that must be understood and is not (a split or a sparse index).
fn extensions(mut rest: &[u8], id_len: usize) -> Option<Option<CachedTree>> {
    let mut tree = None;
    while !rest.is_empty() {
        let (name, size) = (rest.get(..4)?, word(rest, 4)? as usize);
        let body = rest[8..].get(..size)?;
        match name {
            b"TREE" => tree = CachedTree::parse(body, id_len),
            // The format's rule: what begins with a capital may be passed over.
            [b'A'..=b'Z', ..] => {}
            _ => return None,
        }
        rest = &rest[8 + size..];
    }
    Some(tree)
}
