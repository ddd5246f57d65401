//! The index of several packs at once: which object begins where in which of them (gitformat-pack, "multi-pack-index (MIDX) files").

use std::path::Path;

use gix::ObjectId;

use super::mapped::Mapped;
use super::pack_index::{PackError, check_fan, malformed, word};

/// Signature, version, kind of ids, number of chunks, number of bases, number of packs.
const HEADER: usize = 12;
/// The name of a chunk and its offset in the file.
const ROW: usize = 12;
/// Git writes six kinds of chunks.
const MOST_CHUNKS: usize = 32;

/// A multi-pack-index, mapped; its tables are known to lie inside the file.
#[derive(Debug)]
pub(super) struct MultiPackIndex {
    map: Mapped,
    hash: gix::hash::Kind,
    /// The names of the packs' indexes, as they stand in the file.
    packs: Vec<Vec<u8>>,
    count: usize,
    ids: usize,
    /// Number of the pack and offset in it, four bytes each.
    offsets: usize,
    /// Where the offsets of eight bytes begin, and how many there are; none when all offsets fit into four.
    large: Option<(usize, usize)>,
}

/// Where a chunk lies.
type Chunk = (usize, usize);

impl MultiPackIndex {
    /// Maps the file at `path`.
    pub(super) fn open(path: &Path, hash: gix::hash::Kind) -> Result<Self, PackError> {
        Self::new(Mapped::open(path)?, hash)
    }

    /// Reads what the bytes hold.
    pub(super) fn new(map: Mapped, hash: gix::hash::Kind) -> Result<Self, PackError> {
        let hash_len = hash.len_in_bytes();
        if map.len() < HEADER + hash_len || !map.starts_with(b"MIDX") {
            return Err(malformed("not a multi-pack-index"));
        }
        if !matches!(map[4], 1 | 2) {
            return Err(malformed("a multi-pack-index of a version other than 1 and 2"));
        }
        let ids_of = if hash_len == 20 { 1 } else { 2 };
        if map[5] != ids_of {
            return Err(malformed("a multi-pack-index for another kind of ids than the repository's"));
        }
        if map[7] != 0 {
            return Err(malformed("a multi-pack-index that builds on others"));
        }
        let (chunks, pack_count) = (usize::from(map[6]), word(&map, 8).unwrap_or(0) as usize);
        let end = map.len() - hash_len;
        let chunk = |name: &[u8; 4]| find_chunk(&map[..end], chunks, name);
        let needed = |name: &[u8; 4]| {
            chunk(name)?.ok_or_else(|| malformed(format!("a multi-pack-index without its chunk {}", String::from_utf8_lossy(name))))
        };
        let (names, fan, ids, offsets) = (needed(b"PNAM")?, needed(b"OIDF")?, needed(b"OIDL")?, needed(b"OOFF")?);
        let count = check_fan(&map[..fan.1], fan.0)?;
        let holds = |chunk: Chunk, width: usize| count.checked_mul(width).is_some_and(|bytes| bytes <= chunk.1 - chunk.0);
        if !holds(ids, hash_len) || !holds(offsets, 8) {
            return Err(malformed(format!("a multi-pack-index that is too short for the {count} objects it states")));
        }
        let packs: Vec<Vec<u8>> = map[names.0..names.1]
            .split(|&byte| byte == 0)
            .filter(|name| !name.is_empty())
            .take(pack_count + 1)
            .map(<[u8]>::to_vec)
            .collect();
        if packs.len() != pack_count {
            return Err(malformed(format!("a multi-pack-index that states {pack_count} packs and names more or fewer")));
        }
        let large = chunk(b"LOFF")?.map(|(start, end)| (start, (end - start) / 8));
        Ok(Self { hash, packs, count, ids: ids.0, offsets: offsets.0, large, map })
    }

    /// How many objects it lists.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// The names of the indexes of the packs that it covers; an object's pack is a place in this list.
    pub(super) fn packs(&self) -> &[Vec<u8>] {
        &self.packs
    }

    /// The object at `place` in the order of ids: its id, its pack and its offset there. None when that points outside the tables.
    pub(super) fn object(&self, place: usize) -> Option<(ObjectId, usize, u64)> {
        if place >= self.count {
            return None;
        }
        let hash_len = self.hash.len_in_bytes();
        let start = self.ids + place * hash_len;
        let id = ObjectId::try_from(&self.map[start..start + hash_len]).ok()?;
        let pack = word(&self.map, self.offsets + 8 * place)? as usize;
        let value = word(&self.map, self.offsets + 8 * place + 4)?;
        let offset = match self.large {
            Some((large, count)) if value & 0x8000_0000 != 0 => {
                let row = (value & 0x7fff_ffff) as usize;
                let bytes = (row < count).then(|| self.map.get(large + 8 * row..large + 8 * row + 8))??;
                u64::from_be_bytes(bytes.try_into().ok()?)
            }
            _ => u64::from(value),
        };
        (pack < self.packs.len()).then_some((id, pack, offset))
    }

