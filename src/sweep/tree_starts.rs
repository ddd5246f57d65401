//! Where the entries of a tree begin: of a tree made from another, those that were copied are taken over without a look.

use std::ops::Range;

use crate::git::{ObjectId, Step};

/// Where each entry of a tree begins, in its order.
#[derive(Debug, Default)]
pub(super) struct Starts(Vec<u32>);

/// What a tree was made from.
#[derive(Clone, Copy)]
pub(super) struct Made<'m> {
    pub(super) base: &'m [u8],
    pub(super) starts: &'m Starts,
    pub(super) steps: &'m [Step],
}

/// Is told the entries of a tree.
pub(super) trait Reads {
    /// An entry that was not copied as a whole.
    fn fresh(&mut self, entry: &TreeEntryBytes<'_>);

    /// Entries of the base, by their places among its entries, that were.
    fn kept(&mut self, _places: Range<usize>) {}
}

impl Starts {
    /// The entries of the tree `content`, whose ids have so many bytes; `false` with them when it cannot be understood to its end.
    pub(super) fn of(content: &[u8], id_length: usize, made: Option<Made<'_>>, reader: &mut impl Reads) -> (Self, bool) {
        let (mut starts, mut at) = (Vec::new(), 0);
        while at < content.len() {
            if let Some((places, from, end)) = made.and_then(|made| made.run(at)) {
                let known = made.map_or(&[][..], |made| &made.starts.0[places.clone()]);
                starts.extend(known.iter().map(|&start| (start as usize - from + at) as u32));
                reader.kept(places);
                at = end;
                continue;
            }
            let Some((entry, length)) = TreeEntryBytes::parse(&content[at..], id_length) else {
                return (Self(starts), false);
            };
            starts.push(u32::try_from(at).unwrap_or(u32::MAX));
            reader.fresh(&entry);
            at += length;
        }
        (Self(starts), true)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The bytes of the tree from the entry at that place on.
    pub(super) fn entry<'t>(&self, content: &'t [u8], place: usize) -> &'t [u8] {
        content.get(self.0[place] as usize..).unwrap_or_default()
    }
}

impl Made<'_> {
    /// The entries of the base that stand in the tree one after another from `at` on: their places, where the first begins in the
    /// base, and where the last ends in the tree.
    fn run(&self, at: usize) -> Option<(Range<usize>, usize, usize)> {
        let (steps, starts) = (self.steps, &self.starts.0);
        let step = steps.get(steps.partition_point(|step| step.start + step.length <= at))?;
        let from = at - step.start + step.from?;
        let copied_end = step.from? + step.length;
        let first = starts.binary_search(&u32::try_from(from).ok()?).ok()?;
        // Those whose end, which is the start of the next, was copied too.
        let end_of = |place: usize| starts.get(place + 1).map_or(self.base.len(), |&next| next as usize);
        let last = first + starts[first..].partition_point(|&start| start as usize <= copied_end);
        let last = if last == starts.len() && end_of(last - 1) <= copied_end { last } else { last - 1 };
        (last > first).then(|| (first..last, from, at + end_of(last - 1) - from))
    }
}

/// One entry of a tree: mode, space, name, NUL, id.
pub(super) struct TreeEntryBytes<'t> {
    pub(super) name: &'t [u8],
    pub(super) id: ObjectId,
    pub(super) is_tree: bool,
    pub(super) is_submodule: bool,
}

impl<'t> TreeEntryBytes<'t> {
    /// The entry that `bytes` begin with, and its length.
    pub(super) fn parse(bytes: &'t [u8], hash_len: usize) -> Option<(Self, usize)> {
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
