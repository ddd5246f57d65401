//! Texts that others wrote, made harmless: no line breaks, no controls, nothing that reorders a screen, and not too long.

/// At most `most` characters of `text`, with controls and the marks that reorder or hide text escaped as `\u{…}`.
pub fn plain(text: &str, most: usize) -> String {
    let mut shown = String::new();
    let mut count = 0;
    for character in text.chars() {
        let is_harmful = character.is_control()
            || matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
        let escaped: String = if is_harmful { character.escape_unicode().collect() } else { character.to_string() };
        count += escaped.chars().count();
        if count > most {
            shown.push('…');
            break;
        }
        shown.push_str(&escaped);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_moves_a_cursor_or_hides() {
        assert_eq!(plain("a\n\u{1b}[2J\u{202e}b\u{200b}é", 100), "a\\u{a}\\u{1b}[2J\\u{202e}b\\u{200b}é");
        assert_eq!(plain("abcdef", 3), "abc…");
        assert_eq!(plain("ab\n", 5), "ab…", "an escape is not cut in two");
        assert_eq!(plain("abc", 3), "abc");
    }
}
