//! Where what a sweep learned is kept, and what it is valid for.

use std::env;
use std::path::PathBuf;
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use super::folders::Folders;
use super::look::Look;
use keyfuse::config::Settings;
use keyfuse::git::Repository;
use keyfuse::sweep::Memory;

/// What all sweeps of one run have in common.
#[derive(Clone, Debug)]
pub(super) struct Memories {
    folder: PathBuf,
    key: [u8; 32],
}

impl Memories {
    /// None where this person has no folder to keep them in.
    pub(super) fn find(settings: &Settings, look: &Look) -> Option<Self> {
        let folder = Folders::find().ok()?.cache.join("history");
        // Another build may find other things under the same version.
        let program = env::current_exe().and_then(|path| path.metadata()).ok()?;
        let built = program.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        let how = (look.confidence, &look.enable_rule, look.max_archive_depth, look.max_decode_depth);
        let parts = format!("{:?}", (env!("CARGO_PKG_VERSION"), program.len(), built, settings, how));
        Some(Self { folder, key: Sha256::digest(parts).into() })
    }

    /// The memory of a repository whose paths stand below `place`: what a path means depends on all of it.
    pub(super) fn of(&self, repository: &Repository, place: &[u8]) -> Memory {
        let key = Sha256::new().chain_update(self.key).chain_update(place).finalize().into();
        Memory::of(&self.folder, &repository.objects, key)
    }
}
