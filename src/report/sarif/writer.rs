//! Writes the log result by result, so that memory stays flat however many there are.

use std::collections::{BTreeMap, HashMap};
use std::{fs, io};

use bstr::ByteSlice;
use sarif::sarif as types;
use serde_json::{json, to_writer};

use super::super::options::ReportOptions;
use super::model::{self, MOST_RELATED, ROOT, Results, message};
use super::{line_hash, notice};
use crate::model::Veil;
use crate::model::{Finding, Outcome, Place, RuleId};
use crate::rules::RuleSet;

/// The schema that the log keeps to; GitHub demands the line.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// GitHub refuses a run with more results.
const MOST_RESULTS: usize = 25_000;
/// A larger file is not read again for its line hashes.
const LARGEST_HASHED: u64 = 64 << 20;

/// Writes it.
pub(in crate::report) fn write(outcome: &Outcome, rules: &RuleSet, options: &ReportOptions, out: &mut dyn io::Write) -> io::Result<()> {
    write_most(outcome, rules, options, MOST_RESULTS, out)
}

/// Writes it with `most` results at most.
fn write_most(outcome: &Outcome, rules: &RuleSet, options: &ReportOptions, most: usize, out: &mut dyn io::Write) -> io::Result<()> {
    let veil = Veil::new(outcome);
    let findings = most_severe(&outcome.findings, most);
    let places = places(&findings);
    let mut cut = Vec::new();
    if findings.len() < outcome.findings.len() {
        cut.push(format!(
            "{} of {} results are left out, for a run may hold {most}: the most severe open ones are kept, the json report holds all",
            outcome.findings.len() - findings.len(),
            outcome.findings.len()
        ));
    }
    if places.values().any(|places| places.len().max(spots(places[0])) > MOST_RELATED + 1) {
        cut.push(format!("some credentials stand at more than {} places: each result names {MOST_RELATED} others", MOST_RELATED + 1));
    }
    write!(out, "{{\"$schema\":\"{SCHEMA}\",\"version\":\"2.1.0\",\"runs\":[{{\n\"tool\":")?;
    let (tool, indices) = tool(&findings, rules);
    to_writer(&mut *out, &tool)?;
    write!(out, ",\n\"columnKind\":\"utf16CodeUnits\",\n\"originalUriBaseIds\":")?;
    let root = types::ArtifactLocation::builder().description(message("The root of what was scanned.")).build();
    to_writer(&mut *out, &BTreeMap::from([(ROOT, root)]))?;
    if let Some(category) = &options.category {
        write!(out, ",\n\"automationDetails\":")?;
        to_writer(&mut *out, &types::RunAutomationDetails::builder().id(category.clone()).build())?;
    }
    provenance(options, out)?;
    invocation(outcome, options, &cut, &veil, out)?;
    write!(out, ",\n\"results\":[")?;
    let results = Results { rules, veil: &veil };
    let mut hashes = LineHashes::default();
    for (count, &finding) in findings.iter().enumerate() {
        out.write_all(if count == 0 { b"\n" } else { b",\n" })?;
        let all = &places[&finding.credential];
        let others: Vec<&Finding> = all.iter().copied().filter(|&other| !std::ptr::eq(other, finding)).take(MOST_RELATED).collect();
        let hash = if options.line_hash { hashes.of(finding, &findings[count..], options) } else { None };
        to_writer(&mut *out, &results.result(finding, indices[&finding.rule], &others, all.len().max(spots(finding)), hash.as_deref()))?;
    }
    out.write_all(b"\n]}]}\n")
}

/// The places of a credential in a repository, where they are known.
fn spots(finding: &Finding) -> usize {
    finding.provenance.as_ref().map_or(0, |known| known.places.len())
}

/// At most `most` findings: open before suppressed, severe before mild, sure before unsure; in their old order.
fn most_severe(findings: &[Finding], most: usize) -> Vec<&Finding> {
    let mut order: Vec<usize> = (0..findings.len()).collect();
    if findings.len() > most {
        let weight = |place: &usize| {
            let finding = &findings[*place];
            std::cmp::Reverse((finding.is_open(), finding.severity, finding.confidence))
        };
        order.sort_by_key(weight);
        order.truncate(most);
        order.sort_unstable();
    }
    order.into_iter().map(|place| &findings[place]).collect()
}