    /// Whether the checksum at its end is that of all before it.
    pub(super) fn is_sound(&self) -> bool {
        let end = self.map.len() - self.hash.len_in_bytes();
        let mut hasher = gix::hash::hasher(self.hash);
        hasher.update(&self.map[..end]);
        hasher.try_finalize().is_ok_and(|found| found.as_slice() == &self.map[end..])
    }
}

/// Where the chunk of that name lies, by the table behind the header, whose rows are in the order of the file.
fn find_chunk(body: &[u8], chunks: usize, name: &[u8; 4]) -> Result<Option<Chunk>, PackError> {
    let torn = || malformed("a multi-pack-index whose table of chunks is damaged");
    let table = body.get(HEADER..HEADER + (chunks + 1) * ROW).filter(|_| chunks <= MOST_CHUNKS).ok_or_else(torn)?;
    let offset = |row: &[u8]| row[4..].try_into().ok().and_then(|bytes| usize::try_from(u64::from_be_bytes(bytes)).ok());
    let rows: Vec<&[u8]> = table.chunks_exact(ROW).collect();
    // The row behind the last has no name.
    if rows.iter().position(|row| row[..4] == [0; 4]) != Some(chunks) {
        return Err(torn());
    }
    let mut found = None;
    for pair in rows.windows(2) {
        let (start, end) = (offset(pair[0]).ok_or_else(torn)?, offset(pair[1]).ok_or_else(torn)?);
        if start > end || end > body.len() || start < HEADER + table.len() {
            return Err(torn());
        }
        if pair[0][..4] == *name && found.replace((start, end)).is_some() {
            return Err(torn());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: gix::hash::Kind = gix::hash::Kind::Sha1;

    /// Two objects in two packs, the second beyond four bytes.
    fn bytes() -> Vec<u8> {
        let mut fan = vec![0u8; 1024];
        (0..256).for_each(|byte| fan[4 * byte + 3] = if byte < 0x22 { u8::from(byte >= 0x11) } else { 2 });
        let ids = [[0x11; 20], [0x22; 20]].concat();
        let offsets = [0u32, 12, 1, 0x8000_0000].map(u32::to_be_bytes).concat();
        let chunks: [(&[u8; 4], Vec<u8>); 5] = [
            (b"PNAM", b"pack-a.idx\0pack-b.idx\0\0\0".to_vec()),
            (b"OIDF", fan),
            (b"OIDL", ids),
            (b"OOFF", offsets),
            (b"LOFF", (1u64 << 40).to_be_bytes().to_vec()),
        ];
        let mut file = b"MIDX\x01\x01\x05\0\0\0\0\x02".to_vec();
        let mut at = (HEADER + 6 * ROW) as u64;
        for (name, data) in &chunks {
            file.extend(*name);
            file.extend(at.to_be_bytes());
            at += data.len() as u64;
        }
        file.extend([0; 4]);
        file.extend(at.to_be_bytes());
        chunks.iter().for_each(|(_, data)| file.extend(data));
        let mut hasher = gix::hash::hasher(HASH);
        hasher.update(&file);
        file.extend(hasher.try_finalize().expect("no crafted content").as_slice());
        file
    }

    fn read(bytes: Vec<u8>) -> Result<MultiPackIndex, String> {
        MultiPackIndex::new(Mapped::from(bytes), HASH).map_err(|error| error.to_string())
    }

    #[test]
    fn objects_have_pack_and_offset() {
        let index = read(bytes()).expect("sound");
        assert!(index.is_sound() && index.packs() == [b"pack-a.idx".to_vec(), b"pack-b.idx".to_vec()]);
        let found: Vec<_> = (0..3).map(|place| index.object(place).map(|(id, pack, offset)| (id.as_slice()[0], pack, offset))).collect();
        assert_eq!((index.len(), found), (2, vec![Some((0x11, 0, 12)), Some((0x22, 1, 1 << 40)), None]));
    }

    #[test]
    fn lies_are_named() {
        for (place, byte, why) in [
            (0, b'X', "not a multi-pack-index"),
            (4, 3, "version"),
            (5, 2, "another kind of ids"),
            (6, 4, "table of chunks"),
            (6, 0xff, "table of chunks"),
            (7, 1, "builds on others"),
            (11, 3, "states 3 packs"),
            (HEADER, b'x', "without its chunk PNAM"),
            (HEADER + 4, 0xff, "table of chunks"),
            (HEADER + 6 * ROW + 24, 0xff, "goes down"),
            (HEADER + 6 * ROW + 24 + 1020, 0x80, "too short for the 2147483650 objects"),
        ] {
            let mut torn = bytes();
            torn[place] = byte;
            let told = read(torn).expect_err(why);
            assert!(told.contains(why), "{told} for {why}");
        }
        let sound = bytes();
        for length in 0..sound.len() {
            // Whatever is left: an error, or tables inside it.
            if let Ok(index) = read(sound[..length].to_vec()) {
                (0..index.len()).for_each(|place| _ = index.object(place));
                assert!(!index.is_sound());
            }
        }
        let mut outside = bytes();
        let last = outside.len() - 20 - 8;
        outside[last - 1] = 1;
        outside[last - 4 - 4 - 4 - 1] = 2;
        let index = read(outside).expect("its tables are there");
        assert_eq!((index.object(0), index.object(1)), (None, None));
    }
}
