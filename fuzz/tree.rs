//! Trees, alone and made from each other.

use std::ops::Range;

use super::dice::{Dice, few};
use crate::git::delta::{self, Step};
use crate::git::{Copied, Reads, Starts, TreeEntryBytes, TreeLines};

#[derive(Default)]
struct Seen {
    fresh: Vec<Vec<u8>>,
    kept: Vec<Range<usize>>,
}

impl Reads for Seen {
    fn fresh(&mut self, entry: &TreeEntryBytes<'_>, _at: u32) {
        self.fresh.push(entry.name.to_vec());
    }

    fn kept(&mut self, places: Range<usize>) {
        self.kept.push(places);
    }
}

/// The input is a length, a tree of that length, and a delta that makes another of it.
pub(super) fn read(input: &[u8]) -> String {
    let Some((length, rest)) = input.split_first_chunk::<2>() else { return "nothing".to_owned() };
    let (base, packed) = rest.split_at(rest.len().min(usize::from(u16::from_be_bytes(*length))));
    let (mut whole, mut next) = (Seen::default(), Seen::default());
    let (starts, is_whole) = Starts::of(base, 20, None, &mut whole);
    let lines = TreeLines::new(base, gix::hash::Kind::Sha1).count();
    // The one reader wants digits in a mode, the other a name.
    assert!(starts.len() == whole.fresh.len() && whole.kept.is_empty() && lines <= base.len());
    let (mut content, mut steps) = (Vec::new(), Vec::new());
    if let Err(damage) = delta::apply(base, packed, &mut content, &mut steps) {
        return format!("whole {is_whole} entries {}; {damage}", few(starts.len()));
    }
    check(&steps, base, &content);
    let mut alone = Seen::default();
    let (expected, is_sound) = Starts::of(&content, 20, None, &mut alone);
    let copied = Copied { base, starts: &starts, steps: &steps };
    let (told, is_told_sound) = Starts::of(&content, 20, Some(copied), &mut next);
    assert_eq!((&told, is_told_sound), (&expected, is_sound), "copied entries are told otherwise");
    assert!(next.kept.iter().all(|kept| kept.start < kept.end && kept.end <= starts.len()));
    let mut names: Vec<Vec<u8>> = next.fresh.clone();
    let of_base = |place: usize| TreeEntryBytes::parse(starts.entry(base, place), 20).expect("it was read").0.name.to_vec();
    names.extend(next.kept.iter().cloned().flatten().map(of_base));
    names.sort();
    alone.fresh.sort();
    assert_eq!(names, alone.fresh, "new and copied entries are not all");
    let (fresh, kept) = (few(next.fresh.len()), few(next.kept.len()));
    format!("whole {is_whole} entries {}; then {is_sound} fresh {fresh} kept {kept} steps {}", few(starts.len()), few(steps.len()))
}

/// Steps lie one behind the other and say where bytes come from.
pub(super) fn check(steps: &[Step], base: &[u8], content: &[u8]) {
    let mut at = 0;
    for step in steps {
        assert!(step.start == at && step.length > 0);
        at += step.length;
        if let Some(from) = step.from {
            assert_eq!(base[from..from + step.length], content[step.span()]);
        }
    }
    assert_eq!(at, content.len());
}

/// A tree, and one made from it entry by entry.
pub(super) fn make(dice: &mut Dice) -> Vec<u8> {
    let entry = |dice: &mut Dice| {
        let mode: &[u8] = [&b"100644"[..], b"40000", b"160000", b"120000", b"040000"][dice.below(5)];
        let length = 1 + dice.below(12);
        let name: Vec<u8> = dice.bytes(length).iter().map(|byte| b'a' + byte % 26).collect();
        [mode, b" ", &name, b"\0", &dice.bytes(20)].concat()
    };
    let entries: Vec<Vec<u8>> = (0..dice.below(8)).map(|_| entry(dice)).collect();
    let base = entries.concat();
    let (mut packed, mut size) = (Vec::new(), 0);
    for _ in 0..dice.below(6) {
        if dice.is_one_of(3) || base.is_empty() {
            let new = entry(dice);
            packed.push(new.len() as u8);
            packed.extend(&new);
            size += new.len();
        } else {
            let first = dice.below(entries.len());
            let from = entries[..first].iter().map(Vec::len).sum::<usize>();
            let count = 1 + dice.below(entries.len() - first);
            let mut length = entries[first..first + count].iter().map(Vec::len).sum::<usize>();
            length -= if dice.is_one_of(4) { dice.below(length.min(9)) } else { 0 };
            packed.extend([0xb3, from as u8, (from >> 8) as u8, length as u8, (length >> 8) as u8]);
            size += length;
        }
    }
    let numbers = [number(base.len()), number(size)].concat();
    [&(base.len() as u16).to_be_bytes()[..], &base, &numbers, &packed].concat()
}

/// A number in groups of seven bits, the lowest first.
pub(super) fn number(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}
