//! One pack with its index: its entries in the order in which they lie in it.

use std::path::{Path, PathBuf};

use gix::ObjectId;

use super::damage::Damage;
use super::inflate::Inflater;
use super::mapped::Mapped;
use super::pack_entry::PackEntry;
use super::pack_index::{PackError, PackIndex, malformed, word};

/// Bytes before the first entry: `PACK`, version, count.
pub(super) const HEADER: usize = 12;

/// A pack, mapped. Its entries are numbered in the order of their offsets.
#[derive(Debug)]
pub struct Pack {
    path: PathBuf,
    data: Mapped,
    hash: gix::hash::Kind,
    /// Where the last entry ends at the latest.
    end: usize,
    /// Where each entry begins, ascending.
    offsets: Vec<u64>,
    ids: Ids,
    /// What is wrong with pack or index as a whole, though entries can be read.
    pub(super) problems: Vec<String>,
}

/// Where the ids of the entries are known from.
#[derive(Debug)]
enum Ids {
    /// The index, with each entry's place in it, and the number of the entry at each place.
    Index { index: PackIndex, places: Vec<u32>, numbers: Vec<u32> },
    /// The contents, or an index of several packs: the pack has none of its own that could be used. Entry by entry, null while
    /// unknown; then sorted, with the entry's number.
    Learned(Vec<ObjectId>, Vec<(ObjectId, u32)>),
}

