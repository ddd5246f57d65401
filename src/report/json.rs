//! The report as one JSON object, written finding by finding.

use std::io;

use serde_json::{json, to_writer};

use super::entry::{CoverageEntry, Entry, OutcomeEntry, SCHEMA_VERSION, TOOL};
use super::options::ReportOptions;
use crate::model::Outcome;
use crate::model::Veil;
use crate::rules::RuleSet;

/// Writes it.
pub(super) fn write(outcome: &Outcome, rules: &RuleSet, options: &ReportOptions, out: &mut dyn io::Write) -> io::Result<()> {
    let veil = Veil::new(outcome);
    write!(out, "{{\"schema_version\":{SCHEMA_VERSION},\"tool\":{},\n\"findings\":[", json!(TOOL))?;
    for (count, finding) in outcome.findings.iter().enumerate() {
        out.write_all(if count == 0 { b"\n" } else { b",\n" })?;
        to_writer(&mut *out, &Entry::new(finding, rules, &veil))?;
    }
    out.write_all(b"\n],\n\"coverage\":")?;
    to_writer(&mut *out, &CoverageEntry::new(&outcome.coverage, &veil))?;
    out.write_all(b",\n\"outcome\":")?;
    to_writer(&mut *out, &OutcomeEntry::new(outcome, options))?;
    let warnings: Vec<String> = outcome.warnings.iter().map(|warning| veil.text(warning)).collect();
    out.write_all(b",\n\"warnings\":")?;
    to_writer(&mut *out, &warnings)?;
    out.write_all(b"}\n")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::report::sample;

    #[test]
    fn the_object_holds_what_the_page_says() {
        let outcome = sample::outcome();
        let mut report = Vec::new();
        write(&outcome, &sample::rules(), &sample::options(&outcome), &mut report).expect("a vector takes everything");
        let report: Value = serde_json::from_slice(&report).expect("it is JSON");
        assert_eq!(report["schema_version"], 1);
        assert_eq!(report["tool"]["name"], "keyfuse");
        assert_eq!(report["findings"].as_array().map(Vec::len), Some(outcome.findings.len()));
        assert_eq!(report["findings"][0]["path"], "src/a b#é.py");
        assert_eq!(report["findings"][0]["commit"], Value::Null);
        assert_eq!(report["outcome"]["complete"], false);
        assert_eq!(report["outcome"]["conditions"], json!(["findings", "incomplete"]));
        assert_eq!(report["coverage"]["gaps"][0]["kind"], "out-of-scope");
        // The page names every field of a finding.
        let page = include_str!("../../docs/json.md");
        for finding in report["findings"].as_array().expect("an array") {
            for field in finding.as_object().expect("an object").keys() {
                assert!(page.contains(&format!("`{field}`")), "docs/json.md does not name `{field}`");
            }
        }
        for part in ["coverage", "outcome"] {
            for field in report[part].as_object().expect("an object").keys() {
                assert!(page.contains(&format!("`{field}`")), "docs/json.md does not name `{field}`");
            }
        }
    }

    #[test]
    fn the_page_names_what_is_known_of_a_repository() {
        let outcome = sample::history();
        let mut report = Vec::new();
        write(&outcome, &sample::rules(), &sample::options(&outcome), &mut report).expect("a vector takes everything");
        let report: Value = serde_json::from_slice(&report).expect("it is JSON");
        let page = include_str!("../../docs/json.md");
        let first = &report["findings"][0];
        for part in [&first["provenance"], &first["provenance"]["exposure"], &first["standing"], &first["places"][0]] {
            for field in part.as_object().expect("an object").keys() {
                assert!(page.contains(&format!("`{field}`")), "docs/json.md does not name `{field}`");
            }
        }
        assert_eq!(first["provenance"]["exposure"], json!({"since": "2024-05-07T00:00:00Z", "basis": "push"}));
        assert_eq!(report["findings"][1]["places"][0]["reachable"], false);
    }

    #[test]
    fn nothing_found_is_an_empty_list() {
        let mut report = Vec::new();
        write(&Outcome::default(), &RuleSet::default(), &ReportOptions::default(), &mut report).expect("a vector takes everything");
        let report: Value = serde_json::from_slice(&report).expect("it is JSON");
        assert_eq!(report["findings"], json!([]));
    }
}
