//! Archives: nested, encrypted, cut, and made to explode.

use std::io::{Cursor, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use keyfuse::source::{ArchiveLimits, Target, TreeOptions};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::collector::{Visit, collect};

const WORD: &str = "a word to look for";

fn gz(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).expect("memory");
    encoder.finish().expect("memory")
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *content).expect("memory");
    }
    builder.into_inner().expect("memory")
}

fn zip(members: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        writer.start_file(*name, SimpleFileOptions::default().compression_method(method)).expect("memory");
        writer.write_all(content).expect("memory");
    }
    writer.finish().expect("memory").into_inner()
}

fn scan(files: &[(&str, &[u8])], archives: ArchiveLimits) -> Visit {
    let directory = tempfile::tempdir().expect("a scratch directory");
    for (name, content) in files {
        std::fs::write(directory.path().join(name), content).expect("a file");
    }
    scan_in(directory.path(), archives)
}

fn scan_in(directory: &Path, archives: ArchiveLimits) -> Visit {
    collect(Target::Tree(TreeOptions { paths: vec![directory.to_owned()], archives, threads: 2, ..Default::default() }))
}

fn noise(length: usize) -> Vec<u8> {
    let mut state = 1u64;
    let step = |_| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as u8
    };
    (0..length).map(step).collect()
}

#[test]
fn members_are_named_and_seen_once() {
    let inner = tar(&[("d/stored.txt", WORD.as_bytes())]);
    let found = scan(
        &[
            ("a.gz", &gz(WORD.as_bytes())),
            ("b.tar", &inner),
            ("c.tgz", &gz(&inner)),
            ("d.zip", &zip(&[("x", WORD.as_bytes())], CompressionMethod::Stored)),
            ("e.jar", &zip(&[("META/c.tar.gz", &gz(&inner))], CompressionMethod::Deflated)),
        ],
        ArchiveLimits::default(),
    );
    for name in ["a.gz!/a", "b.tar!/d/stored.txt", "c.tgz!/c.tar!/d/stored.txt", "d.zip!/x", "e.jar!/META/c.tar.gz!/c.tar!/d/stored.txt"] {
        assert_eq!(found.content(name), WORD.as_bytes(), "{name}");
    }
    assert_eq!(found.count(WORD), 5, "{:?}", found.names());
    assert_eq!(found.unread(), [""; 0]);
}

#[test]
fn large_archives_are_read_as_streams() {
    let filler = noise(3 << 20);
    let members: [(&str, &[u8]); 3] = [("first", &filler), ("dir/second", WORD.as_bytes()), ("third", &filler)];
    let packed = tar(&members);
    let found = scan(
        &[
            ("plain.tar", &packed),
            ("packed.tar.gz", &gz(&packed)),
            ("stored.zip", &zip(&members, CompressionMethod::Stored)),
            ("nested.zip", &zip(&[("in.zip", &zip(&members, CompressionMethod::Deflated))], CompressionMethod::Deflated)),
        ],
        ArchiveLimits::default(),
    );
    for name in ["plain.tar!/", "packed.tar.gz!/packed.tar!/", "stored.zip!/", "nested.zip!/in.zip!/"] {
        assert_eq!(found.content(&format!("{name}dir/second")), WORD.as_bytes());
        let first = found.seen.iter().find(|seen| seen.origin.display() == format!("{name}first")).expect("it came");
        assert!(first.was_stream && first.length == filler.len() as u64, "{name}");
    }
    assert_eq!(found.count(WORD), 4, "the raw bytes do not repeat what the members gave");
    assert_eq!(found.unread(), [""; 0]);
}

