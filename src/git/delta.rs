//! Deltas of packs: an object as copies from another with bytes between (gitformat-pack, "Deltified representation").

use std::ops::Range;

use super::damage::{Damage, LARGEST_OBJECT};

/// A stretch of an object that a delta describes, in the object's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Where it begins in the object.
    pub start: usize,
    /// Its bytes.
    pub length: usize,
    /// Where it was copied from in the base; none when the delta brings the bytes itself.
    pub from: Option<usize>,
}

impl Step {
    /// Where it stands in the object.
    pub fn span(&self) -> Range<usize> {
        self.start..self.start + self.length
    }
}

/// Stretches up to this length, in bytes, are written with bytes behind them that are overwritten later: most are shorter, and a length
/// that is known beforehand is copied in two instructions.
const SHORT: usize = 32;

/// Makes the object that `delta` describes out of `base`. What `out` and `steps` held before is lost.
///
/// Neighbouring copies of neighbouring bytes become one step. No more is allocated than the object has bytes, which the limit on
/// objects bounds.
pub(super) fn apply(base: &[u8], delta: &[u8], out: &mut Vec<u8>, steps: &mut Vec<Step>) -> Result<(), Damage> {
    steps.clear();
    let mut rest = delta;
    let stated = size(&mut rest)?;
    if stated != base.len() as u64 {
        return Err(Damage::DeltaBase(stated));
    }
    let wanted = size(&mut rest)?;
    if wanted > LARGEST_OBJECT {
        return Err(Damage::TooLarge(wanted));
    }
    // Each instruction has a byte at least, and gives at most what three bytes can count.
    if wanted / 0xff_ffff > rest.len() as u64 {
        return Err(Damage::Size(wanted));
    }
    let size = usize::try_from(wanted).map_err(|_| Damage::TooLarge(wanted))?;
    out.truncate(size);
    out.reserve_exact(size - out.len());
    let mut start = 0;
    while let Some((&instruction, after)) = rest.split_first() {
        rest = after;
        let length = if instruction & 0x80 != 0 {
            let (from, length) = copy(instruction, &mut rest)?;
            if from.checked_add(length).is_none_or(|end| end > base.len()) {
                return Err(Damage::DeltaBeyondBase);
            }
            if length > size - start {
                return Err(Damage::Size(wanted));
            }
            write(out, start, &base[from..], length);
            match steps.last_mut() {
                Some(Step { from: Some(before), length: known, .. }) if *before + *known == from => *known += length,
                _ => steps.push(Step { start, length, from: Some(from) }),
            }
            length
        } else if instruction != 0 {
            let length = usize::from(instruction);
            if length > rest.len() {
                return Err(Damage::DeltaCut);
            }
            if length > size - start {
                return Err(Damage::Size(wanted));
            }
            write(out, start, rest, length);
            rest = &rest[length..];
            match steps.last_mut() {
                Some(Step { from: None, length: known, .. }) => *known += length,
                _ => steps.push(Step { start, length, from: None }),
            }
            length
        } else {
            return Err(Damage::DeltaInstruction);
        };
        start += length;
    }
    out.truncate(start);
    if start == size { Ok(()) } else { Err(Damage::Size(wanted)) }
}

/// Writes the first bytes of `bytes`, `length` of them, to `out` at `start`, up to which it is written; behind them it may hold anything.
#[inline]
fn write(out: &mut Vec<u8>, start: usize, bytes: &[u8], length: usize) {
    let end = start + length;
    if length <= SHORT
        && let Some(bytes) = bytes.first_chunk::<SHORT>()
        && let Some(place) = out.get_mut(start..).and_then(|rest| rest.first_chunk_mut::<SHORT>())
    {
        *place = *bytes;
    } else if end <= out.len() {
        out[start..end].copy_from_slice(&bytes[..length]);
    } else {
        // What was there before is overwritten as far as it goes; only what was written is ever allocated for.
        out.truncate(start);
        out.extend_from_slice(&bytes[..length]);
    }
}

