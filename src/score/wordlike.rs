//! Tells words, sentences and identifiers from random letters: a word list, and the letter pairs that its words are made of.

/// Common English and programming words, sorted, one a line.
const WORDS: &str = include_str!("words.txt");
const LONGEST: usize = 16;

/// The word list and what it teaches about letter pairs.
pub(super) struct Words {
    sorted: Vec<&'static [u8]>,
    /// Bits of surprise at the second letter after the first.
    surprise: Box<[[f32; 26]; 26]>,
}

impl Words {
    /// Reads the list and counts its letter pairs.
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    pub(super) fn new() -> Self {
        let sorted: Vec<&[u8]> = WORDS.lines().map(str::as_bytes).collect();
        let mut counts = [[0_u32; 26]; 26];
        for pair in sorted.iter().flat_map(|word| word.windows(2)) {
            counts[usize::from(pair[0] - b'a')][usize::from(pair[1] - b'a')] += 1;
        }
        let mut surprise = Box::new([[0.0; 26]; 26]);
        for (row, counts) in surprise.iter_mut().zip(&counts) {
            let total = counts.iter().sum::<u32>() as f32 + 26.0 * 0.4;
            for (bits, &count) in row.iter_mut().zip(counts) {
                *bits = -((count as f32 + 0.4) / total).log2();
            }
        }
        Self { sorted, surprise }
    }

    /// Whether the lower-case word is in the list.
    pub(super) fn contains(&self, word: &[u8]) -> bool {
        let known = |word: &[u8]| self.sorted.binary_search(&word).is_ok();
        known(word)
            || word.strip_suffix(b"s").is_some_and(|stem| stem.len() >= 4 && known(stem))
            || word.strip_suffix(b"ing").is_some_and(|stem| stem.len() >= 4 && known(stem))
            || word.strip_suffix(b"ed").is_some_and(|stem| stem.len() >= 4 && known(stem))
    }

    /// Share of the value's letters and digits that words cover; runs of letters are cut at capitals, and glued words are taken apart.
    #[expect(clippy::cast_precision_loss, reason = "values are short")]
    pub(super) fn share(&self, value: &[u8]) -> f32 {
        let total = value.iter().filter(|byte| byte.is_ascii_alphanumeric()).count();
        if total == 0 {
            return 0.0;
        }
        let covered: usize = pieces(value).iter().map(|piece| self.covered(piece)).sum();
        covered as f32 / total as f32
    }

    /// Most letters of a lower-case run that words can cover without overlap.
    fn covered(&self, run: &[u8]) -> usize {
        if run.len() < 3 {
            return 0;
        }
        if self.contains(run) {
            return run.len();
        }
        let mut best = vec![0; run.len() + 1];
        for end in 1..=run.len() {
            best[end] = best[end - 1];
            // Words of three letters occur by chance; inside a glued run they count at its ends only.
            for length in 3..=end.min(LONGEST) {
                let start = end - length;
                let at_edge = start == 0 || end == run.len();
                if (length >= 4 || at_edge) && best[start] + length > best[end] && self.contains(&run[start..end]) {
                    best[end] = best[start] + length;
                }
            }
        }
        best[run.len()]
    }

    /// Mean surprise of the value's letter pairs in bits, any case; `None` with fewer than `least` pairs.
    ///
    /// English and identifiers lie near 3.6, random letters near 6.
    #[expect(clippy::cast_precision_loss, reason = "values are short")]
    pub(super) fn surprise(&self, value: &[u8], least: usize) -> Option<f32> {
        let mut sum = 0.0;
        let mut pairs = 0;
        for pair in value.windows(2) {
            let (from, to) = (pair[0].to_ascii_lowercase(), pair[1].to_ascii_lowercase());
            if from.is_ascii_lowercase() && to.is_ascii_lowercase() {
                sum += self.surprise[usize::from(from - b'a')][usize::from(to - b'a')];
                pairs += 1;
            }
        }
        (pairs >= least.max(1)).then(|| sum / pairs as f32)
    }
}

/// The runs of letters of an identifier or a text, lower case, cut at everything else and at `aB` and `ABc`.
pub(super) fn pieces(value: &[u8]) -> Vec<Vec<u8>> {
    let mut pieces: Vec<Vec<u8>> = Vec::new();
    let mut open = false;
    for (at, &byte) in value.iter().enumerate() {
        if !byte.is_ascii_alphabetic() {
            open = false;
            continue;
        }
        let before = at.checked_sub(1).map(|before| value[before]);
        let after = value.get(at + 1);
        let is_hump = byte.is_ascii_uppercase()
            && (before.is_some_and(|before| before.is_ascii_lowercase())
                || (before.is_some_and(|before| before.is_ascii_uppercase()) && after.is_some_and(u8::is_ascii_lowercase)));
        match pieces.last_mut().filter(|_| open && !is_hump) {
            Some(piece) => piece.push(byte.to_ascii_lowercase()),
            None => pieces.push(vec![byte.to_ascii_lowercase()]),
        }
        open = true;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::expand;

    #[test]
    fn the_list_is_sorted_plain_and_unique() {
        let words = Words::new();
        assert!(words.sorted.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(words.sorted.iter().all(|word| word.len() >= 3 && word.iter().all(u8::is_ascii_lowercase)));
    }

    #[test]
    fn identifiers_are_cut_as_people_read_them() {
        let cut =
            |value: &str| pieces(value.as_bytes()).iter().map(|piece| String::from_utf8_lossy(piece).into_owned()).collect::<Vec<_>>();
        assert_eq!(cut("parseJSONBody"), ["parse", "json", "body"]);
        assert_eq!(cut("DB_PASSWORD-2 x"), ["db", "password", "x"]);
        assert!(cut("").is_empty());
    }

    #[test]
    fn words_are_told_from_random_letters() {
        let words = Words::new();
        for text in ["getUserPassword", "connection_string", "forgotpassword", "Enter your password again", "authentication-failed"] {
            assert!(words.share(text.as_bytes()) > 0.8, "{text}: {}", words.share(text.as_bytes()));
            assert!(words.surprise(text.as_bytes(), 6).is_some_and(|bits| bits < 4.4), "{text}");
        }
        let random: Vec<_> = (0..200).map(|seed| expand("{base62:32}", &format!("words {seed}")).expect("a sound template").text).collect();
        let mean = random.iter().map(|value| words.share(value)).sum::<f32>() / 200.0;
        assert!(mean < 0.08, "{mean}");
        let plain = random.iter().filter(|value| words.surprise(value, 8).is_some_and(|bits| bits < 4.6)).count();
        assert!(plain <= 6, "{plain}");
    }
}
