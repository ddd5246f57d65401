//! Where the entries of a tree begin: of a tree made from another, those that were copied are taken over without a look.

use std::ops::Range;

use gix::ObjectId;

use super::Step;

/// Where each entry of a tree begins, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Starts {
    starts: Vec<u32>,
    /// Where the last entry ends.
    end: u32,
}

/// What a tree was made from.
#[derive(Clone, Copy)]
pub struct Copied<'m> {
    /// The bytes of the other tree.
    pub base: &'m [u8],
    /// Where its entries begin.
    pub starts: &'m Starts,
    /// How the tree was made of them.
    pub steps: &'m [Step],
}

/// Is told the entries of a tree.
pub trait Reads {
    /// An entry that was not copied as a whole, and where it begins.
    fn fresh(&mut self, entry: &TreeEntryBytes<'_>, at: u32);

    /// Entries of the base, by their places among its entries, that were.
    fn kept(&mut self, _places: Range<usize>) {}
}

impl Starts {
    /// The entries of the tree `content`, whose ids have so many bytes; `false` with them when it cannot be understood to its end.
    pub fn of(content: &[u8], id_length: usize, made: Option<Copied<'_>>, reader: &mut impl Reads) -> (Self, bool) {
        let (mut starts, mut at, mut step) = (Vec::new(), 0, 0);
        starts.reserve(made.map_or(0, |made| made.starts.len()));
        while at < content.len() {
            if let Some((places, from, end)) = made.and_then(|made| made.run(at, &mut step)) {
                let known = made.map_or(&[][..], |made| &made.starts.starts[places.clone()]);
                starts.extend(known.iter().map(|&start| (start as usize - from + at) as u32));
                reader.kept(places);
                at = end;
                continue;
            }
            let Some((entry, length)) = TreeEntryBytes::parse(&content[at..], id_length) else {
                return (Self { starts, end: narrow(at) }, false);
            };
            starts.push(narrow(at));
            reader.fresh(&entry, narrow(at));
            at += length;
        }
        (Self { starts, end: narrow(at) }, true)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// The bytes of the tree from the entry at that place on.
    pub fn entry<'t>(&self, content: &'t [u8], place: usize) -> &'t [u8] {
        content.get(self.starts[place] as usize..).unwrap_or_default()
    }
}

impl Copied<'_> {
    /// The entries of the base that stand in the tree one after another from `at` on: their places, where the first begins in the
    /// base, and where the last ends in the tree. `next` is the first step that may reach beyond `at`: the tree is read from its
    /// beginning.
    fn run(&self, at: usize, next: &mut usize) -> Option<(Range<usize>, usize, usize)> {
        let (steps, starts) = (self.steps, &self.starts.starts);
        while steps.get(*next).is_some_and(|step| step.start + step.length <= at) {
            *next += 1;
        }
        let step = steps.get(*next)?;
        let from = at - step.start + step.from?;
        let copied_end = step.from? + step.length;
        let first = starts.binary_search(&u32::try_from(from).ok()?).ok()?;
        // Those whose end, which is the start of the next, was copied too.
        let end_of = |place: usize| starts.get(place + 1).copied().unwrap_or(self.starts.end) as usize;
        let last = first + starts[first..].partition_point(|&start| start as usize <= copied_end);
        let last = if last == starts.len() && end_of(last - 1) <= copied_end { last } else { last - 1 };
        (last > first).then(|| (first..last, from, at + end_of(last - 1) - from))
    }
}

/// Objects are far smaller than four gigabytes: their limit is one.
fn narrow(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// One entry of a tree: mode, space, name, NUL, id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeEntryBytes<'t> {
    /// The name within the directory.
    pub name: &'t [u8],
    /// What it names.
    pub id: ObjectId,
    /// Whether that is a tree.
    pub is_tree: bool,
    /// Whether that is a commit of another repository.
    pub is_submodule: bool,
}

impl<'t> TreeEntryBytes<'t> {
    /// The entry that `bytes` begin with, and its length.
    pub fn parse(bytes: &'t [u8], hash_len: usize) -> Option<(Self, usize)> {
        let space = bytes.iter().take(8).position(|&byte| byte == b' ')?;
        let mode =
            bytes[..space].iter().try_fold(0u32, |mode, byte| (b'0'..=b'7').contains(byte).then(|| mode << 3 | u32::from(byte - b'0')))?;
        let rest = &bytes[space + 1..];
        let nul = memchr::memchr(0, rest)?;
        let id = ObjectId::try_from(rest.get(nul + 1..nul + 1 + hash_len)?).ok()?;
        let kind = mode & 0o170_000;
        let entry = Self { name: &rest[..nul], id, is_tree: kind == 0o040_000, is_submodule: kind == 0o160_000 };
        Some((entry, space + 1 + nul + 1 + hash_len))
    }
}
