//! The last guard before output: no text of a report holds a secret that was found, wherever the text came from.

use aho_corasick::{AhoCorasick, MatchKind};

use super::Outcome;

/// What stands for a secret.
const MASK: &str = "…";
/// Shorter secrets are words that stand in honest paths and names too; the scan has masked them in their lines already.
const SHORTEST: usize = 12;

/// Knows the secrets of an outcome and takes them out of texts.
pub struct Veil(Option<AhoCorasick>);

impl Veil {
    /// A guard for all secrets of `outcome`.
    pub fn new(outcome: &Outcome) -> Self {
        let mut needles: Vec<&[u8]> = Vec::new();
        for finding in &outcome.findings {
            let secret = finding.secret.expose();
            needles.push(secret);
            // Of a block of several lines each line is secret, save those that only say what kind it is.
            if secret.contains(&b'\n') {
                needles.extend(secret.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.starts_with(b"-----")));
            }
        }
        needles.retain(|needle| needle.len() >= SHORTEST);
        needles.sort_unstable();
        needles.dedup();
        if needles.is_empty() {
            return Self(None);
        }
        // Only a set beyond the automaton's size limit fails to build; then every text is masked whole.
        Self(Some(
            AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                .build(needles)
                .unwrap_or_else(|_| AhoCorasick::new([""]).expect("one empty needle is a small set")),
        ))
    }

    /// `text` without a secret in it.
    pub fn text(&self, text: &str) -> String {
        match &self.0 {
            Some(secrets) if secrets.is_match(text) => String::from_utf8_lossy(&self.bytes(text.as_bytes())).into_owned(),
            _ => text.to_owned(),
        }
    }

    /// `bytes` without a secret in them.
    pub fn bytes(&self, bytes: &[u8]) -> Vec<u8> {
        match &self.0 {
            Some(secrets) if secrets.find(bytes).is_some_and(|found| found.is_empty()) => MASK.as_bytes().to_vec(),
            Some(secrets) => {
                let mut masked = Vec::with_capacity(bytes.len());
                secrets.replace_all_with_bytes(bytes, &mut masked, |_, _, out| {
                    out.extend_from_slice(MASK.as_bytes());
                    true
                });
                masked
            }
            None => bytes.to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Confidence, Finding, Origin, Region, RuleId, Secret, Severity, Span};

    fn veil(secret: &[u8]) -> Veil {
        let finding = Finding {
            rule: RuleId(0),
            rule_id: "example".to_owned(),
            confidence: Confidence::High,
            severity: Severity::High,
            score: 1.0,
            reasons: Vec::new(),
            origin: Origin::stdin(),
            standing: None,
            repeats: Vec::new(),
            provenance: None,
            span: Span::new(0, 1),
            region: Region::default(),
            secret: Secret::new(secret),
            name: String::new(),
            line: String::new(),
            mask: (0, 0),
            layers: Vec::new(),
            partner: String::new(),
            fingerprint: String::new(),
            suppression: None,
            credential: 0,
            parts: Vec::new(),
            probed: None,
        };
        Veil::new(&Outcome { findings: vec![finding], ..Outcome::default() })
    }

    #[test]
    fn a_path_that_holds_the_secret_is_masked_and_another_is_not() {
        let veil = veil(b"zq81-kd72-mm10-vv93");
        assert_eq!(veil.text("backup/zq81-kd72-mm10-vv93.txt"), "backup/….txt");
        assert_eq!(veil.text("backup/other.txt"), "backup/other.txt");
        assert_eq!(
            veil.bytes(b"\xffzq81-kd72-mm10-vv93"),
            "\u{0}…".as_bytes().iter().map(|&b| if b == 0 { 0xff } else { b }).collect::<Vec<_>>()
        );
    }

    #[test]
    fn short_secrets_do_not_mask_honest_words() {
        assert_eq!(veil(b"src").text("src/main.rs"), "src/main.rs");
    }
}