#[test]
fn what_lies_outside_the_members_is_looked_at_too() {
    let mut behind = tar(&[("a", b"inside")]);
    behind.extend_from_slice(WORD.as_bytes());
    let found = scan(&[("behind.tar", &behind), ("behind.tgz", &gz(&[&behind[..], &noise(2 << 20)].concat()))], ArchiveLimits::default());
    assert_eq!(found.content("behind.tar!/a"), b"inside");
    let raw = found.seen.iter().find(|seen| seen.origin.display() == "behind.tar").expect("the archive itself comes too");
    assert!(raw.start.ends_with(WORD.as_bytes()), "offsets in the archive stay as they are");
    assert_eq!(raw.start.len(), behind.len());
    assert_eq!(found.count(WORD), 2, "{:?}", found.names());
}

#[test]
fn long_names_come_whole() {
    let long = format!("{}/name", "directory/".repeat(30));
    let long = long.replace("//", "/");
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_pax_extensions([("path", long.as_bytes())]).expect("memory");
    let mut header = tar::Header::new_ustar();
    header.set_size(WORD.len() as u64);
    header.set_path("short").expect("it fits");
    header.set_cksum();
    builder.append(&header, WORD.as_bytes()).expect("memory");
    let pax = builder.into_inner().expect("memory");
    let found = scan(&[("gnu.tar", &tar(&[(&long, WORD.as_bytes())])), ("pax.tar", &pax)], ArchiveLimits::default());
    assert_eq!(found.content(&format!("gnu.tar!/{long}")), WORD.as_bytes());
    assert_eq!(found.content(&format!("pax.tar!/{long}")), WORD.as_bytes());
}

#[test]
fn an_encrypted_member_is_a_gap_and_the_others_are_read() {
    let mut bytes = zip(&[("locked", WORD.as_bytes()), ("open", b"plain")], CompressionMethod::Deflated);
    // The flag says so in the local and in the central header (APPNOTE 4.4.4); the bytes need not be encrypted indeed.
    for (signature, offset) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let at = bytes.windows(4).position(|window| window == signature).expect("a header");
        bytes[at + offset] |= 1;
    }
    let found = scan(&[("a.zip", &bytes)], ArchiveLimits::default());
    assert_eq!(found.content("a.zip!/open"), b"plain");
    assert_eq!(found.unread(), ["a.zip!/locked: encrypted"]);
}

#[test]
fn cut_archives_are_gaps_and_what_came_before_is_read() {
    let long = [WORD.as_bytes(), &noise(200_000)].concat();
    let cut = |bytes: Vec<u8>| bytes[..bytes.len() * 3 / 4].to_vec();
    let found = scan(
        &[
            ("a.gz", &cut(gz(&long))),
            ("b.tar", &cut(tar(&[("one", WORD.as_bytes()), ("two", &long)]))),
            ("c.zip", &cut(zip(&[("one", &long)], CompressionMethod::Deflated))),
            ("d.tar.gz", &cut(gz(&tar(&[("one", &noise(2 << 20)), ("two", &noise(2 << 20))])))),
        ],
        ArchiveLimits::default(),
    );
    let unread = found.unread();
    for name in ["a.gz!/a: ", "b.tar!/two: ", "c.zip: ", "d.tar.gz!/d.tar!/two: "] {
        assert_eq!(unread.iter().filter(|gap| gap.starts_with(name)).count(), 1, "{name} in {unread:?}");
    }
    assert_eq!(unread.len(), 4, "{unread:?}");
    assert!(found.content("a.gz!/a").starts_with(WORD.as_bytes()));
    assert_eq!(found.content("b.tar!/one"), WORD.as_bytes());
}

#[test]
fn forty_deep_ends_at_the_limit() {
    let mut content = WORD.as_bytes().to_vec();
    for level in 0..40 {
        content = match level % 3 {
            0 => gz(&content),
            1 => tar(&[("t", &content)]),
            _ => zip(&[("z", &content)], CompressionMethod::Deflated),
        };
    }
    let found = scan(&[("deep", &content)], ArchiveLimits::default());
    assert_eq!(found.unread().len(), 1, "{:?}", found.unread());
    assert!(found.unread()[0].ends_with(": archives nested more than 8 deep"));
    let found = scan(&[("deep", &content)], ArchiveLimits { depth: 40, ..Default::default() });
    assert_eq!((found.count(WORD), found.unread().len()), (1, 0));
    let found = scan(&[("deep", &content)], ArchiveLimits { depth: 0, ..Default::default() });
    assert_eq!((found.seen.len(), found.unread().len()), (1, 0));
}

