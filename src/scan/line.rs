//! The line of a finding, as it may be shown: every secret in it masked, nothing that moves a cursor, cut to a width.

use std::ops::Range;

use crate::model::Secret;

/// The most characters shown.
const WIDTH: usize = 240;
/// The most bytes on either side of a secret that are looked at for the line's ends.
const REACH: usize = 4096;

/// The bytes of the line around `span`, at most 4 KiB to either side; the first line of a span of several.
pub(crate) fn around(text: &[u8], span: &Range<usize>) -> Range<usize> {
    let floor = span.start.saturating_sub(REACH);
    let start = memchr::memrchr(b'\n', &text[floor..span.start]).map_or(floor, |end| floor + end + 1);
    let ceiling = text.len().min(span.end.saturating_add(REACH));
    let end = memchr::memchr(b'\n', &text[span.start..ceiling]).map_or(ceiling, |length| span.start + length);
    start..end
}

/// The line above `line`, if there is one in reach.
pub(crate) fn above<'t>(text: &'t [u8], line: &Range<usize>) -> Option<&'t [u8]> {
    let end = line.start.checked_sub(1)?;
    if text[end] != b'\n' {
        return None;
    }
    let floor = end.saturating_sub(REACH);
    let start = memchr::memrchr(b'\n', &text[floor..end]).map_or(floor, |place| floor + place + 1);
    Some(&text[start..end])
}

/// The line as it may be shown, and where in it the mask of `span` stands, in characters.
///
/// `secrets` are all spans to mask, sorted, each with what may be shown of it.
pub(crate) fn masked(
    text: &[u8],
    line: &Range<usize>,
    span: &Range<usize>,
    secrets: &[(Range<usize>, Secret)],
) -> (String, (usize, usize)) {
    // Begin near the secret when the line is long.
    let from = line.start.max(span.start.saturating_sub(WIDTH / 3));
    let (mut shown, mut mask, mut place) = (String::new(), (0, 0), from);
    if from > line.start {
        shown.push('…');
    }
    let mut count = shown.chars().count();
    let push = |shown: &mut String, count: &mut usize, piece: &str| {
        shown.push_str(piece);
        *count += piece.chars().count();
    };
    for (secret, value) in secrets {
        let (start, end) = (secret.start.max(place), secret.end.min(line.end));
        if start >= end || secret.end <= place {
            continue;
        }
        push(&mut shown, &mut count, &printable(&text[place..start]));
        let before = count;
        let preview = if secret.start >= from && *secret == *span { value.preview() } else { "…".to_owned() };
        push(&mut shown, &mut count, &preview);
        // What was found may lie in a longer secret, as in text that was encoded.
        if secret.start <= span.start && span.end <= secret.end {
            mask = (before, count);
        }
        place = end;
        if count > WIDTH {
            break;
        }
    }
    if place < line.end && count < WIDTH {
        let rest = line.end.min(place + 4 * WIDTH);
        push(&mut shown, &mut count, &printable(&text[place..rest]));
    }
    if count > WIDTH {
        let width = WIDTH.max(mask.1);
        shown = shown.chars().take(width).chain(std::iter::once('…')).collect();
    }
    (shown, mask)
}

/// The bytes as text without control characters; a tab is a space.
fn printable(bytes: &[u8]) -> String {
    let clean = |character: char| match character {
        '\t' => ' ',
        other if other.is_control() => '\u{fffd}',
        other => other,
    };
    String::from_utf8_lossy(bytes).chars().filter(|&character| character != '\r').map(clean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_of_a_longer_secret_is_that_of_what_lies_in_it() {
        let text = b"name = \"a:b%40c@d\"";
        let (inner, outer) = (10..15, 8..17);
        let secrets = [(outer, Secret::new(b"a:b@c@d".to_vec())), (inner.clone(), Secret::new(b"b%40c".to_vec()))];
        assert_eq!(masked(text, &(0..text.len()), &inner, &secrets), ("name = \"…\"".to_owned(), (8, 9)));
    }

    #[test]
    fn all_secrets_of_the_line_are_masked() {
        let text = b"above\na = 'firstfirstfirst1', b = 'other'\x1b\nbelow";
        let (first, other) = (11..27, 35..40);
        let secrets = [(first.clone(), Secret::new(&text[first.clone()])), (other.clone(), Secret::new(&text[other]))];
        let line = around(text, &first);
        let (shown, mask) = masked(text, &line, &first, &secrets);
        assert_eq!(shown, "a = 'firs…[16 bytes]', b = '…'\u{fffd}");
        assert_eq!(shown.chars().skip(mask.0).take(mask.1 - mask.0).collect::<String>(), "firs…[16 bytes]");
        assert_eq!(above(text, &line), Some(&b"above"[..]));
    }

    #[test]
    fn long_lines_are_cut_around_the_secret() {
        let text = [vec![b'x'; 9000], b" = ".to_vec(), vec![b'S'; 20], vec![b'y'; 9000]].concat();
        let span = 9003..9023;
        let line = around(&text, &span);
        let (shown, mask) = masked(&text, &line, &span, &[(span.clone(), Secret::new(&text[span.clone()]))]);
        assert!(shown.chars().count() <= WIDTH + 1 && mask.1 <= shown.chars().count(), "{}", shown.len());
        assert!(!shown.contains("SSSSS"));
    }
}
