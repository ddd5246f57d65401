//! All objects that a repository can reach: packs, loose ones and those it borrows, read without git and checked byte for byte.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use gix::ObjectId;
use gix::objs::Kind;

use super::damage::Damage;
use super::delta_chain::End;
use super::inflate::Inflater;
use super::pack_folder::PackFolder;
use super::{Forest, Pack, Packed, Repository, alternates, loose};

/// All objects that a repository can reach, mapped.
#[derive(Debug)]
pub struct ObjectStore {
    hash: gix::hash::Kind,
    pub(super) packs: Vec<Pack>,
    /// What builds on what in each pack, once that was asked for: every header of the pack is read for it.
    forests: Vec<OnceLock<Forest>>,
    /// Object directories with the ids of their loose objects.
    pub(super) loose: Vec<(PathBuf, Vec<ObjectId>)>,
    /// Files that cannot be used, and why.
    problems: Vec<(PathBuf, String)>,
}

impl ObjectStore {
    /// Opens all object directories of the repository. What cannot be read is among the problems.
    pub fn open(repository: &Repository) -> Self {
        let first = std::iter::once(repository.objects.clone()).chain(repository.alternates.iter().cloned());
        let (directories, problems) = alternates::directories(first);
        let mut store = Self { hash: repository.hash, packs: Vec::new(), forests: Vec::new(), loose: Vec::new(), problems };
        let mut packs = Vec::new();
        for directory in directories {
            let (ids, problems) = loose::list(&directory, store.hash);
            store.problems.extend(problems);
            let folder = PackFolder::open(&directory.join("pack"), store.hash);
            store.problems.extend(folder.problems);
            packs.extend(folder.packs);
            store.loose.push((directory, ids));
        }
        store.take(packs);
        store
    }

    /// A store of one pack.
    #[cfg(test)]
    pub(super) fn of_pack(pack: Pack, hash: gix::hash::Kind) -> Self {
        let mut store = Self { hash, packs: Vec::new(), forests: Vec::new(), loose: Vec::new(), problems: Vec::new() };
        store.take(vec![pack]);
        store
    }

    fn take(&mut self, packs: Vec<Pack>) {
        self.forests = packs.iter().map(|_| OnceLock::new()).collect();
        self.packs = packs;
        for place in 0..self.packs.len() {
            if self.packs[place].lacks_ids() {
                self.learn_ids(place);
            }
        }
    }

    /// Works out the ids of a pack that has no index: first of what is whole, then of what builds on known ids, until nothing is new.
    fn learn_ids(&mut self, place: usize) {
        let (mut buffer, mut learned) = (Vec::new(), Vec::new());
        loop {
            let pack = &self.packs[place];
            let before = learned.len();
            for number in 0..u32::try_from(pack.len()).expect("a pack states its count in 32 bits") {
                if pack.id(number).is_null()
                    && let Ok(kind) = self.read_entry(place, number, &mut buffer)
                    && let Ok(id) = gix::objs::compute_hash(self.hash, kind, &buffer)
                {
                    learned.push((number, id));
                }
            }
            if learned.len() == before {
                return;
            }
            self.packs[place].learn(&learned);
        }
    }

    /// The kind of id in use.
    pub fn hash(&self) -> gix::hash::Kind {
        self.hash
    }

    /// The packs.
    pub fn packs(&self) -> &[Pack] {
        &self.packs
    }

    /// What builds on what in the pack at that place.
    pub fn forest(&self, pack: usize) -> &Forest {
        // The kind of what lies outside is asked for seldom: packs on disk are complete, unless somebody made them by hand.
        self.forests[pack].get_or_init(|| Forest::grow(&self.packs[pack], |id| self.kind(id).ok()))
    }

    /// The loose objects, directory by directory; one that lies in two comes twice.
    pub fn loose(&self) -> impl Iterator<Item = (&Path, &ObjectId)> {
        self.loose.iter().flat_map(|(directory, ids)| ids.iter().map(move |id| (directory.as_path(), id)))
    }

    /// Files that cannot be used as they should, and why.
    pub fn problems(&self) -> &[(PathBuf, String)] {
        &self.problems
    }

