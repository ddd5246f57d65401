//! A configuration file as evidence: its text with every secret masked, its facts, a keyed digest of the original.

use aho_corasick::{AhoCorasick, MatchKind};

use crate::model::{Finding, plain};

/// What stands for a secret.
const MASK: &str = "…";

/// Facts of the file on disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileFacts {
    /// Its path, as given.
    pub path: String,
    /// Permissions, octal, where the system has them.
    pub mode: Option<String>,
    /// The owner's number, where the system has one.
    pub owner: Option<u32>,
    /// When it was last changed, RFC 3339.
    pub changed: Option<String>,
}

/// The snapshot; `digest` is a keyed digest of the original, since a plain one of a short file is a dictionary away.
///
/// `findings` must be all that the scanner finds in `original`. What it found inside an encoding is masked with the whole line.
pub fn redacted(original: &[u8], facts: &FileFacts, digest: &str, findings: &[Finding]) -> Vec<u8> {
    let or_unknown = |value: &Option<String>| value.clone().unwrap_or_else(|| "unknown".to_owned());
    let mut text = format!(
        "# snapshot of {}\n# mode {}, owner {}, changed {}, {} bytes, keyed digest {digest}\n# secrets are masked as {MASK}\n",
        plain(&facts.path, 400),
        or_unknown(&facts.mode),
        facts.owner.map_or_else(|| "unknown".to_owned(), |owner| owner.to_string()),
        or_unknown(&facts.changed),
        original.len()
    )
    .into_bytes();
    let is_there = |finding: &&Finding| memchr::memmem::find(original, finding.secret.expose()).is_some();
    let hidden: Vec<(u32, u32)> =
        findings.iter().filter(|one| !is_there(one)).map(|one| (one.region.start.line, one.region.end.line)).collect();
    let mut masked = Vec::with_capacity(original.len());
    for (number, line) in (1u32..).zip(original.split_inclusive(|byte| *byte == b'\n')) {
        if hidden.iter().any(|(first, last)| (*first..=*last).contains(&number)) {
            masked.extend_from_slice(format!("{MASK}\n").as_bytes());
        } else {
            masked.extend_from_slice(line);
        }
    }
    let secrets: Vec<&[u8]> = findings.iter().map(|one| one.secret.expose()).filter(|secret| !secret.is_empty()).collect();
    if secrets.is_empty() {
        text.extend_from_slice(&masked);
        return text;
    }
    let masks = vec![MASK; secrets.len()];
    match AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&secrets) {
        Ok(matcher) => text.extend_from_slice(&matcher.replace_all_bytes(&masked, &masks)),
        // Only a set beyond the automaton's limit: then nothing of the text is evidence worth its risk.
        Err(_) => text.extend_from_slice(MASK.as_bytes()),
    }
    text
}
