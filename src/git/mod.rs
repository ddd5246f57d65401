//! What can be read of a repository without running git: where it is, its index, its refs and its objects.

mod environment;
mod index;
mod message;
mod odb;
mod pack_cache;
mod refs;
mod repository;
mod staged;

pub use environment::Environment;
pub use gix::ObjectId;
pub use gix::objs::Kind;
pub use index::{Entry, Index};
pub use message::{CommitText, TagText};
pub use odb::{ObjectError, Objects, TreeEntry};
pub use refs::{RefError, head, tips};
pub use repository::{Repository, RepositoryError};
pub use staged::{Change, staged};
