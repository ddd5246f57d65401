//! Reads an entry of a pack through the chain of deltas that it ends.

use std::collections::HashSet;
use std::path::Path;

use gix::ObjectId;
use gix::objs::Kind;

use super::bases::Bases;
use super::damage::Damage;
use super::inflate::Inflater;
use super::pack_entry::Holds;
use super::{ObjectStore, delta, loose};

/// A chain of deltas that is longer than this is an attack: git makes none beyond 4095 (pack.depth).
const LONGEST_CHAIN: usize = 10_000;

/// What a chain of deltas builds on in the end.
pub(super) enum End<'s> {
    /// An object of a pack: its kind, the pack's place, its number there.
    Packed(Kind, (usize, u32)),
    /// A loose object: its directory, its id.
    Loose(&'s Path, ObjectId),
}

impl ObjectStore {
    /// Reads entry `number` of a pack.
    pub(super) fn read_entry(&self, place: usize, number: u32, out: &mut Vec<u8>) -> Result<Kind, Damage> {
        self.read_entry_with(&mut Bases::default(), (place, number), out)
    }

    /// Reads an object as [`ObjectStore::read`] does, and keeps what it builds on for those that come next.
    pub fn read_with(&self, bases: &mut Bases, id: &ObjectId, out: &mut Vec<u8>) -> Option<Result<Kind, Damage>> {
        let held = self.packs.iter().enumerate().find_map(|(place, pack)| Some((place, pack.find(id)?)));
        match held.map(|entry| self.read_entry_with(bases, entry, out)) {
            Some(Ok(kind)) => Some(Ok(kind)),
            // There may be another copy.
            Some(Err(_)) | None => self.read(id, out),
        }
    }

    /// Reads an entry of a pack: the object at the end of its chain of deltas, then one delta after the other.
    fn read_entry_with(&self, bases: &mut Bases, entry: (usize, u32), out: &mut Vec<u8>) -> Result<Kind, Damage> {
        let mut inflater = Inflater::new();
        let (mut chain, end) = self.chain(entry.0, entry.1)?;
        let kind = match end {
            End::Packed(kind, (place, number)) => {
                match chain.iter().position(|entry| bases.copy(*entry, out)) {
                    Some(known) => chain.truncate(known),
                    None => _ = self.packs[place].inflate(number, &mut inflater, out)?,
                }
                kind
            }
            End::Loose(directory, id) => loose::read(directory, &id, &mut inflater, out).map_err(|_| Damage::Base)?,
        };
        let (mut packed, mut next, mut steps) = (Vec::new(), Vec::new(), Vec::new());
        for &(place, number) in chain.iter().rev() {
            self.packs[place].inflate(number, &mut inflater, &mut packed)?;
            delta::apply(out, &packed, &mut next, &mut steps)?;
            std::mem::swap(out, &mut next);
        }
        if !chain.is_empty() {
            bases.keep(entry, out);
        }
        Ok(kind)
    }

    /// The deltas from entry `number` of a pack to the object that they build on in the end, by the headers alone.
    pub(super) fn chain(&self, place: usize, number: u32) -> Result<(Vec<(usize, u32)>, End<'_>), Damage> {
        let (mut chain, mut seen, mut at) = (Vec::new(), HashSet::new(), (place, number));
        loop {
            if chain.len() > LONGEST_CHAIN || !seen.insert(at) {
                return Err(Damage::Cycle);
            }
            let pack = &self.packs[at.0];
            let base = match pack.entry(at.1)?.0.holds {
                Holds::Object(kind) => return Ok((chain, End::Packed(kind, at))),
                Holds::OffsetDelta(distance) => {
                    let offset = pack.offset(at.1).checked_sub(distance).filter(|_| distance > 0);
                    (at.0, offset.and_then(|offset| pack.at_offset(offset)).ok_or(Damage::NoEntry)?)
                }
                Holds::RefDelta(id) => match self.place_of(&id, at.0) {
                    Some(base) => base,
                    None => {
                        let (directory, _) = self.loose.iter().find(|(_, ids)| ids.binary_search(&id).is_ok()).ok_or(Damage::NoBase(id))?;
                        chain.push(at);
                        return Ok((chain, End::Loose(directory, id)));
                    }
                },
            };
            chain.push(at);
            at = base;
        }
    }

    /// The entry of that id, in the pack `first` if it is there, else in another.
    fn place_of(&self, id: &ObjectId, first: usize) -> Option<(usize, u32)> {
        let places = std::iter::once(first).chain((0..self.packs.len()).filter(move |&place| place != first));
        places.into_iter().find_map(|place| Some((place, self.packs[place].find(id)?)))
    }
}
