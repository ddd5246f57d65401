//! Opens the packs of an object directory, each by the best list of its entries that there is.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use bstr::ByteSlice;
use gix::ObjectId;

use super::Pack;
use super::multi_pack_index::MultiPackIndex;
use super::pack_index::PackError;

/// The packs of a folder, and what is wrong in it.
#[derive(Debug, Default)]
pub(super) struct PackFolder {
    pub(super) packs: Vec<Pack>,
    /// Files that cannot be used as they should, and why.
    pub(super) problems: Vec<(PathBuf, String)>,
}

impl PackFolder {
    /// Opens all packs of the folder, in the order of their names.
    pub(super) fn open(folder: &Path, hash: gix::hash::Kind) -> Self {
        let mut opened = Self::default();
        let paths = opened.listed(folder);
        let multi = opened.multi(&folder.join("multi-pack-index"), hash);
        for path in &paths {
            match Pack::open(path, hash) {
                Ok(pack) => opened.packs.push(pack),
                Err(why) => opened.open_otherwise(path, &why, multi.as_ref(), hash),
            }
        }
        if let Some(multi) = multi {
            opened.compare(&multi);
        }
        opened
    }

    fn listed(&mut self, folder: &Path) -> Vec<PathBuf> {
        let listing = match fs::read_dir(folder) {
            Ok(listing) => listing,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
            Err(error) => {
                self.problems.push((folder.to_owned(), error.to_string()));
                return Vec::new();
            }
        };
        let (mut packs, mut indexes) = (Vec::new(), Vec::new());
        for entry in listing {
            match entry.map(|entry| entry.path()) {
                Ok(path) if path.extension().is_some_and(|extension| extension == "pack") => packs.push(path),
                Ok(path) if path.extension().is_some_and(|extension| extension == "idx") => indexes.push(path),
                Ok(_) => {}
                Err(error) => self.problems.push((folder.to_owned(), error.to_string())),
            }
        }
        packs.sort();
        let known: HashSet<&PathBuf> = packs.iter().collect();
        let lone = indexes.into_iter().filter(|index| !known.contains(&index.with_extension("pack")));
        self.problems.extend(lone.map(|index| (index, "an index whose pack is not there".to_owned())));
        packs
    }

    fn multi(&mut self, path: &Path, hash: gix::hash::Kind) -> Option<Multi> {
        match MultiPackIndex::open(path, hash) {
            Ok(index) => Some(Multi { path: path.to_owned(), index }),
            Err(PackError::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => {
                self.problems.push((path.to_owned(), error.to_string()));
                None
            }
        }
    }

    /// Opens a pack without an index of its own: by what the multi-pack-index lists of it, or by reading it from its beginning.
    fn open_otherwise(&mut self, path: &Path, why: &PackError, multi: Option<&Multi>, hash: gix::hash::Kind) {
        let is_gone = matches!(why, PackError::Io(error) if error.kind() == std::io::ErrorKind::NotFound);
        // An index that is there and damaged is told, whatever else there is.
        if is_gone && let Some(multi) = multi {
            match multi.list(path).map(|list| Pack::listed(path, hash, &list)) {
                Some(Ok(pack)) => return self.packs.push(pack),
                Some(Err(error)) => self.problems.push((multi.path.clone(), format!("of {}: {error}", name(path)))),
                None => {}
            }
        }
        match Pack::without_index(path, hash) {
            Ok(mut pack) => {
                self.problems.push((path.to_owned(), format!("{why}; it was read from its beginning instead")));
                self.problems.extend(pack.problems.drain(..).map(|why| (path.to_owned(), why)));
                self.packs.push(pack);
            }
            Err(error) => self.problems.push((path.to_owned(), error.to_string())),
        }
    }

    /// Notes where the multi-pack-index, which git believes first, says something else than the packs.
    fn compare(&mut self, multi: &Multi) {
        let mut problem = |why| self.problems.push((multi.path.clone(), why));
        let packs: HashMap<Vec<u8>, &Pack> = self.packs.iter().map(|pack| (name_of_index(pack.path()), pack)).collect();
        let covered: Vec<Option<&Pack>> = multi.index.packs().iter().map(|name| packs.get(name).copied()).collect();
        for (name, pack) in multi.index.packs().iter().zip(&covered) {
            if pack.is_none() {
                problem(format!("names {}, whose pack cannot be read", name.to_str_lossy()));
            }
        }
        let mut wrong = 0;
        for place in 0..multi.index.len() {
            let is_right = match multi.index.object(place) {
                Some((id, pack, offset)) => {
                    covered[pack].is_none_or(|pack| pack.find(&id).is_some_and(|number| pack.offset(number) == offset))
                }
                None => false,
            };
            wrong += usize::from(!is_right);
        }
        if wrong > 0 {
            problem(format!("says of {wrong} objects what their packs do not"));
        }
    }
}

/// A multi-pack-index with its file.
struct Multi {
    path: PathBuf,
    index: MultiPackIndex,
}

impl Multi {
    /// What it lists of a pack, if it covers it and was not damaged.
    fn list(&self, pack: &Path) -> Option<Vec<(u64, ObjectId)>> {
        let name = name_of_index(pack);
        let wanted = self.index.packs().iter().position(|known| *known == name).filter(|_| self.index.is_sound())?;
        let objects = (0..self.index.len()).filter_map(|place| self.index.object(place));
        Some(objects.filter(|(_, pack, _)| *pack == wanted).map(|(id, _, offset)| (offset, id)).collect())
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A multi-pack-index names the indexes of its packs.
fn name_of_index(pack: &Path) -> Vec<u8> {
    pack.with_extension("idx").file_name().map(|name| <[u8]>::from_os_str(name).unwrap_or_default().to_vec()).unwrap_or_default()
}
