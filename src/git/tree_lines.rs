//! The lines of a tree object, read one by one from its bytes without copying a name.

use bstr::{BStr, ByteSlice};
use gix::ObjectId;

/// One line of a tree: mode, name, id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeLine<'t> {
    /// The mode, as octal digits.
    pub mode: &'t [u8],
    /// Name within the directory.
    pub name: &'t BStr,
    /// The raw id of what it names.
    pub id: &'t [u8],
}

impl TreeLine<'_> {
    /// Whether it names a tree.
    pub fn is_tree(&self) -> bool {
        // Old programs wrote a zero in front.
        matches!(self.mode, b"40000" | b"040000")
    }

    /// Whether it names a commit of another repository.
    pub fn is_submodule(&self) -> bool {
        self.mode == b"160000"
    }

    /// The id of what it names.
    pub fn object(&self) -> ObjectId {
        ObjectId::try_from(self.id).expect("the reader cut off as many bytes as an id has")
    }
}

/// Reads the lines of a tree; ends after the first that is not well formed.
#[derive(Clone, Debug)]
pub struct TreeLines<'t> {
    rest: &'t [u8],
    id_length: usize,
    is_broken: bool,
}

impl<'t> TreeLines<'t> {
    /// The lines of the tree object `data`, whose ids are of the kind `hash`.
    pub fn new(data: &'t [u8], hash: gix::hash::Kind) -> Self {
        Self { rest: data, id_length: hash.len_in_bytes(), is_broken: false }
    }

    /// Whether reading ended at something that is no line of a tree.
    pub fn is_broken(&self) -> bool {
        self.is_broken
    }
}

impl<'t> Iterator for TreeLines<'t> {
    type Item = TreeLine<'t>;

    fn next(&mut self) -> Option<TreeLine<'t>> {
        if self.rest.is_empty() {
            return None;
        }
        let line = (|| {
            // A mode has five or six digits: looking no further keeps a tree of junk from being searched again for every line.
            let space = self.rest.iter().take(8).position(|&byte| byte == b' ')?;
            let (mode, rest) = (&self.rest[..space], &self.rest[space + 1..]);
            let end = memchr::memchr(0, rest)?;
            let id = rest.get(end + 1..end + 1 + self.id_length)?;
            (end > 0).then(|| (TreeLine { mode, name: rest[..end].as_bstr(), id }, &rest[end + 1 + self.id_length..]))
        })();
        match line {
            Some((line, rest)) => {
                self.rest = rest;
                Some(line)
            }
            None => {
                self.is_broken = true;
                self.rest = b"";
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_cut_where_git_ends_them() {
        let mut data = b"100644 a b\0".to_vec();
        data.extend([1; 20]);
        data.extend(b"40000 dir\0");
        data.extend([0; 20]);
        let mut lines = TreeLines::new(&data, gix::hash::Kind::Sha1);
        let found: Vec<_> = lines.by_ref().map(|line| (line.name.to_string(), line.is_tree(), line.object().as_slice()[0])).collect();
        assert_eq!(found, [("a b".to_owned(), false, 1), ("dir".to_owned(), true, 0)]);
        assert!(!lines.is_broken());
        let mut cut = TreeLines::new(&data[..data.len() - 1], gix::hash::Kind::Sha1);
        assert_eq!((cut.by_ref().count(), cut.is_broken()), (1, true));
    }

    proptest! {
        #[test]
        fn no_bytes_stop_it(data in proptest::collection::vec(any::<u8>(), 0..200)) {
            for hash in [gix::hash::Kind::Sha1, gix::hash::Kind::Sha256] {
                prop_assert!(TreeLines::new(&data, hash).count() <= data.len());
            }
        }
    }
}