/// The places of each credential.
fn places<'a>(findings: &[&'a Finding]) -> HashMap<u32, Vec<&'a Finding>> {
    let mut places: HashMap<u32, Vec<&Finding>> = HashMap::new();
    for &finding in findings {
        places.entry(finding.credential).or_default().push(finding);
    }
    places
}

/// The tool with the rules that found something, each once, and their places in that list.
fn tool(findings: &[&Finding], rules: &RuleSet) -> (types::Tool, HashMap<RuleId, usize>) {
    let mut used: Vec<RuleId> = findings.iter().map(|finding| finding.rule).collect();
    used.sort_unstable();
    used.dedup();
    let driver = types::ToolComponent::builder()
        .name("keyfuse")
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .version(env!("CARGO_PKG_VERSION"))
        .rules(used.iter().map(|&id| model::rule(rules.get(id))).collect::<Vec<_>>())
        .notifications(notice::kinds())
        .build();
    (types::Tool::builder().driver(driver).build(), used.into_iter().zip(0..).collect())
}

fn provenance(options: &ReportOptions, out: &mut dyn io::Write) -> io::Result<()> {
    let Some(revision) = &options.revision else {
        return Ok(());
    };
    let root = types::ArtifactLocation::builder().uri_base_id(ROOT).build();
    let mut details = types::VersionControlDetails::builder().repository_uri(revision.repository.clone()).mapped_to(root).build();
    details.revision_id = revision.id.clone();
    details.branch = revision.branch.clone();
    write!(out, ",\n\"versionControlProvenance\":")?;
    to_writer(out, &[details]).map_err(io::Error::from)
}

/// The one invocation, its notices streamed.
fn invocation(outcome: &Outcome, options: &ReportOptions, cut: &[String], veil: &Veil, out: &mut dyn io::Write) -> io::Result<()> {
    let described = if options.verdict.conditions.is_empty() {
        "complete, nothing to act on".to_owned()
    } else {
        options.verdict.conditions.join(", ")
    };
    write!(
        out,
        ",\n\"invocations\":[{{\"executionSuccessful\":{},\"exitCode\":{},\"exitCodeDescription\":{},\"toolExecutionNotifications\":",
        outcome.coverage.is_complete(),
        options.verdict.exit_code,
        json!(described)
    )?;
    notice::write(outcome, cut, veil, out)?;
    out.write_all(b"}]")
}

/// Line hashes of the file that was read last; findings come sorted by path, so each file is read once.
#[derive(Default)]
struct LineHashes {
    path: Option<Vec<u8>>,
    lines: HashMap<u32, String>,
}

