//! What can be read of a repository without running git: where it is, its index, its refs and its objects.

mod alternates;
mod ancestry;
mod brought;
mod cached_tree;
mod damage;
mod delta;
mod delta_tree;
mod environment;
mod forest;
#[cfg(test)]
#[path = "../../fuzz/mod.rs"]
mod fuzz;
mod index;
mod inflate;
mod loose;
mod mapped;
mod message;
mod multi_pack_index;
mod object_store;
mod odb;
mod pack;
mod pack_cache;
mod pack_entry;
mod pack_folder;
mod pack_index;
mod plain_index;
mod reflog;
mod refs;
mod repository;
mod revision;
mod staged;
mod tree_lines;
mod tree_starts;

pub use ancestry::{Linked, Links, Walked, parents_first, reachable, shallow};
pub use brought::{Brought, Compared, Comparison};
pub use damage::Damage;
pub use delta::Step;
pub use delta_tree::{Packed, Walk, Walker};
pub use environment::Environment;
pub use forest::Forest;
pub use gix::ObjectId;
pub use gix::objs::Kind;
pub use index::{Entry, Index};
pub use message::{CommitLinks, CommitText, TagText, spoken_headers};
pub use object_store::{ObjectStore, id_of};
pub use odb::{ObjectError, Objects, TreeEntry};
pub use pack::Pack;
pub use pack_index::PackError;
pub use reflog::{LogEntry, Reflog, reflogs};
pub use refs::{RefError, Reference, head, heads, references, tips};
pub use repository::{Repository, RepositoryError};
pub use revision::{RevisionError, resolve_commit, resolve_object};
pub use staged::{Change, staged};
pub use tree_lines::{TreeLine, TreeLines};
pub use tree_starts::{Copied, Reads, Starts, TreeEntryBytes};
