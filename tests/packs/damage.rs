//! One kind of damage a test: it is named with its object, and what is sound beside it is read.

use std::path::Path;

use keyfuse::git::ObjectId;
use keyfuse::source::Target;
use keyfuse::sweep::{History, HistoryOptions};

use super::builder::{Builder, blob_id, number, zlib};
use crate::scratch::Scratch;
use crate::source::collector::{Visit, collect};

const SOUND: &[u8] = b"what is sound";
const BASE: &[u8] = b"0123456789";

pub(super) fn sweep(dir: &Path) -> Visit {
    collect(Target::Custom(Box::new(History::new(HistoryOptions { dir: dir.to_owned(), threads: 2, ..HistoryOptions::default() }))))
}

/// A delta for a base of ten bytes: copy from `from` so many.
fn copy(from: u8, length: u8, result: u64) -> Vec<u8> {
    [number(10), number(result), vec![0x91, from, length]].concat()
}

/// What a pack gives that holds something sound besides; the sound part comes in any case.
fn with(build: impl FnOnce(&mut Builder)) -> Visit {
    let (scratch, mut builder) = (Scratch::new(), Builder::default());
    builder.blob(SOUND);
    build(&mut builder);
    builder.install(&scratch, "x");
    let found = sweep(&scratch.root);
    assert_eq!(found.count("what is sound"), 1, "{:?}", found.unread());
    found
}

/// The one thing that was not read: the object, and why.
fn one_gap(found: &Visit, id: ObjectId) -> String {
    let unread = found.unread();
    assert_eq!(unread.len(), 1, "{unread:?}");
    let why = unread[0].strip_prefix(&format!("object {id}: "));
    why.unwrap_or_else(|| panic!("{unread:?} does not name {id}")).to_owned()
}

#[test]
fn deltas_of_both_kinds_are_read() {
    let (one, two) = (blob_id(b"2345"), blob_id(b"3456"));
    let found = with(|pack| {
        let base = pack.blob(BASE);
        pack.offset_delta(one, base, &copy(2, 4, 4));
        pack.ref_delta(two, blob_id(BASE), &copy(3, 4, 4));
    });
    assert_eq!(found.unread(), [""; 0]);
    assert_eq!((found.count("2345"), found.count("3456")), (2, 2));
}

#[test]
fn a_base_may_lie_in_another_pack_or_loose() {
    let (scratch, mut here, mut there) = (Scratch::new(), Builder::default(), Builder::default());
    scratch.write("loose", "abcdefghij");
    scratch.git(&["add", "-A"]);
    here.blob(BASE);
    here.install(&scratch, "a");
    there.ref_delta(blob_id(b"2345"), blob_id(BASE), &copy(2, 4, 4));
    there.ref_delta(blob_id(b"bcde"), blob_id(b"abcdefghij"), &copy(1, 4, 4));
    there.install(&scratch, "b");
    let found = sweep(&scratch.root);
    assert_eq!(found.unread(), [""; 0]);
    assert_eq!((found.count("2345"), found.count("bcde")), (2, 2));
}

#[test]
fn deltas_that_lie_are_named() {
    let id = blob_id(b"never seen");
    for (delta, why) in [
        (copy(8, 4, 4), "copies from beyond the end of its base"),
        (copy(2, 4, 5), "more or fewer than the 5 bytes"),
        ([number(9), number(4), vec![0x91, 0, 4]].concat(), "a base of 9 bytes"),
        ([number(10), number(1), vec![0]].concat(), "undefined instruction"),
        ([number(10), number(9), vec![9, b'x']].concat(), "breaks off"),
        ([number(10), number(1 << 40), vec![0x91, 0, 4]].concat(), "more than the limit"),
        (vec![0xff; 20], "breaks off"),
    ] {
        let found = with(|pack| {
            let base = pack.blob(BASE);
            pack.offset_delta(id, base, &delta);
        });
        let told = one_gap(&found, id);
        assert!(told.contains(why), "{told:?} for {why:?}");
    }
}

#[test]
fn a_circle_of_deltas_ends() {
    let (one, two) = (blob_id(b"one"), blob_id(b"two"));
    let found = with(|pack| {
        pack.ref_delta(one, two, &copy(0, 4, 4));
        pack.ref_delta(two, one, &copy(0, 4, 4));
    });
    let unread = found.unread();
    assert_eq!(unread.len(), 2, "{unread:?}");
    assert!(unread.iter().all(|gap| gap.ends_with("its delta leads back to itself")), "{unread:?}");
}