impl LineHashes {
    /// The hash of the line `finding` begins on, or none where it is not a file that can be read again.
    fn of(&mut self, finding: &Finding, following: &[&Finding], options: &ReportOptions) -> Option<String> {
        let on_disk = finding.origin.place == Place::File && finding.origin.members.is_empty();
        let root = options.root.as_deref().filter(|_| on_disk)?;
        let path: &[u8] = &finding.origin.path;
        if self.path.as_deref() != Some(path) {
            let wanted: Vec<u32> =
                following.iter().take_while(|other| other.origin.path == path).map(|other| other.region.start.line).collect();
            let file = root.join(path.to_path().ok()?);
            self.path = Some(path.to_vec());
            self.lines.clear();
            if fs::metadata(&file).is_ok_and(|about| about.is_file() && about.len() <= LARGEST_HASHED) {
                self.lines = line_hash::of_lines(&fs::read(&file).ok()?, |line| wanted.contains(&line));
            }
        }
        self.lines.get(&finding.region.start.line).cloned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::model::{Origin, Severity};
    use crate::report::options::Revision;
    use crate::report::sample;

    fn told(outcome: &Outcome, options: &ReportOptions, most: usize) -> Value {
        let mut report = Vec::new();
        write_most(outcome, &sample::rules(), options, most, &mut report).expect("a vector takes everything");
        serde_json::from_slice(&report).expect("it is JSON")
    }

    #[test]
    fn the_log_has_what_github_demands() {
        let outcome = sample::outcome();
        let mut options = sample::options(&outcome);
        options.revision = Some(Revision {
            repository: "https://git.example.com/a/b".to_owned(),
            id: Some("ab".repeat(20)),
            branch: Some("main".to_owned()),
        });
        let log = told(&outcome, &options, MOST_RESULTS);
        // The types read it back, so every name and kind of value is SARIF's.
        let _: types::Sarif = serde_json::from_value(log.clone()).expect("the types know every field");
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
        for rule in rules {
            for text in [&rule["id"], &rule["shortDescription"]["text"], &rule["fullDescription"]["text"], &rule["help"]["text"]] {
                assert!(text.as_str().is_some_and(|text| !text.is_empty()), "{rule}");
            }
            assert!(rule["properties"]["tags"].as_array().is_some_and(|tags| tags.len() <= 10 && tags.contains(&json!("security"))));
            assert!(rule["properties"]["security-severity"].as_str().is_some_and(|number| number.parse::<f32>().is_ok()));
            assert!(["low", "medium", "high"].contains(&rule["properties"]["precision"].as_str().expect("precision")));
        }
        let results = run["results"].as_array().expect("results");
        assert_eq!(results.len(), outcome.findings.len());
        for result in results {
            let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
            assert_eq!(rules[index]["id"], result["ruleId"]);
            assert!(result["message"]["text"].as_str().is_some_and(|text| !text.is_empty()));
            let place = &result["locations"][0]["physicalLocation"];
            assert!(place["artifactLocation"]["uri"].as_str().is_some_and(|uri| !uri.starts_with('/') && !uri.contains(' ')));
            for number in ["startLine", "startColumn", "endLine", "endColumn"] {
                assert!(place["region"][number].as_u64().is_some_and(|number| number >= 1), "{number}");
            }
            assert!(place["region"].get("snippet").is_none());
            let fingerprints = result["partialFingerprints"].as_object().expect("fingerprints");
            assert_eq!(fingerprints.keys().collect::<Vec<_>>(), ["keyfuse/v1"]);
        }
        let invocation = &run["invocations"][0];
        assert_eq!((&invocation["executionSuccessful"], &invocation["exitCode"]), (&json!(false), &json!(1)));
        let levels: Vec<&Value> =
            invocation["toolExecutionNotifications"].as_array().expect("notices").iter().map(|notice| &notice["level"]).collect();
        assert_eq!(levels, ["error", "note", "note", "warning"]);
        assert!(!log.to_string().contains("ann@example.com"), "authors are personal data");
    }

    #[test]
    fn regions_are_those_of_the_finding_and_archives_have_one_of_their_own() {
        let outcome = sample::outcome();
        let log = told(&outcome, &sample::options(&outcome), MOST_RESULTS);
        let results = &log["runs"][0]["results"];
        let place = &results[0]["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"], json!({"uri": "src/a%20b%23%C3%A9.py", "uriBaseId": ROOT}));
        assert_eq!(place["region"], json!({"startLine": 12, "startColumn": 10, "endLine": 12, "endColumn": 50}));
        let archive = &results[1];
        assert_eq!(archive["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "backup.tar.gz");
        assert_eq!(archive["locations"][0]["physicalLocation"]["region"]["startLine"], 1);
        assert_eq!(archive["properties"]["members"], json!(["inner.zip", "x.py"]));
        assert_eq!(archive["properties"]["memberRegion"]["start"], json!({"line": 12, "column": 7}));
        assert_eq!(results[2]["properties"]["commit"]["id"], "0123456789abcdef0123456789abcdef01234567");
        assert_eq!(results[3]["suppressions"], json!([{"kind": "inSource", "status": "accepted", "justification": "gitleaks:allow"}]));
        assert_eq!(results[4]["suppressions"][0]["kind"], "external");
        assert_eq!(results[4]["suppressions"][0]["justification"], "keyfuse.toml: allow 2: test server only");
    }

    #[test]
    fn too_many_results_leave_the_most_severe_and_say_so() {
        let mut outcome = sample::outcome();
        outcome.findings[2].severity = Severity::Low;
        let log = told(&outcome, &sample::options(&outcome), 2);
        let run = &log["runs"][0];
        let kept: Vec<&Value> =
            run["results"].as_array().expect("results").iter().map(|result| &result["properties"]["severity"]).collect();
        assert_eq!(kept, ["critical", "critical"]);
        let notice = &run["invocations"][0]["toolExecutionNotifications"][0];
        assert_eq!(notice["descriptor"]["id"], "keyfuse/cut");
        assert!(notice["message"]["text"].as_str().is_some_and(|text| text.starts_with("3 of 5 results are left out")));
    }

    #[test]
    fn a_credential_at_many_places_stays_within_the_limit() {
        let mut outcome = sample::outcome();
        outcome.findings = (0..1_500).map(|_| outcome.findings[0].clone()).collect();
        let log = told(&outcome, &sample::options(&outcome), MOST_RESULTS);
        assert_eq!(log["runs"][0]["results"][0]["relatedLocations"].as_array().map(Vec::len), Some(MOST_RELATED));
        assert_eq!(log["runs"][0]["results"][0]["properties"]["places"], 1_500);
        assert_eq!(log["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]["descriptor"]["id"], "keyfuse/cut");
    }

    #[test]
    fn the_line_hash_comes_from_the_file_and_only_on_request() {
        let scratch = tempfile::tempdir().expect("a scratch directory");
        fs::write(scratch.path().join("x.py"), " a\nb\n  \t\tc\n d").expect("written");
        let mut outcome = sample::outcome();
        outcome.findings.truncate(1);
        outcome.findings[0].origin = Origin::file("x.py");
        outcome.findings[0].region.start.line = 3;
        outcome.findings[0].region.end.line = 3;
        let options = ReportOptions { line_hash: true, root: Some(scratch.path().to_owned()), ..sample::options(&outcome) };
        let log = told(&outcome, &options, MOST_RESULTS);
        let fingerprints = &log["runs"][0]["results"][0]["partialFingerprints"];
        assert_eq!(fingerprints["primaryLocationLineHash"], "180aee12dab6264:1");
    }

    #[test]
    fn a_credential_of_a_repository_is_shown_where_it_stands_and_tells_where_it_stood() {
        let outcome = sample::history();
        let log = told(&outcome, &sample::options(&outcome), MOST_RESULTS);
        let _: types::Sarif = serde_json::from_value(log.clone()).expect("the types know every field");
        let results = log["runs"][0]["results"].as_array().expect("results");
        assert_eq!(results.len(), outcome.findings.len());
        let uri = |location: &Value| location["physicalLocation"]["artifactLocation"]["uri"].as_str().expect("a path").to_owned();
        let standing = &results[0];
        assert_eq!(uri(&standing["locations"][0]), "new/config.py");
        assert_eq!(standing["locations"][0]["physicalLocation"]["region"]["startLine"], 40);
        let related = standing["relatedLocations"].as_array().expect("the other places");
        assert_eq!(related.iter().map(uri).collect::<Vec<_>>(), ["old/config.py", "lib/a.py"]);
        assert!(related[0]["message"]["text"].as_str().is_some_and(|text| text.contains("in commit 0123")), "{related:?}");
        let known = &standing["properties"]["provenance"];
        assert_eq!((&known["branches"], &known["exposure"]["basis"]), (&json!(["main", "topic"]), &json!("push")));
        assert_eq!((&standing["properties"]["path"], &standing["properties"]["places"]), (&json!("old/config.py"), &json!(2)));
        // What stands nowhere is shown at the nearest file, for a forge shows no other.
        let gone = &results[1];
        assert_eq!(uri(&gone["locations"][0]), "readme.md");
        assert_eq!(gone["locations"][0]["physicalLocation"]["region"]["endColumn"], 2);
        assert_eq!(uri(&gone["relatedLocations"][0]), "gone.py");
        assert!(gone["message"]["text"].as_str().is_some_and(|text| text.contains("It stood in gone.py and does not any more")));
        assert!(!log.to_string().contains("ann@example.com"), "authors are personal data");
    }

    #[test]
    fn nothing_found_is_a_log_too() {
        let log = told(&Outcome::default(), &ReportOptions::default(), MOST_RESULTS);
        assert_eq!(log["runs"][0]["results"], json!([]));
        assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], true);
    }
}
