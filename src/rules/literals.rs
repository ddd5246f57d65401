//! Many literals looked for at once: a bitmap over hashed three-byte pieces, and a short table behind it.
//!
//! Eight KiB that stay in the first-level cache, built in microseconds, whatever the number of rules.

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
    case: Case,
    bitmap: Box<[u64; 1024]>,
    /// Sorted by piece.
    entries: Vec<Entry<T>>,
}

#[derive(Clone, Debug)]
struct Entry<T> {
    piece: u32,
    /// Offset of the piece in the literal.
    offset: usize,
    literal: Box<[u8]>,
    value: T,
}

impl Case {
    /// What is or-ed into a piece so that both cases of a letter fall together (and some symbols, which the check behind tells apart).
    fn fold(self) -> u32 {
        match self {
            Self::Exact => 0,
            Self::Any => 0x20_20_20,
        }
    }
}

impl<T: Copy> Literals<T> {
    /// Indexes the literals; those under three bytes cannot be looked for and are refused by rule validation before.
    pub fn new<'a>(case: Case, literals: impl IntoIterator<Item = (&'a str, T)>) -> Self {
        let mut bitmap = Box::new([0u64; 1024]);
        let mut entries: Vec<Entry<T>> = literals
            .into_iter()
            .filter(|(literal, _)| literal.len() >= 3)
            .map(|(literal, value)| {
                let bytes = literal.as_bytes();
                let offset = rarest(bytes);
                let piece = piece_at(bytes, offset) | case.fold();
                let slot = slot(piece);
                bitmap[slot >> 6] |= 1 << (slot & 63);
                Entry { piece, offset, literal: bytes.into(), value }
            })
            .collect();
        entries.sort_by_key(|entry| entry.piece);
        Self { case, bitmap, entries }
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Calls `found` with the start of every literal that lies in `text` with its rarest piece within `from..to`.
    #[inline]
    pub fn find_in(&self, text: &[u8], from: usize, to: usize, mut found: impl FnMut(usize, &T, &[u8])) {
        let window = &text[from..to.min(text.len())];
        let fold = self.case.fold();
        for (offset, piece) in window.windows(3).enumerate() {
            let piece = u32::from_le_bytes([piece[0], piece[1], piece[2], 0]) | fold;
            let slot = slot(piece);
            if self.bitmap[slot >> 6] >> (slot & 63) & 1 == 1 {
                self.verify(text, from + offset, piece, &mut found);
            }
        }
    }

    #[cold]
    fn verify(&self, text: &[u8], place: usize, piece: u32, found: &mut impl FnMut(usize, &T, &[u8])) {
        let first = self.entries.partition_point(|entry| entry.piece < piece);
        for entry in self.entries[first..].iter().take_while(|entry| entry.piece == piece) {
            let Some(start) = place.checked_sub(entry.offset) else { continue };
            let Some(there) = text.get(start..start + entry.literal.len()) else { continue };
            let equal = match self.case {
                Case::Exact => there == &*entry.literal,
                Case::Any => there.eq_ignore_ascii_case(&entry.literal),
            };
            if equal {
                found(start, &entry.value, &entry.literal);
            }
        }
    }
}

fn piece_at(bytes: &[u8], offset: usize) -> u32 {
    u32::from_le_bytes([bytes[offset], bytes[offset + 1], bytes[offset + 2], 0])
}

#[inline]
fn slot(piece: u32) -> usize {
    (piece.wrapping_mul(0x9E37_79B1) >> 16) as usize
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
    let score = |offset: &usize| literal[*offset..*offset + 3].iter().map(|&byte| weight(byte)).sum::<u32>();
    (0..=literal.len() - 3).max_by_key(|offset| (score(offset), usize::MAX - offset)).unwrap_or(0)
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
        let literals = Literals::new(Case::Any, [("dd_api", 1), ("datadog", 2)]);
        assert_eq!(all(&literals, "DD_API DataDog"), [(0, 1), (7, 2)]);
    }
}
