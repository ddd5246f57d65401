//! The sieve: parts of words that are looked for everywhere, shared out among sixteen sets so that each lets little else pass.

use super::simd::{Nibbles, REACH};

/// Sets of words that the vector search tells apart.
const SETS: usize = 16;
/// Beyond this many parts the best pairing is no longer worked out; a part joins the set that it widens least.
const PAIRED: usize = 96;

/// What may stand at each of the first bytes of a part: bits for low halves and bits for high halves.
type Shape = [(u16, u16); REACH];

/// The parts of a sieve, in their sets.
#[derive(Clone, Debug)]
pub(crate) struct Sieve {
    nibbles: Nibbles,
    sets: Vec<Vec<Part>>,
}

/// A part that is looked for.
#[derive(Clone, Debug)]
struct Part {
    number: usize,
    bytes: Box<[u8]>,
    /// Its first bytes as one number, and the bits of that which count.
    head: u32,
    counts: u32,
}

impl Part {
    fn new(number: usize, bytes: &[u8]) -> Self {
        let mut head = [[0; REACH]; 2];
        for (at, &byte) in bytes.iter().take(REACH).enumerate() {
            (head[0][at], head[1][at]) = (byte, 0xff);
        }
        Self { number, bytes: bytes.into(), head: u32::from_le_bytes(head[0]), counts: u32::from_le_bytes(head[1]) }
    }
}

/// How often a byte stands in source text, as parts of a thousand, roughly; capitals follow one another.
fn frequency(byte: u8, is_first: bool) -> f32 {
    match byte {
        b' ' => 150.0,
        b'e' | b't' => 60.0,
        b'a' | b'i' | b'n' | b'o' | b'r' | b's' => 42.0,
        b'c' | b'd' | b'l' | b'u' | b'p' | b'f' | b'm' => 22.0,
        b'_' | b'\n' | b'\t' => 28.0,
        b'a'..=b'z' => 9.0,
        b'0' | b'1' | b',' | b'(' | b')' | b'.' | b'-' | b'*' | b'/' | b'=' | b';' | b'"' | b'>' => 11.0,
        b'!'..=b'@' => 4.0,
        b'A'..=b'Z' if is_first => frequency(byte.to_ascii_lowercase(), true) / 4.0,
        b'A'..=b'Z' => frequency(byte.to_ascii_lowercase(), false),
        b'[' | b'\\' | b']' | b'{' | b'}' => 4.0,
        0x80.. => 0.05,
        _ => 0.5,
    }
}

/// [`frequency`] by high and low half, for the first byte and for the others, and what each row of it comes to.
struct Frequencies([[([f32; 16], f32); 16]; 2]);

impl Frequencies {
    fn new() -> Self {
        let byte = |row: usize, column: usize| u8::try_from(row << 4 | column).expect("both are below 16");
        Self([true, false].map(|is_first| {
            std::array::from_fn(|row| {
                let cells: [f32; 16] = std::array::from_fn(|column| frequency(byte(row, column), is_first));
                (cells, cells.iter().sum())
            })
        }))
    }

    /// How often a place of ordinary text has the shape.
    fn cost(&self, shape: &Shape) -> f32 {
        let place = |(at, &(low, high)): (usize, &(u16, u16))| {
            let row = |row: usize| match &self.0[usize::from(at > 0)][row] {
                // A part that is too short lets every byte stand here.
                (_, all) if low == !0 => *all,
                (cells, _) => each_bit(low).map(|column| cells[column]).sum::<f32>(),
            };
            each_bit(high).map(row).sum::<f32>() / 1000.0
        };
        shape.iter().enumerate().map(place).product()
    }
}

/// The numbers of the bits that are set.
fn each_bit(mut bits: u16) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (bits != 0).then_some(bits.trailing_zeros() as usize);
        bits &= bits.wrapping_sub(1);
        bit
    })
}

fn shape(part: &[u8]) -> Shape {
    std::array::from_fn(|at| part.get(at).map_or((!0, !0), |byte| (1 << (byte & 15), 1 << (byte >> 4))))
}

fn union(one: &Shape, other: &Shape) -> Shape {
    std::array::from_fn(|at| (one[at].0 | other[at].0, one[at].1 | other[at].1))
}

