//! Looks at blobs: whole where they are stored whole, at their changed lines where they are deltas.

use std::collections::HashSet;
use std::sync::Mutex;

use bstr::BString;

use super::ledger::{Ledger, Said};
use super::look::{Eye, Known};
use super::paths::Paths;
use super::seen::Seen;
use super::{changes, inherit};
use crate::git::{Damage, Kind, ObjectId, ObjectStore, Packed, Step, Walker, id_of};
use crate::model::{Origin, Place};
use crate::source::{Progress, Reader, Screen, SpotKind, is_archive};

/// What all threads know of the blobs.
pub(super) struct Knowledge<'s> {
    pub(super) store: &'s ObjectStore,
    pub(super) paths: Paths,
    /// The class of each path, by its number.
    pub(super) classes: Vec<usize>,
    /// Contents that are stored several times and were handed over already.
    pub(super) handed: Mutex<HashSet<ObjectId>>,
    /// The leads of pieces of contents.
    pub(super) seen: Seen,
    /// Contents that there is something to say of.
    pub(super) ledger: &'s Ledger,
}

/// Looks at blobs on one thread.
pub(super) struct Blobs<'s, 'v> {
    known: &'s Knowledge<'s>,
    screen: Option<&'v dyn Screen>,
    progress: &'v dyn Progress,
    pub(super) reader: Reader<'v>,
    /// What was walked since the last rest,
    pub(super) walked: Vec<Packed>,
    /// and how much had been covered then.
    pub(super) counted: (u64, u64),
}

/// What is known of a blob when those that build on it are looked at.
pub(super) enum State {
    /// What it holds for paths of these classes, which are sorted.
    Seen { classes: Vec<usize>, known: Known },
    /// Nothing: it was looked at by a worker alone.
    Opaque,
}

/// How a blob was made from another.
struct Made<'m> {
    steps: &'m [Step],
    base: &'m [u8],
    state: &'m State,
}

impl<'s, 'v> Blobs<'s, 'v> {
    pub(super) fn new(known: &'s Knowledge<'s>, reader: Reader<'v>, screen: Option<&'v dyn Screen>, progress: &'v dyn Progress) -> Self {
        Self { known, screen, progress, reader, walked: Vec::new(), counted: (0, 0) }
    }

    /// Takes a blob that builds on no other.
    pub(super) fn whole(&mut self, number: usize, id: ObjectId, content: &mut [u8]) -> State {
        self.take(number, id, content, None)
    }

    fn take(&mut self, number: usize, id: ObjectId, content: &mut [u8], made: Option<Made<'_>>) -> State {
        let Some(screen) = self.screen else {
            self.hand_over(number, id, content);
            return State::Opaque;
        };
        let classes = self.classes(number);
        if is_archive(content) || classes.iter().any(|&class| screen.is_opaque(class, content)) {
            self.hand_over(number, id, content);
            return State::Opaque;
        }
        let eye = Eye { screen, classes: &classes, seen: &self.known.seen };
        let known = made.and_then(|made| of_changes(eye, content, &made)).unwrap_or_else(|| eye.whole(content));
        if known.spots.iter().any(|spot| spot.kind == SpotKind::Reported) {
            self.hand_over(number, id, content);
        } else {
            let coverage = self.reader.coverage();
            coverage.blobs += 1;
            coverage.bytes += content.len() as u64;
        }
        State::Seen { classes, known }
    }

    /// The classes of all its paths, sorted.
    fn classes(&self, number: usize) -> Vec<usize> {
        let mut classes: Vec<usize> = self.known.paths.of(number).map(|path| self.known.classes[path as usize]).collect();
        if classes.is_empty() {
            classes.push(self.known.classes[0]);
        }
        classes.sort_unstable();
        classes.dedup();
        classes
    }

    /// Hands the blob to the worker: once for each class of its paths, by the first path of that class.
    pub(super) fn hand_over(&mut self, number: usize, id: ObjectId, content: &mut [u8]) {
        let store = self.known.store;
        if store.is_stored_twice(&id) {
            // An index may lie: what bears the same id is the same only when its bytes say so.
            match id_of(store.hash(), Kind::Blob, content) {
                Some(real) if real == id => {
                    if !self.known.handed.lock().expect("no thread panics while it holds the lock").insert(id) {
                        return;
                    }
                }
                _ => {
                    self.reader.coverage().unread(format!("object {id}"), "its bytes do not give its id; they were looked at all the same")
                }
            }
        }
        let mut firsts: Vec<(usize, BString)> = Vec::new();
        for path in self.known.paths.of(number) {
            let (class, path) = (self.known.classes[path as usize], self.known.paths.path(path));
            match firsts.iter_mut().find(|(known, _)| *known == class) {
                Some((_, first)) if path < *first => *first = path,
                Some(_) => {}
                None => firsts.push((class, path)),
            }
        }
        if firsts.is_empty() {
            firsts.push((0, BString::default()));
        }
        firsts.sort_by(|(_, one), (_, other)| one.cmp(other));
        let is_archive = is_archive(content);
        let before = Said::by(&mut self.reader);
        for (_, path) in &firsts {
            let origin = Origin { path: path.clone(), members: Vec::new(), place: Place::Object { id: id.to_string(), commit: None } };
            if is_archive {
                // The reader blanks what it took out of an archive, and others may build on these bytes.
                self.reader.bytes(&origin, &mut content.to_vec());
            } else {
                self.reader.bytes(&origin, content);
            }
        }
        let after = Said::by(&mut self.reader);
        self.known.ledger.content((before, after), id, || firsts.into_iter().map(|(_, path)| path).collect());
    }

    pub(super) fn id(&self, object: Packed) -> ObjectId {
        self.known.store.packs()[object.pack].id(object.number)
    }

    fn told(&mut self, object: Packed) {
        self.walked.push(object);
        self.progress.advance(self.known.store.packs()[object.pack].packed_size(object.number), 1);
    }
}

/// What is known of what was made from a base of which that is known; none when the changes do not tell it.
fn of_changes(eye: Eye<'_>, text: &[u8], made: &Made<'_>) -> Option<Known> {
    let State::Seen { classes, known: base } = made.state else { return None };
    if !eye.classes.iter().all(|class| classes.binary_search(class).is_ok()) {
        return None;
    }
    let changed = changes::changed_lines(text, made.base, made.steps)?;
    let mut known = Known::default();
    inherit::inherit(made.base, &base.spots, made.steps, &mut known.spots)?;
    eye.changes(text, &changed, &base.leads, &mut known)?;
    let is_told = !known.spots.iter().any(|spot| spot.kind == SpotKind::Far);
    is_told.then_some(known)
}

impl Walker for Blobs<'_, '_> {
    type State = State;

    fn base(&mut self, object: Packed, content: &mut [u8]) -> State {
        self.told(object);
        self.whole(self.known.store.number_of(object), self.id(object), content)
    }

    fn delta(&mut self, object: Packed, content: &mut [u8], steps: &[Step], base: &[u8], state: &State) -> State {
        self.told(object);
        self.take(self.known.store.number_of(object), self.id(object), content, Some(Made { steps, base, state }))
    }

    fn damaged(&mut self, object: Packed, damage: Damage) {
        let id = self.id(object);
        self.reader.coverage().unread(format!("object {id}"), damage.to_string());
    }

    fn surplus(&mut self, object: Packed) {
        super::history::tell_surplus(self.known.store, object, self.reader.coverage());
    }
}
