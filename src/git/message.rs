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

/// What a commit leads to.
#[derive(Clone, Debug)]
pub struct CommitLinks {
    /// Its tree.
    pub tree: ObjectId,
    /// Its parents.
    pub parents: Vec<ObjectId>,
    /// When it was committed, in seconds since 1970; real histories hold malformed dates, which count as 0.
    pub committed: i64,
    /// Where its message begins, in bytes.
    pub message: usize,
}

impl CommitLinks {
    /// Reads the headers of a commit object that lead to other objects, and its date.
    pub fn parse(data: &[u8]) -> Option<Self> {
        let headers = data.find(b"\n\n").map_or(data.len(), |at| at + 1);
        let mut lines = data[..headers].lines();
        let tree = ObjectId::from_hex(lines.next()?.strip_prefix(b"tree ")?).ok()?;
        let (mut parents, mut committed) = (Vec::new(), 0);
        for line in lines {
            if let Some(parent) = line.strip_prefix(b"parent ") {
                parents.push(ObjectId::from_hex(parent).ok()?);
            } else if let Some(who) = line.strip_prefix(b"committer ") {
                committed = seconds(&who[who.rfind_byte(b'>').map_or(who.len(), |at| at + 1)..]);
            }
        }
        Some(Self { tree, parents, committed, message: data.len().min(headers + 1) })
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
        // All behind the headers: a signature ends no message, for something may stand behind it.
        let (_, message) = data.split_once_str("\n\n").unwrap_or_default();
        Some(Self { target: tag.target(), message: message.into() })
    }
}

/// What the headers of a commit or tag say besides ids: who, when, tags that were merged, whatever else somebody put there. A
/// signature in armour is left out.
pub fn spoken_headers(data: &[u8]) -> BString {
    let mut said = BString::default();
    let mut is_said = false;
    for line in data.lines_with_terminator().take_while(|line| !line.trim_end_with(|sign| sign == '\n').is_empty()) {
        // What goes on from the line before begins with a space.
        if let Some(rest) = line.strip_prefix(b" ") {
            if is_said {
                said.extend_from_slice(rest);
            }
            continue;
        }
        let (name, value) = line.find_byte(b' ').map_or((line, &b""[..]), |at| (&line[..at], &line[at + 1..]));
        is_said = match name {
            b"tree" | b"parent" | b"object" => ObjectId::from_hex(value.trim()).is_err(),
            b"gpgsig" | b"gpgsig-sha256" => !value.starts_with(b"-----BEGIN "),
            _ => true,
        };
        if is_said {
            said.extend_from_slice(line);
        }
    }
    said
}

/// `Name <mail> seconds zone` as (`Name <mail>`, seconds); real histories hold malformed ones, which must not stop a scan.
fn signature(line: &[u8]) -> (String, i64) {
    let end = line.rfind_byte(b'>').map_or(line.len(), |at| at + 1);
    (line[..end].to_str_lossy().into_owned(), seconds(&line[end..]))
}

/// `seconds zone`, or 0.
fn seconds(date: &[u8]) -> i64 {
    date.trim().split(|&byte| byte == b' ').next().and_then(|digits| digits.to_str().ok()?.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_read_from_headers_alone() {
        let id = |digit: char| digit.to_string().repeat(40);
        let headers =
            format!("tree {}\nparent {}\nparent {}\nauthor A <a> 1 +0000\ncommitter B > <b> 17 +0100\n", id('1'), id('2'), id('3'));
        let text = format!("{headers}\nparent {}\n\nmore\n", id('4'));
        let read = CommitLinks::parse(text.as_bytes()).expect("well formed");
        assert_eq!((read.parents.len(), read.committed, &text[read.message..][..7]), (2, 17, "parent "));
        let cut = CommitLinks::parse(headers.as_bytes()).expect("without a message");
        assert_eq!((cut.parents.len(), cut.message), (2, headers.len()));
        assert!(CommitLinks::parse(b"tree x").is_none() && CommitLinks::parse(b"").is_none());
    }

    #[test]
    fn headers_say_all_but_ids_and_signatures() {
        let id = "12".repeat(20);
        let text = format!(
            "tree {id}\nparent {id}\nauthor A <a@b> 1 +0000\nparent of something\nmergetag object {id}\n type commit\n tagger T <t@b> 2 +0000\n \n \
             a merged tag\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n abc\n -----END PGP SIGNATURE-----\nodd\nx-note here\n and on\n\nauthor of all\n"
        );
        let said = format!(
            "author A <a@b> 1 +0000\nparent of something\nmergetag object {id}\ntype commit\ntagger T <t@b> 2 +0000\n\na merged tag\nodd\nx-note here\nand on\n"
        );
        assert_eq!(spoken_headers(text.as_bytes()), said);
        assert_eq!(spoken_headers(b""), "");
        assert_eq!(spoken_headers(b"\nauthor"), "");
    }
}
