//! Turns byte offsets into lines and columns while a text goes by.

use crate::model::Position;

/// A place in a text that only moves forward.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor {
    /// Offset of the place in the whole blob.
    offset: u64,
    position: Position,
}

impl Cursor {
    /// The first character of a blob.
    pub(crate) fn new() -> Self {
        Self { offset: 0, position: Position { line: 1, column: 1 } }
    }

    /// Moves to `offset`, over the bytes between, which `text` (that begins at `base` in the blob) holds.
    pub(crate) fn advance(&mut self, text: &[u8], base: u64, offset: u64) -> Position {
        let place = |offset: u64| usize::try_from(offset.saturating_sub(base)).unwrap_or(usize::MAX).min(text.len());
        let passed = &text[place(self.offset)..place(offset.max(self.offset))];
        let lines = memchr::memchr_iter(b'\n', passed).count();
        let tail = match memchr::memrchr(b'\n', passed) {
            Some(end) => {
                self.position.column = 1;
                &passed[end + 1..]
            }
            None => passed,
        };
        self.position.line = self.position.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.position.column = self.position.column.saturating_add(units(tail));
        self.offset = self.offset.max(offset);
        self.position
    }
}

/// How many columns the bytes take: UTF-16 units, one for each byte that is no UTF-8.
fn units(bytes: &[u8]) -> u32 {
    if bytes.is_ascii() {
        return u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    }
    let count: usize = bytes.utf8_chunks().map(|chunk| chunk.valid().encode_utf16().count() + chunk.invalid().len()).sum();
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_utf16_units() {
        let text = "a\nä😀x\n".as_bytes();
        let mut cursor = Cursor::new();
        assert_eq!(cursor.advance(text, 0, 2), Position { line: 2, column: 1 });
        assert_eq!(cursor.advance(text, 0, 8), Position { line: 2, column: 4 });
        assert_eq!(cursor.advance(text, 0, 10), Position { line: 3, column: 1 });
    }

    #[test]
    fn pieces_add_up() {
        let text = b"first line\nsecond";
        let mut cursor = Cursor::new();
        cursor.advance(&text[..5], 0, 5);
        assert_eq!(cursor.advance(&text[3..], 3, 13), Position { line: 2, column: 3 });
    }
}