    /// How many objects there are, those that are stored several times counted several times.
    pub fn len(&self) -> usize {
        self.packs.iter().map(|pack| pack.len()).sum::<usize>() + self.loose.iter().map(|(_, ids)| ids.len()).sum::<usize>()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A number for the object, less than [`ObjectStore::len`]: the same for every copy of it. None when it is nowhere.
    pub fn number(&self, id: &ObjectId) -> Option<usize> {
        let mut first = 0;
        for pack in &self.packs {
            if let Some(number) = pack.find(id) {
                return Some(first + number as usize);
            }
            first += pack.len();
        }
        for (_, ids) in &self.loose {
            if let Ok(place) = ids.binary_search(id) {
                return Some(first + place);
            }
            first += ids.len();
        }
        None
    }

    /// The number of an entry of a pack, as [`ObjectStore::number`] gives it.
    pub fn number_of(&self, object: Packed) -> usize {
        if object.pack == 0 {
            return object.number as usize;
        }
        let id = self.packs[object.pack].id(object.number);
        // One whose id nobody could work out is still an entry of its own.
        self.number(&id).unwrap_or_else(|| self.position(object))
    }

    /// A number for the entry of a pack, less than [`ObjectStore::len`]: another one for every copy of an object.
    pub fn position(&self, object: Packed) -> usize {
        self.packs[..object.pack].iter().map(|pack| pack.len()).sum::<usize>() + object.number as usize
    }

    /// The entry of that position; none when it is that of a loose object.
    pub fn at_position(&self, position: usize) -> Option<Packed> {
        let mut number = position;
        for (place, pack) in self.packs.iter().enumerate() {
            if number < pack.len() {
                return Some(Packed { pack: place, number: u32::try_from(number).ok()? });
            }
            number -= pack.len();
        }
        None
    }

    /// All objects by their numbers, each pack and each directory in the order of ids.
    pub fn by_id(&self) -> impl Iterator<Item = usize> + use<'_> {
        let packs = self.packs.iter().scan(0, |first, pack| {
            let place = *first;
            *first += pack.len();
            Some(pack.by_id().map(move |number| place + number as usize))
        });
        let loose = self.packs.iter().map(|pack| pack.len()).sum()..self.len();
        packs.flatten().chain(loose)
    }

    /// The id of the object of that number.
    pub fn id(&self, number: usize) -> ObjectId {
        let mut place = number;
        for pack in &self.packs {
            if place < pack.len() {
                return pack.id(u32::try_from(place).expect("a pack states its count in 32 bits"));
            }
            place -= pack.len();
        }
        for (_, ids) in &self.loose {
            if let Some(id) = ids.get(place) {
                return *id;
            }
            place -= ids.len();
        }
        ObjectId::null(self.hash)
    }

    /// Whether several packs or directories hold the object.
    pub fn is_stored_twice(&self, id: &ObjectId) -> bool {
        if self.packs.len() + self.loose.iter().filter(|(_, ids)| !ids.is_empty()).count() <= 1 {
            return false;
        }
        let packed = self.packs.iter().filter(|pack| pack.find(id).is_some()).count();
        packed + self.loose.iter().filter(|(_, ids)| ids.binary_search(id).is_ok()).count() > 1
    }

    /// Whether the object is there; it may still be damaged.
    pub fn contains(&self, id: &ObjectId) -> bool {
        self.packs.iter().any(|pack| pack.find(id).is_some()) || self.loose.iter().any(|(_, ids)| ids.binary_search(id).is_ok())
    }

    /// Reads an object into `out`, from wherever it can be read; none when it is nowhere.
    pub fn read(&self, id: &ObjectId, out: &mut Vec<u8>) -> Option<Result<Kind, Damage>> {
        let mut damage = None;
        for (place, pack) in self.packs.iter().enumerate() {
            if let Some(number) = pack.find(id) {
                match self.read_entry(place, number, out) {
                    Ok(kind) => return Some(Ok(kind)),
                    Err(why) => damage = Some(why),
                }
            }
        }
        for (directory, ids) in &self.loose {
            if ids.binary_search(id).is_ok() {
                match loose::read(directory, id, &mut Inflater::new(), out) {
                    Ok(kind) => return Some(Ok(kind)),
                    Err(why) => damage = Some(why),
                }
            }
        }
        damage.map(Err)
    }

    /// Reads a loose object into `out`.
    pub fn read_loose(&self, directory: &Path, id: &ObjectId, out: &mut Vec<u8>) -> Result<Kind, Damage> {
        loose::read(directory, id, &mut Inflater::new(), out)
    }

    /// The kind of a loose object, from the beginning of its file.
    pub fn loose_kind(&self, directory: &Path, id: &ObjectId) -> Result<Kind, Damage> {
        loose::kind(directory, id, &mut Inflater::new())
    }

    /// The kind of an object by what its headers say; none when it is nowhere, or damaged.
    pub fn stated_kind(&self, id: &ObjectId) -> Option<Kind> {
        self.kind(id).ok()
    }

    fn kind(&self, id: &ObjectId) -> Result<Kind, Damage> {
        for place in 0..self.packs.len() {
            if let Some(number) = self.packs[place].find(id) {
                if let Some(forest) = self.forests[place].get() {
                    return forest.kind(number).ok_or(Damage::Base);
                }
                match self.chain(place, number)?.1 {
                    End::Packed(kind, _) => return Ok(kind),
                    End::Loose(directory, id) => return self.loose_kind(directory, &id),
                }
            }
        }
        let holder = self.loose.iter().find(|(_, ids)| ids.binary_search(id).is_ok());
        holder.map_or(Err(Damage::NoBase(*id)), |(directory, _)| self.loose_kind(directory, id))
    }
}

/// The id that an object of that kind and content has; none when the hash of a crafted content is refused (SHA-1 collisions).
pub fn id_of(hash: gix::hash::Kind, kind: Kind, content: &[u8]) -> Option<ObjectId> {
    gix::objs::compute_hash(hash, kind, content).ok()
}
