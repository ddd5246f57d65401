//! Chosen objects of a repository, each with the place it is told by.

use bstr::BString;

use crate::git::{ObjectError, ObjectId, Objects};
use crate::model::{Coverage, Origin};

use super::{ArchiveLimits, Progress, Visitor, threads};

/// Contents to hand over.
#[derive(Clone)]
pub struct Blobs {
    pub(super) objects: Objects,
    pub(super) jobs: Vec<(Origin, Part)>,
    pub(super) archives: ArchiveLimits,
    pub(super) threads: usize,
    /// Whether objects that are not there are out of scope.
    pub(super) allow_missing: bool,
}

/// Where a content is.
#[derive(Clone)]
pub(super) enum Part {
    /// In the object database.
    Blob(ObjectId),
    /// Here.
    Text(BString),
}

pub(super) fn visit(blobs: &Blobs, visitor: &dyn Visitor, progress: &dyn Progress) -> Coverage {
    progress.total(0, blobs.jobs.len() as u64);
    let allow_missing = blobs.allow_missing;
    threads::for_each(
        &blobs.jobs,
        blobs.threads,
        &blobs.archives,
        (visitor, progress),
        || (blobs.objects.clone(), Vec::new()),
        |(origin, part), (objects, buffer), reader| match part {
            Part::Text(text) => {
                buffer.clear();
                buffer.extend_from_slice(text);
                reader.bytes(origin, buffer);
            }
            Part::Blob(id) => match objects.blob(id, buffer) {
                Ok(()) => reader.bytes(origin, buffer),
                Err(error) => unread(reader.coverage(), origin.display(), &error, allow_missing),
            },
        },
    )
}

/// Notes an object that could not be had; one that was not fetched may have been allowed to be missing.
pub(super) fn unread(coverage: &mut Coverage, what: String, error: &ObjectError, allow_missing: bool) {
    match error {
        ObjectError::Missing(_) if allow_missing => coverage.out_of_scope(what, format!("{error}, as --allow-missing allows")),
        _ => coverage.unread(what, error.to_string()),
    }
}
