//! The report as lines: one finding each, the summary last.

use std::io;

use serde::Serialize;
use serde_json::to_writer;

use super::entry::{CoverageEntry, Entry, OutcomeEntry, SCHEMA_VERSION, TOOL, Tool};
use super::options::ReportOptions;
use crate::model::Outcome;
use crate::model::Veil;
use crate::rules::RuleSet;

/// One line.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Line<'a> {
    Finding(Box<Entry<'a>>),
    Summary(Summary),
}

#[derive(Serialize)]
struct Summary {
    schema_version: u32,
    tool: Tool,
    coverage: CoverageEntry,
    outcome: OutcomeEntry,
    warnings: Vec<String>,
}

/// Writes it.
pub(super) fn write(outcome: &Outcome, rules: &RuleSet, options: &ReportOptions, out: &mut dyn io::Write) -> io::Result<()> {
    let veil = Veil::new(outcome);
    for finding in &outcome.findings {
        to_writer(&mut *out, &Line::Finding(Box::new(Entry::new(finding, rules, &veil))))?;
        out.write_all(b"\n")?;
    }
    let summary = Summary {
        schema_version: SCHEMA_VERSION,
        tool: TOOL,
        coverage: CoverageEntry::new(&outcome.coverage, &veil),
        outcome: OutcomeEntry::new(outcome, options),
        warnings: outcome.warnings.iter().map(|warning| veil.text(warning)).collect(),
    };
    to_writer(&mut *out, &Line::Summary(summary))?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::report::sample;

    #[test]
    fn every_line_is_an_object_and_the_last_is_the_summary() {
        let outcome = sample::outcome();
        let mut report = Vec::new();
        write(&outcome, &sample::rules(), &sample::options(&outcome), &mut report).expect("a vector takes everything");
        let lines: Vec<Value> =
            String::from_utf8(report).expect("text").lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
        assert_eq!(lines.len(), outcome.findings.len() + 1);
        let (summary, findings) = lines.split_last().expect("there is a summary");
        assert!(findings.iter().all(|line| line["type"] == "finding"));
        assert_eq!(summary["type"], "summary");
        assert_eq!(summary["outcome"]["exit_code"], 1);
    }
}