impl Pack {
    /// Maps the pack at `path` and the index beside it.
    ///
    /// # Errors
    /// When the file cannot be read or is no pack; and when its index is missing, damaged or that of another pack.
    pub(super) fn open(path: &Path, hash: gix::hash::Kind) -> Result<Self, PackError> {
        let (data, count) = Self::map(path, hash)?;
        let index = PackIndex::open(&path.with_extension("idx"), hash)?;
        if index.pack_checksum() != &data[data.len() - hash.len_in_bytes()..] {
            return Err(malformed("an index that was made for another pack, or a damaged checksum"));
        }
        if index.len() as u64 != u64::from(count) {
            return Err(malformed(format!("an index of {} objects beside a pack that states {count}", index.len())));
        }
        let mut order: Vec<(u64, u32)> = Vec::with_capacity(index.len());
        for place in 0..index.len() {
            let offset = index.offset(place).ok_or_else(|| malformed("an index that points outside its own table of offsets"))?;
            order.push((offset, u32::try_from(place).map_err(|_| malformed("an index of more than 2^32 objects"))?));
        }
        order.sort_unstable();
        if order.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(malformed("an index that gives two objects the same place"));
        }
        let (offsets, places): (Vec<u64>, Vec<u32>) = order.into_iter().unzip();
        let mut numbers = vec![0; places.len()];
        for (number, &place) in (0..).zip(&places) {
            numbers[place as usize] = number;
        }
        let end = data.len() - hash.len_in_bytes();
        Ok(Self { path: path.to_owned(), data, hash, end, offsets, ids: Ids::Index { index, places, numbers }, problems: Vec::new() })
    }

    /// Maps a pack alone; returns it with the number of entries that it states.
    fn map(path: &Path, hash: gix::hash::Kind) -> Result<(Mapped, u32), PackError> {
        let data = Mapped::open(path)?;
        let count = Self::count(&data, hash)?;
        Ok((data, count))
    }

    /// The number of entries that a pack states.
    fn count(data: &[u8], hash: gix::hash::Kind) -> Result<u32, PackError> {
        if data.len() < HEADER + hash.len_in_bytes() || !data.starts_with(b"PACK") {
            return Err(malformed("not a pack"));
        }
        if !matches!(word(data, 4), Some(2 | 3)) {
            return Err(malformed("a pack of a version other than 2 and 3"));
        }
        Ok(word(data, 8).unwrap_or(0))
    }

    /// Reads the pack at `path` from its beginning, for want of an index: where one entry ends, the next begins.
    ///
    /// # Errors
    /// When the file cannot be read or is no pack. Where it breaks off is among its problems.
    pub(super) fn without_index(path: &Path, hash: gix::hash::Kind) -> Result<Self, PackError> {
        let (data, count) = Self::map(path, hash)?;
        Ok(Self::from_beginning(path, data, count, hash))
    }

    fn from_beginning(path: &Path, data: Mapped, count: u32, hash: gix::hash::Kind) -> Self {
        let (mut offsets, mut problems) = (Vec::new(), Vec::new());
        let (mut inflater, mut scratch) = (Inflater::new(), Vec::new());
        // One that was cut off has no checksum at its end.
        let (mut at, end) = (HEADER, data.len());
        while at < end && offsets.len() < count as usize {
            let length = PackEntry::parse(&data[at..end], hash).and_then(|entry| {
                let start = at + entry.header;
                Ok(entry.header + inflater.inflate(&data[start..end], entry.size, &mut scratch)?)
            });
            match length {
                Ok(length) => {
                    offsets.push(at as u64);
                    at += length;
                }
                Err(damage) => {
                    problems.push(format!("breaks off after {} of {count} objects: the next one {damage}", offsets.len()));
                    break;
                }
            }
        }
        if problems.is_empty() && (offsets.len() as u64) < u64::from(count) {
            problems.push(format!("ends after {} of the {count} objects that it states", offsets.len()));
        }
        let none = ObjectId::null(hash);
        let ids = Ids::Learned(vec![none; offsets.len()], Vec::new());
        Self { path: path.to_owned(), data, hash, end: at, offsets, ids, problems }
    }

    /// A pack in memory, read from its beginning.
    #[cfg(test)]
    pub(super) fn in_memory(bytes: Vec<u8>, hash: gix::hash::Kind) -> Result<Self, PackError> {
        let count = Self::count(&bytes, hash)?;
        Ok(Self::from_beginning(Path::new("in memory"), bytes.into(), count, hash))
    }

    /// Maps the pack at `path`, of which `list` tells offsets and ids; what that leaves out is found by reading from the beginning.
    ///
    /// # Errors
    /// When the file cannot be read or is no pack, and when the list is not true of it.
    pub(super) fn listed(path: &Path, hash: gix::hash::Kind, list: &[(u64, ObjectId)]) -> Result<Self, PackError> {
        let (data, count) = Self::map(path, hash)?;
        let mut list = list.to_vec();
        list.sort_unstable();
        if list.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(malformed("gives two objects the same place"));
        }
        // Of an object that lies in several packs, one alone is listed.
        let mut pack = if list.len() as u64 == u64::from(count) {
            let end = data.len() - hash.len_in_bytes();
            let offsets: Vec<u64> = list.iter().map(|(offset, _)| *offset).collect();
            let ids = Ids::Learned(vec![ObjectId::null(hash); offsets.len()], Vec::new());
            Self { path: path.to_owned(), data, hash, end, offsets, ids, problems: Vec::new() }
        } else {
            Self::without_index(path, hash)?
        };
        if let Some(why) = pack.problems.first() {
            return Err(malformed(why.clone()));
        }
        let learned: Option<Vec<(u32, ObjectId)>> = list.iter().map(|(offset, id)| Some((pack.at_offset(*offset)?, *id))).collect();
        pack.learn(&learned.ok_or_else(|| malformed("lists objects where none begins"))?);
        Ok(pack)
    }

    /// Its file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.offsets.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.offsets.is_empty()
    }

    /// The id that entry `number` is listed with; null while the contents of a pack without an index are not known.
    pub fn id(&self, number: u32) -> ObjectId {
        match &self.ids {
            Ids::Index { index, places, .. } => {
                ObjectId::try_from(index.id(places[number as usize] as usize)).expect("an index holds ids of the kind it was opened with")
            }
            Ids::Learned(ids, _) => ids[number as usize],
        }
    }

    /// The entry with that id.
    pub fn find(&self, id: &ObjectId) -> Option<u32> {
        match &self.ids {
            Ids::Index { index, numbers, .. } => Some(numbers[index.find(id.as_slice())?]),
            Ids::Learned(_, sorted) => {
                let place = sorted.binary_search_by_key(&id, |(known, _)| known).ok()?;
                Some(sorted[place].1)
            }
        }
    }

    /// The entries in the order of their ids; those whose ids nobody knows come first.
    pub(super) fn by_id(&self) -> impl Iterator<Item = u32> + use<'_> {
        let (numbers, sorted, unknown) = match &self.ids {
            Ids::Index { numbers, .. } => (numbers.as_slice(), &[][..], &[][..]),
            Ids::Learned(ids, sorted) => (&[][..], sorted.as_slice(), ids.as_slice()),
        };
        let unknown = unknown.iter().zip(0..).filter(|(id, _)| id.is_null()).map(|(_, number)| number);
        unknown.chain(numbers.iter().copied()).chain(sorted.iter().map(|(_, number)| *number))
    }

    /// Takes what is known of the ids of a pack without an index; those that stay null are known to nobody.
    pub(super) fn learn(&mut self, learned: &[(u32, ObjectId)]) {
        if let Ids::Learned(ids, sorted) = &mut self.ids {
            for (number, id) in learned {
                ids[*number as usize] = *id;
            }
            *sorted = ids.iter().zip(0..).filter(|(id, _)| !id.is_null()).map(|(id, number)| (*id, number)).collect();
            sorted.sort_unstable();
        }
    }

    /// Whether ids of it must still be computed from its contents.
    pub(super) fn lacks_ids(&self) -> bool {
        matches!(&self.ids, Ids::Learned(ids, sorted) if sorted.len() < ids.len())
    }

    /// The entry that begins at `offset`.
    pub(super) fn at_offset(&self, offset: u64) -> Option<u32> {
        let place = self.offsets.binary_search(&offset).ok()?;
        u32::try_from(place).ok()
    }

    /// Where entry `number` begins.
    pub(super) fn offset(&self, number: u32) -> u64 {
        self.offsets[number as usize]
    }

    /// Bytes that the entry takes in the pack, header included.
    pub fn packed_size(&self, number: u32) -> u64 {
        let place = number as usize;
        let end = self.offsets.get(place + 1).copied().unwrap_or(self.end as u64);
        end.saturating_sub(self.offsets[place])
    }

    /// The header of entry `number`, and all that follows it in the pack.
    pub(super) fn entry(&self, number: u32) -> Result<(PackEntry, &[u8]), Damage> {
        let start = usize::try_from(self.offset(number)).map_err(|_| Damage::Outside)?;
        let data = self.data.get(start..self.end).filter(|data| start >= HEADER && !data.is_empty()).ok_or(Damage::Outside)?;
        let entry = PackEntry::parse(data, self.hash)?;
        Ok((entry, &data[entry.header..]))
    }

    /// Decompresses what entry `number` holds: an object or a delta. `true` when the entry ends where the next one begins.
    pub(super) fn inflate(&self, number: u32, inflater: &mut Inflater, out: &mut Vec<u8>) -> Result<bool, Damage> {
        let (entry, data) = self.entry(number)?;
        let read = inflater.inflate(data, entry.size, out)?;
        Ok((entry.header + read) as u64 == self.packed_size(number))
    }
}
