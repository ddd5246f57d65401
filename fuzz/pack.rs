//! Entries of packs, deltas, loose objects, with packs of them.

use std::collections::BTreeSet;
use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::dice::{Dice, few};
use super::tree::{check, number};
use crate::git::damage::Damage;
use crate::git::delta::{self, Step};
use crate::git::delta_tree::{Packed, Walk, Walker};
use crate::git::inflate::Inflater;
use crate::git::loose;
use crate::git::pack_entry::PackEntry;
use crate::git::{Kind, ObjectId, ObjectStore, Pack, id_of};

const HASH: gix::hash::Kind = gix::hash::Kind::Sha1;

/// Reads the bytes as an entry, as a loose object, or as a pack where they begin as one.
pub(super) fn read_entry(input: &[u8]) -> String {
    if input.starts_with(b"PACK") { pack(input) } else { entry(input) }
}

fn entry(input: &[u8]) -> String {
    let (mut inflater, mut out) = (Inflater::new(), Vec::new());
    let loose = match loose::parse(input, &mut inflater, &mut out) {
        Ok(kind) => return format!("loose {kind} of {} bytes", few(out.len())),
        Err(damage) => damage,
    };
    assert!(out.capacity() <= 2048 + 1100 * input.len(), "memory for a size that lies");
    let entry = match PackEntry::parse(input, HASH) {
        Ok(entry) => entry,
        Err(damage) => return format!("{loose}; {damage}"),
    };
    assert!(entry.header <= input.len() && entry.header > 0);
    match inflater.inflate(&input[entry.header..], entry.size, &mut out) {
        Ok(read) => {
            assert!(out.len() as u64 == entry.size && entry.header + read <= input.len());
            let holds = format!("{:?}", entry.holds);
            format!("entry {} tight {}", holds.split('(').next().expect("a name"), entry.header + read == input.len())
        }
        Err(damage) => {
            assert!(out.capacity() <= 2048 + 1100 * input.len(), "memory for a size that lies");
            let holds = format!("{:?}", entry.holds);
            format!("entry {} {damage}", holds.split('(').next().expect("a name"))
        }
    }
}

/// Collects what a walk through deltas tells.
#[derive(Default)]
struct Told {
    contents: Vec<(u32, Vec<u8>)>,
    damaged: Vec<(u32, Damage)>,
    surplus: usize,
}

impl Walker for Told {
    type State = u32;

    fn base(&mut self, object: Packed, content: &mut [u8]) -> u32 {
        self.contents.push((object.number, content.to_vec()));
        object.number
    }

    fn delta(&mut self, object: Packed, content: &mut [u8], steps: &[Step], base: &[u8], state: &u32) -> u32 {
        check(steps, base, content);
        assert!(self.contents.iter().any(|(number, known)| number == state && known == base), "made from something else");
        self.base(object, content)
    }

    fn damaged(&mut self, object: Packed, damage: Damage) {
        self.damaged.push((object.number, damage));
    }

    fn surplus(&mut self, _object: Packed) {
        self.surplus += 1;
    }
}

fn pack(input: &[u8]) -> String {
    let pack = match Pack::in_memory(input.to_vec(), HASH) {
        Ok(pack) => pack,
        Err(error) => return error.to_string(),
    };
    assert!(pack.len() <= input.len());
    let mut answers: BTreeSet<String> = pack.problems.iter().cloned().collect();
    let store = ObjectStore::of_pack(pack, HASH);
    let (pack, forest) = (&store.packs()[0], store.forest(0));
    let (mut walk, mut told) = (Walk::new(&store), Told::default());
    for kind in [Kind::Commit, Kind::Tree, Kind::Blob, Kind::Tag] {
        for number in forest.roots(kind) {
            walk.tree(Packed { pack: 0, number }, &mut told);
        }
    }
    told.damaged.extend(forest.damaged().iter().cloned());
    // Each entry comes once, sound or damaged, and alone as on the walk.
    let mut all: Vec<u32> = told.contents.iter().map(|(number, _)| *number).chain(told.damaged.iter().map(|(number, _)| *number)).collect();
    all.sort_unstable();
    assert_eq!(all, (0..pack.len() as u32).collect::<Vec<_>>(), "entries that come twice or not at all");
    let mut out = Vec::new();
    for (number, content) in &told.contents {
        let kind = store.read_entry(0, *number, &mut out).expect("the walk read it");
        assert_eq!((Some(kind), &out), (forest.kind(*number), content));
        let id = pack.id(*number);
        assert!(id.is_null() || id_of(HASH, kind, content) == Some(id), "an id that is not that of the content");
    }
    for (number, damage) in &told.damaged {
        assert!(store.read_entry(0, *number, &mut out).is_err(), "damaged on the walk alone");
        answers.insert(damage.to_string());
    }
    if told.surplus > 0 {
        answers.insert("surplus".to_owned());
    }
    let answers: Vec<String> = answers.into_iter().collect();
    let (sound, damaged) = (few(told.contents.len()), few(told.damaged.len()));
    format!("pack {} sound {sound} damaged {damaged}; {}", few(pack.len()), answers.join("; "))
}

