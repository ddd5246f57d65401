//! What the program makes of a repository in which something is wrong: a name for it, an exit code, and what is sound beside it.

use std::fs;
use std::path::Path;

use super::builder::{Builder, blob_id, number, zlib};
use crate::scratch::{Run, Scratch, git_in, keyfuse, secret};

fn sweep(directory: &Path, arguments: &[&str]) -> Run {
    let run = Run::of(keyfuse(directory, &[&["git", "--no-worktree", "-v"], arguments].concat()).output().expect("it starts"));
    assert!(!run.stderr.contains("panicked"), "{run:?}");
    run
}

/// A delta for a base of ten bytes.
fn copy(from: u8, length: u8, result: u64) -> Vec<u8> {
    [number(10), number(result), vec![0x91, from, length]].concat()
}

#[test]
fn whatever_is_damaged_ends_in_three() {
    let (id, base) = (blob_id(b"never seen"), b"0123456789");
    type Damage = (&'static str, fn(&mut Builder, keyfuse::git::ObjectId, &[u8]));
    let cases: [Damage; 6] = [
        ("copies from beyond the end of its base", |pack, id, base| {
            let offset = pack.blob(base);
            pack.offset_delta(id, offset, &copy(8, 4, 4));
        }),
        ("its delta leads back to itself", |pack, id, _| _ = pack.ref_delta(id, id, &copy(0, 4, 4))),
        ("that its delta builds on is missing", |pack, id, _| _ = pack.ref_delta(id, blob_id(b"nowhere"), &copy(0, 4, 4))),
        ("more than the limit", |pack, _, base| _ = pack.stated(base, 1 << 50)),
        ("more than its compressed data can hold", |pack, _, base| _ = pack.stated(base, 1 << 29)),
        ("its compressed data is damaged", |pack, id, _| _ = pack.raw(id, &[0x31, 0xff, 0xff])),
    ];
    for (why, damage) in cases {
        let (scratch, mut pack) = (Scratch::new(), Builder::default());
        damage(&mut pack, id, base);
        pack.install(&scratch, "x");
        let run = sweep(&scratch.root, &[]);
        assert!(run.code == Some(3) && (run.stdout.clone() + &run.stderr).contains(why), "{why}: {run:?}");
    }
}

#[test]
fn files_that_lie_end_in_three_and_findings_beside_them_in_one() {
    let mut builder = Builder::default();
    builder.blob(&(0..=255).collect::<Vec<u8>>());
    let (pack, index) = (builder.pack(1), builder.index());
    let spoilt = |place: usize, bytes: &[u8]| {
        let mut spoilt = index.clone();
        spoilt[place..place + bytes.len()].copy_from_slice(bytes);
        spoilt
    };
    let last = index.len();
    let claims = [&pack[..8], &0x8000_0000u32.to_be_bytes(), &pack[12..]].concat();
    for (pack, index, why) in [
        (pack[..pack.len() - 24].to_vec(), Some(index.clone()), "breaks off after 0 of 1 objects"),
        (pack.clone(), Some(spoilt(last - 40, &[0xee])), "made for another pack"),
        (pack.clone(), Some(spoilt(last - 44, &[0x7f, 0xff, 0xff, 0xf0])), "lies outside its pack"),
        (pack.clone(), Some(spoilt(last - 44, &[0xff, 0xff, 0xff, 0xf0])), "points outside its own table"),
        (claims.clone(), Some(index.clone()), "beside a pack that states 2147483648"),
        (claims, None, "breaks off after 1 of 2147483648 objects"),
        (pack.clone(), Some(spoilt(8 + 4 * 255, &[0x80])), "too short for the 2147483649 objects"),
        (b"PACK".to_vec(), Some(index.clone()), "not a pack"),
    ] {
        let scratch = Scratch::new();
        scratch.write("a.env", secret("a"));
        scratch.git(&["add", "-A"]);
        fs::remove_file(scratch.root.join("a.env")).expect("it was there");
        builder.install_as(&scratch, "x", &pack, index.as_deref());
        let run = sweep(&scratch.root, &[]);
        assert!(run.code == Some(1) && (run.stdout.clone() + &run.stderr).contains(why), "{why}: {run:?}");
        fs::remove_file(scratch.root.join(".git/index")).expect("it was there");
        let id = blob_id(secret("a").as_bytes()).to_string();
        fs::remove_file(scratch.root.join(".git/objects").join(&id[..2]).join(&id[2..])).expect("it was there");
        assert_eq!(sweep(&scratch.root, &[]).code, Some(3), "{why}");
    }
}

#[test]
fn what_holds_nothing_is_clean_and_what_is_nothing_is_an_error() {
    let scratch = Scratch::new();
    // No commit yet, and nothing at all.
    assert_eq!(sweep(&scratch.root, &[]).code, Some(0));
    git_in(&scratch.base, &["init", "-q", "--bare", "bare.git"], &[]);
    assert_eq!(sweep(&scratch.base.join("bare.git"), &[]).code, Some(0));
    // No commit yet, and something staged.
    scratch.write("a.env", secret("a"));
    scratch.git(&["add", "-A"]);
    fs::remove_file(scratch.root.join("a.env")).expect("it was there");
    assert_eq!(sweep(&scratch.root, &[]).code, Some(1));
    assert_eq!(sweep(&scratch.root, &["--range", "HEAD~1..HEAD"]).code, Some(2));
    let nowhere = scratch.base.join("plain");
    fs::create_dir(&nowhere).expect("a folder");
    let run = sweep(&nowhere, &[]);
    assert!(run.code == Some(2) && run.stderr.contains("not a git repository"), "{run:?}");
    assert_eq!(sweep(&scratch.base, &["absent"]).code, Some(2));
}

#[test]
fn refs_that_do_not_resolve_are_named() {
    let scratch = Scratch::new();
    scratch.write("a", "plain");
    let commit = scratch.commit("one");
    let heads = scratch.root.join(".git/refs/heads");
    let absent = "1234567890".repeat(4);
    scratch.git(&["tag", "-a", "v1", "-m", "a tag"]);
    let tag = scratch.git(&["rev-parse", "v1"]);
    let told = |why: &str| {
        let run = sweep(&scratch.root, &[]);
        assert!(run.code == Some(3) && (run.stdout.clone() + &run.stderr).contains(why), "{why}: {run:?}");
    };
    assert_eq!(sweep(&scratch.root, &[]).code, Some(0));
    fs::write(heads.join("torn"), "no id\n").expect("a file");
    told("refs/heads/torn");
    fs::write(heads.join("torn"), format!("{absent}\n")).expect("a file");
    told(&format!("refs/heads/torn: names object {absent}, which is missing"));
    fs::remove_file(heads.join("torn")).expect("it was there");
    // A loop of symbolic refs in the place of the head.
    fs::write(scratch.root.join(".git/HEAD"), "ref: refs/heads/round\n").expect("a file");
    fs::write(heads.join("round"), "ref: refs/heads/round\n").expect("a file");
    told("more than five symbolic refs in a row");
    fs::remove_file(heads.join("round")).expect("it was there");
    fs::write(scratch.root.join(".git/HEAD"), "ref: refs/heads/main\n").expect("a file");
    // What a tag leads to is gone; what a reflog names may be.
    scratch.git(&["update-ref", "-d", "refs/heads/main"]);
    let file = scratch.root.join(".git/objects").join(&commit[..2]).join(&commit[2..]);
    fs::remove_file(file).expect("it is loose");
    told(&format!("object {commit} is missing"));
    scratch.git(&["update-ref", "-d", "refs/tags/v1"]);
    fs::remove_file(scratch.root.join(".git/objects").join(&tag[..2]).join(&tag[2..])).expect("it is loose");
    assert_eq!(sweep(&scratch.root, &[]).code, Some(0), "a reflog outlives what it names");
}

#[test]
fn loose_objects_and_missing_ones_end_in_three() {
    let scratch = Scratch::new();
    scratch.write("a", "plain");
    scratch.commit("one");
    let id = scratch.git(&["rev-parse", "HEAD:a"]);
    let file = scratch.root.join(".git/objects").join(&id[..2]).join(&id[2..]);
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o644)).expect("it is ours");
    for (bytes, why) in [(zlib(b"blob 9\0plain"), "more or fewer"), (b"torn".to_vec(), "damaged"), (Vec::new(), "damaged")] {
        fs::write(&file, bytes).expect("it is ours");
        let run = sweep(&scratch.root, &[]);
        assert!(run.code == Some(3) && (run.stdout.clone() + &run.stderr).contains(&format!("object {id}: ")), "{why}: {run:?}");
        assert!((run.stdout.clone() + &run.stderr).contains(why), "{why}: {run:?}");
        // What is there and damaged is not what was left out on purpose.
        assert_eq!(sweep(&scratch.root, &["--allow-missing"]).code, Some(3), "{why}");
    }
    fs::remove_file(&file).expect("it was there");
    let run = sweep(&scratch.root, &[]);
    assert!(run.code == Some(3) && (run.stdout + &run.stderr).contains(&format!("object {id} is missing, the content of a")));
    // Left out by a partial clone: named as that, and allowed to be missing.
    scratch.git(&["fetch", "-q", ".", "HEAD:refs/heads/other"]);
    scratch.git(&["config", "remote.origin.promisor", "true"]);
    let run = sweep(&scratch.root, &[]);
    assert!(
        run.code == Some(3) && (run.stdout + &run.stderr).contains("a partial clone: 1 objects that its commits name were not fetched")
    );
    assert_eq!(sweep(&scratch.root, &["--allow-missing"]).code, Some(0));
}
