//! The index of several packs at once: believed where packs have no other, compared where they have.

use std::fs;
use std::path::PathBuf;

use super::damage::sweep;
use crate::scratch::{Scratch, command};

/// A repository in two packs, which share objects; and its folder of packs.
fn packed() -> (Scratch, PathBuf) {
    let scratch = Scratch::new();
    let text: String = (0..200).map(|line| format!("line {line} of a long text\n")).collect();
    scratch.write("a", format!("{text}the first version"));
    scratch.write("shared", "in both packs");
    scratch.commit("one");
    scratch.git(&["repack", "-q", "-a", "-d"]);
    scratch.write("a", format!("{text}the second version"));
    scratch.commit("two");
    // The second pack holds all, what lies in the first too.
    let ids = scratch.git(&["rev-list", "--objects", "--no-object-names", "--all"]);
    pack_by_hand(&scratch, &ids);
    scratch.git(&["prune-packed", "-q"]);
    let found = packs(&scratch, "pack");
    assert_eq!(found.len(), 2);
    let folder = found[0].parent().expect("a folder").to_owned();
    (scratch, folder)
}

fn pack_by_hand(scratch: &Scratch, ids: &str) {
    use std::io::Write;
    let base = scratch.root.join(".git/objects/pack/pack");
    let mut git = command(&scratch.root, &["pack-objects", "-q", &base.display().to_string()], &[])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("git runs");
    writeln!(git.stdin.take().expect("piped"), "{ids}").expect("git listens");
    assert!(git.wait().expect("git ends").success());
}

fn packs(scratch: &Scratch, extension: &str) -> Vec<PathBuf> {
    let listing = fs::read_dir(scratch.root.join(".git/objects/pack")).expect("a folder");
    let mut found: Vec<PathBuf> =
        listing.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|own| own == extension)).collect();
    found.sort();
    found
}

fn take_indexes(scratch: &Scratch) {
    packs(scratch, "idx").iter().chain(&packs(scratch, "rev")).for_each(|path| fs::remove_file(path).expect("it is ours"));
}

const TEXTS: [&str; 3] = ["the first version", "the second version", "in both packs"];

#[test]
fn packs_are_read_by_an_index_of_several() {
    let (scratch, folder) = packed();
    let counts = |found: &crate::source::collector::Visit| TEXTS.map(|text| found.count(text));
    let before = sweep(&scratch.root);
    assert_eq!((counts(&before), before.unread().len()), ([1, 1, 1], 0), "{:?}", before.unread());
    scratch.git(&["multi-pack-index", "write"]);
    assert!(folder.join("multi-pack-index").is_file());
    let both = sweep(&scratch.root);
    assert_eq!((counts(&both), both.unread().len(), both.coverage.blobs), ([1, 1, 1], 0, before.coverage.blobs), "{:?}", both.unread());
    take_indexes(&scratch);
    let alone = sweep(&scratch.root);
    assert_eq!((counts(&alone), alone.unread().len(), alone.coverage.blobs), ([1, 1, 1], 0, before.coverage.blobs), "{:?}", alone.unread());
    assert_eq!(alone.names(), before.names(), "the same objects under the same ids");
}

#[test]
fn an_index_of_several_that_lies_is_named() {
    let (scratch, folder) = packed();
    scratch.git(&["multi-pack-index", "write"]);
    let file = folder.join("multi-pack-index");
    let sound = fs::read(&file).expect("a file");
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o644)).expect("it is ours");
    let offsets = sound.windows(4).position(|name| name == b"OOFF").expect("a chunk");
    let offsets = u64::from_be_bytes(sound[offsets + 4..offsets + 12].try_into().expect("eight bytes")) as usize;
    let changed = |place: usize| {
        let mut bytes = sound.clone();
        bytes[place] ^= 1;
        bytes
    };
    // With the packs' own indexes nothing is lost, and the lie is told.
    for (bytes, why) in [
        (changed(offsets + 7), "says of 1 objects what their packs do not"),
        (changed(offsets + 2), "says of 1 objects what their packs do not"),
        (sound[..sound.len() / 2].to_vec(), "table of chunks is damaged"),
        (b"MIDX".to_vec(), "not a multi-pack-index"),
        (Vec::new(), "not a multi-pack-index"),
    ] {
        fs::write(&file, bytes).expect("a file");
        let found = sweep(&scratch.root);
        assert_eq!(TEXTS.map(|text| found.count(text)), [1, 1, 1], "{why}");
        let unread = found.unread();
        assert!(unread.len() == 1 && unread[0].contains("multi-pack-index") && unread[0].contains(why), "{unread:?}");
    }
    // Without them it is not believed, and the packs are read from their beginnings.
    take_indexes(&scratch);
    fs::write(&file, changed(offsets + 7)).expect("a file");
    let found = sweep(&scratch.root);
    assert_eq!(TEXTS.map(|text| found.count(text)), [1, 1, 1]);
    assert!(found.unread().iter().filter(|gap| gap.contains("read from its beginning instead")).count() == 2, "{:?}", found.unread());
}

#[test]
fn a_pack_that_an_index_of_several_names_and_that_is_gone_is_told() {
    let (scratch, _) = packed();
    scratch.git(&["multi-pack-index", "write"]);
    // The second pack holds all.
    let largest = packs(&scratch, "pack").into_iter().max_by_key(|path| fs::metadata(path).expect("a file").len()).expect("two");
    for path in packs(&scratch, "pack").into_iter().filter(|path| *path != largest) {
        for extension in ["pack", "idx", "rev"] {
            let _ = fs::remove_file(path.with_extension(extension));
        }
    }
    let found = sweep(&scratch.root);
    assert_eq!(TEXTS.map(|text| found.count(text)), [1, 1, 1]);
    let unread = found.unread();
    assert!(unread.len() == 1 && unread[0].contains("whose pack cannot be read"), "{unread:?}");
}
