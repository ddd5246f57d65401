//! Word lists written as one text with spaces between the words: short to read, quick enough for the few values that are judged.

/// The words of a list.
pub(super) fn each(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.split_ascii_whitespace()
}

/// Whether the list holds the word.
pub(super) fn holds(list: &'static str, word: impl AsRef<[u8]>) -> bool {
    let (list, word) = (list.as_bytes(), word.as_ref());
    let parts = |at: usize| list.get(at).is_none_or(u8::is_ascii_whitespace);
    !word.is_empty() && memchr::memmem::find_iter(list, word).any(|at| (at == 0 || parts(at - 1)) && parts(at + word.len()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn words_are_whole() {
        assert!(super::holds("ab cd", "cd") && !super::holds("ab cd", "b") && !super::holds("ab cd", "") && super::holds("abc ab", "ab"));
    }
}
