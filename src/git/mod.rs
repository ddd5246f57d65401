//! What can be read of a repository without running git: where it is, its index, its refs and its objects.

mod alternates;
mod damage;
mod delta;
mod delta_tree;
mod environment;
mod forest;
mod index;
mod loose;
mod mapped;
mod message;
mod object_store;
mod odb;
mod pack;
mod pack_cache;
mod pack_entry;
mod pack_index;
mod refs;
mod repository;
mod staged;

pub use damage::Damage;
pub use delta::Step;
pub use delta_tree::{Packed, Walk, Walker};
pub use environment::Environment;
pub use forest::Forest;
pub use gix::ObjectId;
pub use gix::objs::Kind;
pub use index::{Entry, Index};
pub use message::{CommitText, TagText};
pub use object_store::{ObjectStore, id_of};
pub use odb::{ObjectError, Objects, TreeEntry};
pub use pack::Pack;
pub use pack_index::PackError;
pub use refs::{RefError, head, tips};
pub use repository::{Repository, RepositoryError};
pub use staged::{Change, staged};
