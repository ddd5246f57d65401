//! What the next commit would add: the entries of the index that differ from HEAD, each read whole from the object database.

use std::path::PathBuf;

use bstr::BString;

use crate::git::{Change, Environment, Index, ObjectId, Objects, Repository, head, staged};
use crate::model::{Coverage, Origin, Place};

use super::{ArchiveLimits, Progress, SourceError, Visitor, threads};

/// Which index to read.
#[derive(Clone, Debug, Default)]
pub struct StagedOptions {
    /// A directory in the work tree.
    pub dir: PathBuf,
    /// Git's variables, as the hook was given them.
    pub environment: Environment,
    /// How far to open archives.
    pub archives: ArchiveLimits,
    /// Threads; 0 for one per core.
    pub threads: usize,
}

/// What is staged, read from the index; the index itself is let go, for in a large repository it is most of the memory.
pub struct Staged {
    jobs: Vec<Job>,
    objects: Option<Objects>,
    coverage: Coverage,
    archives: ArchiveLimits,
    threads: usize,
}

impl Staged {
    /// Reads the index and compares it with HEAD.
    ///
    /// # Errors
    /// When the directory belongs to no repository. What cannot be read inside it is in the coverage of the visit.
    pub fn read(options: &StagedOptions) -> Result<Self, SourceError> {
        let repository = Repository::discover(&options.dir, &options.environment)?;
        let mut coverage = Coverage::default();
        let (jobs, objects) = match changes(&repository, &mut coverage) {
            Ok((jobs, objects)) => (jobs, Some(objects)),
            Err(why) => {
                coverage.unread("what is staged", why);
                (Vec::new(), None)
            }
        };
        Ok(Self { jobs, objects, coverage, archives: options.archives.clone(), threads: options.threads })
    }
}

pub(super) fn visit(staged: &Staged, visitor: &dyn Visitor, progress: &dyn Progress) -> Result<Coverage, SourceError> {
    let mut coverage = staged.coverage.clone();
    let Some(objects) = &staged.objects else { return Ok(coverage) };
    progress.total(0, staged.jobs.len() as u64);
    coverage.merge(threads::for_each(
        &staged.jobs,
        staged.threads,
        &staged.archives,
        (visitor, progress),
        || (objects.clone(), Vec::new()),
        |(origin, id), (objects, buffer), reader| match objects.blob(id, buffer) {
            Ok(()) => reader.bytes(origin, buffer),
            Err(error) => reader.coverage().unread(origin.display(), error.to_string()),
        },
    ));
    Ok(coverage)
}

type Job = (Origin, ObjectId);

/// The blobs to read; what is staged without content is noted.
fn changes(repository: &Repository, coverage: &mut Coverage) -> Result<(Vec<Job>, Objects), String> {
    let objects = Objects::open(repository).map_err(|error| error.to_string())?;
    let mut buffer = Vec::new();
    let tree = match head(repository).map_err(|error| error.to_string())? {
        None => None,
        Some(commit) => Some(objects.commit(&commit, &mut buffer).map_err(|error| format!("HEAD cannot be read: {error}"))?.tree),
    };
    let index = Index::open(repository).map_err(|error| format!("the index cannot be read: {error}"))?;
    let mut jobs = Vec::new();
    let shown = |path: BString| Origin::file(path).display();
    for change in staged(&index, &objects, tree) {
        match change {
            Change::Blob { path, stage, id } => jobs.push((Origin { path, members: Vec::new(), place: Place::Staged { stage } }, id)),
            Change::IntentToAdd(path) => coverage.out_of_scope(shown(path), "only the intention to add it is staged"),
            Change::Submodule(path) => coverage.out_of_scope(shown(path), "a submodule: its files belong to another repository"),
            Change::Unread { path, why } => coverage.unread(if path.is_empty() { "what is staged".into() } else { shown(path) }, why),
        }
    }
    Ok((jobs, objects))
}
