//! The index of a pack: which object begins where (gitformat-pack, versions 1 and 2).

use std::io;
use std::path::Path;

use super::mapped::Mapped;

const MAGIC: [u8; 4] = [0xff, b't', b'O', b'c'];
const FAN: usize = 256 * 4;

/// Why a pack, or what belongs to it, cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The system could not give the file.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The file is not what its name says, or damaged.
    #[error("{0}")]
    Malformed(String),
}

/// Says that a file is damaged, and how.
pub(super) fn malformed(why: impl Into<String>) -> PackError {
    PackError::Malformed(why.into())
}

/// An index, mapped; its tables are known to lie inside the file.
#[derive(Debug)]
pub(super) struct PackIndex {
    map: Mapped,
    hash_len: usize,
    count: usize,
    /// Where the ids begin, and how far one is from the next.
    ids: usize,
    stride: usize,
    /// Where the offsets begin; those of version 1 stand before each id.
    offsets: usize,
    /// Where the offsets of eight bytes begin, and how many there are.
    large: usize,
    large_count: usize,
    starts: IdStarts,
}

/// Where the ids begin whose first bits are the same: the table of counts in the file, made finer.
#[derive(Debug, Default)]
struct IdStarts {
    /// How many of the 64 bits that [`key`] gives are left out.
    shift: u32,
    places: Vec<u32>,
}

impl IdStarts {
    /// About four ids for each start: they lie in one or two lines of the processor's cache.
    fn of(index: &PackIndex) -> Self {
        let bits = (index.count / 4).checked_ilog2().unwrap_or(0).clamp(8, 24);
        let (shift, mut places) = (u64::BITS - bits, Vec::with_capacity((1 << bits) + 1));
        for place in 0..index.count {
            let start = (key(index.id(place)) >> shift) as usize;
            while places.len() <= start {
                places.push(place as u32);
            }
        }
        places.resize((1 << bits) + 1, index.count as u32);
        Self { shift, places }
    }

    /// Between which places an id with that key is, if it is there.
    fn around(&self, key: u64) -> (usize, usize) {
        let start = (key >> self.shift) as usize;
        (self.places[start] as usize, self.places[start + 1] as usize)
    }
}

impl PackIndex {
    /// Maps the index at `path`.
    pub(super) fn open(path: &Path, hash: gix::hash::Kind) -> Result<Self, PackError> {
        Self::new(Mapped::open(path)?, hash)
    }

    /// Reads what the bytes hold.
    pub(super) fn new(map: Mapped, hash: gix::hash::Kind) -> Result<Self, PackError> {
        let hash_len = hash.len_in_bytes();
        let is_new = map.starts_with(&MAGIC);
        if is_new && word(&map, 4) != Some(2) {
            return Err(malformed("an index of a version other than 1 and 2"));
        }
        let fan = if is_new { 8 } else { 0 };
        let count = check_fan(&map, fan)?;
        let ids = fan + FAN;
        let cut_off = || malformed(format!("an index that is too short for the {count} objects it states"));
        let table = |width: usize| count.checked_mul(width).ok_or_else(cut_off);
        let trailer = map.len().checked_sub(2 * hash_len).ok_or_else(cut_off)?;
        let starts = IdStarts::default();
        let mut index = if is_new {
            let offsets = (ids + table(hash_len)?).checked_add(table(4)?).ok_or_else(cut_off)?;
            let large = offsets.checked_add(table(4)?).ok_or_else(cut_off)?;
            let large_count = trailer.checked_sub(large).ok_or_else(cut_off)? / 8;
            Self { map, hash_len, count, ids, stride: hash_len, offsets, large, large_count, starts }
        } else {
            let end = ids + table(4 + hash_len)?;
            if end > trailer {
                return Err(cut_off());
            }
            Self { map, hash_len, count, ids: ids + 4, stride: 4 + hash_len, offsets: ids, large: end, large_count: 0, starts }
        };
        index.starts = IdStarts::of(&index);
        Ok(index)
    }

    /// How many objects it lists.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// The id at `place` in the order of ids.
    pub(super) fn id(&self, place: usize) -> &[u8] {
        let start = self.ids + place * self.stride;
        &self.map[start..start + self.hash_len]
    }

    /// The offset of the entry whose id is at `place`; none when the table of large offsets has no such place.
    pub(super) fn offset(&self, place: usize) -> Option<u64> {
        let narrow = self.offsets + place * if self.stride == self.hash_len { 4 } else { self.stride };
        let value = word(&self.map, narrow)?;
        if self.stride != self.hash_len || value & 0x8000_0000 == 0 {
            return Some(u64::from(value));
        }
        let place = (value & 0x7fff_ffff) as usize;
        if place >= self.large_count {
            return None;
        }
        let start = self.large + 8 * place;
        let bytes = self.map.get(start..start + 8)?;
        Some(u64::from_be_bytes(bytes.try_into().ok()?))
    }

    /// The place of `id` in the order of ids.
    pub(super) fn find(&self, id: &[u8]) -> Option<usize> {
        let wanted = key(id);
        let (mut low, mut high) = self.starts.around(wanted);
        while low < high {
            let middle = low + (high - low) / 2;
            let found = self.id(middle);
            match key(found).cmp(&wanted).then_with(|| found.cmp(id)) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// The checksum of the pack that it was made for.
    pub(super) fn pack_checksum(&self) -> &[u8] {
        let end = self.map.len() - self.hash_len;
        &self.map[end - self.hash_len..end]
    }
}

/// The number of objects, from a table of counts that only grow.
pub(super) fn check_fan(map: &[u8], fan: usize) -> Result<usize, PackError> {
    let table = map.get(fan..fan + FAN).ok_or_else(|| malformed("an index without its table of counts"))?;
    let mut before = 0;
    for chunk in table.as_chunks::<4>().0 {
        let count = u32::from_be_bytes(*chunk);
        if count < before {
            return Err(malformed("an index whose table of counts goes down"));
        }
        before = count;
    }
    Ok(before as usize)
}

/// The big-endian number of four bytes at `place`.
pub(super) fn word(bytes: &[u8], place: usize) -> Option<u32> {
    let bytes = bytes.get(place..place.checked_add(4)?)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

/// The first eight bytes of an id as a number.
fn key(id: &[u8]) -> u64 {
    id.first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}