impl Sieve {
    /// Shares the parts out; each has at least three bytes, the first few of which the search goes by.
    pub(crate) fn new(parts: &[&[u8]]) -> Self {
        let table = Frequencies::new();
        let mut groups: Vec<(Shape, f32, Vec<usize>)> = Vec::new();
        for (number, part) in parts.iter().enumerate() {
            let shape = shape(part);
            // Parts that begin alike are one to the search.
            if let Some(known) = groups.iter_mut().find(|(known, ..)| *known == shape) {
                known.2.push(number);
            } else if groups.len() < PAIRED {
                let cost = table.cost(&shape);
                groups.push((shape, cost, vec![number]));
            } else {
                let widened = |(known, before, _): &(Shape, f32, Vec<usize>)| table.cost(&union(known, &shape)) - before;
                let best = groups.iter_mut().min_by(|one, other| widened(one).total_cmp(&widened(other)));
                if let Some((known, before, numbers)) = best {
                    *known = union(known, &shape);
                    *before = table.cost(known);
                    numbers.push(number);
                }
            }
        }
        // The two groups that fit together best become one, until as many are left as there are sets.
        let pair =
            |one: &(Shape, f32, Vec<usize>), other: &(Shape, f32, Vec<usize>)| table.cost(&union(&one.0, &other.0)) - one.1 - other.1;
        let mut pairs: Vec<Vec<f32>> =
            (0..groups.len()).map(|place| groups[..place].iter().map(|other| pair(&groups[place], other)).collect()).collect();
        while groups.len() > SETS {
            let all = pairs.iter().enumerate().flat_map(|(one, row)| row.iter().enumerate().map(move |(other, &cost)| (cost, one, other)));
            let Some((_, one, other)) = all.min_by(|left, right| left.0.total_cmp(&right.0)) else { break };
            let (shape, _, numbers) = groups.swap_remove(one);
            let merged = &mut groups[other];
            merged.0 = union(&merged.0, &shape);
            merged.1 = table.cost(&merged.0);
            merged.2.extend(numbers);
            // The last group has taken the place of the one that is gone.
            pairs.pop();
            for changed in [one, other] {
                for place in 0..groups.len() {
                    let (late, early) = (place.max(changed), place.min(changed));
                    if late != early && late < groups.len() {
                        pairs[late][early] = pair(&groups[late], &groups[early]);
                    }
                }
            }
        }
        let mut nibbles = Nibbles::default();
        let mut sets = Vec::with_capacity(groups.len());
        for (set, (_, _, numbers)) in groups.into_iter().enumerate() {
            let mut words = Vec::with_capacity(numbers.len());
            for number in numbers {
                let part = parts[number];
                for at in 0..REACH {
                    match part.get(at) {
                        Some(&byte) => nibbles.allow(set, at, byte),
                        None => (0..=255).for_each(|byte| nibbles.allow(set, at, byte)),
                    }
                }
                words.push(Part::new(number, part));
            }
            sets.push(words);
        }
        Self { nibbles, sets }
    }

    /// What the vector search goes by.
    pub(crate) fn nibbles(&self) -> &Nibbles {
        &self.nibbles
    }

    /// Calls `found` with the number of every part that stands at `place`.
    #[inline]
    pub(crate) fn parts_at(&self, text: &[u8], place: usize, mut found: impl FnMut(usize)) {
        let rest = &text[place..];
        let head = match rest.first_chunk() {
            Some(head) => *head,
            None => std::array::from_fn(|at| rest.get(at).copied().unwrap_or_default()),
        };
        let mut sets = self.nibbles.sets(head);
        let head = u32::from_le_bytes(head);
        while sets != 0 {
            for part in &self.sets[sets.trailing_zeros() as usize] {
                if head & part.counts == part.head && rest.starts_with(&part.bytes) {
                    found(part.number);
                }
            }
            sets &= sets - 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::chart::Chart;
    use super::*;

    proptest! {
        #[test]
        fn every_part_is_found_wherever_it_stands(
            parts in proptest::collection::vec("[ -~]{3,7}", 1..150),
            text in proptest::collection::vec(prop_oneof![3 => "[ -~é]{0,9}".prop_map(Ok), 1 => (0usize..150).prop_map(Err)], 0..60),
        ) {
            let bytes: Vec<&[u8]> = parts.iter().map(String::as_bytes).collect();
            let text: String = text.iter().map(|piece| match piece {
                Ok(plain) => plain.as_str(),
                Err(number) => parts[number % parts.len()].as_str(),
            }).collect();
            let sieve = Sieve::new(&bytes);
            let mut found = Vec::new();
            Chart::of(text.as_bytes(), 0..text.len(), sieve.nibbles()).words(|place| sieve.parts_at(text.as_bytes(), place, |part| found.push((place, part))));
            let mut expected = Vec::new();
            for place in 0..text.len() {
                expected.extend((0..parts.len()).filter(|&part| text.as_bytes()[place..].starts_with(bytes[part])).map(|part| (place, part)));
            }
            found.sort_unstable();
            prop_assert_eq!(found, expected);
        }
    }
}