#[test]
fn a_base_that_is_nowhere_is_named_and_all_that_builds_on_it() {
    let (one, two, nowhere) = (blob_id(b"one"), blob_id(b"two"), blob_id(b"nowhere"));
    let found = with(|pack| {
        let offset = pack.ref_delta(one, nowhere, &copy(0, 4, 4));
        pack.offset_delta(two, offset, &copy(0, 4, 4));
    });
    let unread = found.unread().join("\n");
    assert!(unread.contains(&format!("object {one}: the object {nowhere} that its delta builds on is missing")), "{unread}");
    assert!(unread.contains(&format!("object {two}: the object that its delta builds on cannot be read")), "{unread}");
}

#[test]
fn sizes_that_lie_take_no_memory() {
    for (size, why) in [
        (3, "holds more or fewer"),
        (40, "holds more or fewer"),
        (1 << 29, "more than its compressed data can hold"),
        (1 << 50, "more than the limit"),
    ] {
        let found = with(|pack| {
            pack.stated(b"some content", size);
        });
        let told = one_gap(&found, blob_id(b"some content"));
        assert!(told.contains(why), "{told:?} for {size}");
    }
}

#[test]
fn entries_that_are_none_are_named() {
    let id = blob_id(b"x");
    for (bytes, why) in [
        (vec![0x50, 0], "its kind 5"),
        (vec![0x00, 0], "its kind 0"),
        (vec![0x31, 0xff, 0xff], "compressed data"),
        ([vec![0x3f | 0x80], vec![0xff; 12]].concat(), "header in the pack"),
        ([vec![0x61, 0x05], zlib(b"x")].concat(), "points to no entry"),
        ([vec![0x61, 0x00], zlib(b"x")].concat(), "points to no entry"),
    ] {
        let found = with(|pack| {
            pack.raw(id, &bytes);
        });
        let told = one_gap(&found, id);
        assert!(told.contains(why), "{told:?} for {why:?}");
    }
}

#[test]
fn what_no_index_covers_is_told() {
    let found = with(|pack| {
        pack.blob(b"covered");
        let hidden = zlib(b"a content that the index does not name");
        pack.raw(blob_id(b"y"), &[vec![0x31], zlib(b"y"), hidden].concat());
    });
    let unread = found.unread();
    assert!(unread.len() == 1 && unread[0].contains("that no entry of the index covers"), "{unread:?}");
}

#[test]
fn a_pack_without_a_sound_index_is_read_from_its_beginning() {
    let mut builder = Builder::default();
    let base = builder.blob(BASE);
    builder.offset_delta(blob_id(b"2345"), base, &copy(2, 4, 4));
    builder.ref_delta(blob_id(b"4567"), blob_id(BASE), &copy(4, 4, 4));
    builder.ref_delta(blob_id(b"56"), blob_id(b"4567"), &[number(4), number(2), vec![0x91, 1, 2]].concat());
    let (pack, sound) = (builder.pack(4), builder.index());
    let mut other = sound.clone();
    let checksum = other.len() - 40;
    other[checksum] ^= 1;
    let mut doubled = sound.clone();
    let offsets = doubled.len() - 40 - 4 * 4;
    doubled.copy_within(offsets..offsets + 4, offsets + 4);
    let mut falling = sound.clone();
    falling[8..12].copy_from_slice(&[0xff; 4]);
    let mut two_to_31 = sound.clone();
    two_to_31[8 + 255 * 4..8 + 256 * 4].copy_from_slice(&0x8000_0000u32.to_be_bytes());
    for (index, why) in [
        (None, "o such file"),
        (Some(&sound[..sound.len() - 50]), "too short for the 4 objects"),
        (Some(&other[..]), "made for another pack"),
        (Some(&doubled[..]), "two objects the same place"),
        (Some(&falling[..]), "goes down"),
        (Some(&two_to_31[..]), "too short for the 2147483648 objects"),
        (Some(&b""[..]), "without its table of counts"),
    ] {
        let scratch = Scratch::new();
        builder.install_as(&scratch, "x", &pack, index);
        let found = sweep(&scratch.root);
        let unread = found.unread();
        assert!(unread.iter().any(|gap| gap.contains(why) && gap.contains("read from its beginning instead")), "{why}: {unread:?}");
        assert_eq!(["0123456789", "2345", "4567", "56"].map(|text| found.count(text)), [1, 2, 2, 3], "{why}: {unread:?}");
    }
}

