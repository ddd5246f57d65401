//! What is known of the matches of an expression before any is looked for: their first and last bytes, and the run that each holds.

use regex_syntax::hir::{Class, Hir, HirKind};
use serde::{Deserialize, Serialize};

/// A set of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ByteSet([u64; 4]);

impl ByteSet {
    fn insert_range(&mut self, first: u8, last: u8) {
        for byte in first..=last {
            self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
        }
    }

    pub(crate) fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }

    fn union(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(other.0) {
            *word |= other;
        }
    }
}

/// The bytes of a class; none for one of Unicode characters.
pub(super) fn byte_set(class: &Class) -> Option<ByteSet> {
    let Class::Bytes(class) = class else { return None };
    let mut set = ByteSet::default();
    class.iter().for_each(|range| set.insert_range(range.start(), range.end()));
    Some(set)
}

/// Adds the bytes that the expression can begin (or, at the `end`, end) with; returns whether it can be empty.
pub(super) fn edge(hir: &Hir, end: bool, set: &mut ByteSet) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => {
            let byte = if end { literal.0.last() } else { literal.0.first() };
            if let Some(&byte) = byte {
                set.insert_range(byte, byte);
            }
            byte.is_none()
        }
        HirKind::Class(class) => {
            if let Some(class) = byte_set(class) {
                set.union(&class);
            }
            false
        }
        HirKind::Repetition(repetition) => edge(&repetition.sub, end, set) || repetition.min == 0,
        HirKind::Capture(capture) => edge(&capture.sub, end, set),
        HirKind::Concat(parts) => {
            if end {
                parts.iter().rev().all(|part| edge(part, end, set))
            } else {
                parts.iter().all(|part| edge(part, end, set))
            }
        }
        HirKind::Alternation(branches) => branches.iter().fold(false, |empty, branch| edge(branch, end, set) | empty),
    }
}

/// Runs of token characters that every match of an expression surely holds.
#[derive(Clone, Copy, Default)]
struct SureRun {
    /// At its beginning, at its end, and anywhere.
    first: usize,
    last: usize,
    longest: usize,
    /// Whether the whole match is one run.
    whole: bool,
}

/// The length of the longest run that every match surely holds, in bytes.
pub(super) fn sure_run(hir: &Hir) -> usize {
    surely(hir).longest
}

fn surely(hir: &Hir) -> SureRun {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'+' | b'/' | b'-');
    let whole = |length| SureRun { first: length, last: length, longest: length, whole: true };
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => whole(0),
        HirKind::Literal(literal) => {
            literal.0.iter().map(|&byte| if is_token(byte) { whole(1) } else { SureRun::default() }).fold(whole(0), join)
        }
        HirKind::Class(Class::Bytes(class)) if class.iter().all(|range| (range.start()..=range.end()).all(is_token)) => whole(1),
        HirKind::Class(_) => SureRun::default(),
        HirKind::Repetition(repetition) => {
            // A long stretch of an alphabet that has a dot or two besides token characters holds a run all the same.
            if repetition.min >= 20
                && let HirKind::Class(Class::Bytes(class)) = repetition.sub.kind()
            {
                let members = class.iter().flat_map(|range| range.start()..=range.end());
                let (token, other): (Vec<u8>, Vec<u8>) = members.partition(|&byte| is_token(byte));
                if !other.is_empty() && other.len() <= 4 && token.len() >= 16 {
                    return SureRun { longest: (repetition.min as usize / 2).max(RUN), ..SureRun::default() };
                }
            }
            let once = surely(&repetition.sub);
            let sure = (0..repetition.min).fold(whole(0), |sum, _| join(sum, once));
            // What may follow more often must not break the run.
            if repetition.max == Some(repetition.min) || once.whole { sure } else { SureRun { last: 0, whole: false, ..sure } }
        }
        HirKind::Capture(capture) => surely(&capture.sub),
        HirKind::Concat(parts) => parts.iter().map(surely).fold(whole(0), join),
        HirKind::Alternation(branches) => branches.iter().map(surely).reduce(either).unwrap_or_default(),
    }
}

/// The shortest run that a search by runs relies on, in bytes.
const RUN: usize = 16;

/// How many bytes of a match may stand before its run, if all of them join words.
pub(super) fn lead(hir: &Hir) -> Option<u16> {
    match hir.kind() {
        HirKind::Capture(capture) => lead(&capture.sub),
        HirKind::Alternation(branches) => branches.iter().map(lead).collect::<Option<Vec<u16>>>()?.into_iter().max(),
        HirKind::Concat(parts) => {
            let mut before = 0;
            for number in 0..parts.len() {
                let rest = parts[number..].iter().map(surely).fold(SureRun { whole: true, ..SureRun::default() }, join);
                // A run that is sure, but not where it begins, begins with the part.
                if rest.first >= RUN || surely(&parts[number]).longest >= RUN {
                    return u16::try_from(before).ok();
                }
                if !joins(&parts[number]) {
                    return None;
                }
                before += parts[number].properties().maximum_len()?;
            }
            None
        }
        _ => (surely(hir).longest >= RUN).then_some(0),
    }
}

/// Whether the expression matches nothing but token characters and the signs that join them.
fn joins(hir: &Hir) -> bool {
    let is_joint = |byte: u8| byte.is_ascii_alphanumeric() || b"_+/-.$|:~@%&?#!\\".contains(&byte);
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => literal.0.iter().all(|&byte| is_joint(byte)),
        HirKind::Class(Class::Bytes(class)) => class.iter().all(|range| (range.start()..=range.end()).all(is_joint)),
        HirKind::Class(_) => false,
        HirKind::Repetition(repetition) => joins(&repetition.sub),
        HirKind::Capture(capture) => joins(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().all(joins),
    }
}

fn join(left: SureRun, right: SureRun) -> SureRun {
    let across = left.last + right.first;
    SureRun {
        first: if left.whole { left.first + right.first } else { left.first },
        last: if right.whole { left.last + right.last } else { right.last },
        longest: left.longest.max(right.longest).max(across),
        whole: left.whole && right.whole,
    }
}

fn either(one: SureRun, other: SureRun) -> SureRun {
    SureRun {
        first: one.first.min(other.first),
        last: one.last.min(other.last),
        longest: one.longest.min(other.longest),
        whole: one.whole && other.whole,
    }
}
