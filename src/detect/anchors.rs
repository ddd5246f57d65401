//! The few words that call for a look where no long run of token characters stands.

use std::collections::HashMap;

use super::chart::Chart;
use super::sieve::Sieve;
use super::simd::Nibbles;
use crate::model::RuleId;

/// What an anchor calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    /// A name that may be given a short secret.
    Name,
    /// `://`: a password may stand in the URL.
    Url,
    /// `-----BEGIN`: a key block.
    Block,
    /// `PuTTY-User-Key-File`.
    Putty,
    /// `"kty"`: a JSON Web Key.
    Jwk,
    /// `Basic `: a header of user and password.
    Basic,
    /// A command that takes a password as an argument.
    Command,
    /// The mark of an escape: text may be encoded here.
    Escape,
    /// A literal of a rule whose matches need not hold a long run.
    Rule(RuleId),
}

/// Each word, how many of its bytes stand before the part that is looked for, and what it calls for. The search knows a part by its
/// first four bytes: they are such as code holds seldom, and the check behind sees the whole word.
const FIXED: [(&str, usize, Anchor); 51] = [
    ("pass", 0, Anchor::Name),
    ("Pass", 0, Anchor::Name),
    ("PASS", 0, Anchor::Name),
    ("pwd", 0, Anchor::Name),
    ("Pwd", 0, Anchor::Name),
    ("PWD", 0, Anchor::Name),
    ("secr", 1, Anchor::Name),
    ("Secr", 1, Anchor::Name),
    ("SECR", 1, Anchor::Name),
    ("pw:", 0, Anchor::Name),
    ("pw=", 0, Anchor::Name),
    ("pw =", 0, Anchor::Name),
    ("PW=", 0, Anchor::Name),
    ("psk", 0, Anchor::Name),
    ("PSK", 0, Anchor::Name),
    ("signing_salt", 7, Anchor::Name),
    ("AUTH_KEY", 3, Anchor::Name),
    ("LOGGED_IN_KEY", 8, Anchor::Name),
    ("NONCE_KEY", 4, Anchor::Name),
    ("_SALT", 1, Anchor::Name),
    ("SecureString", 4, Anchor::Command),
    ("://", 0, Anchor::Url),
    (":\\/\\/", 0, Anchor::Url),
    ("-----BEGIN", 5, Anchor::Block),
    ("PuTTY-User-Key", 0, Anchor::Putty),
    ("\"kty\"", 0, Anchor::Jwk),
    ("Basic ", 1, Anchor::Basic),
    ("basic ", 1, Anchor::Basic),
    ("curl ", 1, Anchor::Command),
    ("mysql", 1, Anchor::Command),
    ("sshpass", 0, Anchor::Command),
    ("docker login", 8, Anchor::Command),
    ("redis-cli", 4, Anchor::Command),
    ("DENTIFIED BY", 3, Anchor::Command),
    ("dentified by", 2, Anchor::Command),
    ("\\\"", 0, Anchor::Escape),
    ("\\/", 0, Anchor::Escape),
    ("\\u", 0, Anchor::Escape),
    ("\\U", 0, Anchor::Escape),
    ("\\x", 0, Anchor::Escape),
    ("\\0", 0, Anchor::Escape),
    ("\\1", 0, Anchor::Escape),
    ("%2", 0, Anchor::Escape),
    ("%3", 0, Anchor::Escape),
    ("%4", 0, Anchor::Escape),
    ("%5", 0, Anchor::Escape),
    ("%6", 0, Anchor::Escape),
    ("%7", 0, Anchor::Escape),
    ("&#", 0, Anchor::Escape),
    ("&am", 0, Anchor::Escape),
    ("&qu", 0, Anchor::Escape),
];

/// The anchors, looked for at once.
pub(crate) struct Anchors {
    sieve: Sieve,
    /// For each part that is looked for, the words that hold it.
    words: Vec<Vec<Word>>,
}

/// A word that calls for a look.
struct Word {
    text: Vec<u8>,
    skipped: usize,
    anchor: Anchor,
}

impl Anchors {
    /// The fixed anchors and the literals of rules that need a search of their own.
    pub(crate) fn new<'a>(literals: impl Iterator<Item = (&'a str, RuleId)>) -> Self {
        let (mut parts, mut words): (Vec<&[u8]>, Vec<Vec<Word>>) = (Vec::new(), Vec::new());
        let mut places = HashMap::new();
        let literals = literals.map(|(literal, rule)| (literal, 0, Anchor::Rule(rule)));
        for (text, skipped, anchor) in FIXED.into_iter().chain(literals) {
            let part = &text.as_bytes()[skipped..];
            let place = *places.entry(part).or_insert_with(|| {
                parts.push(part);
                words.push(Vec::new());
                parts.len() - 1
            });
            words[place].push(Word { text: text.as_bytes().to_vec(), skipped, anchor });
        }
        Self { sieve: Sieve::new(&parts), words }
    }

    /// What the chart of a text must know for [`Anchors::find`].
    pub(crate) fn nibbles(&self) -> &Nibbles {
        self.sieve.nibbles()
    }

    /// Calls `found` with every anchor, its start and its end, in the order of their parts.
    #[inline]
    pub(crate) fn find(&self, text: &[u8], chart: &Chart, mut found: impl FnMut(Anchor, usize, usize)) {
        chart.words(|place| {
            self.sieve.parts_at(text, place, |part| {
                for word in &self.words[part] {
                    if let Some(start) = place.checked_sub(word.skipped)
                        && text[start..].starts_with(&word.text)
                    {
                        found(word.anchor, start, start + word.text.len());
                    }
                }
            });
        });
    }
}
