//! What the run has to say about itself: gaps, warnings, results that did not fit.

use std::io;

use sarif::sarif as types;
use serde_json::json;

use super::model::message;
use crate::model::Veil;
use crate::model::{Gap, GapKind, Outcome};

/// Gaps of one kind that are named one by one; the rest is counted, for a tree may have any number of ignored files.
const MOST_GAPS: usize = 1_000;

/// The kinds of notices, as `(id, level, what it means)`; their places in this list are their indices in the report.
const KINDS: [(&str, &str, &str); 4] = [
    ("keyfuse/unread", "error", "Something that was asked for was not read: the scan is incomplete."),
    ("keyfuse/out-of-scope", "note", "Something was left out by a stated policy."),
    ("keyfuse/warning", "warning", "Something about the configuration that the user should know."),
    ("keyfuse/cut", "warning", "The report does not hold everything that was found."),
];

/// Descriptions of the notices, for the tool's own part of the report.
pub(super) fn kinds() -> Vec<types::ReportingDescriptor> {
    KINDS
        .iter()
        .map(|&(id, level, meaning)| {
            types::ReportingDescriptor::builder()
                .id(id)
                .short_description(types::MultiformatMessageString::builder().text(meaning).build())
                .default_configuration(types::ReportingConfiguration::builder().level(json!(level)).build())
                .build()
        })
        .collect()
}

/// A notice of the kind at `index`.
fn notice(index: usize, text: &str) -> types::Notification {
    let (id, level, _) = KINDS[index];
    let kind = types::ReportingDescriptorReference::builder().id(id).index(index as i64).build();
    types::Notification::builder().descriptor(kind).level(json!(level)).message(message(text)).build()
}

/// Writes all notices as a JSON array; `cut` are sentences on what the report leaves out.
pub(super) fn write(outcome: &Outcome, cut: &[String], veil: &Veil, out: &mut dyn io::Write) -> io::Result<()> {
    let mut gaps: Vec<&Gap> = outcome.coverage.gaps.iter().collect();
    gaps.sort_unstable();
    let (beside, unread): (Vec<&Gap>, Vec<&Gap>) = gaps.into_iter().partition(|gap| gap.kind == GapKind::OutOfScope);
    let mut separator: &[u8] = b"[";
    let mut put = |notice: &types::Notification| {
        out.write_all(separator)?;
        separator = b",";
        serde_json::to_writer(&mut *out, notice).map_err(io::Error::from)
    };
    for sentence in cut {
        put(&notice(3, sentence))?;
    }
    for (index, gaps) in [(0, unread), (1, beside)] {
        for gap in gaps.iter().take(MOST_GAPS) {
            put(&notice(index, &veil.text(&format!("{}: {}", gap.what, gap.why))))?;
        }
        if gaps.len() > MOST_GAPS {
            put(&notice(index, &format!("and {} more of this kind; the json report names them all", gaps.len() - MOST_GAPS)))?;
        }
    }
    for warning in &outcome.warnings {
        put(&notice(2, &veil.text(warning)))?;
    }
    if separator == b"[" {
        out.write_all(b"[")?;
    }
    out.write_all(b"]")
}
