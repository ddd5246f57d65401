//! The trees that an index still equals, directory by directory (gitformat-index, "Cache tree").

use bstr::{BString, ByteSlice};
use gix::ObjectId;

/// Directories nested deeper than this are not followed: no real tree comes near, and a crafted one must not exhaust the stack.
pub(super) const DEEPEST: u32 = 1024;

/// One directory of the cache-tree.
pub(super) struct CachedTree {
    /// Its name in the directory above; empty at the top.
    pub(super) name: BString,
    /// The tree that its entries would be written as; none where they changed since.
    pub(super) id: Option<ObjectId>,
    /// The directories in it.
    pub(super) children: Vec<CachedTree>,
}

impl CachedTree {
    /// Reads the extension; none where it is damaged, for it only ever saves work.
    pub(super) fn parse(mut body: &[u8], id_len: usize) -> Option<Self> {
        // Directories whose children are still to come, with how many; the top is the first.
        let mut open = vec![Self::directory(&mut body, id_len)?];
        loop {
            match open.last_mut()? {
                (_, 0) => {
                    let (done, _) = open.pop()?;
                    match open.last_mut() {
                        Some((above, _)) => above.children.push(done),
                        None => return body.is_empty().then_some(done),
                    }
                }
                (_, left) => {
                    *left -= 1;
                    if open.len() > DEEPEST as usize {
                        return None;
                    }
                    open.push(Self::directory(&mut body, id_len)?);
                }
            }
        }
    }

    /// One directory without its children, and how many follow.
    fn directory(rest: &mut &[u8], id_len: usize) -> Option<(Self, usize)> {
        let name = until(rest, 0)?;
        let entries = until(rest, b' ')?;
        let children: usize = until(rest, b'\n')?.to_str().ok()?.parse().ok()?;
        let id = match entries.first()? {
            b'-' => None,
            _ => Some(ObjectId::from_bytes_or_panic(rest.split_off(..id_len)?)),
        };
        Some((Self { name: name.into(), id, children: Vec::new() }, children))
    }
}

impl From<&gix::index::extension::Tree> for CachedTree {
    fn from(tree: &gix::index::extension::Tree) -> Self {
        Self {
            name: tree.name.as_slice().into(),
            id: tree.num_entries.is_some().then_some(tree.id),
            children: tree.children.iter().map(Self::from).collect(),
        }
    }
}

/// What stands before `end`, which is taken too.
fn until<'a>(rest: &mut &'a [u8], end: u8) -> Option<&'a [u8]> {
    let found = rest.find_byte(end)?;
    let taken = rest.split_off(..found)?;
    *rest = &rest[1..];
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_read_whole_or_not_at_all() {
        let id = [7; 20];
        let text = [b"\x003 1\n".as_slice(), &id, b"sub\0-1 0\n"].concat();
        let tree = CachedTree::parse(&text, 20).expect("it is whole");
        assert_eq!(tree.id.map(|id| id.as_bytes().to_vec()), Some(id.to_vec()));
        assert!(tree.children.len() == 1 && tree.children[0].name == "sub" && tree.children[0].id.is_none());
        for end in 0..text.len() {
            assert!(CachedTree::parse(&text[..end], 20).is_none(), "cut at {end}");
        }
        // More children than bytes, and deeper than any directory.
        assert!(CachedTree::parse(b"\x00-1 18446744073709551615\n", 20).is_none());
        assert!(CachedTree::parse(&b"\x00-1 1\n".repeat(100_000), 20).is_none());
    }
}