#[test]
fn an_index_that_points_outside_is_no_way_out() {
    let mut builder = Builder::default();
    builder.blob(SOUND);
    builder.blob(BASE);
    let mut index = builder.index();
    let offsets = index.len() - 40 - 2 * 4;
    index[offsets..offsets + 4].copy_from_slice(&0x7fff_fff0u32.to_be_bytes());
    let scratch = Scratch::new();
    builder.install_as(&scratch, "x", &builder.pack(2), Some(&index));
    let found = sweep(&scratch.root);
    assert!(found.unread().iter().any(|gap| gap.contains("lies outside its pack")), "{:?}", found.unread());
    index[offsets..offsets + 4].copy_from_slice(&0xffff_fff0u32.to_be_bytes());
    builder.install_as(&scratch, "x", &builder.pack(2), Some(&index));
    let found = sweep(&scratch.root);
    assert!(found.unread().iter().any(|gap| gap.contains("outside its own table")), "{:?}", found.unread());
    assert_eq!(found.count("what is sound"), 1);
}

#[test]
fn a_pack_that_is_cut_off_is_read_as_far_as_it_goes() {
    let mut builder = Builder::default();
    builder.blob(SOUND);
    builder.blob(&BASE.repeat(50));
    let pack = builder.pack(2);
    let scratch = Scratch::new();
    builder.install_as(&scratch, "x", &pack[..pack.len() - 30], Some(&builder.index()));
    let found = sweep(&scratch.root);
    assert_eq!(found.count("what is sound"), 1, "{:?}", found.unread());
    assert!(found.unread().iter().any(|gap| gap.contains("breaks off after 1 of 2 objects")), "{:?}", found.unread());
    builder.install_as(&scratch, "x", &builder.pack(0x8000_0000), None);
    let found = sweep(&scratch.root);
    assert_eq!(found.count("what is sound"), 1, "{:?}", found.unread());
    assert!(found.unread().iter().any(|gap| gap.contains("breaks off after 2 of 2147483648 objects")), "{:?}", found.unread());
    for nothing in [&b""[..], b"PACK", &[0; 64]] {
        builder.install_as(&scratch, "x", nothing, Some(&builder.index()));
        assert!(!sweep(&scratch.root).unread().is_empty());
    }
}

#[test]
fn loose_objects_that_lie_are_named() {
    let scratch = Scratch::new();
    for (number, (bytes, why)) in [
        (b"no zlib stream".to_vec(), "compressed data is damaged"),
        (zlib(b"blob 5\0abc"), "more or fewer"),
        (zlib(b"blob 2\0abc"), "more or fewer"),
        (zlib(b"blob 99999999999999\0abc"), "more than the limit"),
        (zlib(b"thing 3\0abc"), "header is damaged"),
        (zlib(b"blob +3\0abc"), "header is damaged"),
        (zlib(b"blob 3 abc and no end of it all"), "header is damaged"),
        (zlib(b""), "damaged"),
        (Vec::new(), "damaged"),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("{number:040x}");
        let folder = scratch.root.join(".git/objects").join(&id[..2]);
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join(&id[2..]), bytes).expect("a file");
        let found = sweep(&scratch.root);
        let told: Vec<_> = found.unread().into_iter().filter(|gap| gap.starts_with(&format!("object {id}: "))).collect();
        assert!(told.len() == 1 && told[0].contains(why), "{why}: {told:?}");
    }
}

/// An index may give one id to two contents: neither may hide the other.
#[test]
fn a_twin_under_a_false_id_is_looked_at() {
    let (scratch, mut honest, mut twin) = (Scratch::new(), Builder::default(), Builder::default());
    honest.blob(SOUND);
    honest.install(&scratch, "a");
    twin.raw(blob_id(SOUND), &[vec![0x3b], zlib(b"hidden twin")].concat());
    twin.install(&scratch, "b");
    let found = sweep(&scratch.root);
    assert_eq!((found.count("what is sound"), found.count("hidden twin")), (1, 1), "{:?}", found.unread());
    assert!(found.unread().iter().any(|gap| gap.contains("its bytes do not give its id")), "{:?}", found.unread());
}

#[test]
fn alternates_that_lead_nowhere_or_in_a_circle_are_told() {
    let (scratch, lender) = (Scratch::new(), Scratch::new());
    lender.write("a", "a borrowed content");
    lender.commit("x");
    let info = |of: &Scratch, text: String| {
        let file = of.root.join(".git/objects/info/alternates");
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(file, text).expect("a file");
    };
    let objects = |of: &Scratch| of.root.join(".git/objects").display().to_string();
    info(&lender, format!("{}\n", objects(&scratch)));
    info(&scratch, format!("# a comment\n\"{}\"\n/nowhere/at/all\n", objects(&lender)));
    let found = sweep(&scratch.root);
    assert_eq!(found.count("a borrowed content"), 1);
    let unread = found.unread();
    assert!(unread.len() == 1 && unread[0].starts_with("/nowhere/at/all: "), "{unread:?}");
}
