//! Indexes, of one pack or of several.

use super::dice::{Dice, few};
use crate::git::mapped::Mapped;
use crate::git::multi_pack_index::MultiPackIndex;
use crate::git::pack_index::PackIndex;

const HASH: gix::hash::Kind = gix::hash::Kind::Sha1;

/// Reads the bytes as an index and asks it everything.
pub(super) fn read(input: &[u8]) -> String {
    if input.starts_with(b"MIDX") { several(input) } else { one(input) }
}

fn one(input: &[u8]) -> String {
    let index = match PackIndex::new(Mapped::from(input.to_vec()), HASH) {
        Ok(index) => index,
        Err(error) => return error.to_string(),
    };
    assert!(index.len() * 20 <= input.len(), "more objects than bytes");
    assert_eq!(index.pack_checksum().len(), 20);
    let (mut sorted, mut found, mut inside) = (true, 0, 0);
    for place in 0..index.len() {
        let id = index.id(place).to_vec();
        sorted &= place == 0 || index.id(place - 1) < id.as_slice();
        if let Some(other) = index.find(&id) {
            assert_eq!(index.id(other), id, "another object was found");
            found += 1;
        }
        inside += usize::from(index.offset(place).is_some());
    }
    for id in [[0; 20], [0xff; 20], [0x80; 20]] {
        assert!(index.find(&id).is_none_or(|place| index.id(place) == id));
    }
    // Counts that are true and ids in order: then each is found.
    let bounds = |place: usize| index.id(place)[0];
    let is_true = (0..index.len()).all(|place| {
        let fan = if input.starts_with(&[0xff, b't', b'O', b'c']) { 8 } else { 0 };
        let count = |byte: u8| {
            let at = fan + 4 * usize::from(byte);
            u32::from_be_bytes(input[at..at + 4].try_into().expect("four bytes")) as usize
        };
        place < count(bounds(place)) && (bounds(place) == 0 || place >= count(bounds(place) - 1))
    });
    assert!(!(sorted && is_true) || found == index.len(), "{found} of {} are found", index.len());
    let all = |count: usize| {
        if count == index.len() {
            "all"
        } else if count == 0 {
            "none"
        } else {
            "some"
        }
    };
    format!("one sorted {sorted} true {is_true} found {} inside {} count {}", all(found), all(inside), few(index.len()))
}

fn several(input: &[u8]) -> String {
    let index = match MultiPackIndex::new(Mapped::from(input.to_vec()), HASH) {
        Ok(index) => index,
        Err(error) => return error.to_string(),
    };
    assert!(index.len() * 28 <= input.len() && index.packs().len() <= input.len());
    let mut inside = 0;
    for place in 0..index.len() {
        if let Some((_, pack, _)) = index.object(place) {
            assert!(pack < index.packs().len());
            inside += 1;
        }
    }
    assert_eq!(index.object(index.len()), None);
    let all = if inside == index.len() { "all" } else { "some" };
    format!("several sound {} inside {all} packs {} count {}", index.is_sound(), few(index.packs().len()), few(index.len()))
}

/// A sound index of a few objects.
pub(super) fn make(dice: &mut Dice) -> Vec<u8> {
    let mut ids: Vec<Vec<u8>> = (0..dice.below(12)).map(|_| dice.bytes(20)).collect();
    if dice.is_one_of(3) {
        ids.iter_mut().for_each(|id| id[0] = 0x42);
    }
    ids.sort();
    let fan = (0..=255u8).flat_map(|byte| (ids.iter().filter(|id| id[0] <= byte).count() as u32).to_be_bytes()).collect::<Vec<u8>>();
    let large: Vec<u64> = (0..dice.below(3)).map(|_| dice.next() >> 20).collect();
    let mut offset = |_| {
        let narrow = dice.next() as u32 >> 2;
        if !large.is_empty() && narrow & 1 == 0 { 0x8000_0000 | narrow % large.len() as u32 } else { narrow }
    };
    let offsets: Vec<u32> = ids.iter().map(&mut offset).collect();
    let large_bytes: Vec<u8> = large.iter().flat_map(|offset| offset.to_be_bytes()).collect();
    let mut made = match dice.below(3) {
        0 => {
            let entries = ids.iter().zip(&offsets).flat_map(|(id, offset)| [&offset.to_be_bytes()[..], id].concat());
            [fan, entries.collect()].concat()
        }
        1 => {
            let narrow = offsets.iter().flat_map(|offset| offset.to_be_bytes()).collect();
            let sums = vec![0; 4 * ids.len()];
            [b"\xfftOc\0\0\0\x02".to_vec(), fan, ids.concat(), sums, narrow, large_bytes].concat()
        }
        _ => return several_of(dice, &ids, fan, &offsets, large_bytes),
    };
    made.extend([0xab; 40]);
    made
}

fn several_of(dice: &mut Dice, ids: &[Vec<u8>], fan: Vec<u8>, offsets: &[u32], large: Vec<u8>) -> Vec<u8> {
    let packs = 1 + dice.below(3);
    let mut names: Vec<u8> = (0..packs).flat_map(|pack| format!("pack-{pack}.idx\0").into_bytes()).collect();
    names.resize(names.len().next_multiple_of(4), 0);
    let places = offsets.iter().flat_map(|offset| [(dice.below(packs) as u32).to_be_bytes(), offset.to_be_bytes()].concat()).collect();
    let mut chunks: Vec<(&[u8], Vec<u8>)> = vec![(b"PNAM", names), (b"OIDF", fan), (b"OIDL", ids.concat()), (b"OOFF", places)];
    if !large.is_empty() {
        chunks.push((b"LOFF", large));
    }
    let mut file = b"MIDX\x01\x01".to_vec();
    file.extend([chunks.len() as u8, 0]);
    file.extend((packs as u32).to_be_bytes());
    let mut at = (12 + 12 * (chunks.len() + 1)) as u64;
    for (name, data) in chunks.iter().chain([&(&[0; 4][..], Vec::new())]) {
        file.extend(*name);
        file.extend(at.to_be_bytes());
        at += data.len() as u64;
    }
    chunks.iter().for_each(|(_, data)| file.extend(data));
    let mut hasher = gix::hash::hasher(HASH);
    hasher.update(&file);
    file.extend(hasher.try_finalize().expect("no crafted content").as_slice());
    file
}
