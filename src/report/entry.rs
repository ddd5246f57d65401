//! A finding as programs read it: the fields of `docs/json.md`, without a secret in them.

use serde::Serialize;

use super::options::ReportOptions;
use super::repository_entry::{CommitEntry, PlaceEntry, ProvenanceEntry};
use crate::model::{Confidence, Coverage, Finding, Gap, GapKind, Liveness, Outcome, Place, Probed, Severity, Veil};
use crate::rules::RuleSet;

/// Raised when a field changes its meaning or goes; new fields do not raise it.
pub(super) const SCHEMA_VERSION: u32 = 1;

/// Who made the report.
#[derive(Serialize)]
pub(super) struct Tool {
    name: &'static str,
    version: &'static str,
}

/// Who makes our reports.
pub(super) const TOOL: Tool = Tool { name: "keyfuse", version: env!("CARGO_PKG_VERSION") };

/// A finding as programs read it.
#[derive(Serialize)]
pub(super) struct Entry<'a> {
    rule: &'a str,
    title: &'a str,
    provider: &'a str,
    confidence: Confidence,
    severity: Severity,
    score: f32,
    reasons: Vec<ReasonEntry>,
    place: &'static str,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_hex: Option<String>,
    members: Vec<String>,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    start: u64,
    end: u64,
    name: String,
    preview: String,
    layers: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<u8>,
    commit: Option<CommitEntry<'a>>,
    object: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    standing: Option<StandingEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provenance: Option<ProvenanceEntry<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    places: Option<Vec<PlaceEntry<'a>>>,
    fingerprint: &'a str,
    credential: u32,
    liveness: Option<LivenessEntry>,
    suppression: Option<SuppressionEntry>,
}

#[derive(Serialize)]
struct LivenessEntry {
    state: &'static str,
    why: Option<String>,
    asked: String,
    status: Option<u16>,
    control: Option<u16>,
    who: Option<String>,
}

#[derive(Serialize)]
struct ReasonEntry {
    text: String,
    weight: f32,
}

#[derive(Serialize)]
struct StandingEntry {
    path: String,
    line: Option<u32>,
    column: Option<u32>,
}

#[derive(Serialize)]
struct SuppressionEntry {
    by: String,
    reason: Option<String>,
    in_source: bool,
}

/// What was read and what was not.
#[derive(Serialize)]
pub(super) struct CoverageEntry {
    blobs: u64,
    bytes: u64,
    complete: bool,
    gaps: Vec<GapEntry>,
}

#[derive(Serialize)]
struct GapEntry {
    kind: &'static str,
    what: String,
    why: String,
}

/// How the run ended.
#[derive(Serialize)]
pub(super) struct OutcomeEntry {
    exit_code: u8,
    conditions: Vec<&'static str>,
    complete: bool,
    findings: usize,
    suppressed: usize,
    hidden: usize,
    credentials: usize,
    rules: usize,
}

impl<'a> Entry<'a> {
    pub(super) fn new(finding: &'a Finding, rules: &'a RuleSet, veil: &Veil) -> Self {
        let rule = rules.get(finding.rule);
        let (object, commit) = (finding.origin.place.object(), finding.origin.place.commit());
        let path = veil.bytes(&finding.origin.path);
        Self {
            rule: &finding.rule_id,
            title: &rule.title,
            provider: &rule.provider,
            confidence: finding.confidence,
            severity: finding.severity,
            score: finding.score,
            reasons: finding.reasons.iter().map(|reason| ReasonEntry { text: veil.text(&reason.text), weight: reason.weight }).collect(),
            place: finding.origin.place.name(),
            path_hex: std::str::from_utf8(&path).is_err().then(|| data_encoding::HEXLOWER.encode(&path)),
            path: if finding.origin.place == Place::Stdin { "<stdin>".to_owned() } else { String::from_utf8_lossy(&path).into_owned() },
            members: finding.origin.members.iter().map(|member| String::from_utf8_lossy(&veil.bytes(member)).into_owned()).collect(),
            line: finding.region.start.line,
            column: finding.region.start.column,
            end_line: finding.region.end.line,
            end_column: finding.region.end.column,
            start: finding.span.start,
            end: finding.span.end,
            name: veil.text(&finding.name),
            preview: finding.secret.preview(),
            layers: finding.layers.iter().map(|layer| layer.name()).collect(),
            stage: if let Place::Staged { stage } = finding.origin.place { Some(stage) } else { None },
            commit: commit.map(|commit| CommitEntry::new(commit, veil)),
            object,
            standing: finding.standing.as_ref().map(|standing| StandingEntry {
                path: String::from_utf8_lossy(&veil.bytes(&standing.path)).into_owned(),
                line: standing.region.map(|region| region.start.line),
                column: standing.region.map(|region| region.start.column),
            }),
            provenance: finding.provenance.as_deref().map(|known| ProvenanceEntry::new(known, veil)),
            places: finding.provenance.as_deref().map(|known| known.places.iter().map(|spot| PlaceEntry::new(spot, veil)).collect()),
            fingerprint: &finding.fingerprint,
            credential: finding.credential,
            liveness: finding.probed.as_ref().map(|probed| LivenessEntry::new(probed, veil)),
            suppression: finding.suppression.as_ref().map(|suppression| SuppressionEntry {
                by: veil.text(&suppression.by),
                reason: suppression.reason.as_deref().map(|reason| veil.text(reason)),
                in_source: suppression.in_source,
            }),
        }
    }
}

impl LivenessEntry {
    fn new(probed: &Probed, veil: &Veil) -> Self {
        Self {
            state: probed.liveness.name(),
            why: if let Liveness::Unknown { why } = &probed.liveness { Some(veil.text(why)) } else { None },
            asked: veil.text(&probed.asked),
            status: probed.status,
            control: probed.control,
            who: probed.who.as_deref().map(|who| veil.text(who)),
        }
    }
}

impl CoverageEntry {
    pub(super) fn new(coverage: &Coverage, veil: &Veil) -> Self {
        let entry = |gap: &Gap| GapEntry { kind: gap_name(gap.kind), what: veil.text(&gap.what), why: veil.text(&gap.why) };
        let mut gaps: Vec<&Gap> = coverage.gaps.iter().collect();
        gaps.sort_unstable();
        Self { blobs: coverage.blobs, bytes: coverage.bytes, complete: coverage.is_complete(), gaps: gaps.into_iter().map(entry).collect() }
    }
}

impl OutcomeEntry {
    pub(super) fn new(outcome: &Outcome, options: &ReportOptions) -> Self {
        let open = outcome.open().count();
        let mut credentials: Vec<u32> = outcome.open().map(|finding| finding.credential).collect();
        credentials.sort_unstable();
        credentials.dedup();
        Self {
            exit_code: options.verdict.exit_code,
            conditions: options.verdict.conditions.clone(),
            complete: outcome.coverage.is_complete(),
            findings: open,
            suppressed: outcome.findings.len() - open,
            hidden: outcome.hidden,
            credentials: credentials.len(),
            rules: outcome.stats.rules,
        }
    }
}

/// The kind of gap, by name.
pub(super) fn gap_name(kind: GapKind) -> &'static str {
    match kind {
        GapKind::OutOfScope => "out-of-scope",
        GapKind::Unread => "unread",
    }
}
