//! The few words that call for a look where no long run of token characters stands.

use aho_corasick::packed;
use aho_corasick::{AhoCorasick, MatchKind};

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
    /// A literal of a rule whose matches need not hold a long run.
    Rule(RuleId),
}

const FIXED: [(&str, Anchor); 35] = [
    ("pass", Anchor::Name),
    ("Pass", Anchor::Name),
    ("PASS", Anchor::Name),
    ("pwd", Anchor::Name),
    ("Pwd", Anchor::Name),
    ("PWD", Anchor::Name),
    ("secr", Anchor::Name),
    ("Secr", Anchor::Name),
    ("SECR", Anchor::Name),
    ("pw:", Anchor::Name),
    ("pw=", Anchor::Name),
    ("pw =", Anchor::Name),
    ("PW=", Anchor::Name),
    ("psk", Anchor::Name),
    ("PSK", Anchor::Name),
    ("signing_salt", Anchor::Name),
    ("AUTH_KEY", Anchor::Name),
    ("LOGGED_IN_KEY", Anchor::Name),
    ("NONCE_KEY", Anchor::Name),
    ("_SALT", Anchor::Name),
    ("SecureString", Anchor::Command),
    ("://", Anchor::Url),
    (":\\/\\/", Anchor::Url),
    ("-----BEGIN", Anchor::Block),
    ("PuTTY-User-Key", Anchor::Putty),
    ("\"kty\"", Anchor::Jwk),
    ("Basic ", Anchor::Basic),
    ("basic ", Anchor::Basic),
    ("curl ", Anchor::Command),
    ("mysql", Anchor::Command),
    ("sshpass", Anchor::Command),
    ("docker login", Anchor::Command),
    ("redis-cli", Anchor::Command),
    ("DENTIFIED BY", Anchor::Command),
    ("dentified by", Anchor::Command),
];

/// The anchors, looked for at once.
pub(crate) struct Anchors {
    search: Search,
    anchors: Vec<Anchor>,
}

enum Search {
    /// Vector instructions, for up to 128 literals.
    Packed(packed::Searcher),
    /// An automaton, for more, and where the machine has no such instructions.
    Automaton(AhoCorasick),
}

impl Anchors {
    /// The fixed anchors and the literals of rules that need a search of their own.
    pub(crate) fn new<'a>(literals: impl Iterator<Item = (&'a str, RuleId)>) -> Self {
        let (mut words, mut anchors): (Vec<String>, Vec<Anchor>) = FIXED.iter().map(|&(word, anchor)| (word.to_owned(), anchor)).unzip();
        for (literal, rule) in literals {
            words.push(literal.to_owned());
            anchors.push(Anchor::Rule(rule));
        }
        let packed = (words.len() <= 64)
            .then(|| packed::Config::new().match_kind(packed::MatchKind::LeftmostFirst).builder().extend(&words).build())
            .flatten();
        let search = match packed {
            Some(searcher) => Search::Packed(searcher),
            None => {
                let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(&words);
                Search::Automaton(automaton.expect("rule literals stay far under the automaton's limits"))
            }
        };
        Self { search, anchors }
    }

    /// Calls `found` with every anchor and its start, in order, without overlaps.
    pub(crate) fn find(&self, text: &[u8], mut found: impl FnMut(Anchor, usize, usize)) {
        match &self.search {
            Search::Packed(searcher) => {
                searcher.find_iter(text).for_each(|hit| found(self.anchors[hit.pattern().as_usize()], hit.start(), hit.end()));
            }
            Search::Automaton(automaton) => {
                automaton.find_iter(text).for_each(|hit| found(self.anchors[hit.pattern().as_usize()], hit.start(), hit.end()));
            }
        }
    }
}