/// Writes zeros as a gzip file without holding them.
fn zeros(length: u64) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    std::io::copy(&mut std::io::Read::take(std::io::repeat(0), length), &mut encoder).expect("memory");
    encoder.finish().expect("memory")
}

#[test]
fn bombs_end_in_one_gap() {
    let limits = ArchiveLimits { output: 8 << 20, ratio_from: 1 << 20, ratio: 100, ..Default::default() };
    let layer = zeros(4 << 20);
    let members: Vec<(String, &[u8])> = (0..64).map(|number| (format!("{number}.gz"), &layer[..])).collect();
    let members: Vec<(&str, &[u8])> = members.iter().map(|(name, content)| (name.as_str(), *content)).collect();
    let wide = zip(&members, CompressionMethod::Deflated);
    let start = Instant::now();
    let found = scan(&[("gz", &zeros(64 << 20)), ("wide.zip", &wide), ("twice.gz", &gz(&zeros(64 << 20)))], limits);
    assert!(start.elapsed() < Duration::from_secs(20));
    let unread = found.unread();
    assert_eq!(unread.len(), 3, "{unread:?}");
    for name in ["gz: unfolds to more than 100 times", "wide.zip: unfolds to more than", "twice.gz: unfolds to more than 100 times"] {
        assert!(unread.iter().any(|gap| gap.starts_with(name)), "{name} in {unread:?}");
    }
    let read: u64 = found.seen.iter().map(|seen| seen.length).sum();
    assert!(read < 40 << 20, "{read} bytes were handed over");
    let many = tar(&(0..200).map(|_| ("m", &b"x"[..])).collect::<Vec<_>>());
    let found = scan(&[("many.tar", &many)], ArchiveLimits { members: 100, ..Default::default() });
    assert_eq!(found.unread(), ["many.tar: an archive of more than 100 members, read up to there"]);
}

#[test]
fn a_name_too_long_to_be_true_takes_no_memory() {
    // A GNU long name of 600 MiB, as a gzip of zeros.
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::GNULongName);
    header.set_size(600 << 20);
    header.set_path("././@LongLink").expect("it fits");
    header.set_cksum();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(header.as_bytes()).expect("memory");
    std::io::copy(&mut std::io::Read::take(std::io::repeat(0), 64 << 20), &mut encoder).expect("memory");
    let found = scan(&[("a.tgz", &encoder.finish().expect("memory"))], ArchiveLimits::default());
    assert_eq!(found.unread(), ["a.tgz!/a.tar: cut off"]);
}

#[test]
fn damaged_headers_do_not_stop_the_run() {
    let good = zip(&[("a", WORD.as_bytes())], CompressionMethod::Deflated);
    let mut random = Vec::new();
    for seed in 0..200usize {
        let mut bytes = [good.clone(), tar(&[("t", WORD.as_bytes())]), gz(WORD.as_bytes())][seed % 3].clone();
        let at = seed.wrapping_mul(2654435761) % bytes.len();
        bytes[at] ^= 1 << (seed % 8);
        random.push((format!("{seed}"), bytes));
    }
    let files: Vec<(&str, &[u8])> = random.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
    let found = scan(&files, ArchiveLimits::default());
    assert!(found.seen.len() >= 200);
}

#[test]
fn formats_that_are_not_opened_are_named() {
    let found = scan(&[("a.xz", b"\xfd7zXZ\0rest"), ("b.zst", b"\x28\xb5\x2f\xfdrest")], ArchiveLimits::default());
    assert_eq!(found.out_of_scope(), ["a.xz: xz archives are not opened", "b.zst: zstd archives are not opened"]);
}
