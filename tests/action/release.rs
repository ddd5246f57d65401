//! How the action gets the program: from the PATH, or as a release whose checksum is right.

use std::process::Command;

use serde_json::json;
use sha2::{Digest, Sha256};

use super::runner::run;
use crate::scratch::{Scratch, folder_of_keyfuse};

#[test]
fn a_release_is_used_only_with_the_right_checksum() {
    let scratch = Scratch::new();
    scratch.commit("empty");
    let machine = match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", arch) => format!("{arch}-unknown-linux-musl"),
        ("macos", arch) => format!("{arch}-apple-darwin"),
        _ => return crate::scratch::not_run("a release is used only with the right checksum", "a release for this system"),
    };
    let folder = scratch.base.join("releases/v9.9.9");
    std::fs::create_dir_all(&folder).expect("made");
    let archive = folder.join(format!("keyfuse-{machine}.tar.gz"));
    let packed =
        Command::new("tar").arg("-czf").arg(&archive).arg("-C").arg(folder_of_keyfuse()).arg("keyfuse").status().expect("tar runs");
    assert!(packed.success());
    let hash: String = Sha256::digest(std::fs::read(&archive).expect("packed")).iter().map(|byte| format!("{byte:02x}")).collect();
    let releases = format!("file://{}", scratch.base.join("releases").display());
    let get = |version: &str| run(&scratch.root, "schedule", &json!({}), &[("version", version)], &[("KEYFUSE_RELEASES", &releases)]);
    let checksum = archive.with_extension("gz.sha256");

    let job = get("9.9.9");
    assert!(job.code == 2 && job.log.contains("no checksum"), "{}", job.log);
    std::fs::write(&checksum, format!("{}  x\n", hash.replace('a', "b").replace('0', "1"))).expect("written");
    let job = get("9.9.9");
    assert!(job.code == 2 && job.log.contains("checksum of release 9.9.9 is wrong"), "{}", job.log);
    assert!(!job.temp.path().join("keyfuse/bin/keyfuse").exists());
    std::fs::write(&checksum, format!("{hash}  x\n")).expect("written");
    let job = get("v9.9.9");
    assert_eq!((job.code, job.outputs["exit-code"].as_str()), (0, "0"), "{}", job.log);
    assert!(job.temp.path().join("keyfuse/bin/keyfuse").is_file());
    let job = get("8.8.8");
    assert!(job.code == 2 && job.log.contains("cannot be fetched"), "{}", job.log);
    assert_eq!(get("newest").code, 2);
}
