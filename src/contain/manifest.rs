//! The list of a bundle's files with their digests, in the form that `sha256sum -c` reads.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::Digest as _;

use crate::journal::Digest;

/// The file that lists the others.
pub const MANIFEST: &str = "MANIFEST.sha256";
/// Its signature.
pub const SIGNATURE: &str = "MANIFEST.sha256.sig";
/// What the signature is made for.
pub const NAMESPACE_MANIFEST: &str = "keyfuse-manifest";
/// No bundle has more files.
const MAX_FILES: usize = 100_000;

/// The files of a bundle with their digests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest(BTreeMap<String, Digest>);

impl Manifest {
    /// Lists a folder, the manifest and its signature left out.
    ///
    /// # Errors
    /// When something cannot be read, is neither file nor folder, or has a name that such a list cannot hold.
    pub fn of(folder: &Path) -> io::Result<Self> {
        let mut found = BTreeMap::new();
        for (name, path) in files(folder)? {
            if name != MANIFEST && name != SIGNATURE {
                found.insert(name, digest(&path)?);
            }
        }
        Ok(Self(found))
    }

    /// Reads the list.
    ///
    /// # Errors
    /// Which line is not one.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut found = BTreeMap::new();
        for (at, line) in text.lines().enumerate() {
            let wrong = |why: &str| format!("{MANIFEST}:{}: {why}", at + 1);
            let (digest, name) = line.split_once("  ").ok_or_else(|| wrong("it is no line of sha256sum"))?;
            let digest: Digest = digest.parse().map_err(wrong)?;
            let is_inside = Path::new(name).components().all(|part| matches!(part, std::path::Component::Normal(_)));
            if name.is_empty() || !is_inside || name == MANIFEST || name == SIGNATURE {
                return Err(wrong("it names no file of the bundle"));
            }
            if found.insert(name.to_owned(), digest).is_some() {
                return Err(wrong("the file stands there twice"));
            }
        }
        Ok(Self(found))
    }

    /// The list as text.
    pub fn text(&self) -> String {
        self.0.iter().map(|(name, digest)| format!("{digest}  {name}\n")).collect()
    }

    /// How many files.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What differs from this list in `now`, one sentence each.
    pub fn differences(&self, now: &Self) -> Vec<String> {
        let name = |name: &str| crate::model::plain(name, 200);
        let mut found: Vec<String> = Vec::new();
        for (file, digest) in &self.0 {
            match now.0.get(file) {
                None => found.push(format!("{} is missing", name(file))),
                Some(other) if other != digest => found.push(format!("{} was changed", name(file))),
                Some(_) => {}
            }
        }
        found.extend(now.0.keys().filter(|file| !self.0.contains_key(*file)).map(|file| format!("{} was added", name(file))));
        found
    }
}

/// The files below a folder, by their names from there with `/`, sorted.
///
/// # Errors
/// As [`Manifest::of`].
pub(super) fn files(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    let mut folders = vec![(String::new(), folder.to_owned())];
    while let Some((prefix, folder)) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let odd = |what: &str| io::Error::other(format!("{}: {what}", entry.path().display()));
            let name = entry.file_name().into_string().map_err(|_| odd("its name is not UTF-8"))?;
            // Such names are escaped in the list, and read in different ways.
            if name.chars().any(|sign| sign.is_control() || sign == '\\') {
                return Err(odd("its name holds a control character or a backslash"));
            }
            let name = format!("{prefix}{name}");
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push((format!("{name}/"), entry.path()));
            } else if kind.is_file() {
                found.push((name, entry.path()));
            } else {
                return Err(odd("it is neither a file nor a folder"));
            }
            if found.len() > MAX_FILES {
                return Err(odd("there are too many files"));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The digest of a file.
///
/// # Errors
/// When it cannot be read.
pub(super) fn digest(path: &Path) -> io::Result<Digest> {
    let mut file = File::open(path)?;
    let mut hash = sha2::Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            length => hash.update(&buffer[..length]),
        }
    }
    let bytes: [u8; 32] = hash.finalize().into();
    Ok(Digest::from(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_is_named() {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let put = |name: &str, text: &str| {
            let path = scratch.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        };
        for (name, text) in [("a", "1"), ("b/c", "2"), ("b/d", "3")] {
            put(name, text);
        }
        let before = Manifest::of(scratch.path()).expect("readable");
        assert_eq!(Manifest::parse(&before.text()), Ok(before.clone()));
        put("a", "x");
        put("e", "4");
        fs::remove_file(scratch.path().join("b/d")).expect("removed");
        let now = Manifest::of(scratch.path()).expect("readable");
        assert_eq!(before.differences(&now), ["a was changed", "b/d is missing", "e was added"]);
        let line = "a".repeat(64);
        for wrong in
            [format!("{line}  ../x"), format!("{line}  /x"), format!("{line} x"), "x  y".to_owned(), format!("{line}  x\n{line}  x")]
        {
            assert!(Manifest::parse(&wrong).is_err(), "{wrong}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_no_evidence() {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        std::os::unix::fs::symlink("/etc/hostname", scratch.path().join("link")).expect("linked");
        assert!(Manifest::of(scratch.path()).is_err());
    }
}
