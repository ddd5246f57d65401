//! Writes packs and their indexes byte by byte, sound ones and others.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use keyfuse::git::{Kind, ObjectId, id_of};

use crate::scratch::Scratch;

const HASH: gix::hash::Kind = gix::hash::Kind::Sha1;

/// A pack on its way: entries with the id that the index gives them.
#[derive(Default)]
pub(crate) struct Builder {
    bytes: Vec<u8>,
    entries: Vec<(ObjectId, u64)>,
}

pub(crate) fn blob_id(content: &[u8]) -> ObjectId {
    id_of(HASH, Kind::Blob, content).expect("no crafted content")
}

pub(crate) fn zlib(data: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).expect("memory takes all");
    encoder.finish().expect("memory takes all")
}

/// Type and size as the header of an entry.
fn header(kind: u8, mut size: u64) -> Vec<u8> {
    let mut bytes = vec![kind << 4 | (size & 0x0f) as u8];
    size >>= 4;
    while size > 0 {
        *bytes.last_mut().expect("one at least") |= 0x80;
        bytes.push((size & 0x7f) as u8);
        size >>= 7;
    }
    bytes
}

/// A number in groups of seven bits, the lowest first.
pub(crate) fn number(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        bytes.push(if value > 0 { low | 0x80 } else { low });
        if value == 0 {
            return bytes;
        }
    }
}

impl Builder {
    /// The entries so far are that many bytes.
    fn offset(&self) -> u64 {
        12 + self.bytes.len() as u64
    }

    /// An entry of any bytes, listed under the id.
    pub(crate) fn raw(&mut self, id: ObjectId, bytes: &[u8]) -> u64 {
        let offset = self.offset();
        self.entries.push((id, offset));
        self.bytes.extend_from_slice(bytes);
        offset
    }

    pub(crate) fn blob(&mut self, content: &[u8]) -> u64 {
        self.stated(content, content.len() as u64)
    }

    /// A blob whose header states another size.
    pub(crate) fn stated(&mut self, content: &[u8], size: u64) -> u64 {
        self.raw(blob_id(content), &[header(3, size), zlib(content)].concat())
    }

    /// A delta to the object of that id.
    pub(crate) fn ref_delta(&mut self, id: ObjectId, base: ObjectId, delta: &[u8]) -> u64 {
        self.raw(id, &[header(7, delta.len() as u64), base.as_slice().to_vec(), zlib(delta)].concat())
    }

    /// A delta to the entry at that offset.
    pub(crate) fn offset_delta(&mut self, id: ObjectId, base: u64, delta: &[u8]) -> u64 {
        let mut distance = self.offset() - base;
        let mut bytes = vec![(distance & 0x7f) as u8];
        distance >>= 7;
        while distance > 0 {
            distance -= 1;
            bytes.push((distance & 0x7f) as u8 | 0x80);
            distance >>= 7;
        }
        bytes.reverse();
        self.raw(id, &[header(6, delta.len() as u64), bytes, zlib(delta)].concat())
    }

    /// The pack, stating so many objects.
    pub(crate) fn pack(&self, count: u32) -> Vec<u8> {
        let mut pack = b"PACK\0\0\0\x02".to_vec();
        pack.extend_from_slice(&count.to_be_bytes());
        pack.extend_from_slice(&self.bytes);
        // The reader compares the checksum with that in the index, and each content is under zlib's own.
        pack.extend_from_slice(&[0xab; 20]);
        pack
    }

    /// Its index, version 2.
    pub(crate) fn index(&self) -> Vec<u8> {
        let mut entries = self.entries.clone();
        entries.sort();
        let mut index = b"\xfftOc\0\0\0\x02".to_vec();
        for byte in 0..=255u8 {
            let count = entries.iter().filter(|(id, _)| id.as_slice()[0] <= byte).count() as u32;
            index.extend_from_slice(&count.to_be_bytes());
        }
        entries.iter().for_each(|(id, _)| index.extend_from_slice(id.as_slice()));
        index.extend(std::iter::repeat_n(0, 4 * entries.len()));
        entries.iter().for_each(|(_, offset)| index.extend_from_slice(&(*offset as u32).to_be_bytes()));
        index.extend_from_slice(&[0xab; 20]);
        index.extend_from_slice(&[0xcd; 20]);
        index
    }

    /// Puts pack and index into a repository.
    pub(crate) fn install(&self, scratch: &Scratch, name: &str) {
        self.install_as(scratch, name, &self.pack(self.entries.len() as u32), Some(&self.index()));
    }

    pub(crate) fn install_as(&self, scratch: &Scratch, name: &str, pack: &[u8], index: Option<&[u8]>) {
        let folder = scratch.root.join(".git/objects/pack");
        std::fs::create_dir_all(&folder).expect("a folder");
        write(&folder.join(format!("pack-{name}.pack")), pack);
        if let Some(index) = index {
            write(&folder.join(format!("pack-{name}.idx")), index);
        }
    }
}

fn write(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).expect("a file");
}
