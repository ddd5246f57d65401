//! One credential at one place, judged.

use bstr::BString;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::{Confidence, Layer, Origin, Part, Probed, Provenance, Region, RuleId, Secret, Severity, Span, Spot};

/// One step of a judgement: what was seen and how far it moved the score.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// What was seen, in a few words, without the secret.
    pub text: String,
    /// What it added to (or took from) the score, in points of a scale where 0 is undecided.
    pub weight: f32,
}

/// Why a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// What silenced it: an inline marker as written, or the allow-list entry's place in the configuration.
    pub by: String,
    /// The reason on record; inline markers rarely give one.
    pub reason: Option<String>,
    /// Whether it stands in the scanned source itself (SARIF `inSource`) or in a configuration (`external`).
    pub in_source: bool,
}

/// Where a person can look in the revision at the end of what was scanned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// A file of that revision.
    pub path: BString,
    /// The place of the same secret in it; none where the file is only the nearest one that is still there.
    pub region: Option<Region>,
}

/// One credential at one place.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule's number, for its title, description and tags.
    pub rule: RuleId,
    /// The rule's id, as reports name it.
    pub rule_id: String,
    /// How sure we are.
    pub confidence: Confidence,
    /// What a holder can do.
    pub severity: Severity,
    /// Sum of the reasons.
    pub score: f32,
    /// Why it is believed, strongest first.
    pub reasons: Vec<Reason>,
    /// Where the blob came from.
    pub origin: Origin,
    /// The bytes that hold it.
    pub span: Span,
    /// The same as lines and columns.
    pub region: Region,
    /// The secret.
    pub secret: Secret,
    /// What stands near it and belongs to it, where the rule names such parts.
    pub parts: Vec<Part>,
    /// The name it is assigned to, printable; empty where there is none.
    pub name: String,
    /// The line it begins on, with every secret in it masked, printable, cut to 240 characters.
    pub line: String,
    /// Where the mask stands in `line`, as characters from 0, end exclusive.
    pub mask: (usize, usize),
    /// The encodings that were undone.
    pub layers: Vec<Layer>,
    /// The public id beside it that names the same credential (an AWS access key id, `hft_…`); empty where there is none.
    pub partner: String,
    /// Stable identity of the place: rule, path and masked context; never a hash of the secret.
    pub fingerprint: String,
    /// Where to look for it in the revision at the end of a range or history, where known.
    pub standing: Option<Standing>,
    /// Further contents of a repository that hold the same secret at the same path, while they are gathered.
    pub repeats: Vec<Spot>,
    /// What is known of the credential in a repository, where that was asked for; then this finding stands for all its places.
    pub provenance: Option<Box<Provenance>>,
    /// What silenced it, if anything did.
    pub suppression: Option<Suppression>,
    /// Findings with the same number hold the same secret.
    pub credential: u32,
    /// What its issuer says of it, when that was asked.
    pub probed: Option<Probed>,
}

impl Finding {
    /// Whether somebody must act on it.
    pub fn is_open(&self) -> bool {
        self.suppression.is_none()
    }

    /// From rule, path and masked line: it stays when lines move and when the secret is another, and says nothing about the secret.
    pub fn identity(&self) -> String {
        let mut hash = Sha256::new();
        let mut field = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        field(self.rule_id.as_bytes());
        field(&self.origin.path);
        self.origin.members.iter().for_each(|member| field(member));
        let around: String = {
            let (start, end) = self.mask;
            let before = self.line.chars().take(start);
            let after = self.line.chars().skip(end);
            before.chain(std::iter::once('\u{0}')).chain(after).filter(|character| !character.is_whitespace()).collect()
        };
        field(around.as_bytes());
        HEXLOWER.encode(&hash.finalize()[..16])
    }
}
