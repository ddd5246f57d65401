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
        let index = if is_new {
            let offsets = (ids + table(hash_len)?).checked_add(table(4)?).ok_or_else(cut_off)?;
            let large = offsets.checked_add(table(4)?).ok_or_else(cut_off)?;
            let large_count = trailer.checked_sub(large).ok_or_else(cut_off)? / 8;
            Self { map, hash_len, count, ids, stride: hash_len, offsets, large, large_count }
        } else {
            let end = ids + table(4 + hash_len)?;
            if end > trailer {
                return Err(cut_off());
            }
            Self { map, hash_len, count, ids: ids + 4, stride: 4 + hash_len, offsets: ids, large: end, large_count: 0 }
        };
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
        let fan = self.ids - FAN - if self.stride == self.hash_len { 0 } else { 4 };
        let first = usize::from(*id.first()?);
        let bound = |byte: usize| word(&self.map, fan + 4 * byte).map_or(0, |count| count as usize);
        let (mut low, mut high) = (if first == 0 { 0 } else { bound(first - 1) }, bound(first));
        // Ids are spread evenly: what follows the first byte of this one tells nearly where it stands.
        let wanted = key(id);
        let (mut low_key, mut high_key) = ((first as u64) << 56, (first as u64) << 56 | u64::MAX >> 8);
        let mut guesses = 4;
        while low < high {
            // An index that somebody made must not cost more than halving does.
            let middle = if guesses == 0 || high_key <= low_key || !(low_key..=high_key).contains(&wanted) {
                low + (high - low) / 2
            } else {
                guesses -= 1;
                let share = (wanted - low_key) as f64 / (high_key - low_key) as f64 * (high - low) as f64;
                low + (share as usize).min(high - low - 1)
            };
            let found = self.id(middle);
            match key(found).cmp(&wanted).then_with(|| found.cmp(id)) {
                std::cmp::Ordering::Less => (low, low_key) = (middle + 1, key(found)),
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Greater => (high, high_key) = (middle, key(found)),
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
