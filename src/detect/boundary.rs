//! Where a token may begin and end: a match that goes on is another word, not that token.

use crate::rules::Pattern;

/// Whether a token may begin at `start`: what stands before it is no letter or digit, or belongs to an escape.
pub(crate) fn starts_clean(text: &[u8], start: usize) -> bool {
    let before = |back: usize| start.checked_sub(back).map(|place| text[place]);
    if !text[start].is_ascii_alphanumeric() {
        return true;
    }
    match before(1) {
        Some(byte) if byte.is_ascii_alphanumeric() => {
            let escaped = matches!(byte, b'n' | b'r' | b't') && before(2) == Some(b'\\');
            let percent = byte.is_ascii_hexdigit() && before(2).is_some_and(|byte| byte.is_ascii_hexdigit()) && before(3) == Some(b'%');
            escaped || percent
        }
        _ => true,
    }
}

/// Whether a token of that shape may end before `end`.
pub(crate) fn ends_clean(text: &[u8], end: usize, pattern: &Pattern) -> bool {
    text.get(end).is_none_or(|&next| !next.is_ascii_alphanumeric() && next != b'_' && !pattern.can_end(next))
}

/// Whether a value of that shape may begin at `start`, when only its context tells what it is: it must be the whole value.
pub(crate) fn value_starts_clean(text: &[u8], start: usize, pattern: &Pattern) -> bool {
    let Some(before) = start.checked_sub(1).map(|place| text[place]) else { return true };
    let joins = matches!(before, b'_' | b'-' | b'.' | b'/' | b'@' | b'#' | b'+' | b'$' | b'~' | b'%' | b'\\') || pattern.can_begin(before);
    // A letter that is no start of a word here belongs to an escape.
    starts_clean(text, start) && (before.is_ascii_alphanumeric() || !joins)
}

/// Whether a value of that shape may end before `end`, when only its context tells what it is.
pub(crate) fn value_ends_clean(text: &[u8], end: usize, pattern: &Pattern) -> bool {
    let follows_word = || text.get(end + 1).is_some_and(|&byte| byte.is_ascii_alphanumeric() || byte == b'_');
    ends_clean(text, end, pattern)
        && match text.get(end) {
            Some(b'-' | b'/' | b'+') => false,
            Some(b'.' | b'@') => !follows_word(),
            Some(b'(') => false,
            _ => true,
        }
}
