//! Many literals looked for at once: a bitmap over hashed four-byte pieces, and a short table behind it.
//!
//! Eight KiB for a thousand literals, that stay near the processor and are built in microseconds; at most four times as much.

/// Whether letters must have the case they are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// Exactly as written.
    Exact,
    /// ASCII letters in any case; the literals themselves are lower case.
    Any,
}

/// An index of literals, each with the value that it calls for.
#[derive(Clone, Debug)]
pub struct Literals<T> {
    fold: u32,
    /// How far a hash is shifted to give a slot.
    slot_shift: u32,
    /// A bit for each slot that a piece falls into.
    bitmap: Box<[u64]>,
    /// Sorted by bucket.
    entries: Vec<Entry<T>>,
    /// For each bucket, where its entries begin; one more for the end of the last.
    buckets: Box<[u32]>,
}

#[derive(Clone, Debug)]
struct Entry<T> {
    piece: u32,
    /// Offset of the piece in the literal.
    offset: usize,
    literal: Box<[u8]>,
    in_any_case: bool,
    value: T,
}

/// Fewest bits of the slot number: 2^16 bits are 8 KiB.
const SLOT_BITS: u32 = 16;
/// Most bits of the slot number: 32 KiB stay in the nearest cache of today's processors.
const MOST_SLOT_BITS: u32 = 18;
/// Bits of the slot number that the bucket number lacks.
const BUCKET_SHIFT: u32 = 4;
/// Slots for each piece, so that few pieces of text fall into one by chance.
const SLOTS_EACH: usize = 16;

impl<T: Copy> Literals<T> {
    /// Indexes literals that are looked for anywhere, by their rarest piece; those under three bytes are refused by rule validation before.
    pub fn new<'a>(case: Case, literals: impl IntoIterator<Item = (&'a str, T)>) -> Self {
        Self::index(case, literals, false)
    }

    /// Indexes literals that are looked for at given places, by their first piece.
    pub fn at_starts<'a>(literals: impl IntoIterator<Item = (&'a str, T)>) -> Self {
        Self::index(Case::Exact, literals, true)
    }

    fn index<'a>(case: Case, literals: impl IntoIterator<Item = (&'a str, T)>, at_start: bool) -> Self {
        // Or-ed into a piece, it brings both cases of a letter together (and some symbols, which the check behind tells apart).
        let fold = if case == Case::Any { 0x2020_2020 } else { 0 };
        let mut entries = Vec::new();
        for (literal, value) in literals {
            let bytes = literal.as_bytes();
            if bytes.len() >= 4 {
                let offset = if at_start { 0 } else { rarest(bytes) };
                entries.push(Entry {
                    piece: piece_at(bytes, offset) | fold,
                    offset,
                    literal: bytes.into(),
                    in_any_case: !bytes.iter().any(u8::is_ascii_uppercase),
                    value,
                });
            } else if let &[first, second, third] = bytes {
                // A literal of three has a piece for each character that a token may go on with.
                for next in (0..=255u8).filter(|byte| byte.is_ascii_alphanumeric() || b"_-+/.$".contains(byte)) {
                    let piece = u32::from_le_bytes([first, second, third, next]) | fold;
                    entries.push(Entry {
                        piece,
                        offset: 0,
                        literal: bytes.into(),
                        in_any_case: !bytes.iter().any(u8::is_ascii_uppercase),
                        value,
                    });
                }
            }
        }
        if case == Case::Any {
            entries.dedup_by(|later, earlier| later.piece == earlier.piece && later.literal == earlier.literal && later.literal.len() == 3);
        }
        let bits = (entries.len() * SLOTS_EACH).next_power_of_two().ilog2().clamp(SLOT_BITS, MOST_SLOT_BITS);
        let mut index = Self {
            fold,
            slot_shift: u32::BITS - bits,
            bitmap: vec![0; 1 << (bits - 6)].into_boxed_slice(),
            entries: Vec::new(),
            buckets: vec![0; (1 << (bits - BUCKET_SHIFT)) + 1].into_boxed_slice(),
        };
        entries.sort_by_key(|entry| index.bucket(entry.piece));
        for entry in &entries {
            let (slot, bucket) = (index.slot(entry.piece), index.bucket(entry.piece));
            index.bitmap[slot >> 6] |= 1 << (slot & 63);
            index.buckets[bucket + 1] += 1;
        }
        for number in 1..index.buckets.len() {
            index.buckets[number] += index.buckets[number - 1];
        }
        index.entries = entries;
        index
    }

    /// Calls `found` with start, value and literal, for every literal in `text` whose rarest piece begins in `from..to`.
    #[inline]
    pub fn find_in(&self, text: &[u8], from: usize, to: usize, mut found: impl FnMut(usize, &T, &[u8])) {
        let window = &text[from..(to + 3).min(text.len()).max(from)];
        for (offset, piece) in window.windows(4).enumerate() {
            let piece = u32::from_le_bytes([piece[0], piece[1], piece[2], piece[3]]) | self.fold;
            let slot = self.slot(piece);
            if self.bitmap[slot >> 6] >> (slot & 63) & 1 == 1 {
                self.verify(text, from + offset, piece, &mut found);
            }
        }
    }

    /// Calls `found` with value and literal, for every literal that begins at exactly `place`.
    #[inline]
    pub fn find_at(&self, text: &[u8], place: usize, mut found: impl FnMut(usize, &T, &[u8])) {
        let Some(piece) = text.get(place..place + 4) else { return };
        let piece = u32::from_le_bytes([piece[0], piece[1], piece[2], piece[3]]) | self.fold;
        let slot = self.slot(piece);
        if self.bitmap[slot >> 6] >> (slot & 63) & 1 == 1 {
            self.verify(text, place, piece, &mut found);
        }
    }

    #[inline]
    fn slot(&self, piece: u32) -> usize {
        (piece.wrapping_mul(0x9E37_79B1) >> self.slot_shift) as usize
    }

    #[inline]
    fn bucket(&self, piece: u32) -> usize {
        self.slot(piece) >> BUCKET_SHIFT
    }

    #[inline(never)]
    fn verify(&self, text: &[u8], place: usize, piece: u32, found: &mut impl FnMut(usize, &T, &[u8])) {
        let bucket = self.bucket(piece);
        let entries = &self.entries[self.buckets[bucket] as usize..self.buckets[bucket + 1] as usize];
        for entry in entries.iter().filter(|entry| entry.piece == piece) {
            let Some(start) = place.checked_sub(entry.offset) else { continue };
            let Some(there) = text.get(start..start + entry.literal.len()) else { continue };
            // A literal with capitals among words of any case stands as it is written.
            let equal = there == &*entry.literal || self.fold != 0 && entry.in_any_case && there.eq_ignore_ascii_case(&entry.literal);
            if equal {
                found(start, &entry.value, &entry.literal);
            }
        }
    }
}

