//! Spoils bytes: flips, numbers at the edge, cuts, copies of stretches, and parts of another input.

use super::dice::Dice;

/// Inputs do not grow beyond this.
const LONGEST: usize = 1 << 14;

/// Numbers at which readers go wrong.
const EDGES: [u64; 14] =
    [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_ffff, u64::MAX >> 1, u64::MAX];

/// Spoils `input` in a few places; `other` lends parts.
pub(super) fn spoil(dice: &mut Dice, input: &mut Vec<u8>, other: &[u8]) {
    for _ in 0..1 << dice.below(4) {
        let at = dice.below(input.len() + 1);
        let most = [4, 16, 64, 1024][dice.below(4)];
        let length = 1 + dice.below(most);
        match dice.below(9) {
            0 if at < input.len() => input[at] ^= 1 << dice.below(8),
            1 if at < input.len() => input[at] = dice.byte(),
            2 => overwrite(input, at, EDGES[dice.below(EDGES.len())], 1 << dice.below(4)),
            3 if at + 4 <= input.len() => {
                let number = u32::from_be_bytes(input[at..at + 4].try_into().expect("four bytes"));
                overwrite(input, at, u64::from(number.wrapping_add(dice.below(9) as u32).wrapping_sub(4)), 4);
            }
            4 => input.truncate(at),
            5 => drop(input.drain(at..input.len().min(at + length))),
            6 => {
                let copied = input[at..input.len().min(at + length)].to_vec();
                let to = dice.below(input.len() + 1);
                input.splice(to..to, copied);
            }
            7 => {
                let from = dice.below(other.len() + 1);
                let lent = &other[from..other.len().min(from + length)];
                let end = if dice.is_one_of(2) { at } else { input.len().min(at + lent.len()) };
                input.splice(at..end, lent.iter().copied());
            }
            8 => {
                let new = dice.bytes(length.min(16));
                input.splice(at..at, new);
            }
            _ => {}
        }
        input.truncate(LONGEST);
    }
}

fn overwrite(input: &mut [u8], at: usize, number: u64, width: usize) {
    let end = input.len().min(at + width);
    let bytes = &number.to_be_bytes()[8 - width..];
    input[at..end].iter_mut().zip(bytes).for_each(|(byte, new)| *byte = *new);
}
