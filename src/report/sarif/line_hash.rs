//! GitHub's `primaryLocationLineHash`: a rolling hash from the beginning of each line over what follows.
//!
//! The value must be the one that GitHub's upload step computes from the checkout
//! (<https://github.com/github/codeql-action/blob/main/src/fingerprints.ts>), or it warns; so: base 37, 64 bits, a window of 100 UTF-16
//! code units without spaces and tabs, every line end as one line feed, 65535 for the end of the file and zeros after it.

use std::collections::HashMap;

/// Code units that a line's hash takes in.
const WINDOW: usize = 100;
/// Base of the polynomial.
const BASE: u64 = 37;
/// Stands for the end of the file.
const END: u16 = u16::MAX;

/// The hashes of the wanted lines of a text; lines count from 1.
pub(super) fn of_lines(text: &[u8], wanted: impl Fn(u32) -> bool) -> HashMap<u32, String> {
    let mut units = folded(text);
    let mut starts = vec![0];
    starts.extend(units.iter().enumerate().filter(|&(_, &unit)| unit == u16::from(b'\n')).map(|(place, _)| place + 1));
    units.push(END);
    let mut seen: HashMap<u64, u32> = HashMap::new();
    let mut hashes = HashMap::new();
    for (line, &start) in (1u32..).zip(&starts) {
        let hash = (start..start + WINDOW)
            .map(|place| units.get(place).copied().unwrap_or(0))
            .fold(0u64, |hash, unit| hash.wrapping_mul(BASE).wrapping_add(u64::from(unit)));
        // Lines with the same hash are told apart by their order, so every line counts, wanted or not.
        let count = seen.entry(hash).or_default();
        *count += 1;
        if wanted(line) {
            hashes.insert(line, format!("{hash:x}:{count}"));
        }
    }
    hashes
}

/// The text as UTF-16 without spaces and tabs, all line ends as line feeds.
fn folded(text: &[u8]) -> Vec<u16> {
    let text = String::from_utf8_lossy(text);
    let mut units = Vec::with_capacity(text.len());
    let mut after_return = false;
    for unit in text.encode_utf16() {
        match u8::try_from(unit) {
            // Blanks are skipped before the return is remembered: `\r \n` ends two lines.
            Ok(b' ' | b'\t') => after_return = false,
            Ok(b'\n') if after_return => after_return = false,
            Ok(b'\r') => {
                units.push(u16::from(b'\n'));
                after_return = true;
            }
            _ => {
                units.push(unit);
                after_return = false;
            }
        }
    }
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<String> {
        let hashes = of_lines(text.as_bytes(), |_| true);
        (1..=u32::try_from(hashes.len()).expect("few")).map(|line| hashes[&line].clone()).collect()
    }

    /// The values that GitHub's own tests state.
    #[test]
    fn the_values_are_those_of_the_upload_step() {
        assert_eq!(all(""), ["c129715d7a2bc9a3:1"]);
        assert_eq!(all(" a\nb\n  \t\tc\n d"), ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"]);
        let greetings = [
            "e9496ae3ebfced30:1",
            "fb7c023a8b9ccb3f:1",
            "ce8ba1a563dcdaca:1",
            "e20e36e16fcb0cc8:1",
            "b3edc88f2938467e:1",
            "c8e28b0b4002a3a0:1",
            "c129715d7a2bc9a3:1",
        ];
        for text in [
            " hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n",
            " hello; \t\nworld!!!\r\r\r  \t\tGreetings\r End\r",
            " hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n",
            " hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n",
        ] {
            assert_eq!(all(text), greetings, "{text:?}");
        }
        let repeated = all(&"Lorem ipsum dolor sit amet.\n".repeat(10));
        assert_eq!(repeated[..6], (1..=6).map(|count| format!("a7f2ff13bc495cf2:{count}")).collect::<Vec<_>>());
        assert_eq!(
            repeated[6..],
            ["a7f2ff1481e87703:1", "a9cf91f7bbf1862b:1", "55ec222b86bcae53:1", "cc97dc7b1d7d8f7b:1", "c129715d7a2bc9a3:1"]
        );
    }

    #[test]
    fn only_wanted_lines_are_kept() {
        assert_eq!(of_lines(b"a\nb\nc", |line| line == 2).keys().collect::<Vec<_>>(), [&2]);
    }
}