/// The input is a length, a base of that length, and a delta.
pub(super) fn read_delta(input: &[u8]) -> String {
    let Some((length, rest)) = input.split_first_chunk::<2>() else { return "nothing".to_owned() };
    let (base, packed) = rest.split_at(rest.len().min(usize::from(u16::from_be_bytes(*length))));
    let (mut out, mut steps) = (Vec::new(), Vec::new());
    match delta::apply(base, packed, &mut out, &mut steps) {
        Ok(()) => {
            check(&steps, base, &out);
            assert_eq!(Some(&out), plain(base, packed).as_ref(), "another reader makes something else of it");
            let copies = steps.iter().filter(|step| step.from.is_some()).count();
            format!("copies {} inserts {} of {}", few(copies), few(steps.len() - copies), few(out.len()))
        }
        Err(damage) => {
            assert!(out.capacity() <= 0xff_ffff * (packed.len() + 1), "memory for a size that lies");
            assert_eq!(plain(base, packed), None, "{damage}, and another reader takes it");
            damage.to_string()
        }
    }
}

/// Deltas read the plain way, by the words of gitformat-pack.
fn plain(base: &[u8], packed: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = packed.iter().copied();
    let mut size = || {
        let (mut value, mut shift) = (0u128, 0);
        loop {
            let byte = bytes.next()?;
            value |= u128::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                return Some(value);
            }
            if shift > 63 {
                return None;
            }
        }
    };
    let (before, after) = (size()?, size()?);
    let mut out = Vec::new();
    while let Some(instruction) = bytes.next() {
        if instruction >= 0x80 {
            let mut word = [0u8; 8];
            for (bit, byte) in word.iter_mut().enumerate().take(7) {
                if instruction >> bit & 1 == 1 {
                    *byte = bytes.next()?;
                }
            }
            let from = u32::from_le_bytes([word[0], word[1], word[2], word[3]]) as usize;
            let length = u32::from_le_bytes([word[4], word[5], word[6], 0]) as usize;
            out.extend(base.get(from..from.checked_add(if length == 0 { 0x1_0000 } else { length })?)?);
        } else {
            let new: Vec<u8> = bytes.by_ref().take(usize::from(instruction)).collect();
            if new.is_empty() || new.len() < usize::from(instruction) {
                return None;
            }
            out.extend(new);
        }
        if out.len() as u128 > after {
            return None;
        }
    }
    (before == base.len() as u128 && after == out.len() as u128).then_some(out)
}

fn zlib(data: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(data).expect("memory takes all");
    encoder.finish().expect("memory takes all")
}

fn header(kind: u8, size: usize) -> Vec<u8> {
    let mut bytes = vec![kind << 4 | (size & 0x0f) as u8];
    if size >> 4 > 0 {
        bytes[0] |= 0x80;
        bytes.extend(number(size >> 4));
    }
    bytes
}

/// A base with a delta to it.
fn make_parts(dice: &mut Dice, base: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (mut packed, mut made) = (Vec::new(), Vec::new());
    for _ in 0..1 + dice.below(5) {
        if base.is_empty() || dice.is_one_of(3) {
            let new = b"new text"[..1 + dice.below(7)].to_vec();
            packed.push(new.len() as u8);
            packed.extend(&new);
            made.extend(new);
        } else {
            let from = dice.below(base.len());
            let length = 1 + dice.below((base.len() - from).min(0xffff));
            packed.extend([0xb3, from as u8, (from >> 8) as u8, length as u8, (length >> 8) as u8]);
            made.extend_from_slice(&base[from..from + length]);
        }
    }
    ([number(base.len()), number(made.len()), packed].concat(), made)
}

/// A base and a delta to it, as [`read_delta`] takes them.
pub(super) fn make_delta(dice: &mut Dice) -> Vec<u8> {
    let length = dice.below(60);
    let base = dice.bytes(length);
    let (packed, _) = make_parts(dice, &base);
    [&(base.len() as u16).to_be_bytes()[..], &base, &packed].concat()
}

/// An entry, a loose object, or a pack with chains of both kinds of deltas.
pub(super) fn make_entry(dice: &mut Dice) -> Vec<u8> {
    let length = dice.below(40);
    let text = dice.bytes(length);
    match dice.below(4) {
        0 => [header(1 + dice.below(4) as u8, text.len()), zlib(&text)].concat(),
        1 => zlib(&[format!("blob {}\0", text.len()).into_bytes(), text].concat()),
        _ => make_pack(dice, text),
    }
}

fn make_pack(dice: &mut Dice, text: Vec<u8>) -> Vec<u8> {
    let id = |kind, content: &[u8]| id_of(HASH, kind, content).expect("no crafted content");
    let mut entries: Vec<(usize, ObjectId, Vec<u8>)> = Vec::new();
    let mut body = Vec::new();
    for number in 0..1 + dice.below(5) {
        let at = 12 + body.len();
        let content = if number == 0 || dice.is_one_of(4) {
            let content = [&text[..], &[number as u8]].concat();
            body.extend([header(3, content.len()), zlib(&content)].concat());
            content
        } else {
            let (base_at, base_id, base) = &entries[dice.below(entries.len())];
            let (packed, content) = make_parts(dice, base);
            let way = if dice.is_one_of(2) {
                let distance = at - base_at;
                let back =
                    if distance < 0x80 { vec![distance as u8] } else { vec![0x80 | ((distance >> 7) - 1) as u8, distance as u8 & 0x7f] };
                [header(6, packed.len()), back].concat()
            } else {
                [header(7, packed.len()), base_id.as_slice().to_vec()].concat()
            };
            body.extend([way, zlib(&packed)].concat());
            content
        };
        entries.push((at, id(Kind::Blob, &content), content));
    }
    [b"PACK\0\0\0\x02", &(entries.len() as u32).to_be_bytes()[..], &body, &[0xab; 20]].concat()
}
