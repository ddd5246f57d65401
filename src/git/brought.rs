//! What a commit brings: the entries of its tree that stand in the tree of none of its parents.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::rc::Rc;

use bstr::{BStr, BString, ByteSlice};
use gix::ObjectId;

use super::{ObjectError, Objects, TreeLine, TreeLines};

/// Directories nested deeper than this are not followed: no real tree comes near, and a crafted one must not exhaust the stack.
const DEEPEST: u32 = 1024;
/// Bytes of trees that are kept: the parent of one commit is the next to be looked at.
const KEPT: usize = 16 << 20;

/// A file (or link) that a tree has and none of those it was compared with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Brought {
    /// From the top of the tree.
    pub path: BString,
    /// Its content.
    pub id: ObjectId,
    /// Whether one of the other trees has something else at that path.
    pub was_there: bool,
}

/// Compares trees, keeping those that were read last.
pub struct Comparison<'o> {
    objects: &'o Objects,
    kept: HashMap<ObjectId, Rc<[u8]>>,
    bytes: usize,
    buffer: Vec<u8>,
}

/// What a comparison gave.
#[derive(Debug, Default)]
pub struct Compared {
    /// Files, in the order of the tree.
    pub brought: Vec<Brought>,
    /// Directories that could not be read or compared, with the reason.
    pub failed: Vec<(BString, ObjectError)>,
}

impl<'o> Comparison<'o> {
    /// Nothing is read yet.
    pub fn new(objects: &'o Objects) -> Self {
        Self { objects, kept: HashMap::new(), bytes: 0, buffer: Vec::new() }
    }

    /// What `tree` has at a path where none of `others` has the same. One of `others` that cannot be read hides nothing.
    pub fn of(&mut self, tree: ObjectId, others: &[ObjectId]) -> Compared {
        let mut compared = Compared::default();
        self.directory(&mut BString::default(), tree, others, 0, &mut compared);
        compared
    }

    /// The file at `path` in `tree`, if there is one and the trees on the way can be read.
    pub fn file_at(&mut self, tree: ObjectId, path: &BStr) -> Option<ObjectId> {
        let mut here = tree;
        let mut names = path.split(|&byte| byte == b'/').peekable();
        while let Some(name) = names.next() {
            let data = self.read(here).ok()?;
            let found = TreeLines::new(&data, self.objects.hash()).find(|line| line.name.as_bytes() == name)?;
            match (found.is_tree(), names.peek().is_some()) {
                (true, true) => here = found.object(),
                (false, false) if !found.is_submodule() => return Some(found.object()),
                _ => return None,
            }
        }
        None
    }

    /// The file of `tree` that lies nearest to `path`: itself, or the first in the deepest directory that is still there.
    pub fn nearest(&mut self, tree: ObjectId, path: &BStr) -> Option<BString> {
        if self.file_at(tree, path).is_some() {
            return Some(path.to_owned());
        }
        let mut directories = vec![(BString::default(), tree)];
        let mut rest = path;
        while let Some(slash) = rest.find_byte(b'/') {
            let (parent, here) = directories.last().expect("the root was pushed");
            let Ok(data) = self.read(*here) else { break };
            let found =
                TreeLines::new(&data, self.objects.hash()).find(|line| line.is_tree() && line.name.as_bytes() == rest[..slash].as_bytes());
            let Some(found) = found else { break };
            let inner: BString = [parent.as_slice(), &rest[..=slash]].concat().into();
            directories.push((inner, found.object()));
            rest = rest[slash + 1..].as_bstr();
        }
        directories.into_iter().rev().find_map(|(directory, id)| {
            let data = self.read(id).ok()?;
            let first = TreeLines::new(&data, self.objects.hash()).find(|line| line.mode.starts_with(b"100"))?;
            Some([directory.as_slice(), first.name].concat().into())
        })
    }

    fn directory(&mut self, path: &mut BString, tree: ObjectId, others: &[ObjectId], depth: u32, compared: &mut Compared) {
        let data = match self.read(tree) {
            Ok(data) if depth <= DEEPEST => data,
            Ok(_) => {
                let error = ObjectError::Corrupt { id: tree, why: format!("more than {DEEPEST} directories deep") };
                return compared.failed.push((path.clone(), error));
            }
            Err(error) => return compared.failed.push((path.clone(), error)),
        };
        let others: Vec<Rc<[u8]>> = others.iter().filter_map(|&other| self.read(other).ok()).collect();
        let hash = self.objects.hash();
        let mut cursors: Vec<Cursor<'_>> = others.iter().map(|other| Cursor::new(TreeLines::new(other, hash))).collect();
        let mut lines = TreeLines::new(&data, hash);
        for line in lines.by_ref() {
            if line.is_submodule() {
                continue;
            }
            let (mut is_same, mut was_there, mut below) = (false, false, Vec::new());
            for cursor in &mut cursors {
                let Some(other) = cursor.at(&line) else { continue };
                is_same |= other.id == line.id;
                was_there = true;
                if line.is_tree() {
                    below.push(other.object());
                }
            }
            if is_same {
                continue;
            }
            let length = path.len();
            path.extend_from_slice(line.name);
            if line.is_tree() {
                path.push(b'/');
                self.directory(path, line.object(), &below, depth + 1, compared);
            } else {
                compared.brought.push(Brought { path: path.clone(), id: line.object(), was_there });
            }
            path.truncate(length);
        }
        if lines.is_broken() {
            compared.failed.push((path.clone(), ObjectError::Corrupt { id: tree, why: "not a well-formed tree".into() }));
        }
    }

    fn read(&mut self, tree: ObjectId) -> Result<Rc<[u8]>, ObjectError> {
        if let Some(data) = self.kept.get(&tree) {
            return Ok(Rc::clone(data));
        }
        self.objects.raw_tree(&tree, &mut self.buffer)?;
        let data: Rc<[u8]> = self.buffer.as_slice().into();
        if self.bytes + data.len() > KEPT {
            self.kept.clear();
            self.bytes = 0;
        }
        self.bytes += data.len();
        self.kept.insert(tree, Rc::clone(&data));
        Ok(data)
    }
}

/// A tree read alongside another in their common order.
struct Cursor<'t> {
    lines: TreeLines<'t>,
    next: Option<TreeLine<'t>>,
}

impl<'t> Cursor<'t> {
    fn new(mut lines: TreeLines<'t>) -> Self {
        let next = lines.next();
        Self { lines, next }
    }

    /// The entry of the same name and kind. A tree out of order may hide entries here; then more counts as brought, not less.
    fn at(&mut self, line: &TreeLine<'_>) -> Option<TreeLine<'t>> {
        loop {
            let next = self.next?;
            match order(&next, line) {
                Ordering::Less => self.next = self.lines.next(),
                Ordering::Equal => return (next.is_submodule() == line.is_submodule()).then_some(next),
                Ordering::Greater => return None,
            }
        }
    }
}

/// Git's order of the entries of a tree: directories sort as if a slash ended their names.
fn order(one: &TreeLine<'_>, other: &TreeLine<'_>) -> Ordering {
    let length = one.name.len().min(other.name.len());
    one.name[..length].cmp(&other.name[..length]).then_with(|| {
        let after = |line: &TreeLine<'_>| line.name.get(length).copied().unwrap_or(if line.is_tree() { b'/' } else { 0 });
        after(one).cmp(&after(other)).then(one.name.len().cmp(&other.name.len()))
    })
}
