//! Word lists written as one text with spaces between the words: short to read, quick enough for the few values that are judged.

/// The words of a list.
pub(super) fn each(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.split_ascii_whitespace()
}

/// Whether the list holds the word.
pub(super) fn holds(list: &'static str, word: impl AsRef<[u8]>) -> bool {
    let word = word.as_ref();
    each(list).any(|entry| entry.as_bytes() == word)
}

#[cfg(test)]
mod tests {
    #[test]
    fn words_are_whole() {
        assert!(super::holds("ab cd", "cd") && !super::holds("ab cd", "b") && !super::holds("ab cd", ""));
    }
}