fn piece_at(bytes: &[u8], offset: usize) -> u32 {
    u32::from_le_bytes([bytes[offset], bytes[offset + 1], bytes[offset + 2], bytes[offset + 3]])
}

/// The offset of the piece that ordinary text holds least: letters of English are common, digits and capitals are not.
fn rarest(literal: &[u8]) -> usize {
    let weight = |byte: u8| match byte {
        b'e' | b't' | b'a' | b'o' | b'i' | b'n' | b's' | b'r' | b' ' => 0,
        b'l' | b'd' | b'c' | b'u' | b'p' | b'm' | b'h' | b'g' | b'_' => 1,
        b'-' | b'.' | b'/' => 2,
        byte if byte.is_ascii_lowercase() => 3,
        _ => 4,
    };
    let score = |offset: &usize| literal[*offset..*offset + 4].iter().map(|&byte| weight(byte)).sum::<u32>();
    (0..=literal.len() - 4).max_by_key(|offset| (score(offset), usize::MAX - offset)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(literals: &Literals<u8>, text: &str) -> Vec<(usize, u8)> {
        let mut hits = Vec::new();
        literals.find_in(text.as_bytes(), 0, text.len(), |start, &value, _| hits.push((start, value)));
        hits.sort_unstable();
        hits
    }

    #[test]
    fn finds_every_literal_where_it_stands() {
        let literals = Literals::new(Case::Exact, [("ghp_", 1), ("sk-", 2), ("sk-live-", 3), ("AKIA", 4)]);
        assert_eq!(all(&literals, "x=ghp_1 sk-live-2 AKIA akia"), [(2, 1), (8, 2), (8, 3), (18, 4)]);
    }

    #[test]
    fn any_case_folds_letters_only() {
        let literals = Literals::new(Case::Any, [("dd_api", 1), ("datadog", 2), ("hft", 3)]);
        assert_eq!(all(&literals, "DD_API DataDog HFT_"), [(0, 1), (7, 2), (15, 3)]);
    }
}
