//! What can be read of a repository without running git: where it is, its index, its refs and its objects.

mod ancestry;
mod brought;
mod environment;
mod index;
mod message;
mod odb;
mod pack_cache;
mod reflog;
mod refs;
mod repository;
mod revision;
mod staged;
mod tree_lines;

pub use ancestry::{Walked, parents_first, reachable, shallow};
pub use brought::{Brought, Compared, Comparison};
pub use environment::Environment;
pub use gix::ObjectId;
pub use gix::objs::Kind;
pub use index::{Entry, Index};
pub use message::{CommitText, TagText};
pub use odb::{ObjectError, Objects, TreeEntry};
pub use reflog::{LogEntry, Reflog, reflogs};
pub use refs::{RefError, Reference, head, heads, references, tips};
pub use repository::{Repository, RepositoryError};
pub use revision::{RevisionError, resolve_commit, resolve_object};
pub use staged::{Change, staged};
pub use tree_lines::{TreeLine, TreeLines};
