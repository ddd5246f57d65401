//! Commits and annotated tags as text: who, when, what they say and what they point to.

use bstr::{BString, ByteSlice};
use gix::ObjectId;
use gix::objs::{CommitRef, TagRef};

use crate::model::Commit;

/// What is needed of a commit.
#[derive(Clone, Debug)]
pub struct CommitText {
    /// Its tree.
    pub tree: ObjectId,
    /// Its parents.
    pub parents: Vec<ObjectId>,
    /// When it was committed, in seconds since 1970.
    pub committed: i64,
    /// Name and e-mail of the author.
    pub author: String,
    /// When it was written, in seconds since 1970.
    pub authored: i64,
    /// Its message.
    pub message: BString,
}

impl CommitText {
    /// Reads the text of a commit object.
    pub fn parse(data: &[u8], hash: gix::hash::Kind) -> Option<Self> {
        let commit = CommitRef::from_bytes(data, hash).ok()?;
        let (author, authored) = signature(commit.author);
        let (_, committed) = signature(commit.committer);
        Some(Self {
            tree: commit.tree(),
            parents: commit.parents().collect(),
            committed,
            author,
            authored,
            message: commit.message.to_owned(),
        })
    }

    /// The facts that a report names.
    pub fn facts(&self, id: &ObjectId) -> Commit {
        let date = jiff::Timestamp::from_second(self.authored).map_or_else(|_| String::new(), |time| time.to_string());
        Commit { id: id.to_string(), author: self.author.clone(), date }
    }
}

/// What is needed of an annotated tag.
#[derive(Clone, Debug)]
pub struct TagText {
    /// What it points to.
    pub target: ObjectId,
    /// Its message.
    pub message: BString,
}

impl TagText {
    /// Reads the text of a tag object.
    pub fn parse(data: &[u8], hash: gix::hash::Kind) -> Option<Self> {
        let tag = TagRef::from_bytes(data, hash).ok()?;
        Some(Self { target: tag.target(), message: tag.message.to_owned() })
    }
}

/// `Name <mail> seconds zone` as (`Name <mail>`, seconds); real histories hold malformed ones, which must not stop a scan.
fn signature(line: &[u8]) -> (String, i64) {
    let end = line.rfind_byte(b'>').map_or(line.len(), |at| at + 1);
    let seconds = line[end..].trim().split(|&byte| byte == b' ').next().and_then(|digits| digits.to_str().ok()?.parse().ok());
    (line[..end].to_str_lossy().into_owned(), seconds.unwrap_or(0))
}
