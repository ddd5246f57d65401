//! Where a range of commits begins and ends: what is wanted, in commits.

use bstr::{BStr, BString};

use crate::git::{
    Kind, ObjectError, ObjectId, Objects, Repository, RevisionError, TagText, head, references, resolve_commit, resolve_object,
    spoken_headers,
};
use crate::model::{Origin, Place};

use super::SourceError;
use super::blobs::Part;
use super::ref_update::RefUpdate;

/// Which commits.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// Those that `to` reaches and `from` does not (`A..B`; the same for a pull request, `A...B`).
    Between {
        /// A revision; none excludes nothing.
        from: Option<String>,
        /// A revision.
        to: String,
        /// What the remote-tracking refs reach is not wanted either.
        pushed: Option<Remote>,
    },
    /// Those committed at that second since 1970 or later, that any ref or HEAD reaches.
    Since(i64),
    /// What a push would bring to a remote.
    Push {
        /// The refs that would move.
        updates: Vec<RefUpdate>,
        /// The remote that is pushed to.
        remote: Remote,
    },
    /// What a push brings here: all that no ref reaches yet.
    Receive(Vec<RefUpdate>),
}

/// Whose remote-tracking refs tell what was pushed before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remote {
    /// Those of every remote.
    Any,
    /// Those of the remote of that name.
    Named(String),
}

/// Where a range begins and ends.
#[derive(Default)]
pub(super) struct Ends {
    pub(super) commits: Vec<ObjectId>,
    pub(super) excluded: Vec<ObjectId>,
    /// What new tags name besides commits.
    pub(super) trees: Vec<ObjectId>,
    pub(super) blobs: Vec<ObjectId>,
    /// What new tags say.
    pub(super) texts: Vec<(Origin, Part)>,
    pub(super) broken: Vec<String>,
}

impl Ends {
    /// Resolves what is wanted.
    ///
    /// # Errors
    /// When a revision is not in the repository.
    pub(super) fn of(repository: &Repository, objects: &Objects, wanted: &Wanted) -> Result<Self, SourceError> {
        let mut ends = Self::default();
        match wanted {
            Wanted::Between { from, to, pushed } => {
                ends.tip(objects, resolve_object(repository, objects, to)?)?;
                if let Some(from) = from {
                    ends.excluded.push(resolve_commit(repository, objects, from)?);
                }
                if let Some(remote) = pushed {
                    ends.exclude_refs(repository, objects, |name| remote.holds(name));
                }
            }
            Wanted::Since(_) => {
                let (found, broken) = references(repository).map_err(|error| RevisionError::Refs(error.to_string()))?;
                ends.broken.extend(broken.iter().map(ToString::to_string));
                let head = head(repository).unwrap_or_else(|error| {
                    ends.broken.push(error.to_string());
                    None
                });
                for tip in found.into_iter().map(|found| found.id).chain(head) {
                    if let Ok((commit, Kind::Commit)) = objects.peel(tip, &mut Vec::new()) {
                        ends.commits.push(commit);
                    }
                }
            }
            Wanted::Push { updates, remote } => {
                ends.updates(objects, updates)?;
                ends.exclude_refs(repository, objects, |name| remote.holds(name));
            }
            Wanted::Receive(updates) => {
                ends.updates(objects, updates)?;
                ends.exclude_refs(repository, objects, |_| true);
            }
        }
        Ok(ends)
    }

    /// Follows annotated tags from `id`, and takes what they say and where they lead.
    fn tip(&mut self, objects: &Objects, mut id: ObjectId) -> Result<(), SourceError> {
        let named = id;
        let failed = |error: ObjectError| SourceError::Revision(RevisionError::Unfit { name: named.to_string(), why: error.to_string() });
        let mut buffer = Vec::new();
        let (end, kind) = objects.peel(id, &mut buffer).map_err(failed)?;
        while id != end {
            objects.read(&id, &mut buffer).map_err(failed)?;
            let Some(tag) = TagText::parse(&buffer, objects.hash()) else { break };
            let place = Place::Message { id: id.to_string(), commit: None };
            let origin = Origin { path: BString::default(), members: Vec::new(), place };
            self.texts.push((origin.clone(), Part::Text(spoken_headers(&buffer))));
            self.texts.push((origin, Part::Text(tag.message)));
            id = tag.target;
        }
        match kind {
            Kind::Commit => self.commits.push(end),
            Kind::Tree => self.trees.push(end),
            Kind::Blob | Kind::Tag => self.blobs.push(end),
        }
        Ok(())
    }

    fn updates(&mut self, objects: &Objects, updates: &[RefUpdate]) -> Result<(), SourceError> {
        for update in updates.iter().filter(|update| !RefUpdate::is_nothing(&update.new)) {
            let id = ObjectId::from_hex(update.new.as_bytes()).map_err(|_| RevisionError::Unknown(update.new.clone()))?;
            self.tip(objects, id)?;
            // What a force push replaces may never have been fetched; then it excludes nothing.
            let old = ObjectId::from_hex(update.old.as_bytes()).ok().filter(|old| !old.is_null());
            if let Some(Ok((old, Kind::Commit))) = old.map(|old| objects.peel(old, &mut Vec::new())) {
                self.excluded.push(old);
            }
        }
        Ok(())
    }

    fn exclude_refs(&mut self, repository: &Repository, objects: &Objects, is_one: impl Fn(&BStr) -> bool) {
        // Refs that cannot be read exclude nothing: more is scanned then, not less.
        let Ok((found, _)) = references(repository) else { return };
        let mut buffer = Vec::new();
        for reference in found.into_iter().filter(|reference| is_one(reference.name.as_ref())) {
            if let Ok((commit, Kind::Commit)) = objects.peel(reference.id, &mut buffer) {
                self.excluded.push(commit);
            }
        }
        self.excluded.sort_unstable();
        self.excluded.dedup();
    }
}

impl Remote {
    /// Whether a ref is one of its remote-tracking refs.
    fn holds(&self, name: &BStr) -> bool {
        let Some(rest) = name.strip_prefix(b"refs/remotes/") else { return false };
        match self {
            Self::Any => true,
            Self::Named(remote) => rest.strip_prefix(remote.as_bytes()).is_some_and(|rest| rest.starts_with(b"/")),
        }
    }
}