/// Offset and length of a copy: the low seven bits say which of their bytes follow.
fn copy(instruction: u8, rest: &mut &[u8]) -> Result<(usize, usize), Damage> {
    let mut number = |bits: Range<u8>| -> Result<u32, Damage> {
        let mut value = 0;
        for (place, bit) in bits.enumerate() {
            if instruction >> bit & 1 == 1 {
                let (&byte, after) = rest.split_first().ok_or(Damage::DeltaCut)?;
                *rest = after;
                value |= u32::from(byte) << (8 * place);
            }
        }
        Ok(value)
    };
    let from = number(0..4)?;
    let length = match number(4..7)? {
        0 => 0x1_0000,
        length => length,
    };
    Ok((from as usize, length as usize))
}

/// A number in groups of seven bits, the lowest first.
fn size(rest: &mut &[u8]) -> Result<u64, Damage> {
    let (mut value, mut shift) = (0u64, 0);
    loop {
        let (&byte, after) = rest.split_first().ok_or(Damage::DeltaCut)?;
        *rest = after;
        let bits = u64::from(byte & 0x7f);
        if shift > 57 || bits << shift >> shift != bits {
            return Err(Damage::DeltaCut);
        }
        value |= bits << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(base: &[u8], delta: &[u8]) -> Result<(Vec<u8>, Vec<Step>), Damage> {
        let (mut out, mut steps) = (Vec::new(), Vec::new());
        let fresh = apply(base, delta, &mut out, &mut steps).map(|()| (out.clone(), steps.clone()));
        // What another object left in the buffer makes no difference.
        for left in 0..100 {
            let mut out = vec![b'?'; left];
            let used = apply(base, delta, &mut out, &mut steps).map(|()| (out, steps.clone()));
            assert_eq!(format!("{used:?}"), format!("{fresh:?}"));
        }
        fresh
    }

    #[test]
    fn copies_and_inserts() {
        // Base 10, object 9: copy 2..6, insert "xy", copy 6..9.
        let delta = [10, 9, 0x91, 2, 4, 2, b'x', b'y', 0x91, 6, 3];
        let (out, steps) = run(b"0123456789", &delta).expect("sound");
        assert_eq!(out, b"2345xy678");
        assert_eq!(
            steps.iter().map(|step| (step.start, step.length, step.from)).collect::<Vec<_>>(),
            [(0, 4, Some(2)), (4, 2, None), (6, 3, Some(6))]
        );
    }

    #[test]
    fn neighbouring_copies_are_one_step() {
        let (_, steps) = run(b"0123456789", &[10, 6, 0x91, 2, 4, 0x91, 6, 2]).expect("sound");
        assert_eq!(steps, [Step { start: 0, length: 6, from: Some(2) }]);
    }

    #[test]
    fn a_length_of_zero_means_65536() {
        let base = vec![7; 0x1_0000];
        let (out, _) = run(&base, &[0x80, 0x80, 0x04, 0x80, 0x80, 0x04, 0x80]).expect("sound");
        assert_eq!(out, base);
    }

    #[test]
    fn lies_are_named() {
        let base = b"0123456789";
        for (delta, damage) in [
            (&[10, 4, 0x91, 8, 4][..], Damage::DeltaBeyondBase),
            (&[9, 4, 0x91, 0, 4], Damage::DeltaBase(9)),
            (&[10, 4, 0], Damage::DeltaInstruction),
            (&[10, 4, 4, b'x'], Damage::DeltaCut),
            (&[10, 4, 0x91, 2], Damage::DeltaCut),
            (&[10, 5, 0x91, 2, 4], Damage::Size(5)),
            (&[10, 3, 0x91, 2, 4], Damage::Size(3)),
            (&[10, 0xff, 0xff, 0xff, 0x7f, 0x91, 2, 4], Damage::Size(0xfff_ffff)),
            (&[10, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x91, 2, 4], Damage::TooLarge(0x7_ffff_ffff)),
            (&[], Damage::DeltaCut),
            (&[0xff; 12], Damage::DeltaCut),
        ] {
            assert_eq!(run(base, delta).expect_err("a lie"), damage, "{delta:?}");
        }
    }
}
